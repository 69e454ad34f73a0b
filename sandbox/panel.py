"""The side panel's HTTP API: controls the vendor, Discord's gateway and the bot process."""

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from aiohttp import web

from sandbox import time_of_day
from sandbox.alerts import AlertReceiver
from sandbox.botprocess import BotProcess
from sandbox.discord.enums import Permission
from sandbox.discord.gateway import Gateway
from sandbox.discord.gateway_troubles import Stage
from sandbox.discord.models import Channel
from sandbox.discord.sample import new_guild
from sandbox.discord.world import World
from sandbox.faults import ALWAYS
from sandbox.pixazo import Next, Pixazo
from sandbox.stepped_clock import SteppedClock

LOG_LINES = 40
ALERTS = 10
REQUESTS = 10
MAX_SECONDS = 86400.0
MAX_NEXT = 50
DENIABLE = ("VIEW_CHANNEL", "SEND_MESSAGES", "ATTACH_FILES")  # permissions that a switch takes
CLOSE_CODES = range(4000, 4015)  # of Discord's gateway
OWN_HOSTS = ("127.0.0.1", "localhost")  # any other name is DNS rebinding


class InvalidRequestError(ValueError):
    """The page sent an invalid request; the text says why."""


class PanelTarget(Protocol):
    """Port to what the panel controls."""

    world: World
    pixazo: Pixazo
    alerts: AlertReceiver
    gateway: Gateway
    process: BotProcess | None
    clock: SteppedClock | None  # of its bots; None: it can't be stepped
    online: bool  # whether the bot takes interactions
    by_http: bool  # so interactions come

    def choose_way(self, *, by_http: bool) -> None:
        """Choose how interactions come, for a bot that does not run."""


