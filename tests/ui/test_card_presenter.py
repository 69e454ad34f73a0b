"""Cards and pictures on their way to a member, over a real login to Discord's stand-in."""

import asyncio
import itertools
import json
import time

import aiohttp
import pytest
from discord.webhook.async_ import AsyncWebhookAdapter
from PIL import Image

from bot.domain.card_status import CardStatus
from bot.domain.job import Billed, State
from bot.retry import Backoff
from bot.service.port_errors import FileTooLarge, PermanentDiscordError
from bot.service.ports.vendor import Picture
from bot.service.telemetry import DiscordCall
from bot.ui import card_presenter, card_ways, rest_gate
from bot.ui.card_presenter import EDITED_ELSEWHERE, DiscordCardPresenter
from bot.ui.discord_errors import CALL_TIMEOUT, translated_errors
from bot.ui.sending import NONCE_REMEMBERED
from sandbox.discord.enums import InteractionType
from sandbox.discord.limits import Limit, Limits
from sandbox.faults import Answer, Cut, Fault, Hold, Rewrite
from tests.meters import FakeMeters
from tests.samples import a_job
from tests.service.harness import until

API = "/api/v10"
BY_TOKEN = f"{API}/webhooks/*/messages/*"
BY_BOT = f"{API}/channels/*/messages/*"
CHANNEL_POSTS, ANSWERS = f"{API}/channels/*/messages", f"{API}/webhooks/*/*"


@pytest.fixture
async def replies(rest, meters):
    replies = DiscordCardPresenter(rest, meters=meters, now=time.time)
    yield replies
    await replies.close()


@pytest.fixture
def noah(stand_in):
    return stand_in.member("Noah", channel="general", guild="Lighthouse Club")


@pytest.fixture
def direct(stand_in):
    return stand_in.member("Noah")


@pytest.fixture
async def card(stand_in, noah):
    """The message of a deferred answer, and the interaction that it answers."""
    interaction = stand_in.interactions.begin(
        InteractionType.COMMAND, noah.user, noah.channel, {"name": "imagine"}
    )
    address = f"{stand_in.api_url}/interactions/{interaction.id}/{interaction.token}/callback"
    async with (
        aiohttp.ClientSession() as session,
        session.post(address, json={"type": 5}, params={"with_response": "1"}) as answer,
    ):
        assert answer.status == 200
    return interaction


@pytest.fixture
def job(stand_in, noah, card):
    """Return a job with a card, in whatever state it is to be."""

    def job(state=State.QUEUED, **changes):
        now = time.time()
        values = {
            "id": "0123456789abcdef",
            "interaction_id": int(card.id),
            "application_id": int(stand_in.world.application_id),
            "guild_id": int(noah.channel.guild_id),
            "channel_id": int(noah.channel.id),
            "member_id": int(noah.user.id),
            "message_id": int(card.message.id),
            "interaction_token": card.token,
            "state": state,
            "created_at": now,
            "state_since": now,
        }
        if state is State.COMPLETED:
            values |= {"billed": Billed.YES, "completed_at": now, "media": ("https://x/1",)}
        return a_job(**{**values, **changes})

    return job


@pytest.fixture
def pictures(tmp_path):
    path = tmp_path / "1"
    Image.new("RGB", (8, 8), "teal").save(path, "PNG")
    return [Picture(path=path, extension="png", width=8, height=8, shrunk=False)]


def fault(stand_in, method, path, do, times=1):
    return stand_in.faults.add(Fault(method=method, path=path, do=do, times=times))


def refuse(stand_in, method, path, *, status=403, code=50001, times=1_000):
    body = {"message": "no", "code": code}
    return fault(stand_in, method, path, Answer(status=status, body=body), times)


def hold_edit(stand_in):
    return fault(stand_in, "PATCH", BY_TOKEN, Hold(when="before"))


def edits(stand_in):
    return stand_in.journal.find("PATCH", BY_TOKEN)


