"""Orders are recorded and answered: before the answer nothing costs anything."""

import asyncio
from typing import Any

import pytest

from bot.domain.admission import Caps, Rule
from bot.domain.errors import InvalidOption, StyleNotFound
from bot.domain.job import Billed, EndReason, State
from bot.domain.order import OrderOptions
from bot.domain.rules import Rules
from bot.domain.styles import Style
from bot.domain.word_filter import WordLists
from bot.service.errors import (
    AdmissionTimeout,
    DuplicateInteraction,
    LimitReached,
    OrderForgotten,
    ServersOnly,
    ShuttingDown,
)
from bot.service.port_errors import NotTaken, PermanentDiscordError, TransientDiscordError
from bot.service.ports.discord import NO_STATUS
from bot.service.recovery import UNANSWERED
from tests.samples import NOW, a_job
from tests.service.conftest import on_each_engine
from tests.service.fakes import Gate
from tests.service.harness import a_request, answered, take, until

WOOL = Style(name="Wool", words="knitted wool")


async def refused():
    raise PermanentDiscordError("404 (10062)")


async def unheard():
    raise TransientDiscordError("TimeoutError")


async def not_taken():
    raise NotTaken("calls to Discord rest")


async def never():
    raise AssertionError("the member must not be answered")


class SlowAnswer:
    """An answer that takes until its gate is opened."""

    def __init__(self) -> None:
        self.gate = Gate()
        self.gate.close()

    async def __call__(self) -> int:
        await self.gate()
        return 77


@pytest.fixture
def slow_answer():
    return SlowAnswer()


async def deliver_another(app):
    """Order and deliver a picture in another server: the lane has had every chance until then."""
    job = a_job(guild_id=102, created_at=NOW + 1, answered_at=NOW)
    await app.put(job)
    app.pipeline.dispatcher.wake()
    await until(app.is_in(job.id, State.DELIVERED))
    await app.erase(job.id)
    app.queue.submitted.clear()


async def refusal(app, **changes):
    """Place an order that the rules refuse; return the rule's verdict."""
    with pytest.raises(LimitReached) as refused:
        await app.order(answer=never, **changes)
    return refused.value.verdict


async def test_an_order_is_recorded_answered_and_shown(app):
    job = await app.order(prompt="  a\tlighthouse ", images=2)

    assert (job.state, job.billed, job.lease.owner) == (State.WAITING, Billed.NO, None)
    assert (job.reply.answered_at, job.reply.message_id) == (NOW, 77)
    assert (job.order.prompt, job.order.images) == ("a lighthouse", 2)
    assert app.cards.shown == [(job, NO_STATUS)]


async def test_ids_and_secrets_are_new_for_each_order(app):
    jobs = [await app.order() for _ in range(5)]

    assert len({job.id for job in jobs}) == len({job.callback_token for job in jobs}) == 5
    assert all(len(job.callback_token) >= 32 for job in jobs)


def test_a_request_does_not_show_its_token():
    assert "interaction-token" not in repr(a_request())


# Answers.


async def test_no_order_is_submitted_before_its_member_was_answered(app, slow_answer):
    """An order of which the member does not hear would be money wasted."""
    async with app.claiming():
        ordering = asyncio.create_task(app.order(answer=slow_answer))
        await slow_answer.gate.reached.wait()
        await deliver_another(app)
        assert (await app.only_job()).state is State.WAITING

        slow_answer.gate.open()
        await ordering
        await until(app.at_rest)

    assert len(app.queue.submitted) == 1


@pytest.mark.parametrize(
    ("answer", "shown"),
    # Discord may show "thinking" although no answer came: then the card must be corrected.
    [(refused, []), (not_taken, []), (unheard, [State.CANCELLED])],
)
async def test_an_order_whose_answer_failed_is_cancelled_and_not_submitted(app, answer, shown):
    async with app.claiming():
        job = await app.order(answer=answer)
        assert [job.state for job in app.cards.shown_jobs] == shown
        assert (job.state, job.end_reason) == (State.CANCELLED, EndReason.UNANSWERED)
        await deliver_another(app)

    assert app.queue.submitted == []


async def test_an_order_that_the_caller_forgot_to_answer_is_not_submitted(app):
    """It stays unanswered, and is cancelled like one whose process died."""
    async with app.claiming():
        async with app.cogs.orders.placing(a_request()):
            pass
        await deliver_another(app)

    assert app.queue.submitted == []
    assert (await app.only_job()).reply.answered_at is None


