"""SIGKILL at every boundary of an order's life: before and after each write, request and edit.

A point is reached by holding an answer of a stand-in, or the store's write lock, and not by luck.
The bot that a point restarts is the one that the next point kills.
"""

import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.domain.lane import lane_name
from sandbox.botprocess import BotProcess
from sandbox.environment import PUBLIC_URL, SandboxEnvironment
from sandbox.faults import Fault, Hold
from sandbox.pixazo import Settings
from tests.acceptance.conftest import MakeSandbox
from tests.acceptance.outside import Store, pictures, waits_for_lock, without_limits

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at threads in /proc")

IMAGES = 2
UNANSWERED = 20.0  # seconds by which an order is made older than an unanswered one may get

# What may be held: the stand-in's faults, method, path
DEFERRAL = ("discord", "POST", "/api/v10/interactions/*")
EDIT = ("discord", "PATCH", "/api/v10/webhooks/*")
SUBMIT = ("vendor", "POST", "/auraflow-v0-3-512/v1/auraflow-v0-3-request")
STATUS = ("vendor", "GET", "/v2/requests/status/*")
MEDIA = ("media", "GET", "*")


class Scene:
    """One order, made before one bot, and the hands that stop the world round it."""

    def __init__(self, sandbox: SandboxEnvironment, bot: BotProcess, prompt: str) -> None:
        self.sandbox, self.bot, self.prompt = sandbox, bot, prompt
        self.store = Store(sandbox)
        self.vendor = sandbox.pixazo
        self.noah = sandbox.discord.member("Noah", channel="general", guild="Lighthouse Club")
        self.sent: Any = None
        self._faults = {
            "discord": sandbox.discord.faults,
            "vendor": sandbox.pixazo.faults,
            "media": sandbox.pixazo.media_faults,
        }
        self._locks = ExitStack()

    def hold(self, what, when="before") -> Fault:
        """Hold all requests of a kind from now on, before or after they are handled."""
        side, method, path = what
        fault = Fault(method=method, path=path, do=Hold(when=when), times=100)
        return self._faults[side].add(fault)

    def lock(self) -> None:
        self._locks.enter_context(self.store.locked())

    def pause_lane(self, seconds: float) -> None:
        """Let the lane pause, as after a 429 that an earlier order got."""
        self.store.change(
            "INSERT INTO lanes (lane, paused_until, refusals, next_slot_at, shut_at, probe_at)"
            " VALUES (?1, ?2, 0, 0, 0, 0) ON CONFLICT (lane) DO UPDATE SET paused_until = ?2",
            lane_name(self.vendor.settings.key),
            time.time() + seconds,
        )

    async def order(self) -> None:
        self.sent = await self.noah.command("imagine", prompt=self.prompt, images=IMAGES)

    async def until_at(self, what, when="before") -> Fault:
        """Order, and wait until a request of that kind is held."""
        fault = self.hold(what, when)
        await self.order()
        await fault.reached.wait()
        return fault

    async def until_queued(self) -> str:
        """Order, wait until the card says that the vendor has it, and return the request id."""
        self.vendor.hold_states()
        await self.order()
        await self.sent.until(lambda message: "**Queued**" in json.dumps(message))
        return self.vendor.latest(1)[0].request_id

    async def until_media_held(self, when="before") -> Fault:
        request_id = await self.until_queued()
        fault = self.hold(MEDIA, when)
        self.vendor.move(request_id, "COMPLETED")
        await fault.reached.wait()
        return fault

    async def blocked_after(self, fault: Fault) -> None:
        """Let a held answer go, and wait until the write that it leads to is blocked."""
        self.lock()
        fault.release()
        await waits_for_lock(self.bot)

    def let_go(self) -> None:
        """Let the world go on: what was held before it was handled is handled now."""
        self._locks.close()
        for faults in self._faults.values():
            faults.clear()
        self.vendor.release_states()

    @property
    def submits(self) -> int:
        return sum(json.loads(one.body)["prompt"] == self.prompt for one in self.vendor.accepted)

    @property
    def posts(self) -> int:
        """How often it was sent, without what the vendor clearly refused."""
        exchanges = self.vendor.journal.find(*SUBMIT[1:])
        return sum(
            json.loads(one.body)["prompt"] == self.prompt and one.status not in {402, 429}
            for one in exchanges
        )