def says(exchange, text):
    return text.encode() in exchange.body


async def test_an_error_of_ours_is_told_by_its_id(stand_in, replies, job):
    uncertain = job(State.UNCERTAIN)
    given_up_at = uncertain.state_since + 300
    replies.show(uncertain, CardStatus(given_up_at=given_up_at, fault_id="0123abcd"))
    await stand_in.journal.wait("PATCH", BY_TOKEN)
    await replies.settle(uncertain, fault_id="4567cdef")

    shown, settled = edits(stand_in)
    assert says(shown, "0123abcd")
    assert says(settled, "4567cdef")


async def test_of_many_showings_during_one_edit_only_the_newest_follows(
    stand_in, replies, job, meters
):
    """Discord lets few edits through: who queues them shows yesterday's news."""
    held = hold_edit(stand_in)
    replies.show(job(State.WAITING))
    await held.reached.wait()
    for state in (State.SUBMITTING, State.QUEUED, State.SUBMITTING, State.WAITING):
        replies.show(job(state))
    replies.show(job(State.PROCESSING))

    held.release()
    await stand_in.journal.wait("PATCH", BY_TOKEN, count=2)
    await replies.settle(job(State.ERROR, billed=Billed.NO))

    first, second, last = edits(stand_in)
    assert says(first, "Waiting")
    assert says(second, "Processing")
    assert says(last, "Could not be drawn")
    assert meters.replaced == 4
    assert meters.calls == [(DiscordCall.EDIT, None)] * 3


async def test_what_is_shown_just_as_an_edit_ends_is_shown_too(stand_in, replies, job):
    """Else a card would stay at what it said, until something else happens."""
    replies.show(job(State.QUEUED))
    (worker,) = replies._workers.values()
    while not worker.done():  # noqa: ASYNC110 - the very moment counts
        await asyncio.sleep(0)

    replies.show(job(State.PROCESSING))

    _, second = await stand_in.journal.wait("PATCH", BY_TOKEN, count=2)
    assert says(second, "Processing")


async def test_an_end_waits_for_the_edit_that_is_on_its_way(stand_in, replies, job, card):
    """Overtaken by it, a card would say "queued" for ever."""
    held = hold_edit(stand_in)
    replies.show(job(State.QUEUED))
    await held.reached.wait()
    replies.show(job(State.PROCESSING))
    settling = asyncio.create_task(replies.settle(job(State.ERROR, billed=Billed.NO)))
    await asyncio.sleep(0)
    assert edits(stand_in) == []

    held.release()
    await settling

    first, last = edits(stand_in)
    assert says(first, "Queued")
    assert says(last, "Could not be drawn")
    assert "Could not be drawn" in json.dumps(card.message.shown)


async def test_pictures_wait_for_the_edit_that_is_on_its_way(
    stand_in, replies, job, card, pictures
):
    held = hold_edit(stand_in)
    replies.show(job(State.QUEUED))
    await held.reached.wait()
    replies.show(job(State.PROCESSING))
    delivering = asyncio.create_task(replies.deliver(job(State.COMPLETED), pictures))
    await asyncio.sleep(0)
    assert edits(stand_in) == []

    held.release()
    await delivering

    assert len(edits(stand_in)) == 2
    assert len(card.message.shown["attachments"]) == 1


async def test_cards_of_other_jobs_wait_for_nothing(stand_in, replies, job):
    held = hold_edit(stand_in)
    replies.show(job(State.QUEUED))
    await held.reached.wait()

    replies.show(job(State.PROCESSING, id="f" * 16, interaction_token=None))

    await stand_in.journal.wait("PATCH", BY_BOT)
    assert edits(stand_in) == []
    held.release()


