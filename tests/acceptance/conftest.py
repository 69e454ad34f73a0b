"""A real bot process between the stand-ins, over real sockets.

With ``CAPTURE_STATEMENTS=FILE`` in pytest's environment, every bot appends each different statement
that it executes to FILE, as a line of JSON with dialect, statement and parameters.

With ``INTERACTIONS=http`` interactions come by HTTP: ``make acceptance-http``. Tests with the
marker ``gateway`` are then left out, and listed with their reasons at the end.

After each test, all exchanges with Discord's stand-in are checked against Discord's OpenAPI
description.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser, Page
from xdist.workermanage import WorkerController

from sandbox.botprocess import BOT, BotProcess, Launch, Process
from sandbox.botprocess import launch as launch_process
from sandbox.discord.member import Member
from sandbox.environment import PUBLIC_URL, SandboxEnvironment
from tests.acceptance.driver import (
    CLUB,
    FAST_LANE,
    Server,
    Store,
    forget_starts,
    quick,
    without_limits,
)
from tests.acceptance.fork_server import WITHOUT_CALLBACKS
from tests.acceptance.forked import ForkServer
from tests.acceptance.visitor import DESKTOP
from tests.openapi import assert_conform

Start = Callable[..., Awaitable[BotProcess]]
MakeSandbox = Callable[..., SandboxEnvironment]

BY_HTTP = os.environ.get("INTERACTIONS") == "http"
LEFT_OUT = pytest.StashKey[set[tuple[str, str]]]()  # tests about the gateway, and why each is


class Environment(SandboxEnvironment):
    """A sandbox that fails at its end if a bot without a gateway began a session there."""

    async def __aexit__(self, *raised: object) -> None:
        await super().__aexit__(*raised)
        if self.by_http:
            assert self.world.starts.taken == [], "IDENTIFY"


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = set()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not BY_HTTP:
        return
    about = {item: mark for item in items if (mark := item.get_closest_marker("gateway"))}
    items[:] = [item for item in items if item not in about]
    config.hook.pytest_deselected(items=list(about))
    left_out = config.stash[LEFT_OUT]
    left_out.update((item.nodeid, mark.args[0]) for item, mark in about.items())


def pytest_sessionfinish(session: pytest.Session) -> None:
    left_out = session.config.stash[LEFT_OUT]
    if (output := getattr(session.config, "workeroutput", None)) is not None:  # of a worker
        output["left out"] = sorted(left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    for test, reason in getattr(node, "workeroutput", {}).get("left out", ()):
        node.config.stash[LEFT_OUT].add((test, reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    left_out = terminalreporter.config.stash[LEFT_OUT]
    if left_out:
        terminalreporter.write_sep("=", f"{len(left_out)} tests about the gateway were left out")
        for test, reason in sorted(left_out):
            terminalreporter.write_line(f"{test}: {reason}")


@pytest.fixture(scope="session")
async def launched() -> AsyncIterator[Launch]:
    """The way to start bots: by forks on Linux, else as new processes."""
    if sys.platform != "linux":
        yield launch_process
        return
    async with ForkServer.open(capture=os.environ.get("CAPTURE_STATEMENTS", "")) as server:
        yield server.launch


@pytest.fixture(scope="session")
def make_sandbox(launched: Launch) -> MakeSandbox:
    async def launch(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Process:
        if tuple(command) == BOT:
            forget_starts(env["DATABASE_URL"])  # else each restart of a bot waits for seconds
            if BY_HTTP and not env["PUBLIC_URL"]:  # it needs one
                env = {**env, "PUBLIC_URL": PUBLIC_URL, WITHOUT_CALLBACKS: "yes"}
        return await launched(command, cwd=cwd, env=env)

    return partial(Environment, launch=launch, by_http=BY_HTTP)


@pytest.fixture
async def sandbox(make_sandbox: MakeSandbox) -> AsyncIterator[SandboxEnvironment]:
    async with make_sandbox(vendor=quick()) as opened:
        yield opened
        assert_conform(opened.discord.journal.exchanges)


@pytest.fixture
def start(sandbox: SandboxEnvironment) -> Start:
    """Start a bot with these settings and wait until it is connected."""

    async def started(**settings: str) -> BotProcess:
        process = sandbox.bot(**(FAST_LANE | settings))
        await process.start()
        await sandbox.ready()
        return process

    return started


@pytest.fixture
def noah(sandbox: SandboxEnvironment) -> Member:
    return sandbox.discord.member("Noah", channel="general", guild=CLUB)


@pytest.fixture
def mira(sandbox: SandboxEnvironment) -> Member:
    """A moderator."""
    return sandbox.discord.member("Mira", channel="general", guild=CLUB)


@pytest.fixture
def ada(sandbox: SandboxEnvironment) -> Member:
    """A member whose Discord is German."""
    return sandbox.discord.member("Ada", channel="general", guild=CLUB)


@pytest.fixture
def store(sandbox: SandboxEnvironment) -> Store:
    return Store(sandbox)


@pytest.fixture
def metrics(sandbox: SandboxEnvironment) -> Callable[[], Awaitable[str]]:
    """Return the text of ``/metrics``."""

    async def metrics() -> str:
        url = f"http://127.0.0.1:{sandbox.web_port}/metrics"
        async with ClientSession() as session, session.get(url) as answer:
            assert answer.status == 200
            return await answer.text()

    return metrics


@pytest.fixture
def readiness(sandbox: SandboxEnvironment) -> Callable[..., Awaitable[None]]:
    """Wait until ``/readyz`` has all of these values, and the status that fits them."""

    async def readiness(**wanted: object) -> None:
        async with asyncio.timeout(32), ClientSession() as session:  # over the longest back-off
            while True:
                answer = await session.get(f"http://127.0.0.1:{sandbox.web_port}/readyz")
                values = await answer.json()
                assert answer.status == (200 if values["ready"] else 503)
                if wanted.items() <= values.items():
                    return
                await asyncio.sleep(0.02)

    return readiness


@pytest.fixture
def operate(sandbox: SandboxEnvironment) -> Callable[..., Awaitable[tuple[int | None, list[str]]]]:
    """Run a command; return its exit status and its lines."""

    async def operate(*arguments: str, **settings: str) -> tuple[int | None, list[str]]:
        process = sandbox.bot(*arguments, **settings)
        await process.start()
        status = await process.wait_exit()
        return status, list(process.log)[:-1]  # the last one is the sandbox's

    return operate


@pytest.fixture
async def page(chromium: Browser, sandbox: SandboxEnvironment, start: Start) -> AsyncIterator[Page]:
    """The sandbox's page, with a bot without limits; afterwards no script has failed."""
    await start()
    await without_limits(sandbox)
    page = await chromium.new_page(viewport=DESKTOP, reduced_motion="reduce", locale="en-GB")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_default_timeout(15_000)
    await page.goto(sandbox.address)
    await page.wait_for_selector("body:not(.starting)")
    yield page
    await page.close()
    assert errors == []


