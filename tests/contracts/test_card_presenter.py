"""Contract of the members' cards: the newest update wins, and calls may be repeated."""

import asyncio
import json

import pytest

from bot.domain.job import Billed, State
from bot.service.port_errors import FileTooLarge, PermanentDiscordError
from bot.service.ports.vendor import Picture
from sandbox.faults import Answer, Fault, Hold
from tests.contracts.conftest import EACH
from tests.samples import a_job
from tests.service.fakes import FakeCards
from tests.service.harness import until

SHOWN_AS = {State.QUEUED: "Queued", State.PROCESSING: "Processing", State.ERROR: "Could not be"}
REFUSED = Answer(status=403, body={"message": "no", "code": 50001})


class FakeDiscord:
    """What members see, by the fake."""

    def __init__(self, picture):
        self.presenter = FakeCards()
        self.pictures = [picture]

    def job(self, state, **changes):
        return a_job(state=state, id="0123456789abcdef", **{"message_id": 77, **changes})

    def shows(self, state):
        presenter = self.presenter
        cards = [*(job for job, _ in presenter.shown), *presenter.settled]
        return bool(cards) and cards[-1].state is state

    def pictures_shown(self):
        return sum(len(p) for p in {job.id: p for job, p in self.presenter.delivered}.values())

    def refuse_edits(self):
        self.presenter.by_message = True

    def refuse_everything(self):
        self.presenter.closed = True

    def refuse_large_files(self):
        self.presenter.errors.append(FileTooLarge("40005"))

    def hold(self):
        self.presenter.gate.close()
        return self.presenter.gate.open


class RealDiscord:
    """What members see, by the stand-in."""

    def __init__(self, stand_in, presenter, card, noah, job, pictures):
        self.presenter = presenter
        self.pictures = pictures
        self.job = job
        self._stand_in = stand_in
        self._card = card
        self._noah = noah

    def shows(self, state):
        return SHOWN_AS[state] in json.dumps(self._card.message.shown)

    def pictures_shown(self):
        return sum(len(message["attachments"]) for message in self._noah.visible())

    def refuse_edits(self):
        self._fault("PATCH", REFUSED)

    def refuse_everything(self):
        self._fault("*", REFUSED)

    def refuse_large_files(self):
        self._stand_in.world.attachment_size_limit = 10

    def hold(self):
        return self._fault("*", Hold(when="before")).release

    def _fault(self, method, do):
        return self._stand_in.faults.add(Fault(method=method, path="*", do=do, times=1_000))


@pytest.fixture(params=EACH)
def member(request, tmp_path):
    if request.param == "fake":
        path = tmp_path / "1"
        return FakeDiscord(Picture(path=path, extension="png", width=8, height=8, shrunk=False))
    parts = ("stand_in", "replies", "card", "noah", "job", "pictures")
    return RealDiscord(*(request.getfixturevalue(part) for part in parts))


def settle(member):
    return member.presenter.settle(member.job(State.ERROR, billed=Billed.NO))


def deliver(member, **changes):
    return member.presenter.deliver(member.job(State.COMPLETED, **changes), member.pictures)


def ping(member):
    return member.presenter.ping(member.job(State.DELIVERED))


def remove(member, **changes):
    return member.presenter.remove(member.job(State.DELIVERED, **changes))


async def test_of_several_updates_the_newest_is_shown(member):
    release = member.hold()
    for state in (State.QUEUED, State.PROCESSING, State.QUEUED, State.PROCESSING):
        member.presenter.show(member.job(state))
    release()

    await until(lambda: member.shows(State.PROCESSING))


async def test_an_end_is_shown_after_the_updates_before_it(member):
    member.presenter.show(member.job(State.QUEUED))
    member.presenter.show(member.job(State.PROCESSING))

    await settle(member)

    assert member.shows(State.ERROR)


@pytest.mark.parametrize("call", [settle, deliver, ping, remove])
async def test_a_call_lasts_until_discord_accepted_it(member, call):
    release = member.hold()
    cancelled, waiting = (asyncio.create_task(call(member)) for _ in range(2))
    done, _ = await asyncio.wait([cancelled, waiting], timeout=0.05)
    assert done == set()

    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    release()

    await waiting


@pytest.mark.parametrize("silently", [True, False])
async def test_pictures_are_delivered_once_although_the_call_is_repeated(member, silently):
    if not silently:
        member.refuse_edits()

    assert [await deliver(member) for _ in range(2)] == [silently, silently]

    assert member.pictures_shown() == 1


async def cover(member, *, spoiler=True):
    await member.presenter.cover(member.job(State.DELIVERED, billed=Billed.YES), spoiler=spoiler)


async def repost(member):
    job = member.job(State.DELIVERED, billed=Billed.YES)
    return await member.presenter.repost(job, member.pictures)


@pytest.mark.parametrize("call", [deliver, remove, cover, repost])
async def test_a_call_says_that_no_way_is_left(member, call):
    member.refuse_everything()

    with pytest.raises(PermanentDiscordError):
        await call(member)


@pytest.mark.parametrize("call", [deliver, repost])
async def test_a_file_that_is_too_large_is_reported_as_such(member, call):
    member.refuse_large_files()

    with pytest.raises(FileTooLarge):
        await call(member)


async def test_a_spoiler_may_be_set_again_and_pictures_come_in_a_new_message(member):
    await deliver(member)
    for spoiler in (True, True, False):
        await cover(member, spoiler=spoiler)

    assert await repost(member) != member.job(State.DELIVERED).reply.message_id


@pytest.mark.parametrize("call", [settle, ping])
async def test_an_end_and_a_ping_are_lost_if_no_way_is_left(member, call):
    member.refuse_everything()

    await call(member)


async def test_a_message_that_was_removed_may_be_removed_again(member):
    for _ in range(2):
        await remove(member)


@pytest.mark.parametrize("unknown", [{"message_id": None}, {"answers_only": True}], ids=str)
async def test_a_message_out_of_reach_cannot_be_removed(member, unknown):
    with pytest.raises(PermanentDiscordError):
        await remove(member, **unknown)
