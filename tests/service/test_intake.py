"""Taking an order: nothing costs anything before the member was answered."""

import asyncio

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
from bot.service.port_errors import PermanentDiscordError, TransientDiscordError
from bot.service.ports.discord import NO_STATUS
from tests.service.conftest import a_request, answered, take, until


async def refused():
    raise PermanentDiscordError("404 (10062)")


async def unheard():
    raise TransientDiscordError("TimeoutError")


async def never():
    raise AssertionError("the member must not be answered")


async def test_an_order_is_recorded_answered_and_shown(shop):
    await take(shop.orders, a_request(prompt="  a\tlighthouse ", images=2), answered)

    job = shop.jobs.only
    assert (job.state, job.billed, job.lease.owner) == (State.WAITING, Billed.NO, None)
    assert (job.reply.answered_at, job.reply.message_id) == (shop.clock.now, 77)
    assert (job.order.prompt, job.order.images) == ("a lighthouse", 2)
    assert shop.presenter.shown == [(job, NO_STATUS)]


async def test_tokens_and_ids_are_new_for_each_order(shop):
    for _ in range(5):
        await take(shop.orders, a_request(), answered)

    jobs = shop.jobs.rows.values()
    assert len({job.id for job in jobs}) == len({job.callback_token for job in jobs}) == 5
    assert all(len(job.callback_token) >= 32 for job in jobs)


async def test_nothing_is_submitted_before_the_member_was_answered(shop):
    """An order whose member never hears of it would be money spent on nobody."""
    answer, asked = asyncio.Event(), asyncio.Event()

    async def slowly():
        asked.set()
        await answer.wait()
        return 77

    async with shop.working():
        taking = asyncio.create_task(take(shop.orders, a_request(), slowly))
        await asked.wait()
        claims = shop.jobs.calls.count("has_claimable")
        shop.dispatcher.wake()
        await until(lambda: shop.jobs.calls.count("has_claimable") > claims)
        assert shop.queue.submitted == []
        assert shop.jobs.only.state is State.WAITING

        answer.set()
        await taking
        await until(shop.at_rest)

    assert len(shop.queue.submitted) == 1


@pytest.mark.parametrize("defer", [refused, unheard])
async def test_a_failed_answer_makes_no_submit(shop, defer):
    async with shop.working():
        await take(shop.orders, a_request(), defer)
        shop.dispatcher.wake()
        claims = shop.jobs.calls.count("has_claimable")
        await until(lambda: shop.jobs.calls.count("has_claimable") > claims)

    assert shop.queue.submitted == []
    assert (shop.jobs.only.state, shop.jobs.only.end_reason) == (
        State.CANCELLED,
        EndReason.UNANSWERED,
    )


async def test_an_answer_that_may_have_arrived_is_corrected(shop):
    """Discord may show "thinking" all the same: then it must not show that for ever."""
    await take(shop.orders, a_request(), unheard)

    assert [job.state for job, _ in shop.presenter.shown] == [State.CANCELLED]


async def test_a_refused_answer_shows_nothing(shop):
    await take(shop.orders, a_request(), refused)

    assert shop.presenter.shown == []


async def test_an_order_that_the_caller_forgot_to_answer_is_never_submitted(shop):
    """It stays unanswered, and is cancelled as one whose process died."""
    async with shop.working():
        async with shop.orders.placing(a_request()):
            pass
        shop.dispatcher.wake()
        claims = shop.jobs.calls.count("has_claimable")
        await until(lambda: shop.jobs.calls.count("has_claimable") > claims)

    assert shop.queue.submitted == []
    assert shop.jobs.only.reply.answered_at is None


async def test_a_replayed_interaction_is_left_alone(shop):
    """RESUME and rolling restarts bring interactions again: the first answer stands."""
    request = a_request()
    await take(shop.orders, request, answered)

    with pytest.raises(DuplicateInteraction):
        await take(shop.orders, request, never)

    assert len(shop.jobs.rows) == 1
    assert len(shop.presenter.shown) == 1


async def test_a_slow_store_is_too_late_and_nothing_is_ordered(open_shop):
    shop = open_shop(admit_within=0.01)
    shop.jobs.held["add"] = asyncio.Event()

    with pytest.raises(AdmissionTimeout):
        await take(shop.orders, a_request(), never)

    assert shop.jobs.rows == {}