@pytest.fixture(scope="module")
def bot_settings() -> dict[str, str]:
    """Settings of the bot that the tests of a module share; a module may override them."""
    return {}


@pytest.fixture(scope="module")
async def running(
    make_sandbox: MakeSandbox, bot_settings: dict[str, str]
) -> AsyncIterator[SandboxEnvironment]:
    """A sandbox whose bot is shared by the tests of a module, since a start takes long."""
    async with make_sandbox(vendor=quick()) as opened:
        await opened.bot(**bot_settings).start()
        await opened.ready()
        await without_limits(opened)
        yield opened


@pytest.fixture
def shared(running: SandboxEnvironment) -> Iterator[SandboxEnvironment]:
    """The sandbox with the shared bot, without records of earlier tests."""
    running.pixazo.accepted.clear()
    for journal in (running.discord.journal, running.pixazo.journal, running.pixazo.media_journal):
        journal.exchanges.clear()
    yield running
    running.discord.faults.clear()
    assert_conform(running.discord.journal.exchanges)


@pytest.fixture
def server(shared: SandboxEnvironment) -> Server:
    """A new server of the shared bot."""
    return Server(shared)


@pytest.fixture
def member(shared: SandboxEnvironment) -> Member:
    return shared.discord.member("Noah", channel="general", guild=CLUB)