async def test_an_end_that_cannot_be_shown_is_no_error(stand_in, replies, job):
    refuse(stand_in, "PATCH", "*")

    await replies.settle(job(State.ERROR, billed=Billed.NO))

    assert len(stand_in.journal.find("PATCH", "*")) == 2


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, 50027), (404, 10015), (404, 10062), (403, 50001), (403, 50013), (404, 10003)],
)
async def test_a_definite_no_opens_the_next_way(
    stand_in, replies, job, card, pictures, status, code
):
    refuse(stand_in, "PATCH", BY_TOKEN, status=status, code=code)

    await replies.deliver(job(State.COMPLETED), pictures)

    assert len(edits(stand_in)) == 1
    assert len(card.message.shown["attachments"]) == 1


TOKEN, BOT, CHANNEL, DIRECT = "token", "bot", "channel", "direct"


@pytest.mark.parametrize(
    ("changes", "ways"),
    [
        ({}, [TOKEN, BOT, CHANNEL, DIRECT]),
        ({"interaction_token": None}, [BOT, CHANNEL, DIRECT]),
        ({"message_id": None}, [TOKEN, CHANNEL, DIRECT]),
        ({"message_id": None, "interaction_token": None}, [CHANNEL, DIRECT]),
        ({"guild_id": None}, [TOKEN, DIRECT]),
        ({"private": True}, [TOKEN, DIRECT]),
        ({"private": True, "interaction_token": None}, [DIRECT]),
        ({"private": True, "guild_id": None}, [TOKEN, DIRECT]),
        ({"answers_only": True, "guild_id": None}, [TOKEN]),
        ({"answers_only": True, "guild_id": None, "private": True}, [TOKEN]),
        ({"answers_only": True}, [TOKEN]),  # whatever is on record of the place
    ],
)
async def test_each_way_is_tried_once_and_in_its_order(
    stand_in, replies, job, noah, direct, pictures, meters, changes, ways
):
    """A private order is never tried in the channel, nor one that came from no channel."""
    refuse(stand_in, "PATCH", "*")
    refuse(stand_in, "POST", f"{API}/channels/*/messages")

    with pytest.raises(PermanentDiscordError):
        await replies.deliver(job(State.COMPLETED, **changes), pictures)

    assert tried(stand_in, noah, direct) == ways
    kinds = {TOKEN: "edit", BOT: "edit", CHANNEL: "post", DIRECT: "direct"}
    assert meters.calls == [(kinds[way], PermanentDiscordError) for way in ways]


def tried(stand_in, noah, direct):
    """Return the ways that were tried, by the paths that Discord was called at."""
    found = []
    for exchange in stand_in.journal.exchanges:
        match exchange.method, exchange.path.removeprefix(API).split("/")[1:]:
            case "PATCH", ["webhooks", *_]:
                found.append(TOKEN)
            case "PATCH", ["channels", *_]:
                found.append(BOT)
            case "POST", ["channels", noah.channel.id, "messages"]:
                found.append(CHANNEL)
            case "POST", ["channels", direct.channel.id, "messages"]:
                found.append(DIRECT)
    return found


@pytest.mark.parametrize("private", [False, True])
async def test_a_card_that_takes_words_again_says_where_its_pictures_are(
    stand_in, replies, job, card, pictures, private
):
    refuse(stand_in, "PATCH", BY_TOKEN, times=1)
    refuse(stand_in, "PATCH", BY_BOT, times=1)

    assert not await replies.deliver(job(State.COMPLETED, private=private), pictures)

    def said():
        return json.dumps(card.message.shown["components"])

    await until(lambda: "the pictures came in a new message" in said())
    assert "custom_id" not in said()
    assert card.message.shown["attachments"] == []


@pytest.mark.parametrize(
    ("path", "ways"), [(BY_TOKEN, [TOKEN, DIRECT]), (BY_BOT, [TOKEN, BOT, DIRECT])]
)
async def test_a_deleted_card_leaves_out_the_channel(
    stand_in, replies, job, noah, direct, pictures, path, ways
):
    refuse(stand_in, "PATCH", path, status=404, code=10008)
    refuse(stand_in, "PATCH", "*", status=401, code=50027)

    await replies.deliver(job(State.COMPLETED), pictures)

    assert tried(stand_in, noah, direct) == ways
    assert len(direct.visible()) == 1