@dataclass(frozen=True, kw_only=True)
class Point:
    """A moment to kill the bot at, and what must come of it."""

    name: str
    reach: Callable[[Scene], Awaitable[object]]
    at: str  # the row's states that may be seen then; a dash: there is no row
    ends: str = "DELIVERED"  # "if heard": DELIVERED by callbacks, without them UNCERTAIN
    submits: int = 1
    modes: tuple[str, ...] = ("polling",)


POINTS: list[Point] = []
BOTH = ("polling", "callbacks")


def point(name: str, **expected):
    def add(reach):
        POINTS.append(Point(name=name, reach=reach, **expected))
        return reach

    return add


@point("row: before it is written", at="-", ends="-", submits=0)
async def _(scene):
    scene.lock()
    await scene.order()
    await waits_for_lock(scene.bot)


@point("deferral: before Discord has it", at="WAITING", ends="CANCELLED", submits=0)
async def _(scene):
    await scene.until_at(DEFERRAL)


@point("deferral: after Discord took it", at="WAITING", ends="CANCELLED", submits=0)
async def _(scene):
    await scene.until_at(DEFERRAL, "after")


@point("answered: before it is written", at="WAITING", ends="CANCELLED", submits=0)
async def _(scene):
    await scene.blocked_after(await scene.until_at(DEFERRAL, "after"))


@point("first card: before the edit", at="WAITING")
async def _(scene):
    scene.pause_lane(1.5)
    await scene.until_at(EDIT)


@point("first card: after the edit", at="WAITING")
async def _(scene):
    scene.pause_lane(1.5)
    await scene.until_at(EDIT, "after")


@point("claim: before it is written", at="WAITING")
async def _(scene):
    scene.pause_lane(1.0)
    await scene.order()
    await scene.sent.until(lambda message: "**Waiting**" in json.dumps(message))
    scene.lock()
    await waits_for_lock(scene.bot)


@point("submit: before the vendor has it", at="SUBMITTING", ends="if heard", modes=BOTH)
async def _(scene):
    await scene.until_at(SUBMIT)


@point("submit: taken, the 202 held back", at="SUBMITTING", ends="if heard", modes=BOTH)
async def _(scene):
    await scene.until_at(SUBMIT, "after")


@point("request id: before it is written", at="SUBMITTING", ends="if heard", modes=BOTH)
async def _(scene):
    await scene.blocked_after(await scene.until_at(SUBMIT, "after"))
    await scene.bot.wait_line("submit accepted")


@point("request id: by callback, the 202 held back", at="QUEUED PROCESSING", modes=("callbacks",))
async def _(scene):
    await scene.until_at(SUBMIT, "after")
    await scene.store.until(scene.prompt, lambda row: row["request_id"] is not None)


@point("429: before it is written", at="SUBMITTING", ends="UNCERTAIN", submits=0)
async def _(scene):
    scene.vendor.answer_next("429", retry_after=1)
    await scene.blocked_after(await scene.until_at(SUBMIT, "after"))


@point("429: back in its line, before the edit", at="WAITING")
async def _(scene):
    scene.vendor.answer_next("429", retry_after=1)
    held = await scene.until_at(SUBMIT, "after")
    await scene.sent.until(lambda message: "**Waiting**" in json.dumps(message))
    edit = scene.hold(EDIT)
    held.release()
    await edit.reached.wait()


@point("402: before it is written", at="SUBMITTING", ends="UNCERTAIN", submits=0)
async def _(scene):
    scene.vendor.answer_next("402")
    await scene.blocked_after(await scene.until_at(SUBMIT, "after"))


@point("402: refused, before the edit", at="REFUSED", ends="REFUSED", submits=0)
async def _(scene):
    scene.vendor.answer_next("402")
    held = await scene.until_at(SUBMIT, "after")
    await scene.sent.until(lambda message: "**Waiting**" in json.dumps(message))
    edit = scene.hold(EDIT)
    held.release()
    await edit.reached.wait()


