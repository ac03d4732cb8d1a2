"""Reads the list of a server's videos, which holds those of all its users, page by page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sora_desktop.api.errors import BadAnswer
from sora_desktop.api.http.answer import HttpAnswer, json_in, text_of
from sora_desktop.api.http.dates import moment_in
from sora_desktop.api.http.json_values import text_in
from sora_desktop.api.openai.wire import listed_task_in
from sora_desktop.api.service import ListedTask

#: Most bytes of one page: of a server without pages, it has all videos.
PAGE_BYTES = 16 * 1024 * 1024
#: Most pages that are read of one list.
MOST_PAGES = 12
#: Bytes above which a page is read in a thread.
_LARGE = 128 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    tasks: tuple[ListedTask, ...]
    has_more: bool | None  # None: it does not say
    last_id: str  # with which the next page is asked for; empty: none
    is_whole: bool  # every item could be read


#: The moment at which a process began, in the metrics of Prometheus: unix seconds.
_START = re.compile(r"^process_start_time_seconds(?:\{[^}\n]*\})?\s+([\d.eE+]+)\s*$", re.MULTILINE)


def start_in(metrics: HttpAnswer) -> float | None:
    """Unix seconds at which the server's process began; None if its metrics do not say."""
    found = _START.findall(text_of(metrics.content)) if metrics.status == 200 else []
    return moment_in(found[0]) if len(found) == 1 else None


def path_of_page(page: int, after: str) -> str:
    """The path of a page with at most `page` videos; 0: of everything, at a server without pages."""
    if not page:
        return "/videos"
    return f"/videos?limit={page}&order=desc" + (f"&after={quote(after, safe='')}" if after else "")


async def page_in(answer: HttpAnswer, place: str) -> Page:
    """The page in an answer of the server at that base URL. Raises BadAnswer if it has no list."""
    if len(answer.content) > _LARGE:  # the event loop may not wait for it
        return await asyncio.to_thread(_page_in, answer, place)
    return _page_in(answer, place)


def _page_in(answer: HttpAnswer, place: str) -> Page:
    content = json_in(answer.content)
    items = content.get("data") if isinstance(content, Mapping) else content
    if not isinstance(items, list):
        raise BadAnswer("The engine's list of videos cannot be read.")
    read = [listed_task_in(item, place) for item in items]
    tasks = tuple(task for task in read if task is not None)
    fields: Mapping[str, object] = content if isinstance(content, Mapping) else {}
    last_id = text_in(fields.get("last_id")) or (tasks[-1].remote_id if tasks else "")
    return Page(
        tasks,
        has_more if isinstance(has_more := fields.get("has_more"), bool) else None,
        last_id,
        len(tasks) == len(read),
    )


def _rises(page: Page) -> bool:
    """True if the page begins with older videos than it ends with: the newest ones are on a later page."""
    times = [task.created_at for task in page.tasks if task.created_at is not None]
    return bool(times) and times[0] < times[-1]


class Listing:
    """The pages of one list that were read so far."""

    def __init__(self, created_since: float | None, limit: int | None, page: int) -> None:
        self._created_since = created_since
        self._limit = limit
        self._page = page  # most videos of one page; 0: there are no pages
        self._tasks: dict[str, ListedTask] = {}
        self._cursors: set[str] = set()
        #: Pages that were read.
        self.pages = 0
        #: Nothing that was asked for is missing in what was read.
        self.is_complete = True

    @property
    def tasks(self) -> tuple[ListedTask, ...]:
        """What was read, newest first where the server says when each was created."""
        return tuple(sorted(self._tasks.values(), key=lambda task: -(task.created_at or 0.0)))

    def add(self, page: Page) -> str:
        """Take over a page; return the cursor of the next one that is needed, or an empty text."""
        self.pages += 1
        has_more = page.has_more
        if has_more is None and self._page and len(page.tasks) >= self._page:
            has_more = True  # a server that cuts its list without a word
        # a server answers with nothing if it no longer knows the video after which the page begins
        is_lost = not page.tasks and not has_more and self.pages > 1
        self.is_complete = self.is_complete and page.is_whole and not is_lost
        is_new = [task.remote_id not in self._tasks for task in page.tasks]
        self._tasks.update((task.remote_id, task) for task in page.tasks)
        if not has_more or self._is_old(page):
            return ""
        if self._limit is not None and len(self._tasks) >= self._limit and not _rises(page):
            self.is_complete = False
            return ""
        is_stuck = not page.last_id or page.last_id in self._cursors or (page.tasks and not any(is_new))
        if is_stuck or self.pages >= MOST_PAGES:
            self.is_complete = False
            return ""
        self._cursors.add(page.last_id)
        return page.last_id

    def _is_old(self, page: Page) -> bool:
        """True if the page, and so each later one, has only videos from before the time that was asked for."""
        if self._created_since is None or not page.tasks or _rises(page):
            return False
        return all(task.created_at is not None and task.created_at < self._created_since for task in page.tasks)