@pytest.mark.parametrize(
    ("closed", "ways"),
    [
        ([], [TOKEN]),
        ([("PATCH", BY_TOKEN)], [TOKEN, BOT]),
        ([("PATCH", "*")], [TOKEN, BOT, CHANNEL]),
    ],
)
async def test_files_that_are_too_large_are_said_so_on_whichever_way(
    stand_in, replies, job, noah, direct, pictures, closed, ways
):
    """A smaller file goes the same way: it is no reason for the next one."""
    for method, path in closed:
        refuse(stand_in, method, path)
    stand_in.world.attachment_size_limit = 10

    with pytest.raises(FileTooLarge):
        await replies.deliver(job(State.COMPLETED), pictures)

    assert tried(stand_in, noah, direct) == ways


async def test_a_new_message_carries_the_jobs_nonce_and_calls_its_member_alone(
    stand_in, replies, job, noah, pictures
):
    refuse(stand_in, "PATCH", "*")

    await replies.deliver(job(State.COMPLETED), pictures)
    await replies.deliver(job(State.COMPLETED), pictures)

    first, second = stand_in.journal.find("POST", f"{API}/channels/{noah.channel.id}/messages")
    for exchange in (first, second):
        assert says(exchange, '"nonce":"0123456789abcdef"')
        assert says(exchange, '"enforce_nonce":true')
    posted = [message for message in noah.visible() if message["type"] == 0]
    assert len(posted) == 1
    assert [one["id"] for one in posted[0]["mentions"]] == [noah.user.id]


@pytest.mark.parametrize("others", [0, 130])
async def test_an_own_message_from_before_is_looked_for_when_nonces_are_forgotten(
    stand_in, replies, job, noah, pictures, others
):
    stand_in.world.nonce_window = 0.0
    refuse(stand_in, "PATCH", "*")
    completed = job(State.COMPLETED)
    for _ in range(others):
        await noah.say("look, a picture is coming")
    await replies.deliver(completed, pictures)
    long_ago = time.time() - NONCE_REMEMBERED - 60

    await replies.deliver(job(State.COMPLETED, completed_at=long_ago), pictures)

    assert len([one for one in noah.visible() if "again:" in json.dumps(one["components"])]) == 1


async def test_a_clock_that_is_ahead_does_not_hide_an_own_message(
    stand_in, rest, job, noah, pictures
):
    """Discord's ids carry Discord's time, and ours may be some seconds off."""
    ahead = 20.0
    later = time.time() + ahead + NONCE_REMEMBERED + 1
    replies = DiscordCardPresenter(rest, meters=FakeMeters(), now=lambda: later)
    stand_in.world.nonce_window = 0.0
    refuse(stand_in, "PATCH", "*")
    completed = job(State.COMPLETED, completed_at=time.time() + ahead)

    await replies.deliver(completed, pictures)
    await replies.deliver(completed, pictures)

    assert len([one for one in noah.visible() if "again:" in json.dumps(one["components"])]) == 1


async def test_others_who_quote_the_card_are_not_taken_for_it(
    stand_in, replies, job, noah, pictures
):
    refuse(stand_in, "PATCH", "*")
    await noah.say("again:0123456789abcdef")
    long_ago = time.time() - NONCE_REMEMBERED - 60

    await replies.deliver(job(State.COMPLETED, completed_at=long_ago), pictures)

    assert len(noah.visible()) == 3  # the card, the quotation, and the pictures


async def test_a_picture_that_is_gone_is_an_error_and_not_tried_for_ever(replies, job, pictures):
    """Whoever carries the job begins anew, and fetches it again."""
    pictures[0].path.unlink()

    with pytest.raises(FileNotFoundError):
        await replies.deliver(job(State.COMPLETED), pictures)