async def test_a_store_that_is_away_is_too_late(shop):
    shop.jobs.away = True

    with pytest.raises(AdmissionTimeout):
        await take(shop.orders, a_request(), never)


async def test_an_answer_that_cannot_be_recorded_makes_no_submit(shop):
    """The row stays unanswered, so it is cancelled later: better no picture than an unseen one."""

    async def and_the_store_goes():
        shop.jobs.away = True
        return 77

    await take(shop.orders, a_request(), and_the_store_goes)
    shop.jobs.away = False

    assert shop.jobs.only.reply.answered_at is None
    assert shop.presenter.shown == []

    shop.clock.now += 16
    await shop.round()
    assert shop.jobs.only.state is State.CANCELLED


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prompt": "\u200b"}, InvalidOption),
        ({"images": 9}, InvalidOption),
        ({"guidance": "much"}, InvalidOption),
        ({"guild_id": None}, ServersOnly),
    ],
)
async def test_what_is_not_admitted_is_not_recorded(shop, changes, error):
    with pytest.raises(error):
        await take(shop.orders, a_request(**changes), never)

    assert shop.jobs.calls == []


async def test_a_bot_that_is_closing_takes_no_orders(shop):
    await shop.orders.close()

    with pytest.raises(ShuttingDown):
        await take(shop.orders, a_request(), never)

    assert shop.jobs.calls == []


async def test_a_closing_bot_lets_the_orders_end_that_are_being_taken(shop):
    """The member who was just answered must not be cancelled for it at the next start."""
    answer, asked = asyncio.Event(), asyncio.Event()

    async def slowly():
        asked.set()
        await answer.wait()
        return 77

    taking = asyncio.create_task(take(shop.orders, a_request(), slowly))
    await asked.wait()
    closing = asyncio.create_task(shop.orders.close())
    await asyncio.sleep(0)
    assert not closing.done()

    answer.set()
    await closing

    assert taking.done()
    assert shop.jobs.only.reply.answered_at is not None


def test_a_request_does_not_show_its_token():
    assert "interaction-token" not in repr(a_request())


async def test_an_order_beyond_the_operators_cap_is_refused_before_anything_is_answered(open_shop):
    """The wallet is the operator's: nothing is recorded, nothing is sent."""
    shop = open_shop(caps=Caps(images_per_guild_per_day=3))
    await take(shop.orders, a_request(images=2), answered)

    with pytest.raises(LimitReached) as refused:
        await take(shop.orders, a_request(images=2), never)

    assert refused.value.verdict.rule is Rule.OPERATOR_SERVER_DAY
    assert len(shop.jobs.rows) == 1


async def test_an_order_that_ended_unbilled_gives_its_place_back(open_shop):
    shop = open_shop(caps=Caps(images_per_day=1))
    await take(shop.orders, a_request(), refused)

    await take(shop.orders, a_request(), answered)

    states = [job.state for job in shop.jobs.rows.values()]
    assert states == [State.CANCELLED, State.WAITING]


# Styles, private orders, and those from outside of servers.

WOOL = Style(name="Wool", words="knitted wool")


async def test_a_style_extends_what_is_sent_and_not_what_was_typed(shop):
    shop.guilds.kept[100] = Rules(styles=(WOOL,))

    await take(shop.orders, a_request(style="wool"), answered)

    order = shop.jobs.only.order
    assert (order.prompt, order.style) == ("a lighthouse in a storm", "Wool")
    assert order.sent == "a lighthouse in a storm, knitted wool"


async def test_a_style_of_another_server_is_none_here(shop):
    shop.guilds.kept[101] = Rules(styles=(WOOL,))

    with pytest.raises(StyleNotFound):
        await take(shop.orders, a_request(style="wool"), never)

    assert shop.jobs.rows == {}


async def test_a_prompt_without_room_for_its_style_is_refused_with_figures(shop):
    with pytest.raises(InvalidOption) as refused:
        await take(shop.orders, a_request(prompt="x" * 990, style="ink"), never)

    assert (refused.value.style, refused.value.got) == ("ink", 990)
    assert shop.jobs.rows == {}


