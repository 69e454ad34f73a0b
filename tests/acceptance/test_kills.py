"""SIGKILL at every boundary of an order's life: before and after each write, request and edit.

Each point is reached by holding a stand-in's answer or the store's write lock, never by timing. The
bot that one test restarts is killed by the next.
"""

import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from bot.domain.lane import lane_name
from sandbox.botprocess import BotProcess
from sandbox.discord.member import Invocation
from sandbox.environment import PUBLIC_URL, SandboxEnvironment
from sandbox.faults import ALWAYS, Answer, Fault, Hold
from sandbox.pixazo import Next, Settings
from tests.acceptance.conftest import MakeSandbox
from tests.acceptance.driver import FAST_LANE, Store, accepted, pictures, says, without_limits
from tests.acceptance.fork_server import TRACE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="traces bots that are forked")

IMAGES = 2
UNANSWERED = 20.0  # seconds that are more than the time in which an order must be answered

# Requests to hold: side, method, path
DEFERRAL = ("discord", "POST", "/api/v10/interactions/*")
EDIT = ("discord", "PATCH", "/api/v10/webhooks/*")
SUBMIT = ("vendor", "POST", "/auraflow-v0-3-512/v1/auraflow-v0-3-request")
STATUS = ("vendor", "GET", "/v2/requests/status/*")
MEDIA = ("media", "GET", "*")