async def test_closing_leaves_no_edit_behind(stand_in, replies, job):
    held = hold_edit(stand_in)
    replies.show(job(State.QUEUED))
    await held.reached.wait()

    workers = list(replies._workers.values())

    await replies.close()

    assert workers
    assert all(worker.done() for worker in workers)
    held.release()


async def test_a_waiting_card_that_did_not_arrive_is_not_shown_late(stand_in, replies, job, card):
    """Any process may take the job meanwhile: an old card after its pictures would wipe them."""
    fault(stand_in, "PATCH", "*", Cut(when="before"))

    replies.show(job(State.WAITING))
    await asyncio.gather(*replies._workers.values())

    assert len(card.message.versions) == 1
    assert stand_in.journal.find("PATCH", BY_BOT) == []  # it is no refusal: the next one may pass
    replies.show(job(State.QUEUED))
    await asyncio.gather(*replies._workers.values())
    assert "Queued" in str(card.message.shown["components"])


async def test_an_edit_of_another_process_that_is_under_way_wipes_no_pictures(
    stand_in, rest_of_another, replies, job, card, pictures
):
    """It showed the place in the queue as this process claimed the job."""
    here = DiscordCardPresenter(rest_of_another, meters=FakeMeters(), now=time.time, shared=True)
    held = fault(stand_in, "PATCH", BY_BOT, Hold(when="before"))
    replies.show(job(State.WAITING, interaction_token=None))
    await held.reached.wait()

    claimed_at = time.time() - EDITED_ELSEWHERE + 0.8
    delivery = asyncio.create_task(
        here.deliver(
            job(State.COMPLETED, submit_started_at=claimed_at, interaction_token=None), pictures
        )
    )
    await asyncio.wait({delivery}, timeout=0.5)
    held.release()

    assert await delivery
    await asyncio.gather(*replies._workers.values())
    assert "again:" in json.dumps(card.message.shown["components"])


# A way that fails goes over to the next, once.


@pytest.fixture
def impatient(rest, meters, monkeypatch):
    """A presenter without pauses, whose clock goes on by a minute whenever it is read."""
    monkeypatch.setattr(card_ways, "BACKOFF", Backoff(first=0.0, most=0.0))
    minutes = itertools.count()
    return DiscordCardPresenter(rest, meters=meters, now=lambda: time.time() + 60 * next(minutes))


TYPED = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=400, body={"message": "no"}),
        Answer(status=400, body={"message": None, "code": 0, "errors": ["no"]}),
        Answer(status=403, body="<html>Sorry, you have been blocked</html>"),
        Answer(status=404, body=[], headers=TYPED),
        Answer(status=409, body={"message": "no", "code": "none"}),
        Answer(status=418),
        Answer(status=304),
        Answer(status=302),
        Answer(status=400, body="{", headers=TYPED),
        Answer(status=200, body="fine"),
        Answer(status=200, body="{", headers=TYPED),
        Answer(status=200, body=b"\xff\xfe", headers=TYPED),
        Answer(status=200, body="[" * 100_000, headers=TYPED),
        Answer(status=200, body=["fine"]),
        Answer(status=200, body={"id": 7}),
        Answer(status=204),
    ],
    ids=lambda answer: f"{answer.status} {str(answer.body)[:20]}",
)
async def test_a_refusal_of_whatever_shape_opens_the_next_way_once(
    stand_in, replies, job, card, pictures, answer
):
    fault(stand_in, "PATCH", BY_TOKEN, answer, times=1_000)

    assert await replies.deliver(job(State.COMPLETED), pictures)

    assert len(edits(stand_in)) == 1
    assert len(stand_in.journal.find("PATCH", BY_BOT)) == 1
    assert len(card.message.shown["attachments"]) == 1
    stand_in.journal.exchanges.clear()  # Discord describes no such answers


