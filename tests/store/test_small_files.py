"""Settings, draft, key, lock, inbox, prices and folders."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders import an_image
from fakes import FakeKeyring

from sora_desktop.domain.amounts import parse_amount
from sora_desktop.domain.request import VideoRequest
from sora_desktop.store import disk
from sora_desktop.store.data_folder import DataFolder
from sora_desktop.store.draft import DraftFile
from sora_desktop.store.errors import StoreError
from sora_desktop.store.inbox import Inbox
from sora_desktop.store.keys import KeyRing
from sora_desktop.store.lock import DataLock, OwnerFile, OwnerNote
from sora_desktop.store.prices import PriceFile
from sora_desktop.store.settings import Settings, SettingsFile

ROOT = Path(__file__).parents[2]


def test_settings_are_read_as_they_were_saved(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "s.json")
    assert file.load() == Settings()
    settings = Settings("https://x.example/api", tmp_path, 5, "dark", 0.3, False, "geometry", Decimal("250.5"), True)
    file.save(settings)
    assert file.load() == settings


@pytest.mark.parametrize("content", [b"", b"{", b'{"jobs_at_once": "many"}', b"\xff\xfe", b"[" * 9999, b'{"x":' * 9999])
def test_damaged_small_files_are_moved_aside(tmp_path: Path, content: bytes) -> None:
    for name in ("settings.json", "draft.json"):
        (tmp_path / name).write_bytes(content)
    assert SettingsFile(tmp_path / "settings.json").load() == Settings()
    if content != b'{"jobs_at_once": "many"}':
        assert DraftFile(tmp_path / "draft.json").load() == (VideoRequest(), 1, "")
    assert [file.read_bytes() for file in tmp_path.glob("settings.json.damaged-*")] == [content]


@pytest.mark.parametrize("limit", ['"NaN"', '"Infinity"', '"-5"', "-5", '"1.200"', '"1,200"', '"1e3"', "1e300"])
def test_a_spending_limit_that_is_no_amount_is_damage(tmp_path: Path, limit: str) -> None:
    """It would hold always, never, or at another amount. The window pauses the queue after damage."""
    for content in (
        f'{{"daily_cap": {limit}}}',
        f'{{"more_services": [{{"name": "a", "base_url": "b", "spending_limit": {limit}}}]}}',
    ):
        (tmp_path / "settings.json").write_text(content)
        file = SettingsFile(tmp_path / "settings.json")
        assert file.is_paused()
        assert file.load() == Settings()
        assert "without a daily spending limit" in file.warning


@pytest.mark.parametrize("limit", ["0", "0.125", "12.3450", "1000000000"])
def test_a_spending_limit_is_read_as_it_was_saved(tmp_path: Path, limit: str) -> None:
    file = SettingsFile(tmp_path / "settings.json")
    file.save(Settings(spending_limit=parse_amount(limit)))
    assert file.load().spending_limit == Decimal(limit)


def test_a_number_beyond_its_bounds_is_read_as_the_nearest(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    for number, jobs, volume in (("1" + "0" * 30, 1000, 1.0), ("-5", 1, 0.0)):
        file.write_text(f'{{"jobs_at_once": {number}, "volume": {number}}}')
        settings = SettingsFile(file).load()
        assert (settings.jobs_at_once, settings.volume) == (jobs, volume)


def test_a_path_that_no_file_can_have_is_damage(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "s.json")
    (tmp_path / "s.json").write_text('{"library_folder": "\\u0000"}')
    assert file.load() == Settings() and "could not be read" in file.warning


def test_prices_that_are_nested_too_deep_are_not_used(tmp_path: Path) -> None:
    file = PriceFile(tmp_path / "p.json", tmp_path / "none")
    (tmp_path / "p.json").write_text("[" * 9999)
    file.load()
    assert "not valid" in file.warning


def test_the_form_is_restored_without_an_image_that_no_longer_exists(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    picture.write_bytes(b"x")
    request = VideoRequest("a boat\nat sea", "people", image=an_image(picture))
    file = DraftFile(tmp_path / "draft.json")
    file.save(request, 3, "cluster")
    assert file.load() == (request, 3, "cluster")
    picture.unlink()
    assert file.load() == (VideoRequest("a boat\nat sea", "people"), 3, "cluster")


def key_ring(tmp_path: Path, ring: Any, environ: dict[str, str] | None = None, *, limit: float = 60.0) -> KeyRing:
    return KeyRing(DataFolder(tmp_path, is_custom=True), environ or {}, limit=limit, backend=lambda: ring)


def test_the_key_is_stored_in_the_keyring_under_its_data_folder(tmp_path: Path) -> None:
    ring = FakeKeyring()
    assert asyncio.run(key_ring(tmp_path, ring).save("sk_1")) == ("in the system keyring", True)
    assert asyncio.run(key_ring(tmp_path, ring).load()) == "sk_1"
    assert list(ring.passwords) == [("sora-desktop", str(tmp_path))]
    assert asyncio.run(key_ring(tmp_path, ring, {"SORA_API_KEY": "sk_2"}).load()) == "sk_2"


@pytest.mark.parametrize(("is_locked", "limit"), [(True, 60.0), (False, 0.2)], ids=["locked", "hanging"])
def test_without_a_keyring_the_key_is_used_for_this_run_only(tmp_path: Path, is_locked: bool, limit: float) -> None:
    ring = FakeKeyring(is_locked=is_locked)
    if not is_locked:
        ring.answers.clear()
    keys = key_ring(tmp_path, ring, limit=limit)
    place = asyncio.run(keys.save("sk_1"))
    assert not place.is_lasting and "this run only" in place.text
    assert asyncio.run(keys.load()) == "sk_1"
    ring.answers.set()
    assert not any(b"sk_1" in file.read_bytes() for file in tmp_path.iterdir())


def test_a_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    asyncio.run(key_ring(tmp_path, FakeKeyring(is_locked=True)).save("sk_1", or_file=True))
    assert asyncio.run(key_ring(tmp_path, FakeKeyring(is_locked=True)).load()) == "sk_1"
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "api-key").stat().st_mode) == 0o600


def test_one_process_at_a_time_owns_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    script = (
        "import sys, pathlib; from sora_desktop.store.lock import DataLock, OwnerFile; "
        f"file = pathlib.Path({str(file)!r}); lock = DataLock(file, OwnerFile(file.with_suffix('.json'))); "
        "print(lock.acquire(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as other:
        assert other.stdout is not None and other.stdin is not None
        assert other.stdout.readline().strip() == "True"
        lock = DataLock(file, OwnerFile(file.with_suffix(".json")))
        assert not lock.acquire()
        other.kill()
        other.wait()
        assert lock.acquire()
        lock.release()


def test_messages_are_read_in_order_and_invalid_files_are_kept(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    inbox.post({"number": 1})
    inbox.post({"number": 2})
    (tmp_path / "inbox" / "00.json").write_text("{half")
    messages = inbox.read()
    assert [message.content for message in messages] == [None, {"number": 1}, {"number": 2}]
    assert inbox.read() == messages, "a message stays until it is done"
    assert inbox.set_aside(messages[0]).read_text() == "{half"
    inbox.done(messages[1])
    assert [message.content for message in inbox.read()] == [{"number": 2}]
    assert not list(tmp_path.glob("inbox-done*"))


@pytest.mark.parametrize("is_done", [True, False])
def test_a_message_that_can_neither_be_deleted_nor_renamed_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_done: bool
) -> None:
    folder = tmp_path / "inbox"
    file = Inbox(folder).post({"paused": False})

    def refusing(change: Callable[..., object]) -> Callable[..., object]:
        def refuse(self: Path, *arguments: object, **named: object) -> object:
            if self.parent == folder:
                raise PermissionError(13, "sharing violation")
            return change(self, *arguments, **named)

        return refuse

    for inbox in (Inbox(folder), Inbox(folder)):
        with monkeypatch.context() as locked:
            locked.setattr(Path, "unlink", refusing(Path.unlink))
            locked.setattr(Path, "replace", refusing(Path.replace))
            for message in inbox.read():
                assert not (tmp_path / "inbox-done.json").exists(), "it was read twice"
                inbox.done(message) if is_done else inbox.set_aside(message)
            assert inbox.read() == [] and file.exists()
    assert Inbox(folder).read() == []
    assert not file.exists(), "as soon as it can be deleted, it is"
    assert file.with_name(f"{file.name}.failed").exists() is not is_done


def test_other_processes_read_the_note_of_the_owner(tmp_path: Path) -> None:
    owner = OwnerFile(tmp_path / "owner.json")
    assert owner.read() is None
    note = OwnerNote("sandbox", True, ("a",), (("b", 40),))
    owner.write(note)
    assert owner.read() == note
    owner.clear()
    assert owner.read() is None


@pytest.mark.parametrize("content", ["", "{half", "[]", '{"service": "sandbox"}', '{"percents": [1]}', "\xff"])
def test_an_invalid_note_of_the_owner_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / "owner.json").write_text(content, "latin-1")
    assert OwnerFile(tmp_path / "owner.json").read() is None


def test_the_note_of_a_killed_owner_is_deleted_by_the_next_owner(tmp_path: Path) -> None:
    owner = OwnerFile(tmp_path / "owner.json")
    owner.write(OwnerNote("sandbox"))
    lock = DataLock(tmp_path / "owner.lock", owner)
    assert lock.acquire()
    assert owner.read() is None
    lock.release()


def test_a_folder_in_which_files_cannot_be_locked_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    lock = DataLock(tmp_path / "file" / "owner.lock", OwnerFile(tmp_path / "owner.json"))
    with pytest.raises(StoreError, match="cannot be locked"):
        lock.acquire()


def test_edited_prices_replace_the_shipped_ones(tmp_path: Path) -> None:
    shipped = ROOT / "resources" / "prices.json"
    table = PriceFile(tmp_path / "none.json", shipped).load()
    assert table.price_of(VideoRequest("x")) == 100
    assert table.price_of(VideoRequest("x", model="sora2-pro")) == 200
    edited = tmp_path / "prices.json"
    edited.write_text('[{"credits": 7, "duration": 5}, {"credits": "9.5"}]')
    assert PriceFile(edited, shipped).load().price_of(VideoRequest("x")) == 7
    edited.write_text("nonsense")
    assert PriceFile(edited, shipped).load().price_of(VideoRequest("x")) == 100


def test_all_files_are_below_the_data_folder(tmp_path: Path) -> None:
    assert DataFolder.at(tmp_path).database.parent == tmp_path
    assert DataFolder.at(None, {"SORA_DESKTOP_DATA": str(tmp_path / "x")}).clips.parent == tmp_path / "x"
    assert "sora-desktop" in str(DataFolder.at(None, {}).root)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="Choose another"):
        DataFolder.at(tmp_path / "file" / "data").make()
    with pytest.raises(StoreError, match="cannot be used"):
        disk.check_writable(tmp_path / "file" / "clips")
    with pytest.raises(StoreError, match="Free some space"):
        disk.require_space(tmp_path / "does not exist", 1 << 60)


def test_a_folder_without_room_is_named_on_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"MB are free in .*a\\x0ab; "):
        disk.require_space(tmp_path / "a\nb", 1 << 60)