@point(
    "cut after billing: uncertain, before the edit",
    at="UNCERTAIN QUEUED",
    ends="if heard",
    modes=BOTH,
)
async def _(scene):
    scene.vendor.answer_next("cut")
    held = await scene.until_at(SUBMIT, "after")
    await scene.sent.until(lambda message: "**Waiting**" in json.dumps(message))
    scene.vendor.hold_states()
    edit = scene.hold(EDIT)
    held.release()
    await edit.reached.wait()


@point("queued card: before the edit", at="QUEUED")
async def _(scene):
    held = await scene.until_at(SUBMIT)
    await scene.sent.until(lambda message: "**Waiting**" in json.dumps(message))
    scene.vendor.hold_states()
    edit = scene.hold(EDIT)
    held.release()
    await edit.reached.wait()


@point("queued card: after the edit", at="QUEUED")
async def _(scene):
    held = await scene.until_at(SUBMIT)
    await scene.sent.until(lambda message: "**Waiting**" in json.dumps(message))
    scene.vendor.hold_states()
    edit = scene.hold(EDIT, "after")
    held.release()
    await edit.reached.wait()


@point("processing: before it is written", at="QUEUED", modes=("callbacks",))
async def _(scene):
    request_id = await scene.until_queued()
    scene.lock()
    scene.vendor.move(request_id, "PROCESSING")
    await waits_for_lock(scene.bot)


@point("processing card: before the edit", at="PROCESSING")
async def _(scene):
    request_id = await scene.until_queued()
    edit = scene.hold(EDIT)
    scene.vendor.move(request_id, "PROCESSING")
    await edit.reached.wait()


@point("status: before the vendor has the call", at="QUEUED PROCESSING", modes=BOTH)
async def _(scene):
    await scene.until_at(STATUS)


@point("status: the answer COMPLETED held back", at="QUEUED", modes=("callbacks",))
async def _(scene):
    request_id = await scene.until_queued()
    status = scene.hold(STATUS, "after")
    scene.vendor.move(request_id, "COMPLETED")
    await status.reached.wait()


@point("completed: before it is written", at="QUEUED")
async def _(scene):
    request_id = await scene.until_queued()
    status = scene.hold(STATUS, "after")
    scene.vendor.move(request_id, "COMPLETED")
    await status.reached.wait()
    await scene.blocked_after(status)


@point("failed: before the edit", at="FAILED", ends="FAILED")
async def _(scene):
    request_id = await scene.until_queued()
    edit = scene.hold(EDIT)
    scene.vendor.move(request_id, "FAILED")
    await edit.reached.wait()


@point("pictures: before the download", at="COMPLETED")
async def _(scene):
    await scene.until_media_held()


@point("pictures: the bytes held back", at="COMPLETED")
async def _(scene):
    await scene.until_media_held("after")


@point("last card: before Discord has the pictures", at="COMPLETED")
async def _(scene):
    media = await scene.until_media_held()
    edit = scene.hold(EDIT)
    media.release()
    await edit.reached.wait()


@point("last card: after Discord took the pictures", at="COMPLETED", modes=("callbacks",))
async def _(scene):
    media = await scene.until_media_held()
    edit = scene.hold(EDIT, "after")
    media.release()
    await edit.reached.wait()


@point("delivered: before it is written", at="COMPLETED")
async def _(scene):
    media = await scene.until_media_held()
    edit = scene.hold(EDIT, "after")
    media.release()
    await edit.reached.wait()
    await scene.blocked_after(edit)


@point("delivered: after it is written", at="DELIVERED", modes=("callbacks",))
async def _(scene):
    await scene.order()
    await scene.store.until(scene.prompt, lambda row: row["state"] == "DELIVERED")


# What a killed bot would have said: its last word on the card
LAST_WORDS: dict[str, Any] = {
    "DELIVERED": "**Completed**",
    "CANCELLED": "**Not ordered**",
    "REFUSED": "**Could not be ordered**",
    "FAILED": "**Could not be drawn**",
    "UNCERTAIN": {"polling": "**Could not be confirmed**", "callbacks": "**Not confirmed yet**"},
}


