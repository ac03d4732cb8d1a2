"""The table of clips that were finished and not opened yet. A trigger fills it, whichever process saves the job."""

from __future__ import annotations

from sora_desktop.domain.job import JobId
from sora_desktop.store.database.table import Table


class NewClipTable(Table):
    """The ids of the jobs."""

    def new_clips(self) -> frozenset[JobId]:
        """The jobs whose clips were not opened yet, but those in the Trash."""
        query = "SELECT job_id FROM new_clip JOIN job ON job.id = job_id WHERE job.phase = 'ready'"
        return frozenset(JobId(row[0]) for row in self._database.rows(query))

    async def note_clip_opened(self, id: JobId) -> None:
        """The clip of that job is no longer new."""
        await self._database.write(
            lambda connection: connection.execute("DELETE FROM new_clip WHERE job_id = ?", (id,))
        )