class Panel:
    """Routes under /panel, for pages of the same origin only."""

    def __init__(self, target: PanelTarget) -> None:
        self._target = target
        self.routes = [
            web.get("/panel/state", self._state),
            web.post("/panel/vendor", self._changing(self._vendor)),
            web.post("/panel/vendor/next", self._changing(self._next)),
            web.post("/panel/vendor/trouble", self._changing(self._trouble)),
            web.post("/panel/bot", self._changing(self._bot)),
            web.post("/panel/bot/direct", self._changing(self._direct)),
            web.post("/panel/bot/interactions", self._changing(self._interactions)),
            web.post("/panel/clock", self._changing(self._clock)),
            web.post("/panel/place", self._changing(self._place)),
            web.post("/panel/invite", self._changing(self._invite)),
            web.post("/panel/gateway", self._changing(self._gateway)),
        ]

    def state(self) -> dict[str, object]:
        """Return all that the panel shows."""
        pixazo, process = self._target.pixazo, self._target.process
        return {
            "bot": {
                "running": process is not None and process.running,
                "pid": process.pid if process else None,
                "online": self._target.online,
                "started_at": process.started_at if process and process.running else None,
                "way": "http" if self._target.by_http else "gateway",
                "direct": process is not None and process.env.get("ALLOW_DIRECT") == "true",
                "log": list(process.log)[-LOG_LINES:] if process else [],
            },
            "ahead": clock.ahead if (clock := self._target.clock) else None,
            "alerts": self._target.alerts.texts[-ALERTS:],
            "places": {channel.id: self._shown(channel) for channel in self._channels()},
            "vendor": {
                "queued_seconds": list(pixazo.settings.queued_seconds),
                "processing_seconds": list(pixazo.settings.processing_seconds),
                "wallet_usd": pixazo.wallet_usd,
                "price_usd": pixazo.settings.price_usd,
                "callbacks": bool(pixazo.settings.callback_delays),
                "troubles": pixazo.troubles,
                "next": [answer.value for answer, _ in pixazo.next],
                "submitted": len(pixazo.accepted),
                "status_calls": pixazo.status_calls,
                "callbacks_sent": len(pixazo.callbacks.deliveries),
                "requests": [
                    {
                        "request_id": sent.request_id,
                        "status": sent.status,
                        "prompt": sent.order.prompt,
                    }
                    for sent in pixazo.latest(REQUESTS)
                ],
            },
        }

    def _channels(self) -> list[Channel]:
        guilds = self._target.world.guilds.values()
        return [channel for guild in guilds for channel in guild.channels.values()]

    def _shown(self, channel: Channel) -> dict[str, object]:
        guild = self._target.world.guilds[channel.guild_id or ""]
        return {
            "denied": [name for name in DENIABLE if Permission[name] in channel.denied],
            "german": guild.locale == "de",
            "invited": guild.has_bot,
        }

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response(self.state())

    def _changing(
        self, change: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> Callable[[web.Request], Awaitable[web.Response]]:
        """Accept only JSON from the same origin, apply *change* and answer with the new state."""

        async def handle(request: web.Request) -> web.Response:
            origin = request.headers.get("Origin", f"http://{request.host}")
            if origin != f"http://{request.host}" or request.url.host not in OWN_HOSTS:
                return web.json_response({"error": "another origin's page"}, status=403)
            if request.content_type != "application/json":
                return web.json_response({"error": "only application/json"}, status=415)
            try:
                body = json.loads(await request.text())
                if not isinstance(body, dict):
                    raise InvalidRequestError("not an object")
                await change(body)
            except ValueError as error:
                return web.json_response({"error": str(error)}, status=400)
            return web.json_response(self.state())

        return handle

    async def _vendor(self, body: dict[str, Any]) -> None:
        readers: dict[str, Callable[[Any], Any]] = {
            "queued_seconds": _span,
            "processing_seconds": _span,
            "wallet_usd": _number_or_none,
            "callbacks": _flag,
        }
        unknown = body.keys() - readers.keys()
        if unknown:
            raise InvalidRequestError(f"unknown: {', '.join(sorted(unknown))}")
        values = {name: readers[name](value) for name, value in body.items()}
        pixazo = self._target.pixazo
        if "wallet_usd" in values:
            pixazo.wallet_usd = values.pop("wallet_usd")
        if "callbacks" in values:
            pixazo.settings.callback_delays = (0.0,) if values.pop("callbacks") else ()
        for name, value in values.items():
            setattr(pixazo.settings, name, value)

    async def _trouble(self, body: dict[str, Any]) -> None:
        seconds = _number_or_none(body.get("seconds"))
        self._target.pixazo.trouble(
            body.get("name", ""), seconds=ALWAYS if seconds is None else seconds
        )

    async def _next(self, body: dict[str, Any]) -> None:
        answer = body.get("answer")
        if answer == "clear":
            self._target.pixazo.next.clear()
            return
        if answer not in [known.value for known in Next]:
            raise InvalidRequestError(f"unknown answer: {answer}")
        count = body.get("count", 1)
        if type(count) is not int or not 1 <= count <= MAX_NEXT:
            raise InvalidRequestError(f"count must be 1 to {MAX_NEXT}")
        retry_after = _number_or_none(body.get("retry_after"))
        self._target.pixazo.answer_next(answer, retry_after=retry_after, count=count)

    async def _gateway(self, body: dict[str, Any]) -> None:
        """Close each connection to come with a code, or the open ones `now`; null ends that."""
        gateway, code, stage = self._target.gateway, body.get("close"), body.get("when", "ready")
        if code is None:
            gateway.end_troubles()
            return
        if code not in CLOSE_CODES or stage not in {"now", *Stage}:
            raise InvalidRequestError(f"no such code or stage: {code}, {stage}")
        if stage == "now":
            gateway.close(code)
            return
        limits = {name: _number_or_none(body.get(name)) for name in ("times", "seconds")}
        known = {name: limit for name, limit in limits.items() if limit is not None}
        gateway.close_each(code, Stage(stage), **known)

    async def _place(self, body: dict[str, Any]) -> None:
        """Change what the bot may do in a channel, and the channel's server."""
        world = self._target.world
        channel = next((each for each in self._channels() if each.id == body.get("channel")), None)
        denied = body.get("denied", [])
        known = isinstance(denied, list) and all(name in DENIABLE for name in denied)
        if channel is None or not known:
            raise InvalidRequestError(f"no such channel or permission: {body}")
        guild = world.guilds[channel.guild_id or ""]
        flags = {name: _flag(body[name]) for name in ("german", "invited") if name in body}
        if "denied" in body:
            world.allow(channel)
            world.deny(channel, *denied)
        if (german := flags.get("german")) is not None:
            language = ("de", ("COMMUNITY",)) if german else ("en-US", ())
            world.change_guild(guild, locale=language[0], features=language[1])
        if (invited := flags.get("invited")) not in {None, guild.has_bot}:
            world.move_bot(guild, present=bool(invited))

    async def _invite(self, body: dict[str, Any]) -> None:
        """Invite the bot to a new server."""
        names = ("system_channel", "writable")
        new_guild(self._target.world, **{name: _flag(body.get(name)) for name in names})

    async def _clock(self, body: dict[str, Any]) -> None:
        """Step the time of day of the bot and of both stand-ins.

        A running bot restarts: it measures time by a clock that never jumps.
        """
        clock, seconds = self._target.clock, _number(body.get("seconds"))
        if clock is None:
            raise InvalidRequestError("this bot's clock can't be stepped")
        async with self._restarted():
            clock.step(seconds)
            time_of_day.set_ahead(clock.ahead)

    async def _direct(self, body: dict[str, Any]) -> None:
        """Switch ALLOW_DIRECT; a running bot restarts with it."""
        process, on = self._target.process, _flag(body.get("on"))
        if process is None:
            raise InvalidRequestError("there is no bot")
        async with self._restarted():
            process.env["ALLOW_DIRECT"] = str(on).lower()

    async def _interactions(self, body: dict[str, Any]) -> None:
        """Choose how interactions come; a running bot restarts and keeps its database."""
        if (way := body.get("way")) not in {"gateway", "http"}:
            raise InvalidRequestError(f"no such way: {way}")
        async with self._restarted():
            self._target.choose_way(by_http=way == "http")

    @asynccontextmanager
    async def _restarted(self) -> AsyncIterator[None]:
        """Stop a running bot for a change, and start it again."""
        process = self._target.process
        running = process if process is not None and process.running else None
        if running is not None:
            await running.stop()
        yield
        if running is not None:
            await running.start()

    async def _bot(self, body: dict[str, Any]) -> None:
        process = self._target.process
        if process is None:
            raise InvalidRequestError("there is no bot")
        actions: dict[object, tuple[Callable[[], Awaitable[object]], ...]] = {
            "kill": (process.kill,),
            "stop": (process.stop,),
            "start": (process.start,),
            "restart": (process.stop, process.start),
        }
        if not (steps := actions.get(body.get("do"))):
            raise InvalidRequestError(f"unknown: {body.get('do')}")
        for step in steps:
            await step()


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidRequestError(f"not a number: {value!r}")
    if not math.isfinite(value) or not 0 <= value <= MAX_SECONDS:
        raise InvalidRequestError(f"not between 0 and {MAX_SECONDS:g}: {value}")
    return float(value)


def _number_or_none(value: object) -> float | None:
    return None if value is None else _number(value)


def _span(value: object) -> tuple[float, float]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  a lowest and a highest
        raise InvalidRequestError("a span is [lowest, highest]")
    low, high = _number(value[0]), _number(value[1])
    if low > high:
        raise InvalidRequestError(f"the lowest is above the highest: {low:g} > {high:g}")
    return low, high


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequestError(f"not true or false: {value!r}")
    return value
