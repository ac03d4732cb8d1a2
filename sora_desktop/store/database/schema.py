"""The migration steps of the database. A step is never changed; new steps are appended."""

from __future__ import annotations

STEPS = (
    """
    CREATE TABLE job (
        id TEXT PRIMARY KEY,
        created_at REAL NOT NULL,
        changed_at REAL NOT NULL,
        position REAL NOT NULL,
        starred INTEGER NOT NULL,
        on_hold INTEGER NOT NULL,
        service TEXT NOT NULL,
        phase TEXT NOT NULL,
        details TEXT NOT NULL,
        request TEXT NOT NULL,
        words TEXT NOT NULL,
        remote_id TEXT,
        clip_bytes INTEGER NOT NULL
    );
    CREATE INDEX job_newest ON job (created_at DESC, id DESC);
    CREATE INDEX job_counted ON job (phase, starred, clip_bytes);
    CREATE TABLE attempt (
        id INTEGER PRIMARY KEY,
        job_id TEXT NOT NULL REFERENCES job (id),
        sent_at REAL NOT NULL,
        ended_at REAL,
        request TEXT NOT NULL,
        answer TEXT NOT NULL DEFAULT '',
        balance_before TEXT,
        balance_after TEXT,
        price TEXT
    );
    CREATE INDEX attempt_of_job ON attempt (job_id)
    """,
    """
    CREATE TABLE render_time (
        id INTEGER PRIMARY KEY,
        service TEXT NOT NULL,
        model TEXT NOT NULL,
        duration INTEGER NOT NULL,
        quality TEXT NOT NULL,
        low REAL NOT NULL,
        high REAL NOT NULL,
        marks TEXT NOT NULL,
        seen_at REAL NOT NULL
    );
    CREATE INDEX render_time_of_service ON render_time (service, id);
    CREATE TABLE usage (
        service TEXT NOT NULL,
        day TEXT NOT NULL,
        count INTEGER NOT NULL,
        recent TEXT NOT NULL,
        per_minute INTEGER,
        per_day INTEGER,
        PRIMARY KEY (service, day)
    )
    """,
    """
    ALTER TABLE attempt ADD COLUMN service TEXT NOT NULL DEFAULT '';
    ALTER TABLE attempt ADD COLUMN outcome TEXT NOT NULL DEFAULT 'open';
    ALTER TABLE attempt ADD COLUMN status INTEGER;
    ALTER TABLE attempt ADD COLUMN balance_before_at REAL;
    ALTER TABLE attempt ADD COLUMN balance_after_at REAL;
    UPDATE attempt SET
        service = coalesce((SELECT service FROM job WHERE job.id = attempt.job_id), ''),
        outcome = CASE WHEN ended_at IS NULL THEN 'open' WHEN answer LIKE 'accepted:%' THEN 'accepted'
                       WHEN answer = 'no answer' THEN 'unknown' ELSE 'refused' END;
    CREATE INDEX attempt_sent ON attempt (sent_at);
    CREATE INDEX job_remote ON job (remote_id) WHERE remote_id IS NOT NULL;
    CREATE TABLE learned_price (
        service TEXT NOT NULL,
        model TEXT NOT NULL,
        from_image INTEGER NOT NULL,
        duration INTEGER NOT NULL,
        quality TEXT NOT NULL,
        credits TEXT NOT NULL,
        learned_at REAL NOT NULL,
        PRIMARY KEY (service, model, from_image, duration, quality)
    );
    CREATE TABLE exchange (
        id INTEGER PRIMARY KEY,
        job_id TEXT NOT NULL,
        at REAL NOT NULL,
        method TEXT NOT NULL,
        path TEXT NOT NULL,
        status INTEGER,
        answer TEXT NOT NULL
    );
    CREATE INDEX exchange_of_job ON exchange (job_id, id)
    """,
    """
    DROP INDEX job_newest;
    CREATE INDEX job_place ON job (position DESC, id DESC)
    """,
    """
    CREATE TABLE data_folder (row INTEGER PRIMARY KEY CHECK (row = 1), id TEXT NOT NULL, key_salt TEXT NOT NULL);
    -- by its first job, so that all backups of a library from before this step get one id
    INSERT INTO data_folder VALUES (
        1,
        coalesce((SELECT nullif(lower(substr(hex(id), 1, 64)), '') FROM job ORDER BY rowid LIMIT 1),
                 lower(hex(randomblob(16)))),
        lower(hex(randomblob(16)))
    );
    CREATE TABLE restored (attempt INTEGER NOT NULL, detected_at REAL NOT NULL);
    CREATE TABLE known_balance (
        service TEXT NOT NULL,
        key_fingerprint TEXT NOT NULL,
        amount TEXT NOT NULL,
        read_at REAL NOT NULL,
        attempt INTEGER NOT NULL,
        rises TEXT NOT NULL DEFAULT '[]',
        PRIMARY KEY (service, key_fingerprint)
    );
    ALTER TABLE attempt ADD COLUMN key_fingerprint TEXT NOT NULL DEFAULT '';
    ALTER TABLE attempt ADD COLUMN headers TEXT NOT NULL DEFAULT '';
    ALTER TABLE attempt ADD COLUMN balance_before_age REAL;
    ALTER TABLE attempt ADD COLUMN task_end TEXT NOT NULL DEFAULT '';
    ALTER TABLE attempt ADD COLUMN task_ended_at REAL;
    ALTER TABLE attempt ADD COLUMN refund_seen INTEGER;
    UPDATE attempt SET
        task_end = coalesce((SELECT CASE WHEN phase IN ('saving', 'unsaved', 'ready') THEN 'completed'
                                         WHEN phase = 'failed' THEN 'failed' ELSE '' END
                             FROM job WHERE job.id = attempt.job_id), ''),
        task_ended_at = (SELECT changed_at FROM job WHERE job.id = attempt.job_id
                         AND phase IN ('saving', 'unsaved', 'ready', 'failed'))
    WHERE outcome IN ('accepted', 'refunded')
        AND id = (SELECT max(id) FROM attempt AS latest WHERE latest.job_id = attempt.job_id
                  AND latest.outcome IN ('accepted', 'refunded'));
    UPDATE attempt SET outcome = 'unknown'
    WHERE outcome = 'not billed' AND job_id IN (SELECT id FROM job WHERE phase = 'unconfirmed')
        AND id = (SELECT max(id) FROM attempt AS latest WHERE latest.job_id = attempt.job_id);
    UPDATE job SET details = '{"finding":"Outcome unknown: an earlier version called it not charged, but what that '
        || 'version looked at could not show it for certain. Look for the video at the service before you send it '
        || 'again."}'
    WHERE phase = 'unconfirmed' AND details LIKE '%"safe_to_send":true%';
    CREATE INDEX attempt_unresolved ON attempt (id)
        WHERE outcome NOT IN ('refused', 'not billed', 'refunded')
        AND (outcome <> 'accepted' OR task_end <> 'completed');
    CREATE INDEX attempt_refunded ON attempt (refund_seen) WHERE outcome = 'refunded';
    CREATE INDEX attempt_compared ON attempt (service, id)
        WHERE balance_before IS NOT NULL AND balance_after IS NOT NULL;
    CREATE INDEX attempt_task_ended ON attempt (task_ended_at) WHERE task_ended_at IS NOT NULL;
    CREATE TRIGGER task_ended AFTER UPDATE OF phase ON job
    WHEN NEW.phase IN ('saving', 'unsaved', 'ready', 'failed') AND NEW.phase <> OLD.phase
    BEGIN
        UPDATE attempt SET
            task_end = CASE NEW.phase WHEN 'failed' THEN 'failed' ELSE 'completed' END,
            task_ended_at = CASE task_end WHEN '' THEN NEW.changed_at ELSE task_ended_at END
        WHERE id = (SELECT max(id) FROM attempt AS latest WHERE latest.job_id = NEW.id
                    AND latest.outcome IN ('accepted', 'refunded'));
    END;
    ALTER TABLE exchange ADD COLUMN headers TEXT NOT NULL DEFAULT ''
    """,
    """
    CREATE TABLE new_clip (job_id TEXT PRIMARY KEY);
    CREATE TRIGGER clip_finished AFTER UPDATE OF phase ON job WHEN NEW.phase = 'ready' AND OLD.phase <> 'ready'
    BEGIN
        INSERT OR IGNORE INTO new_clip VALUES (NEW.id);
    END
    """,
    """
    DROP TRIGGER clip_finished;
    -- not for a clip that comes back from the Trash
    CREATE TRIGGER clip_finished AFTER UPDATE OF phase ON job
    WHEN NEW.phase = 'ready' AND OLD.phase NOT IN ('ready', 'trashed')
    BEGIN
        INSERT OR IGNORE INTO new_clip VALUES (NEW.id);
    END
    """,
    """
    ALTER TABLE attempt ADD COLUMN list_mark TEXT NOT NULL DEFAULT '';
    CREATE INDEX attempt_undecided ON attempt (service, id) WHERE outcome IN ('open', 'unknown')
    """,
    """
    CREATE INDEX job_of_service ON job (service, position DESC, id DESC)
    """,
    """
    ALTER TABLE attempt ADD COLUMN judged INTEGER NOT NULL DEFAULT 0
    """,
    """
    ALTER TABLE job ADD COLUMN flag TEXT NOT NULL DEFAULT 'none';
    DROP INDEX job_counted;
    CREATE INDEX job_counted ON job (phase, clip_bytes, starred, flag);
    CREATE INDEX job_starred ON job (position DESC, id DESC) WHERE starred;
    CREATE INDEX job_picked ON job (position DESC, id DESC) WHERE flag = 'picked';
    CREATE INDEX job_rejected ON job (position DESC, id DESC) WHERE flag = 'rejected'
    """,
)
