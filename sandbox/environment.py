"""Composition root of the sandbox: both stand-ins, the page with its panel, and bot processes."""

import os
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from sandbox import time_of_day
from sandbox.alerts import AlertReceiver
from sandbox.botprocess import BOT, BotProcess, Launch, launch
from sandbox.discord.events import BotOnline, Event
from sandbox.discord.sample import sample_world
from sandbox.discord.server import Discord
from sandbox.discord.world import World
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.listener import free_port
from sandbox.panel import Panel
from sandbox.pixazo import Pixazo, Settings
from sandbox.stepped_clock import COMMAND, SteppedClock

PUBLIC_URL = "https://bot.example"  # the vendor's stand-in forwards it to the bot's port
PROJECT = Path(__file__).parent.parent
# The last is set by coverage.py: it measures each process that has it.
INHERITED = ("PATH", "HOME", "LANG", "TZ", "COVERAGE_PROCESS_CONFIG")


def inherited() -> dict[str, str]:
    """Return the environment variables that a bot inherits; none of them is a setting.

    LANG is always set: Python adds it on its own where it is missing.
    """
    return {"LANG": "C.UTF-8"} | {
        name: os.environ[name] for name in INHERITED if name in os.environ
    }


class SandboxEnvironment:
    """Async context manager: starts everything but the bot; on exit stops every bot it created.

    Each stand-in has its own `journal` and `faults`: `sandbox.discord.journal`.
    """

    def __init__(
        self,
        *,
        world: World | None = None,
        vendor: Settings | None = None,
        port: int = 0,
        keep: int | None = None,
        launch: Launch = launch,
        by_http: bool = False,  # interactions come by HTTP
        stepped: bool = False,  # the panel may step the time of day, also the bot's
    ) -> None:
        self.world = world or sample_world()
        self.pixazo = Pixazo(vendor or Settings(), Journal(keep=keep), Faults())
        self.panel = Panel(self)
        self.discord = Discord(
            self.world, Journal(keep=keep), Faults(), port=port, routes=self.panel.routes
        )
        self.alerts = AlertReceiver(Journal(keep=keep), Faults())
        self.gateway = self.discord.gateway
        self.web_port = 0  # where the bot serves callbacks and health checks
        self.online = False
        self.clock: SteppedClock | None = None
        self._launch = launch
        self.by_http = by_http
        self._stepped = stepped
        self.process: BotProcess | None = None  # the newest bot; the panel controls it
        self._folder = Path()
        self._stack = AsyncExitStack()

    @property
    def address(self) -> str:
        """Return the URL of the chat page."""
        return f"{self.discord.origin}/"

    async def __aenter__(self) -> Self:
        self.world.listeners.append(self._on_event)
        async with AsyncExitStack() as stack:
            temporary = tempfile.TemporaryDirectory(prefix="imagine-")
            self._folder = Path(stack.enter_context(temporary))
            if self._stepped:
                self.clock = SteppedClock(self._folder / "clock")
                stack.callback(time_of_day.set_ahead, 0.0)
            self.web_port = free_port()
            self.pixazo.settings.forward[PUBLIC_URL] = f"http://127.0.0.1:{self.web_port}"
            await stack.enter_async_context(self.pixazo)
            await stack.enter_async_context(self.discord)
            await stack.enter_async_context(self.alerts)
            self.choose_way(by_http=self.by_http)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def bot_environment(self) -> dict[str, str]:
        """Return the complete environment that connects a bot to this sandbox."""
        return inherited() | {
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
            "DISCORD_TOKEN": self.world.bot_token,
            "DISCORD_API_URL": self.discord.api_url,
            "DISCORD_GATEWAY_URL": self.discord.gateway_url,
            "PIXAZO_API_KEY": self.pixazo.settings.key,
            "PIXAZO_URL": self.pixazo.origin,
            "MEDIA_ORIGINS": self.pixazo.media_origin,
            "DATABASE_URL": f"sqlite+aiosqlite:///{self._folder / 'imagine.db'}",
            "WEB_HOST": "127.0.0.1",
            "WEB_PORT": str(self.web_port),
            "PUBLIC_URL": PUBLIC_URL,
            "ALERT_WEBHOOK_URL": self.alerts.url(),
            "INTERACTIONS": _way(by_http=self.by_http),
            "DRAIN_SECONDS": "0",
            "POLL_SECONDS": "0.3",
            "LANE_RATE_PER_MINUTE": "6000",  # practically unlimited: nothing is billed
        }

    def bot(self, *arguments: str, **env: str) -> BotProcess:
        """Return a bot process, not started; *env* overrides its settings.

        *arguments* go to its command line; without any it serves. It runs in the sandbox's
        temporary folder, so that it reads no `.env`; its database lives as long as the sandbox.
        """
        settings = self.bot_environment() | env
        program = BOT if self.clock is None else (*COMMAND, str(self.clock.file))
        command = (*program, *arguments)
        process = BotProcess(settings, cwd=self._folder, command=command, launch=self._launch)
        self._stack.push_async_callback(process.stop)
        if not arguments:
            self.process = process
        return process

    def choose_way(self, *, by_http: bool) -> None:
        """Choose how interactions come, for a bot that does not run."""
        self.by_http = by_http
        if by_http:
            origin = f"http://127.0.0.1:{self.web_port}"
            self.discord.endpoint.set(f"{PUBLIC_URL}/interactions", origin)
        else:
            self.discord.endpoint.clear()
        if self.process is not None:
            self.process.env["INTERACTIONS"] = _way(by_http=by_http)

    async def ready(self, *, within: float = 30.0) -> None:
        """Wait until the bot takes interactions."""
        if self.by_http:
            await self.discord.endpoint.look()  # it may just have been killed
        await self.world.wait(
            lambda: True if self.online else None, within=within, what="bot at the gateway"
        )

    def _on_event(self, event: Event) -> None:
        if isinstance(event, BotOnline):
            self.online = event.online


def _way(*, by_http: bool) -> str:
    return "http" if by_http else "gateway"