@dataclass
class Theatre:
    """One sandbox and its bot for each mode, for as long as nothing failed there."""

    make_sandbox: MakeSandbox
    open: dict[str, tuple[AsyncExitStack, SandboxEnvironment, BotProcess]] = field(
        default_factory=dict
    )

    async def enter(self, mode: str) -> tuple[SandboxEnvironment, BotProcess]:
        if mode not in self.open:
            vendor = Settings(
                queued_seconds=(0.1, 0.1),
                processing_seconds=(0.2, 0.2),
                callback_retry_seconds=(0.2,) * 100,
                picture_size=64,
            )
            stack = AsyncExitStack()
            sandbox = await stack.enter_async_context(self.make_sandbox(vendor=vendor))
            url = PUBLIC_URL if mode == "callbacks" else ""
            bot = sandbox.bot(
                PUBLIC_URL=url,
                LANE_RATE_PER_MINUTE="6000",
                POLL_SECONDS="0.1",
                BALANCE_PROBE_SECONDS="0.001",  # after a 402 the next point's order tries at once
            )
            await bot.start()
            await sandbox.ready()
            await without_limits(sandbox)
            self.open[mode] = (stack, sandbox, bot)
        return self.open[mode][1:]

    async def close(self, mode: str) -> None:
        stack, _, _ = self.open.pop(mode)
        await stack.aclose()


@pytest.fixture(scope="module")
async def theatre(make_sandbox) -> AsyncIterator[Theatre]:
    opened = Theatre(make_sandbox)
    yield opened
    for mode in list(opened.open):
        await opened.close(mode)


@pytest.fixture(scope="module")
def table() -> Iterator[list[tuple[object, ...]]]:
    """Collect a line for each kill, and print them all at the end."""
    rows: list[tuple[object, ...]] = [
        ("killed at", "mode", "row at the kill", "ended", "submits", "messages")
    ]
    yield rows
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    print()  # noqa: T201
    for row in rows:
        cells = (str(cell).ljust(width) for cell, width in zip(row, widths, strict=True))
        print("| " + " | ".join(cells) + " |")  # noqa: T201
    print(f"{len(rows) - 1} kills")  # noqa: T201


numbers = itertools.count(1)


@pytest.fixture
async def scene(theatre, request) -> AsyncIterator[Scene]:
    mode = request.getfixturevalue("mode")
    sandbox, bot = await theatre.enter(mode)
    bot.log.clear()
    opened = Scene(sandbox, bot, f"picture number {next(numbers)}")
    yield opened
    opened.let_go()
    if sandbox.pixazo.next or not bot.running:
        await theatre.close(mode)


@pytest.mark.parametrize(
    ("point", "mode"),
    [
        pytest.param(point, mode, id=f"{point.name}, {mode}")
        for point in POINTS
        for mode in point.modes
    ],
)
async def test_a_kill_loses_no_paid_order_and_submits_none_twice(scene, point, mode, table):
    await point.reach(scene)
    at = scene.store.state(scene.prompt)
    await scene.bot.kill()
    found = scene.store.state(scene.prompt)
    # Where a point allows several states nothing is blocked, and callbacks may still move it on.
    states = point.at.split()
    assert at in states
    assert found in states[states.index(at) :], "what was blocked was written"

    scene.let_go()
    if point.ends == "CANCELLED":  # time goes by
        scene.store.change(
            "UPDATE jobs SET created_at = created_at - ? WHERE prompt = ?",
            UNANSWERED,
            scene.prompt,
        )
    scene.sandbox.online = False
    await scene.bot.start()
    await scene.sandbox.ready()

    ends = point.ends
    if ends == "if heard":
        ends = "DELIVERED" if mode == "callbacks" else "UNCERTAIN"
    if ends != "-":
        said = LAST_WORDS[ends]
        words = said if isinstance(said, str) else said[mode]
        await scene.store.until(
            scene.prompt,
            lambda row: row["state"] == ends and (row["owner"] is None or "yet" in words),
        )
        await scene.sent.until(lambda message: words in json.dumps(message))
    found = pictures(scene.sandbox, scene.prompt)
    table.append(
        (
            point.name,
            mode,
            at,
            scene.store.state(scene.prompt),
            scene.submits,
            len(found),
        )
    )
    assert scene.store.state(scene.prompt) == ends
    assert scene.submits == point.submits
    assert scene.posts <= 1
    assert [len(message["attachments"]) for message in found] == [IMAGES] * (ends == "DELIVERED")
    assert not found or found[0]["id"] == scene.sent.message["id"]
