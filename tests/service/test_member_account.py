"""A member's own desk: their orders, what is left for them, their wishes, their data."""

import json

import pytest

from bot.domain.admission import SAMPLE, AdmissionRequest, Caps, Rule, day_of
from bot.domain.job import ENDED, Billed, State
from bot.domain.rules import Block, changed
from bot.service.member_account import PAGE, MemberAccount
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import MemberSettings, Ping
from tests.samples import LANE, NOW, a_job, an_order, changed_job
from tests.service.conftest import UNLIMITED, service_settings, until

MEMBER, GUILD = 300, 100
DAY = 86400.0
OVER = ENDED | {State.UNCERTAIN, State.EXPIRED}


@pytest.fixture
def open_desk(shop):
    def open_desk(**caps):
        return MemberAccount(
            settings=service_settings(caps=Caps(**caps)),
            members=shop.members,
            queries=shop.queries,
            jobs=shop.jobs,
            guilds=shop.guilds,
            delivery=shop.delivery,
            now=shop.clock,
        )

    return open_desk


@pytest.fixture
def own(open_desk):
    return open_desk()


@pytest.fixture
def put(shop):
    def put(**changes):
        job = a_job(**{"member_id": MEMBER, "guild_id": GUILD, **changes})
        shop.jobs.put(job)
        return job

    return put


@pytest.fixture
def files(tmp_path):
    """Lay a picture of a job down, where the shop's deliveries put them."""

    def files(job):
        folder = tmp_path / "files" / job.id
        folder.mkdir(parents=True)
        (folder / "1").write_bytes(b"a picture")
        return folder

    return files


# Pages.


async def test_a_page_has_the_newest_first_and_tells_which_it_is(own, put):
    jobs = [put(created_at=NOW + number) for number in range(PAGE + 2)]

    first = await own.page(MEMBER, word="", number=0)
    second = await own.page(MEMBER, word="", number=1)

    assert [job.id for job in first.jobs] == [job.id for job in jobs[:1:-1]]
    assert [job.id for job in second.jobs] == [job.id for job in jobs[1::-1]]
    assert [(leaf.number, leaf.of, leaf.total) for leaf in (first, second)] == [
        (0, 2, 7),
        (1, 2, 7),
    ]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (PAGE, 1), (PAGE + 1, 2)])
async def test_a_page_past_the_last_is_the_last(own, put, count, pages):
    """Orders are erased with the time, and a button may be as old as it likes."""
    for _ in range(count):
        put()

    leaf = await own.page(MEMBER, word="", number=99)

    assert (leaf.number, leaf.of, leaf.total) == (pages - 1, pages, count)
    assert bool(leaf.jobs) is bool(count)


async def test_a_page_by_a_word_has_only_orders_that_say_it(own, put):
    cat = put(order=an_order(prompt="a cat"))
    put(order=an_order(prompt="a dog"))

    leaf = await own.page(MEMBER, word="cat", number=0)

    assert ([job.id for job in leaf.jobs], leaf.word, leaf.total) == ([cat.id], "cat", 1)


async def test_nobody_leafs_through_the_orders_of_others(own, put):
    put(member_id=MEMBER + 1)

    assert (await own.page(MEMBER, word="", number=0)).total == 0


# What is left.


def ask(**changes):
    return AdmissionRequest(**{"order": SAMPLE, "guild_id": GUILD, "channel_id": 200, **changes})


async def left(own, rule, **changes):
    figures = await own.usage(MEMBER, ask(**changes))
    [verdict] = [one for one in figures.verdicts if one.rule is rule]
    return verdict.limit, verdict.used, verdict.refuses


async def test_usage_counts_what_is_used_and_says_when_the_day_is_over(shop, own, put):
    shop.guilds.kept[GUILD] = changed(UNLIMITED, member_per_day=10)
    put(order=an_order(images=3), state=State.DELIVERED, billed=Billed.YES)

    assert await left(own, Rule.MEMBER_DAY) == (10, 3, False)
    assert (await own.usage(MEMBER, ask())).anew_at == day_of(NOW) + DAY


async def test_usage_is_told_outside_of_servers_too(open_desk, put):
    own = open_desk(direct=True, images_per_day=5)
    put(guild_id=None, order=an_order(images=2), state=State.DELIVERED, billed=Billed.YES)

    assert await left(own, Rule.OPERATOR_DAY, guild_id=None) == (5, 2, False)
    figures = await own.usage(MEMBER, ask(guild_id=None))
    assert all(verdict.operators for verdict in figures.verdicts)


# Wishes.


async def test_a_wish_is_kept_and_another_stays(shop, own):
    shop.members.wished[MEMBER] = MemberSettings(forget_before=NOW)

    await own.set_ping(MEMBER, Ping.NEVER)

    assert await own.settings(MEMBER) == MemberSettings(ping=Ping.NEVER, forget_before=NOW)
    assert await own.settings(MEMBER + 1) == MemberSettings()


# Data.


async def test_an_export_holds_all_of_a_member_and_no_secret(shop, own, put):
    shop.members.wished[MEMBER] = MemberSettings(ping=Ping.ALWAYS)
    shop.guilds.blocks[GUILD, MEMBER] = Block(member_id=MEMBER, by=9, since=NOW, reason="spam")
    job = put(state=State.DELIVERED, media=("https://m.example/1.png",), owner="a process")
    put(member_id=MEMBER + 1, order=an_order(prompt="somebody else's"))

    data = await own.export(MEMBER)

    kept = json.loads(data)
    [order] = kept["orders"]
    assert kept["ping"] == "always"
    assert kept["blocks"] == [{"guild_id": GUILD, "since": NOW, "until": None, "reason": "spam"}]
    assert order["order"]["prompt"] == job.order.prompt
    assert (order["state"], order["media"]) == ("DELIVERED", ["https://m.example/1.png"])
    for secret in (
        job.reply.interaction_token,
        job.callback_token,
        "a process",
        LANE,
        "somebody else",
    ):
        assert secret.encode() not in data


