"""Whoever holds the lock knows that its predecessor is dead."""

import subprocess
import sys

import pytest

from bot.errors import AlreadyRunning, StoreAway
from bot.store.lock import only_one

HOLDER = """
import sys
from bot.store.lock import only_one
with only_one(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(url):
    """Another process that holds the lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_on_one_file_is_told_so(url, holder, tmp_path):
    with pytest.raises(AlreadyRunning) as refused, only_one(url):
        pass

    assert str(refused.value) == f"another process runs on {tmp_path}/imagine.db"


def test_a_killed_process_holds_nothing(url, holder):
    """No stale lock file may keep the bot from coming back after a crash."""
    holder.kill()
    holder.wait()

    with only_one(url):
        pass


def test_the_lock_ends_with_its_context(url):
    for _ in range(2):
        with only_one(url):
            pass


def test_another_file_is_another_lock(url, holder, tmp_path):
    with only_one(f"sqlite+aiosqlite:///{tmp_path}/another.db"):
        pass


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(StoreAway, match="file"),
        only_one(f"sqlite+aiosqlite:///{tmp_path}/file/imagine.db"),
    ):
        pass