async def test_a_styles_blocked_word_is_refused_and_logged_as_the_styles(shop):
    words = WordLists(blocked=("wool",))
    shop.guilds.kept[100] = Rules(styles=(WOOL,), words=words, log_channel=9)

    with pytest.raises(LimitReached) as refused:
        await take(shop.orders, a_request(style="wool"), never)

    assert (refused.value.verdict.rule, refused.value.verdict.style) == (Rule.WORDS, "Wool")
    ((channel, notice),) = shop.log_channel.told
    assert (channel, notice.style, notice.phrase) == (9, "Wool", "wool")


async def test_the_queue_gets_what_the_style_made_of_the_prompt(shop):
    async with shop.working():
        await take(shop.orders, a_request(style="ink"), answered)
        await until(shop.at_rest)

    ((order, _),) = shop.queue.submitted
    assert order.sent.startswith("a lighthouse in a storm, ink drawing")


@pytest.mark.parametrize("wrong", [1, "yes", None])
async def test_private_is_a_flag_or_nothing_is_ordered(shop, wrong):
    """Read as "no", it would show in public what somebody wanted to keep."""
    with pytest.raises(InvalidOption) as refused:
        await take(shop.orders, a_request(private=wrong), never)

    assert refused.value.option == "private"


async def test_a_private_order_is_on_record_as_one_and_so_is_what_it_leaves(shop):
    shop.guilds.kept[100] = Rules()

    await take(shop.orders, a_request(private=True, images=2, language="de"), answered)

    job = shop.jobs.only
    assert (job.reply.private, job.reply.language, job.reply.left_today) == (True, "de", 23)


async def test_an_order_that_is_made_again_has_all_its_options(shop):
    await take(shop.orders, a_request(private=True, style="ink", images=3), answered)

    job = await shop.orders.job_to_repeat(shop.jobs.only.id, shop.jobs.only.member_id)
    options = OrderOptions.of(job.order, private=job.reply.private)
    await take(shop.orders, a_request(**vars(options)), answered)

    first, second = shop.jobs.rows.values()
    assert (second.order, second.reply.private) == (first.order, True)


@pytest.mark.parametrize("private", [True, False])
async def test_what_was_ordered_privately_nobody_else_repeats(shop, private):
    """A crafted press would bring its prompt to light, in a form or on a card."""
    await take(shop.orders, a_request(private=private, member_id=300), answered)
    job_id = shop.jobs.only.id

    assert await shop.orders.job_to_repeat(job_id, 300) == shop.jobs.only
    if private:
        with pytest.raises(OrderForgotten):
            await shop.orders.job_to_repeat(job_id, 301)
    else:
        assert await shop.orders.job_to_repeat(job_id, 301) == shop.jobs.only


@pytest.fixture
def outside(open_shop):
    """A bot that takes orders outside of servers."""
    return open_shop(caps=Caps(direct=True, images_per_guild_per_day=30))


def from_outside(**changes):
    return a_request(**{"guild_id": None, "answers_only": True} | changes)


async def test_orders_outside_of_servers_count_apart_from_those_in_one(outside):
    """What a server allows is its own, and so is what the operator allows outside."""
    await take(outside.orders, a_request(images=4), answered)
    for _ in range(3):
        await take(outside.orders, from_outside(), answered)

    with pytest.raises(LimitReached) as refused:
        await take(outside.orders, from_outside(), never)

    verdict = refused.value.verdict
    assert (verdict.rule, verdict.used, verdict.limit) == (Rule.MEMBER_AT_ONCE, 3, 3)
    assert verdict.outside
    assert [job.reply.answers_only for job in outside.jobs.rows.values()] == [
        False,
        True,
        True,
        True,
    ]


async def test_all_who_order_outside_of_servers_share_the_operators_cap_for_one(outside):
    for member_id in range(7):
        await take(outside.orders, from_outside(member_id=member_id, images=4), answered)

    with pytest.raises(LimitReached) as refused:
        await take(outside.orders, from_outside(member_id=99, images=3), never)

    verdict = refused.value.verdict
    assert (verdict.rule, verdict.used) == (Rule.OPERATOR_SERVER_DAY, 28)


async def test_outside_of_servers_there_are_the_styles_of_every_server(outside):
    await take(outside.orders, from_outside(style="Aquarell"), answered)

    assert outside.jobs.only.order.style == "watercolour"
