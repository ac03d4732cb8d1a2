"""All tables about jobs behind one interface."""

from __future__ import annotations

from sora_desktop.store.database.attempts import AttemptTable
from sora_desktop.store.database.exchanges import ExchangeTable
from sora_desktop.store.database.folder import FolderTable
from sora_desktop.store.database.jobs import JobTable
from sora_desktop.store.database.known_balances import KnownBalanceTable
from sora_desktop.store.database.learned_prices import LearnedPriceTable
from sora_desktop.store.database.new_clips import NewClipTable
from sora_desktop.store.database.service_names import ServiceNameTable


class JobStore(
    JobTable,
    AttemptTable,
    ExchangeTable,
    LearnedPriceTable,
    KnownBalanceTable,
    FolderTable,
    NewClipTable,
    ServiceNameTable,
):
    """Jobs and what is recorded about them: `JobLibrary` in jobs/ports.py."""