@pytest.mark.parametrize(("path", "ways"), [(BY_TOKEN, [TOKEN, BOT]), ("*", [TOKEN, BOT, CHANNEL])])
async def test_an_edit_that_fails_for_two_minutes_goes_the_next_way_and_not_back(
    stand_in, impatient, job, noah, direct, pictures, path, ways
):
    fault(stand_in, "PATCH", path, Cut(), times=1_000)

    assert await impatient.deliver(job(State.COMPLETED), pictures) == (CHANNEL not in ways)

    assert list(dict.fromkeys(tried(stand_in, noah, direct))) == ways
    assert tried(stand_in, noah, direct).count(TOKEN) > 1
    assert sum(len(message["attachments"]) for message in noah.visible()) == 1

    stand_in.journal.exchanges.clear()
    stand_in.faults.clear()
    await impatient.settle(job(State.ERROR, billed=Billed.NO))
    assert tried(stand_in, noah, direct) == [BOT]


@pytest.mark.parametrize(
    "trouble",
    [Cut(when="after"), Rewrite(change=lambda _: Answer(status=200, body=[]))],
    ids=["cut", "unreadable"],
)
@pytest.mark.parametrize("changes", [{}, {"guild_id": None}, {"private": True}], ids=str)
async def test_pictures_that_did_arrive_are_not_posted_again(
    stand_in, impatient, job, noah, direct, pictures, trouble, changes
):
    """Discord acts, and its answers are lost: the card is read before anything new is posted."""
    fault(stand_in, "PATCH", "*", trouble, times=1_000)

    assert await impatient.deliver(job(State.COMPLETED, **changes), pictures)

    messages = [*noah.visible(), *direct.visible()]
    assert sum(len(message["attachments"]) for message in messages) == 1
    stand_in.journal.exchanges.clear()


async def test_pictures_whose_post_has_an_unreadable_answer_are_not_sent_directly_too(
    stand_in, replies, job, noah, direct, pictures
):
    refuse(stand_in, "PATCH", "*")
    unreadable = Rewrite(change=lambda _: Answer(status=200, body=[]))
    fault(stand_in, "POST", f"{API}/channels/*/messages", unreadable)

    assert not await replies.deliver(job(State.COMPLETED), pictures)

    assert (len(noah.visible()), len(direct.visible())) == (2, 0)
    stand_in.journal.exchanges.clear()


async def test_a_rest_of_all_calls_is_no_reason_for_another_way(
    stand_in, impatient, job, pictures, monkeypatch
):
    monkeypatch.setattr(rest_gate, "TRIALS_APART", 0.1)
    stand_in.cloudflare_ban(0.9)

    assert await impatient.deliver(job(State.COMPLETED), pictures)

    assert stand_in.journal.find("PATCH", BY_BOT) == []


async def test_an_update_that_fails_for_ever_holds_up_no_pictures(
    stand_in, replies, job, noah, pictures
):
    patches = fault(stand_in, "PATCH", "*", Cut(), times=1_000)
    replies.show(job(State.PROCESSING))
    await stand_in.journal.wait("PATCH", "*", count=2)
    patches.end()

    await replies.deliver(job(State.COMPLETED), pictures)

    assert sum(says(one, "Processing") for one in stand_in.journal.find("PATCH", "*")) == 2


async def test_cards_wait_while_interactions_wait_for_their_answers(stand_in, rest, replies, job):
    """And then only the newest state is shown."""
    rest.gate.answers.expect(7)
    replies.show(job(State.WAITING))
    await asyncio.sleep(0.1)
    replies.show(job(State.QUEUED))
    await asyncio.sleep(0.1)
    assert not stand_in.journal.find("PATCH", "*")

    rest.gate.answers.answered(7)
    await stand_in.journal.wait("PATCH", "*")
    await asyncio.sleep(0.1)

    (edit,) = stand_in.journal.find("PATCH", "*")
    assert says(edit, "Queued")