async def test_an_answer_that_cannot_be_recorded_makes_no_submit(app):
    """The row stays unanswered, so it is cancelled later: better than an unseen picture."""

    async def answer():
        app.faults.jobs.away = True
        return 77

    job = await app.order(answer=answer)
    app.faults.jobs.away = False

    assert job.reply.answered_at is None
    assert app.cards.shown == []

    app.clock.now += UNANSWERED + 1
    await app.services.recovery.sweep()
    assert (await app.only_job()).state is State.CANCELLED


@on_each_engine
async def test_a_replayed_interaction_is_ordered_once(app):
    """RESUME and rolling restarts bring interactions again: the first answer counts."""
    request = a_request()
    await take(app, request, answered)

    with pytest.raises(DuplicateInteraction):
        await take(app, request, never)

    assert len(await app.all_jobs()) == 1
    assert len(app.cards.shown) == 1


# What is not recorded.


@pytest.mark.parametrize("fault", ["slow", "away"])
async def test_a_store_that_is_slow_or_away_is_too_late_and_nothing_is_ordered(open_process, fault):
    app = open_process(admit_within=0.01 if fault == "slow" else 5.0)
    if fault == "slow":
        app.faults.jobs.gate("add")
    else:
        app.faults.jobs.away = True

    with pytest.raises(AdmissionTimeout):
        await take(app, a_request(), never)

    assert await app.all_jobs() == []


@pytest.mark.parametrize(
    ("changes", "error", "detail"),
    [
        ({"prompt": "\u200b"}, InvalidOption, {"option": "prompt"}),
        ({"images": 9}, InvalidOption, {"option": "images"}),
        ({"guidance": "much"}, InvalidOption, {"option": "guidance"}),
        # Read as "no", a wrong flag would show in public what the member wanted to keep.
        ({"private": 1}, InvalidOption, {"option": "private"}),
        ({"private": "yes"}, InvalidOption, {"option": "private"}),
        ({"prompt": "x" * 990, "style": "ink"}, InvalidOption, {"style": "ink", "got": 990}),
        ({"style": "wool"}, StyleNotFound, {}),  # it is another server's
        ({"guild_id": None}, ServersOnly, {}),
    ],
)
async def test_an_invalid_order_is_not_recorded(app, changes, error, detail):
    await app.set_rules(101, Rules(styles=(WOOL,)))

    with pytest.raises(error) as rejected:
        await take(app, a_request(**changes), never)

    assert {name: getattr(rejected.value, name) for name in detail} == detail
    assert await app.all_jobs() == []


@pytest.mark.parametrize(
    ("style", "guild_id", "named"),
    [
        ("wool", 100, ["steps", "private", "None?"]),  # it is another server's
        ("anim", 100, ["steps", "private", "anime?"]),
        ("wool", 101, ["steps", "private"]),
        ("an" * 40, 100, ["style", "steps", "private"]),
        ("", 100, ["steps", "private"]),
    ],
)
async def test_all_faults_of_an_order_are_named_at_once(app, style, guild_id, named):
    await app.set_rules(101, Rules(styles=(WOOL,)))
    request = a_request(guild_id=guild_id, style=style, steps=7, private="yes")

    with pytest.raises(InvalidOption) as rejected:
        await take(app, request, never)

    faults: list[Any] = [rejected.value, *rejected.value.others]
    assert [getattr(one, "option", f"{getattr(one, 'similar', 0)}?") for one in faults] == named


async def test_a_bot_that_is_closing_takes_no_orders(app):
    await app.cogs.orders.close()

    with pytest.raises(ShuttingDown):
        await take(app, a_request(), never)

    assert await app.all_jobs() == []


async def test_a_closing_bot_waits_for_the_orders_that_are_being_placed(app, slow_answer):
    """A member who was just answered must not be cancelled for it at the next start."""
    ordering = asyncio.create_task(take(app, a_request(), slow_answer))
    await slow_answer.gate.reached.wait()
    closing = asyncio.create_task(app.cogs.orders.close())
    await asyncio.sleep(0)  # it has begun
    assert not closing.done()

    slow_answer.gate.open()
    await closing

    assert ordering.done()
    assert (await app.only_job()).reply.answered_at is not None


# Limits.


@on_each_engine
async def test_an_order_beyond_the_operators_cap_is_refused_before_it_is_answered(open_process):
    app = open_process(caps=Caps(images_per_guild_per_day=3))
    await app.order(images=2)

    assert (await refusal(app, images=2)).rule is Rule.OPERATOR_SERVER_DAY
    assert len(await app.all_jobs()) == 1


