"""The command line, as an operator meets it: one line says what is wrong."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.__main__ import health_url, main
from bot.domain.job import Billed, State
from bot.errors import AlreadyRunning
from bot.store.database import Database
from bot.store.jobs import Jobs
from bot.store.process_lock import process_lock
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.pixazo import Pixazo, Settings
from tests.samples import a_job, anybody
from tests.wire import Wire

ROOT = Path(__file__).parents[1]
REQUIRED = {"DISCORD_TOKEN": "MTIz.very.secret-token", "PIXAZO_API_KEY": "key-very-secret"}


@pytest.fixture
def bot(tmp_path):
    """Run ``python -m bot`` in an empty folder with nothing but these settings."""

    def run(*arguments, **settings):
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_a_missing_token_ends_the_start_with_one_line(bot):
    ended = bot(PIXAZO_API_KEY="key-very-secret")

    assert ended.returncode == 2
    assert ended.stderr == "imagine: DISCORD_TOKEN: is missing\n"
    assert ended.stdout == ""


def test_a_wrong_setting_ends_the_start_with_one_line(bot):
    ended = bot("run", **REQUIRED, LANE_WIDTH="wide")

    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("imagine: LANE_WIDTH: ")
    assert "secret" not in line


def test_the_tables_are_made_without_running_the_bot(bot, tmp_path):
    ended = bot("migrate", **REQUIRED)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "data/imagine.db").is_file()


def test_a_store_that_cannot_be_opened_is_said_in_one_line(bot, tmp_path):
    (tmp_path / "data").write_text("in the way")

    ended = bot("run", **REQUIRED)

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("imagine: ")


def test_a_databases_password_never_shows(bot):
    """Operators paste what they see into forums."""
    address = "postgresql+asyncpg://imagine:hunter2@127.0.0.1:1/imagine"

    for command in ("run", "migrate", "check"):
        ended = bot(command, **REQUIRED, DATABASE_URL=address, PIXAZO_URL="http://127.0.0.1:1")

        assert ended.returncode == 1
        assert "the store is away: " in ended.stdout + ended.stderr
        assert "hunter2" not in ended.stdout + ended.stderr


async def test_the_tables_are_made_on_a_server_too(bot, postgres):
    url = await postgres.new(empty=True)

    ended = await asyncio.to_thread(bot, "migrate", **REQUIRED, DATABASE_URL=url)

    assert (ended.returncode, ended.stderr) == (0, "")
    await postgres.drop(url)


async def test_a_second_run_of_one_name_ends_with_one_line(bot, postgresql):
    """Two of them would take each other's jobs, and each would be told that the other is dead."""
    settings = {"DATABASE_URL": postgresql, "INSTANCE": "one"}
    async with process_lock(postgresql, instance="one"):
        ended = await asyncio.to_thread(bot, "run", **REQUIRED, **settings)

    assert ended.returncode == 1
    assert ended.stderr == "imagine: another process runs as one on this database\n"


async def test_a_process_whose_name_another_took_ends_with_one_line(tmp_path, postgres, postgresql):
    """Its connection was lost, and who has the lock by now has taken its jobs."""
    settings = Settings(key=REQUIRED["PIXAZO_API_KEY"])
    async with (
        Pixazo(settings, Journal(), Faults()) as pixazo,
        Wire.to(postgres.socket) as wire,
        running(
            tmp_path,
            pixazo,
            DATABASE_URL=wire.url(postgresql),
            INSTANCE="one",
        ) as process,
    ):
        await held(postgresql, "one")
        wire.cut()
        async with process_lock(postgresql, instance="one"):
            wire.mend()
            async with asyncio.timeout(30):
                errors = await process.stderr.read()

        *_, critical, line = errors.decode().splitlines()
        assert " CRITICAL " in critical
        assert line == "imagine: another process runs as one on this database"
        assert await process.wait() == 1


async def held(url, instance):
    """Wait until somebody holds the lock."""
    async with asyncio.timeout(20):
        while True:
            try:
                async with process_lock(url, instance=instance):
                    pass
            except AlreadyRunning:
                return
            await asyncio.sleep(0.1)


def test_a_bot_that_does_not_answer_is_not_well(bot):
    ended = bot("health", **REQUIRED, WEB_PORT="1")

    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert "127.0.0.1:1/healthz" in line


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "http://127.0.0.1:8080/healthz"),
        ("::", "http://[::1]:8080/healthz"),
        ("::1", "http://[::1]:8080/healthz"),
        ("fd00::5", "http://[fd00::5]:8080/healthz"),
        ("localhost", "http://localhost:8080/healthz"),
    ],
)
def test_health_is_asked_at_an_address_that_the_bot_listens_on(host, address):
    assert str(health_url(host, 8080)) == address


def test_an_unknown_command_is_explained(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["dance"])

    assert ended.value.code == 2
    assert "dance" in capsys.readouterr().err


@asynccontextmanager
async def running(folder, pixazo, **settings):
    """Run a bot that finds the vendor, but no Discord, and end it as an operator would."""
    nowhere = "127.0.0.1:1"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            **REQUIRED,
            "DISCORD_API_URL": f"http://{nowhere}",
            "DISCORD_GATEWAY_URL": f"ws://{nowhere}",
            "PIXAZO_URL": pixazo.origin,
            "DATABASE_URL": f"sqlite+aiosqlite:///{folder}/imagine.db",
            "WEB_PORT": "0",
            "POLL_SECONDS": "0.05",
            **settings,
        },
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                await process.communicate()
            assert process.returncode == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("predecessor", ["one-host", "another-host"])
async def test_a_restarted_bot_follows_the_jobs_of_its_predecessor(tmp_path, predecessor):
    """INSTANCE is the host's name by default: the dead process bore the name of the living one.

    A job that stayed with the dead one would be paid for, and never delivered.
    """
    settings = Settings(key=REQUIRED["PIXAZO_API_KEY"], queued_seconds=(60, 60))
    async with Pixazo(settings, Journal(), Faults()) as pixazo:
        now = time.time()
        job = a_job(
            state=State.QUEUED,
            billed=Billed.UNKNOWN,
            request_id="r-1",
            owner=predecessor,
            epoch=1,
            created_at=now,
            queued_at=now,
        )
        async with Database.open(f"sqlite+aiosqlite:///{tmp_path}/imagine.db") as database:
            assert await Jobs(database).add(job, anybody)

        async with running(tmp_path, pixazo, INSTANCE="one-host"):
            await pixazo.journal.wait("GET", "/v2/requests/status/r-1", within=15)