@pytest.mark.parametrize("bug", [RecursionError("too deep"), RuntimeError("a bug"), KeyError("x")])
async def test_a_bug_costs_a_way_is_told_once_and_repeated_never(
    replies, job, card, pictures, monkeypatch, caplog, bug
):
    async def broken(*_, **__):
        raise bug

    monkeypatch.setattr(AsyncWebhookAdapter, "request", broken)

    assert await replies.deliver(job(State.COMPLETED), pictures)

    assert len(card.message.shown["attachments"]) == 1
    (record,) = (one for one in caplog.records if one.levelname == "ERROR")
    assert "error_id=" in record.getMessage()


async def test_outstanding_pictures_do_not_wait_for_their_card(stand_in, impatient, job, pictures):
    fault(stand_in, "PATCH", "*", Cut(), times=1_000)

    await impatient.settle(job(State.COMPLETED))
    with pytest.raises(PermanentDiscordError):
        await impatient.show_pictures(job(State.COMPLETED), pictures)


async def test_a_private_card_with_pictures_is_deleted_while_its_token_is_valid(
    replies, noah, job, pictures
):
    """Pictures that came another way are not in it; a copy is left there."""
    with pytest.raises(PermanentDiscordError):
        await replies.remove(job(State.DELIVERED, private=True))
    await replies.deliver(job(State.COMPLETED, private=True), pictures)
    with pytest.raises(PermanentDiscordError):
        await replies.remove(job(State.DELIVERED, private=True, interaction_token=None))
    assert len(noah.visible()) == 1

    await replies.remove(job(State.DELIVERED, private=True))

    assert noah.visible() == []


# Places that the bot is not in: nothing reaches them but answers to an interaction.

OUTSIDE = {"answers_only": True, "guild_id": None}


async def test_once_the_interaction_is_over_nothing_is_said_where_the_bot_is_not(
    stand_in, replies, job, pictures
):
    with pytest.raises(PermanentDiscordError):
        await replies.deliver(job(State.COMPLETED, **OUTSIDE, interaction_token=None), pictures)
    await replies.settle(job(State.ERROR, billed=Billed.NO, **OUTSIDE, interaction_token=None))
    with pytest.raises(PermanentDiscordError):
        await replies.remove(job(State.DELIVERED, **OUTSIDE))

    sent = [one for one in stand_in.journal.exchanges if one.method in {"POST", "PATCH", "DELETE"}]
    assert [one for one in sent if "/interactions/" not in one.path] == []


@pytest.mark.parametrize("private", [True, False])
async def test_a_ping_where_the_bot_is_not_answers_the_interaction(
    stand_in, replies, job, card, noah, pictures, private
):
    await replies.deliver(job(State.COMPLETED, **OUTSIDE, private=private), pictures)
    await replies.ping(job(State.DELIVERED, **OUTSIDE, private=private))

    (ping,) = card.follow_ups
    assert ping.shown["content"] == f"<@{noah.user.id}>, your pictures are ready."
    assert (ping.ephemeral_for == noah.user.id) == private
    assert stand_in.journal.find("POST", f"{API}/channels/*/messages") == []


async def test_a_private_ping_is_seen_by_its_member_alone(replies, job, card, noah, pictures):
    await replies.deliver(job(State.COMPLETED, private=True), pictures)
    await replies.ping(job(State.DELIVERED, private=True))

    (ping,) = card.follow_ups
    assert ping.ephemeral_for == noah.user.id
    assert str(card.message.id) in ping.shown["content"]


async def test_a_ping_in_a_server_is_a_message_of_its_own_that_calls_its_member_once(
    stand_in, replies, job, noah
):
    await replies.ping(job(State.DELIVERED))
    await replies.ping(job(State.DELIVERED))

    posted = [message for message in noah.visible() if message["type"] in {0, 19}]
    (ping,) = (message for message in posted if "your pictures are ready" in message["content"])
    assert [one["id"] for one in ping["mentions"]] == [noah.user.id]


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("private", [False, True])
async def test_a_ping_by_a_direct_message_goes_where_it_can(
    stand_in, replies, job, card, noah, direct, closed, private
):
    """Who takes none from servers is pinged beside the card, as if they had not asked for one."""
    if closed:
        stand_in.world.closed_to_bot.add(noah.user.id)

    await replies.ping(job(State.DELIVERED, private=private), directly=True)

    assert (len(pings(direct)), len(pings(noah))) == (int(not closed), int(closed))
    in_public = stand_in.journal.find("POST", f"{API}/channels/{noah.channel.id}/messages")
    assert len(in_public) == (closed and not private)


