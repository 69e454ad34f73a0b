"""Troubles of the vendor that come and go at random, for runs of many orders."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sandbox.environment import SandboxEnvironment
from sandbox.faults import ALWAYS, Action, Answer, Cut, Delay, Drip, Fault, Faults, Rewrite
from sandbox.pixazo import Pixazo
from sandbox.pixazo.refusals import BAD_GATEWAY, BAD_KEY, WALL, too_many
from sandbox.pixazo.troubles import damaged, moved, output_after
from sandbox.pixazo.wire import STATUS_PATH, SUBMIT_PATH

Body = dict[str, Any]

PNG = {"Content-Type": "image/png"}
# Seconds until each copy of a callback: mostly one, at once.
CALLBACKS: Sequence[tuple[float, ...]] = ((0.0,), (0.0,), (0.0, 0.3), (2.0,), ())


def _utf16(body: Body) -> Answer:
    return Answer(status=200, body=f"ok: {body}".encode("utf-16"))


def _change(change: Callable[[Body], object], *, having: str = "request_id") -> Rewrite:
    """Change answers that have a field *having*; refusals and other troubles' answers have none."""
    return Rewrite(
        change=lambda body: change(body) if isinstance(body, dict) and body.get(having) else body
    )


def _change_output(change: Callable[[Any], object]) -> Rewrite:
    return _change(lambda body: body | {"output": change(body["output"])}, having="output")


MEDIA: dict[str, Action] = {
    "media: connections cut": Cut(),
    "media: 404": Answer(status=404),
    "media: 429": Answer(status=429, headers={"Retry-After": "2"}),
    "media: empty": Answer(status=200, headers=PNG),
    "media: half a picture": Rewrite(change=lambda picture: picture[: len(picture) // 2]),
    "media: a damaged picture": Rewrite(change=lambda picture: damaged(picture, len(picture) // 2)),
}
STATUS: dict[str, Action] = {
    "output: 3 s late": output_after(3.0),
    "output: null": _change_output(lambda _: None),
    "output: an empty list": _change_output(lambda _: {"media_url": []}),
    "status: 500": Answer(status=500),
    "status: 401": BAD_KEY,
    "status: too large": Answer(status=200, body=b" " * 2**21),
    "status: cut": Drip(cut_at=20),
    "status: another id": _change(lambda body: body | {"request_id": "other"}),
    "status: not JSON": Answer(status=200, body="<html>Please wait</html>"),
    "status: UTF-16 in text": _change(_utf16),
}
SUBMIT: dict[str, Action] = {
    "submit: UTF-16 in text": _change(_utf16),
    "submit: wrapped": _change(lambda body: {"code": 0, "data": body}),
    "submit: only polling_url": _change(lambda body: {"polling_url": body["polling_url"]}),
    "submit: cut": Drip(cut_at=20),
    "submit: slower than the time-out": Delay(seconds=7.0, when="after"),
    "submit: 429": too_many("1"),
}
ALL: dict[str, Action] = {
    "502 for all calls": BAD_GATEWAY,
    "wall of 403": WALL,
    "wall of 401": BAD_KEY,
}


class Troubles:
    """Draws troubles of the vendor, one after the other; each lasts a while."""

    def __init__(self, pixazo: Pixazo, chance: random.Random) -> None:
        self.begun = Counter[str]()
        self._pixazo = pixazo
        self._chance = chance
        self._moved = moved(pixazo.media_origin, pixazo.other_media.origin)

    async def keep_coming(
        self, *, lasting: tuple[float, float], apart: tuple[float, float]
    ) -> None:
        """Begin and end troubles until cancelled; times in seconds, the least and the most."""
        faults = self._faults()
        while True:
            await asyncio.sleep(self._chance.uniform(*apart))
            name = self._chance.choice(list(faults))
            self._pixazo.settings.callback_delays = self._chance.choice(CALLBACKS)
            fault = faults[name]()
            self.begun[name] += 1
            await asyncio.sleep(self._chance.uniform(*lasting))
            fault.end()
            self._pixazo.settings.callback_delays = (0.0,)

    def lift(self) -> None:
        """End all troubles."""
        self._pixazo.faults.clear()
        self._pixazo.media_faults.clear()
        self._pixazo.next.clear()
        self._pixazo.settings.callback_delays = (0.0,)

    def _faults(self) -> dict[str, Callable[[], Fault]]:
        """Return for each kind of trouble what begins it."""
        places: Sequence[tuple[Faults, str, Mapping[str, Action]]] = (
            (self._pixazo.media_faults, "*", MEDIA),
            (self._pixazo.faults, f"{STATUS_PATH}*", STATUS | {"media: moved": self._moved}),
            (self._pixazo.faults, SUBMIT_PATH, SUBMIT),
            (self._pixazo.faults, "*", ALL),
        )

        def begin(faults: Faults, path: str, do: Action) -> Fault:
            return faults.add(Fault(path=path, do=do, times=ALWAYS))

        return {
            name: partial(begin, faults, path, do)
            for faults, path, kinds in places
            for name, do in kinds.items()
        }


async def keep_opening(sandbox: SandboxEnvironment, *, every: float) -> None:
    """Have the operator open the lane every so many seconds: else most orders find it closed."""
    while True:
        await asyncio.sleep(every)
        await operate(sandbox, "lanes", "open")


async def operate(sandbox: SandboxEnvironment, *command: str) -> None:
    """Have the operator run a command of the bot, beside the bot that serves."""
    operator = sandbox.bot(*command)
    await operator.start()
    await operator.wait_exit()