async def test_somebody_unknown_gets_an_export_that_says_so(own):
    kept = json.loads(await own.export(MEMBER))

    assert kept == {"member_id": MEMBER, "ping": "auto", "blocks": [], "orders": []}


async def test_what_is_over_is_erased_at_once_with_its_files(shop, own, put, files):
    """A private order's pictures lie here until they are posted, or too old."""
    job = put(state=State.DELIVERED, private=True, created_at=NOW - DAY)
    folder = files(job)
    others = put(state=State.DELIVERED, member_id=MEMBER + 1, created_at=NOW - DAY)

    outcome = await own.erase(MEMBER)

    assert outcome.done
    assert not folder.exists()
    assert list(shop.jobs.rows) == [others.id]
    assert await own.settings(MEMBER) == MemberSettings()


async def test_settings_go_with_the_orders(shop, own):
    shop.members.wished[MEMBER] = MemberSettings(ping=Ping.NEVER)

    assert (await own.erase(MEMBER)).done
    assert await own.settings(MEMBER) == MemberSettings()


async def test_what_runs_is_finished_first_and_erased_by_the_next_sweep(shop, own, put):
    job = put(created_at=NOW - DAY)

    async with shop.working():
        outcome = await own.erase(MEMBER)
        assert not outcome.done
        shop.jobs.put(changed_job(job, answered_at=NOW))
        shop.dispatcher.wake()
        await until(lambda: shop.jobs.rows[job.id].state is State.DELIVERED)
        await until(shop.at_rest)
    await own.sweep()

    assert len(shop.presenter.delivered) == 1
    assert shop.jobs.rows == {}
    assert await own.settings(MEMBER) == MemberSettings()


async def test_todays_orders_count_until_the_day_is_over(shop, own, put):
    """Else a limit is as good as none: order, delete, order again."""
    shop.guilds.kept[GUILD] = changed(UNLIMITED, member_per_day=4)
    put(order=an_order(images=4), state=State.DELIVERED, billed=Billed.YES)

    outcome = await own.erase(MEMBER)

    assert not outcome.done
    assert outcome.day_ends_at == day_of(NOW) + DAY
    assert shop.jobs.only.order.prompt == ""
    assert await left(own, Rule.MEMBER_DAY) == (4, 4, True)
    shop.clock.now = outcome.day_ends_at + 1
    await own.sweep()
    assert shop.jobs.rows == {}


async def test_kept_pictures_are_gone_with_the_rest(shop, own, put, files):
    job = put(state=State.COMPLETED, billed=Billed.YES, undeliverable_since=NOW)
    folder = files(job)

    await own.erase(MEMBER)

    assert not folder.exists()
    assert shop.jobs.only.state is State.FAILED
    assert await shop.jobs.undelivered(MEMBER, most=5) == []


async def test_a_forgotten_order_that_wakes_again_shows_nobody_anything(shop, own, put):
    """The vendor's word on an uncertain order may come hours later."""
    job = put(state=State.UNCERTAIN, billed=Billed.UNKNOWN, answered_at=NOW)
    await own.erase(MEMBER)

    await shop.jobs.record_request_id(job.id, "r-late", now=NOW)
    async with shop.working():
        await shop.round()
        await until(lambda: shop.jobs.only.undeliverable_since is not None)
    await own.sweep()

    assert shop.presenter.delivered == []
    assert shop.presenter.called == []
    assert all(settled.withdrawn for settled in shop.presenter.settled)
    assert (shop.jobs.only.state, shop.jobs.only.media) == (State.FAILED, ())


async def test_what_the_store_did_not_do_is_done_later(shop, own, put):
    """The wish is kept before anything is erased."""
    put(state=State.DELIVERED, created_at=NOW - DAY)
    shop.members.away = True

    with pytest.raises(StoreUnavailable):
        await own.erase(MEMBER)

    shop.members.away = False
    assert len(shop.jobs.rows) == 1
    await own.erase(MEMBER)
    assert shop.jobs.rows == {}


async def test_what_is_ordered_after_the_wish_is_kept(shop, own, put):
    old = put(state=State.DELIVERED)
    await own.erase(MEMBER)
    shop.clock.now += 5
    new = put(state=State.DELIVERED, created_at=NOW + 5)

    shop.clock.now = day_of(NOW) + DAY + 1
    await own.sweep()

    assert list(shop.jobs.rows) == [new.id]
    assert old.id not in shop.jobs.rows


async def test_files_are_removed_while_their_order_is_on_record(shop, own, put, monkeypatch):
    """A crash in between leaves an order that can be erased again, and no file without one."""
    job = put(state=State.DELIVERED)
    seen = []

    async def remove_files(job_id):
        seen.append((job_id, job_id in shop.jobs.rows))

    monkeypatch.setattr(shop.delivery, "remove_files", remove_files)

    await own.erase(MEMBER)

    assert seen == [(job.id, True)]


async def test_orders_whose_files_cannot_be_removed_are_erased_later(shop, own, put, monkeypatch):
    job = put(state=State.DELIVERED, created_at=NOW - DAY)

    async def fail(_job_id):
        raise PermissionError

    with monkeypatch.context() as broken:
        broken.setattr(shop.delivery, "remove_files", fail)
        assert not (await own.erase(MEMBER)).done
    assert job.id in shop.jobs.rows

    await own.sweep()

    assert shop.jobs.rows == {}