@pytest.mark.parametrize(
    "changes",
    [OUTSIDE, {"private": True}, {"guild_id": None}],
    ids=["outside", "private", "direct"],
)
async def test_a_ping_after_the_interaction_is_over_is_left_out(
    stand_in, replies, job, meters, changes
):
    """It is no reason to write where nobody asked for it."""
    await replies.ping(job(State.DELIVERED, **changes, interaction_token=None))

    assert stand_in.journal.find("POST", f"{API}/channels/*/messages") == []
    assert meters.calls == [(DiscordCall.PING, PermanentDiscordError)]


PINGS = {"in the channel": ({}, CHANNEL_POSTS), "by the interaction": ({"private": True}, ANSWERS)}


@pytest.mark.parametrize(("changes", "path"), PINGS.values(), ids=PINGS)
async def test_a_ping_that_discord_did_not_take_is_repeated(
    stand_in, replies, job, noah, monkeypatch, changes, path
):
    monkeypatch.setattr(card_presenter, "BACKOFF", Backoff(first=0.0, most=0.0))
    busy = Answer(status=429, headers={"X-RateLimit-Scope": "user"}, body={"message": "busy"})
    fault(stand_in, "POST", path, busy, times=7)

    await replies.ping(job(State.DELIVERED, **changes))

    assert len(pings(noah)) == 1
    stand_in.journal.exchanges.clear()  # Discord describes no such answer


@pytest.mark.parametrize("trouble", [Cut(when="after"), Answer(status=503)], ids=["cut", "503"])
@pytest.mark.parametrize(("changes", "path"), PINGS.values(), ids=PINGS)
async def test_a_ping_that_discord_may_have_taken_is_repeated_only_where_it_pings_once(
    stand_in, replies, job, noah, changes, path, trouble
):
    """discord.py would repeat an answer to an interaction, which has no nonce."""
    fault(stand_in, "POST", path, trouble)

    await replies.ping(job(State.DELIVERED, **changes))

    repeated = path == CHANNEL_POSTS
    assert len(stand_in.journal.find("POST", path)) == 1 + repeated
    assert len(pings(noah)) == (1 if repeated or isinstance(trouble, Cut) else 0)


async def test_pings_that_wait_long_for_their_turn_are_not_lost(
    stand_in, replies, job, noah, monkeypatch
):
    """A channel takes one message a second, so the hundredth ping waits longer than a call may."""
    monkeypatch.setattr(card_presenter, "translated_errors", _a_hundred_times_as_quick)
    stand_in.world.limits = Limits(buckets={"POST /channels/{channel}/messages": Limit(2, 0.5)})

    await asyncio.gather(*(replies.ping(job(State.DELIVERED, id=f"{n:016x}")) for n in range(8)))

    assert len(pings(noah)) == 8


def _a_hundred_times_as_quick(within=CALL_TIMEOUT, **more):
    return translated_errors(None if within is None else within / 100, **more)


def pings(noah):
    return [one for one in noah.visible() if "your pictures are ready" in one["content"]]


async def test_a_hidden_card_says_nothing_of_what_was_ordered(stand_in, replies, job, card):
    replies.show(job(State.PROCESSING, withdrawn=True))
    await stand_in.journal.wait("PATCH", BY_TOKEN)
    await replies.settle(job(State.COMPLETED, withdrawn=True))

    for exchange in edits(stand_in):
        assert says(exchange, "Hidden")
        assert not says(exchange, "lighthouse")
    assert "Hidden" in str(card.message.shown["components"])