async def test_an_order_that_ended_unbilled_does_not_count(open_process):
    app = open_process(caps=Caps(images_per_day=1))
    await app.order(answer=refused)

    await app.order()

    assert await app.states() == [State.CANCELLED, State.WAITING]


async def test_a_private_order_is_recorded_as_one_with_what_is_left_of_the_day(app):
    await app.set_rules(100, Rules())

    job = await app.order(private=True, images=2, member_language="de")

    assert (job.reply.private, job.reply.language, job.reply.left_today) == (True, "de", 23)


@pytest.mark.parametrize(
    ("order", "language"),
    [({}, "de"), ({"private": True}, "en"), ({"guild_id": 101}, "en")],
    ids=["public", "private", "another server"],
)
async def test_a_public_card_is_in_the_language_that_moderators_chose(app, order, language):
    await app.set_rules(100, Rules(language="de"))

    assert (await app.order(**order, language="en")).reply.language == language


# Styles.


async def test_a_style_extends_what_is_sent_and_not_the_prompt(app):
    await app.set_rules(100, Rules(styles=(WOOL,)))

    order = (await app.order(style="wool")).order

    assert (order.prompt, order.style) == ("a lighthouse in a storm", "Wool")
    assert order.sent == "a lighthouse in a storm, knitted wool"


async def test_a_styles_blocked_word_is_refused_and_logged_as_the_styles(app):
    words = WordLists(blocked=("wool",))
    await app.set_rules(100, Rules(styles=(WOOL,), words=words, log_channel=9, language="de"))

    verdict = await refusal(app, style="wool")

    assert (verdict.rule, verdict.style) == (Rule.WORDS, "Wool")
    ((channel, entry),) = app.log_channel.entries
    assert (channel, entry.style, entry.phrase) == (9, "Wool", "wool")
    assert entry.language == "de"


async def test_the_vendor_gets_the_prompt_with_its_style(app):
    async with app.claiming():
        await app.order(style="ink")
        await until(app.at_rest)

    ((order, _),) = app.queue.submitted
    assert order.sent.startswith("a lighthouse in a storm, ink drawing")


# Orders that are repeated.


async def test_a_repeated_order_has_all_the_options_of_the_first(app):
    first = await app.order(private=True, style="ink", images=3)

    job = await app.cogs.orders.job_to_repeat(first.id, first.member_id)
    options = OrderOptions.of(job.order, private=job.reply.private)
    second = await app.order(**vars(options))

    assert (second.order, second.reply.private) == (first.order, True)


@pytest.mark.parametrize("private", [True, False])
async def test_only_its_member_repeats_a_private_order(app, private):
    """A forged click would reveal its prompt, in a form or on a card."""
    job = await app.order(private=private, member_id=300)
    repeat = app.cogs.orders.job_to_repeat

    assert await repeat(job.id, 300) == job
    if private:
        with pytest.raises(OrderForgotten):
            await repeat(job.id, 301)
    else:
        assert await repeat(job.id, 301) == job


# Outside of servers.


@pytest.fixture
def outside(open_process):
    """A process that takes orders outside of servers."""
    return open_process(caps=Caps(direct=True, images_per_guild_per_day=30))


OUTSIDE = {"guild_id": None, "answers_only": True}


async def test_orders_outside_of_servers_are_counted_apart_from_those_in_servers(outside):
    await outside.order(images=4)
    for _ in range(3):
        await outside.order(**OUTSIDE)

    verdict = await refusal(outside, **OUTSIDE)

    assert (verdict.rule, verdict.used, verdict.limit) == (Rule.MEMBER_AT_ONCE, 3, 3)
    assert verdict.outside
    answers_only = [job.reply.answers_only for job in await outside.all_jobs()]
    assert answers_only == [False, True, True, True]


async def test_all_members_outside_of_servers_share_the_operators_cap_for_one_server(outside):
    for member_id in range(7):
        await outside.order(**OUTSIDE, member_id=member_id, images=4)

    verdict = await refusal(outside, **OUTSIDE, member_id=99, images=3)

    assert (verdict.rule, verdict.used) == (Rule.OPERATOR_SERVER_DAY, 28)


async def test_outside_of_servers_the_built_in_styles_are_offered(outside):
    job = await outside.order(**OUTSIDE, style="Aquarell")

    assert job.order.style == "watercolour"
