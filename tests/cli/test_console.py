"""Output of the command line: JSON for programs, progress bars for a terminal, plain lines for a log."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

import pytest
from builders import a_clip, a_job

from sora_desktop.cli.console import Bars, JsonLines, Output, PlainLines, as_line, as_object
from sora_desktop.cli.interruption import interrupted_text
from sora_desktop.cli.progress import JobProgress, exit_status_of, print_error, summary_of
from sora_desktop.domain.clip import Clip
from sora_desktop.domain.job import (
    Abandoned,
    Cancelled,
    Failed,
    Job,
    Phase,
    Ready,
    RemoteId,
    Removed,
    Rendering,
    Saving,
    Unconfirmed,
    Unsaved,
    Waiting,
)
from sora_desktop.domain.queue import QueueState

TASK = RemoteId("task_1")
LONG = "a reason that is much wider than such a narrow terminal can ever show in one line of it"


def no_copy(_: Job) -> None:
    return None


def fail(message: str) -> None:
    raise AssertionError(message)


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Waiting(), {"phase": "waiting"}),
        (Waiting("No credits."), {"phase": "waiting", "reason": "No credits."}),
        (Unconfirmed(), {"phase": "unconfirmed"}),
        (Unconfirmed("Unknown outcome."), {"phase": "unconfirmed", "reason": "Unknown outcome."}),
        (Rendering(TASK), {"phase": "rendering", "remote_id": TASK}),
        (Rendering(TASK, 40), {"phase": "rendering", "remote_id": TASK, "percent": 40}),
        (Rendering(TASK, 0, "Offline."), {"phase": "rendering", "remote_id": TASK, "percent": 0, "reason": "Offline."}),
        (Saving(TASK), {"phase": "saving", "remote_id": TASK}),
        (Saving(TASK, 50, 200), {"phase": "saving", "remote_id": TASK, "percent": 25}),
        (Saving(TASK, 300, 200), {"phase": "saving", "remote_id": TASK, "percent": 100}),
        (Unsaved(TASK, "Disk full."), {"phase": "unsaved", "remote_id": TASK, "reason": "Disk full."}),
        (Failed("Refused."), {"phase": "failed", "reason": "Refused."}),
        (Abandoned(TASK), {"phase": "unwatched", "remote_id": TASK}),
        (Cancelled(TASK), {"phase": "cancelled", "remote_id": TASK}),
    ],
)
def test_a_job_as_a_json_object(phase: Phase, expected: dict[str, object]) -> None:
    assert as_object(a_job(phase)) == {"job": "job1", "service": "", **expected}
    assert as_line(a_job(phase)).startswith("job1")


def test_a_job_has_one_line_whatever_its_folder_is_called() -> None:
    job = a_job(Ready(a_clip(Path("/a\nb\x1b[2J/c.mp4"))))
    assert as_line(job).endswith(r"/a\x0ab\x1b[2J/c.mp4") and as_object(job)["file"] == "/a\nb\x1b[2J/c.mp4"


def test_json_lines_are_complete_and_not_repeated() -> None:
    stream = io.StringIO()
    lines = JsonLines(Output(stream, on_failure=fail), no_copy)
    for phase in (Waiting(), Waiting(), Rendering(TASK, 1, "“ö”"), Removed()):
        lines.show(a_job(phase))
    assert [json.loads(line)["phase"] for line in stream.getvalue().splitlines()] == ["waiting", "rendering"]
    assert "“ö”" in stream.getvalue()


def test_plain_output_has_a_line_for_each_phase_and_none_for_progress() -> None:
    stream = io.StringIO()
    lines = PlainLines(Output(stream, on_failure=fail), no_copy)
    away = Waiting("The engine is away.")
    for waiting in (Waiting(), away, Waiting(), away, Waiting()):  # as at each try
        lines.show(a_job(waiting))
    for phase in (Rendering(TASK), Rendering(TASK, 50), Saving(TASK, 1, 2), Failed("No."), Removed()):
        lines.show(a_job(phase))
    shown = [line.split()[1] for line in stream.getvalue().splitlines()]
    assert shown == ["waiting", "waiting", "rendering", "saving", "failed"]


def screen_after(output: str, columns: int, rows: int) -> list[str]:
    """The lines of a terminal, including those scrolled off: cursor up, clear to end, newlines and wrapping."""
    lines, row = [""], 0
    for part in re.split(r"(\x1b\[\d*[AJ]|\r|\n)", output):
        if part == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
        elif part == "\x1b[J":
            del lines[row + 1 :]
            lines[row] = ""
        elif part.endswith("A") and part.startswith("\x1b["):
            row -= int(part[2:-1])
            assert row >= len(lines) - rows, "lines above the top of the screen cannot be redrawn"
        elif part and part != "\r":
            for start in range(0, len(part), columns):
                if start:
                    row += 1
                    lines.insert(row, "")
                lines[row] += part[start : start + columns]
    return lines


def test_bars_are_redrawn_in_place_and_settled_jobs_stay_above() -> None:
    stream = io.StringIO()
    bars = Bars(Output(stream, on_failure=fail), no_copy, lambda: (60, 6))
    for number in range(1, 9):
        bars.show(a_job(Waiting(), number))
    for percent in range(0, 101, 20):
        for number in (1, 2):
            bars.show(a_job(Rendering(TASK, percent, "a very long explanation of the progress"), number))
    bars.show(a_job(Failed(LONG), 1))
    shown = screen_after(stream.getvalue(), 60, 6)
    text = "\n".join(shown)
    assert "".join(shown).count(LONG) == 1
    assert text.count("job2") == 1 and "100 %" in text
    assert "… and 4 more" in text
    for number in range(2, 9):
        bars.show(a_job(Failed("No."), number))
    shown = screen_after(stream.getvalue(), 60, 6)
    assert [line[:4] for line in shown if "failed" in line] == [f"job{number}" for number in range(1, 9)]
    assert "waiting" not in "".join(shown) and "rendering" not in "".join(shown)


class BrokenStream(io.StringIO):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error
        self.attempts = 0

    def write(self, text: str) -> int:
        self.attempts += 1
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "No space left on device"), ValueError("closed")])
def test_a_failed_write_stops_the_output_and_nothing_else(error: Exception) -> None:
    messages: list[str] = []
    stream = BrokenStream(error)
    output = Output(stream, on_failure=messages.append)
    output.write("one")
    output.write("two")
    assert stream.attempts == 1
    assert len(messages) == 1 and "goes on without it" in messages[0]
    Output(None, on_failure=messages.append).write("three")


def test_a_listing_may_be_cut_by_its_reader() -> None:
    Output(BrokenStream(BrokenPipeError()), on_failure=fail, may_be_cut=True).write("one")
    messages: list[str] = []
    Output(BrokenStream(OSError(28, "Full")), on_failure=messages.append, may_be_cut=True).write("one")
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("advice", "names"),
    [
        ("The service does not accept the API key. Enter a valid one in Settings.", ["SORA_API_KEY"]),
        ("There is no service at the base URL (HTTP 404). Check it in Settings.", ["SORA_BASE_URL"]),
        ("Choose another folder in Settings.", []),
        ("Another API key paid for this video.", []),
    ],
)
def test_advice_about_settings_names_the_variable_that_overrides_them(
    advice: str, names: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SORA_API_KEY", "SORA_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    print_error(advice)
    assert capsys.readouterr().err == f"sora-desktop: {advice}\n"
    for name in ("SORA_API_KEY", "SORA_BASE_URL"):
        monkeypatch.setenv(name, "x")
    print_error(advice)
    notes = "".join(f" {name} is set in the environment, and counts instead of Settings." for name in names)
    assert capsys.readouterr().err == f"sora-desktop: {advice}{notes}\n"


def test_the_exit_status_shows_whether_jobs_are_unfinished() -> None:
    ready = Ready(Clip.__new__(Clip))
    failed, unsaved = Failed("No."), Unsaved(TASK, "Disk full.")

    def status(*phases: Phase) -> int:
        return exit_status_of(a_job(phase, number) for number, phase in enumerate(phases))

    assert status() == 0 and status(ready, ready) == 0
    assert status(ready, failed) == 1
    for phase in (Waiting(), Unconfirmed(), Rendering(TASK), Saving(TASK), unsaved, Abandoned(TASK)):
        assert status(ready, failed, phase) == 3


def test_the_summary_counts_each_reason_once() -> None:
    jobs = [a_job(Waiting("No credits."), number) for number in range(3)] + [a_job(Failed("Refused."), 9)]
    first, second = summary_of(jobs)
    assert first.startswith("3 videos not sent yet: No credits.") and "resume" in first
    assert second == "1 video failed: Refused."
    assert summary_of([]) == []


@pytest.mark.parametrize("queue", [QueueState(), QueueState(reason="No credits.")])
def test_jobs_behind_one_that_is_blocked_are_in_the_same_sentence(queue: QueueState) -> None:
    jobs = [a_job(Waiting("No credits." if number == 0 else ""), number) for number in range(20)]
    assert summary_of(jobs, queue) == ["20 videos not sent yet: No credits. Run `sora-desktop resume` to continue."]


@pytest.mark.parametrize(
    ("beside_window", "advice"),
    [
        (False, "Run `sora-desktop queue resume`, then `sora-desktop resume` to continue."),
        (True, "Run `sora-desktop queue resume` to continue."),
    ],
)
@pytest.mark.parametrize("reason", ["The queue is paused.", "No credits."])
def test_a_paused_queue_has_to_be_resumed_first(reason: str, beside_window: bool, advice: str) -> None:
    job = a_job(Waiting("" if "paused" in reason else reason))
    (line,) = summary_of([job], QueueState(paused=True), beside_window=beside_window)
    assert line == f"1 video not sent yet: {reason} {advice}"


def test_where_nothing_is_charged_nothing_speaks_of_money() -> None:
    phases: list[Phase] = [
        Unconfirmed("No list."),
        Unsaved(TASK, "No space."),
        Abandoned(TASK),
        Rendering(TASK),
        Saving(TASK),
    ]
    jobs = [a_job(phase, number, service="Studio") for number, phase in enumerate(phases)]
    texts = [*summary_of(jobs, free={"Studio"}), interrupted_text(jobs, free={"Studio"})]
    texts += [as_line(job, free={"Studio"}) for job in jobs]
    assert not [text for text in texts if any(word in text for word in ("charged", "paid", "billed", "credit"))]
    assert texts[0].startswith(
        "1 video not sent again automatically: No list. If you still want it, choose “Send again”"
    )
    assert "3 videos are sent and kept." in interrupted_text(jobs, free={"Studio"})
    assert "charged" in summary_of(jobs)[0] and "paid" in interrupted_text(jobs), "elsewhere money is named"


def test_beside_a_window_the_window_continues() -> None:
    (line,) = summary_of([a_job(Waiting("No credits."))], beside_window=True)
    assert line == "1 video not sent yet: No credits. The button under the library in the open window continues."


def test_a_balance_that_can_be_topped_up_says_how() -> None:
    (line,) = summary_of([a_job(Waiting())], QueueState(reason="No credits.", tops_up=True))
    assert line.endswith("No credits. Run `sora-desktop resume` to top up the sandbox (free) and continue.")


def test_the_summary_says_what_sends_a_job_that_was_not_charged() -> None:
    (line,) = summary_of([a_job(Unconfirmed("Not charged.", safe_to_send=True))])
    assert line.startswith("1 video not sent again automatically: Not charged. If you still want it")
    assert "Send again" in line and "generate" in line and "resume" not in line


def test_progress_shows_only_followed_jobs_including_earlier_updates(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = JobProgress(True)
    progress.update(a_job(Waiting(), 1))
    progress.update(a_job(Waiting(), 2))
    progress.follow([a_job(Waiting(), 2).id])
    progress.update(a_job(Failed("No."), 1))
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert printed == [{"job": "job2", "phase": "waiting", "service": ""}]
    assert list(progress.latest) == ["job2"]


def test_a_clip_that_cannot_be_copied_stays_in_the_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    out.touch()
    clip = Clip.__new__(Clip)
    object.__setattr__(clip, "file", tmp_path / "clip.mp4")
    object.__setattr__(clip, "warning", "")
    (tmp_path / "clip.mp4").write_bytes(b"video")
    progress = JobProgress(True, out)
    job = a_job(Ready(clip), 1)
    progress.follow([job.id])
    progress.update(job)
    printed = capsys.readouterr()
    assert json.loads(printed.out)["file"] == str(tmp_path / "clip.mp4")
    assert printed.err.count("\n") == 1 and "stays in the library" in printed.err


@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
def test_commands_are_named_as_this_user_can_type_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["/srv/sora/.venv/bin/sora-desktop"])
    print_error("Run `sora-desktop resume` to continue.")
    assert capsys.readouterr().err == "sora-desktop: Run `/srv/sora/.venv/bin/sora-desktop resume` to continue.\n"