class Scene:
    """One order to one bot, with everything that can stop it."""

    sent: Invocation

    def __init__(self, sandbox: SandboxEnvironment, bot: BotProcess, prompt: str) -> None:
        self.sandbox, self.bot, self.prompt = sandbox, bot, prompt
        self.store = Store(sandbox)
        self.vendor = sandbox.pixazo
        self.noah = sandbox.discord.member("Noah", channel="general", guild="Lighthouse Club")
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
        """Pause the lane, as a 429 to an earlier order does."""
        self.store.execute(
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

    async def until_edit_after_submit(self, submit="after", edit="before") -> None:
        """Order, and hold the first edit that follows the submit; the vendor goes no further."""
        held = await self.until_at(SUBMIT, submit)
        await self.sent.until(says("**Waiting**"))
        self.vendor.hold_states()
        fault = self.hold(EDIT, edit)
        held.release()
        await fault.reached.wait()

    async def until_queued(self) -> str:
        """Order, wait until the card says that the vendor has it, and return the request id."""
        self.vendor.hold_states()
        await self.order()
        await self.sent.until(says("**Queued**"))
        return self.vendor.latest(1)[0].request_id

    async def until_held_after(self, state: str, what, when="before") -> Fault:
        """Order, let the vendor change the order's state, and hold a request that follows."""
        request_id = await self.until_queued()
        fault = self.hold(what, when)
        self.vendor.move(request_id, state)
        await fault.reached.wait()
        return fault

    async def until_last_edit(self, when: str) -> Fault:
        """Order, and hold the edit that brings the pictures."""
        media = await self.until_held_after("COMPLETED", MEDIA)
        edit = self.hold(EDIT, when)
        media.release()
        await edit.reached.wait()
        return edit

    async def until_try_failed(self, when: str, *, missing: int) -> Fault:
        """Order, and hold the edit that follows when some pictures, or all, can't be fetched."""
        request_id = await self.until_queued()
        names = ["output_2.png", "*"]
        path = f"/v1/{request_id}/{names[missing - 1]}"
        self._faults["media"].add(Fault(path=path, do=Answer(status=404), times=ALWAYS))
        fault = self.hold(EDIT, when)
        self.vendor.move(request_id, "COMPLETED")
        await fault.reached.wait()
        return fault

    async def until_rest_is_there(self, when: str) -> Fault:
        """Order, show one of two pictures, and hold the later edit that brings both."""
        first = await self.until_try_failed("before", missing=1)
        first.end()
        await self.store.until(
            self.prompt, lambda row: (row["pictures_shown"], row["owner"]) == (1, None)
        )
        edit = self.hold(EDIT, when)
        self._faults["media"].clear()
        await edit.reached.wait()
        return edit

    async def until_row_blocked(self) -> None:
        self.lock()
        await self.order()
        await self.store.until_write_blocked()

    async def until_claim_blocked(self) -> None:
        """Order on a paused lane, and lock the store before the pause ends."""
        await self.order()
        await self.sent.until(says("**Waiting**"))
        self.lock()
        await self.store.until_write_blocked()

    async def until_request_id_blocked(self) -> None:
        await self.blocked_after(await self.until_at(SUBMIT, "after"))
        await self.bot.wait_line("submit accepted")

    async def until_called_back(self) -> None:
        """Order, and hold the vendor's answer until a callback has brought the request id."""
        await self.until_at(SUBMIT, "after")
        await self.store.until(self.prompt, lambda row: row["request_id"] is not None)

    async def until_processing_blocked(self) -> None:
        request_id = await self.until_queued()
        self.lock()
        self.vendor.move(request_id, "PROCESSING")
        await self.store.until_write_blocked()

    async def until_delivered(self) -> None:
        await self.order()
        await self.store.delivered(self.prompt)

    async def blocked_after(self, fault: Fault) -> None:
        """Release a held answer, and wait until the write that it causes is blocked."""
        self.lock()
        fault.release()
        await self.store.until_write_blocked()

    def release(self) -> None:
        """Handle what is held, and let everything continue."""
        self._locks.close()
        for faults in self._faults.values():
            faults.clear()
        self.vendor.release_states()

    @property
    def submits(self) -> int:
        return accepted(self.sandbox).count(self.prompt)

    @property
    def posts(self) -> int:
        """How often it was sent, without submits that the vendor clearly refused."""
        exchanges = self.vendor.journal.find(*SUBMIT[1:])
        return sum(
            json.loads(exchange.body)["prompt"] == self.prompt and exchange.status not in {402, 429}
            for exchange in exchanges
        )


BOTH = ("polling", "callbacks")


@dataclass(frozen=True)
class Point:
    """A moment to kill the bot at, and the outcome that must follow."""

    name: str
    at: str  # the possible states of the row at that moment; a dash: there is no row
    reach: Callable[[Scene], Awaitable[Any]]
    ends: str = "DELIVERED"  # "if heard": DELIVERED with callbacks, UNCERTAIN without
    submits: int = 1
    modes: tuple[str, ...] = ("polling",)
    answer: Next | None = None  # the vendor's answer to the submit
    paused: float = 0.0  # seconds for which the lane is paused at first
    write: bool = False  # the held answer is released, and the write that follows is blocked

    async def reached(self, scene: Scene) -> None:
        if self.paused:
            scene.pause_lane(self.paused)
        if self.answer:
            retry_after = 1 if self.answer == "429" else None
            scene.vendor.answer_next(self.answer, retry_after=retry_after)
        held = await self.reach(scene)
        if self.write:
            await scene.blocked_after(held)


def point(name, at, reach, *arguments, **expected) -> Point:
    """Return a point that a method of `Scene` reaches with these arguments."""
    return Point(name, at, lambda scene: reach(scene, *arguments), **expected)


unsent = partial(point, ends="CANCELLED", submits=0)
heard = partial(point, ends="if heard", modes=BOTH)
callbacks = partial(point, modes=("callbacks",))
refused = partial(point, ends="UNCERTAIN", submits=0, write=True)
ordered, submitted = Scene.until_at, Scene.until_edit_after_submit
moved, completed = Scene.until_held_after, Scene.until_last_edit
POINTS = [
    point("row: before it is written", "-", Scene.until_row_blocked, ends="-", submits=0),
    unsent("deferral: before Discord has it", "WAITING", ordered, DEFERRAL),
    unsent("deferral: after Discord took it", "WAITING", ordered, DEFERRAL, "after"),
    unsent("answered: before it is written", "WAITING", ordered, DEFERRAL, "after", write=True),
    point("first card: before the edit", "WAITING", ordered, EDIT, paused=1.5),
    point("first card: after the edit", "WAITING", ordered, EDIT, "after", paused=1.5),
    point("claim: before it is written", "WAITING", Scene.until_claim_blocked, paused=1.0),
    heard("submit: before the vendor has it", "SUBMITTING", ordered, SUBMIT),
    heard("submit: taken, the 202 held back", "SUBMITTING", ordered, SUBMIT, "after"),
    heard("request id: before it is written", "SUBMITTING", Scene.until_request_id_blocked),
    callbacks(
        "request id: by callback, the 202 held back", "QUEUED PROCESSING", Scene.until_called_back
    ),
    refused("429: before it is written", "SUBMITTING", ordered, SUBMIT, "after", answer="429"),
    point("429: back in its line, before the edit", "WAITING", submitted, answer="429"),
    refused("402: before it is written", "SUBMITTING", ordered, SUBMIT, "after", answer="402"),
    point(
        "402: refused, before the edit",
        "REFUSED",
        submitted,
        ends="REFUSED",
        submits=0,
        answer="402",
    ),
    heard(
        "cut after billing: uncertain, before the edit", "UNCERTAIN QUEUED", submitted, answer="cut"
    ),
    point("queued card: before the edit", "QUEUED", submitted, "before"),
    point("queued card: after the edit", "QUEUED", submitted, "before", "after"),
    callbacks("processing: before it is written", "QUEUED", Scene.until_processing_blocked),
    point("processing card: before the edit", "PROCESSING", moved, "PROCESSING", EDIT),
    point(
        "status: before the vendor has the call", "QUEUED PROCESSING", ordered, STATUS, modes=BOTH
    ),
    callbacks(
        "status: the answer COMPLETED held back", "QUEUED", moved, "COMPLETED", STATUS, "after"
    ),
    point(
        "completed: before it is written", "QUEUED", moved, "COMPLETED", STATUS, "after", write=True
    ),
    point("failed: before the edit", "FAILED", moved, "FAILED", EDIT, ends="FAILED"),
    point("pictures: before the download", "COMPLETED", moved, "COMPLETED", MEDIA),
    point("pictures: the bytes held back", "COMPLETED", moved, "COMPLETED", MEDIA, "after"),
    *(
        point(f"{name}: {moment}", "COMPLETED", reach, when, write=write)
        for name, reach in (
            ("outstanding", partial(Scene.until_try_failed, missing=2)),
            ("some shown", partial(Scene.until_try_failed, missing=1)),
            ("the rest", Scene.until_rest_is_there),
        )
        for moment, when, write in (
            ("before the edit", "before", False),
            ("after the edit", "after", False),
            ("before it is written", "after", True),
        )
    ),
    point("last card: before Discord has the pictures", "COMPLETED", completed, "before"),
    callbacks("last card: after Discord took the pictures", "COMPLETED", completed, "after"),
    point("delivered: before it is written", "COMPLETED", completed, "after", write=True),
    callbacks("delivered: after it is written", "DELIVERED", Scene.until_delivered),
]


# The text of the card at the end, by state
END_TEXTS: dict[str, Any] = {
    "DELIVERED": "**Completed**",
    "CANCELLED": "**Not ordered**",
    "REFUSED": "**Could not be ordered**",
    "FAILED": "**Could not be drawn**",
    "UNCERTAIN": {"polling": "**No reply**", "callbacks": "**No reply yet**"},
}


@dataclass
class Scenes:
    """A sandbox with its bot for each mode, kept until a test fails there."""

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
                **FAST_LANE,
                **{TRACE: str(Store(sandbox).trace)},
                PUBLIC_URL=url,
                POLL_SECONDS="0.1",
                LEASE_SECONDS="6",
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
async def scenes(make_sandbox) -> AsyncIterator[Scenes]:
    opened = Scenes(make_sandbox)
    yield opened
    for mode in list(opened.open):
        await opened.close(mode)


numbers = itertools.count(1)


@pytest.fixture
async def scene(scenes, request) -> AsyncIterator[Scene]:
    mode = request.getfixturevalue("mode")
    sandbox, bot = await scenes.enter(mode)
    bot.log.clear()
    opened = Scene(sandbox, bot, f"picture number {next(numbers)}")
    yield opened
    opened.release()
    if sandbox.pixazo.next or not bot.running:
        await scenes.close(mode)


@pytest.mark.parametrize(
    ("point", "mode"),
    [
        pytest.param(point, mode, id=f"{point.name}, {mode}")
        for point in POINTS
        for mode in point.modes
    ],
)
async def test_a_kill_loses_no_paid_order_and_submits_none_twice(scene, point, mode):
    await point.reached(scene)
    at = scene.store.state(scene.prompt)
    await scene.bot.kill()
    after = scene.store.state(scene.prompt)
    # A point with several states blocks no write: callbacks may still change the state.
    states = point.at.split()
    assert at in states
    assert after in states[states.index(at) :], "the blocked write was committed"

    scene.release()
    if point.ends == "CANCELLED":  # as if the time for an answer were over
        scene.store.execute(
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
        texts = END_TEXTS[ends]
        text = texts if isinstance(texts, str) else texts[mode]
        await scene.store.until(
            scene.prompt,
            lambda row: row["state"] == ends and (row["owner"] is None or "yet" in text),
        )
        await scene.sent.until(says(text))
    messages = pictures(scene.sandbox, scene.prompt)
    assert scene.store.state(scene.prompt) == ends
    assert scene.submits == point.submits
    assert scene.posts <= 1
    assert [len(message["attachments"]) for message in messages] == [IMAGES] * (ends == "DELIVERED")
    assert not messages or messages[0]["id"] == scene.sent.message["id"]
