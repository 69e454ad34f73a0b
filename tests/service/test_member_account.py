"""A member's own orders, remaining limits, settings and data."""

import json

import pytest

from bot.domain.admission import DAY, SAMPLE, AdmissionRequest, Caps, Rule, day_of
from bot.domain.job import Billed, State
from bot.domain.preferences import NAMES
from bot.domain.rules import Block, changed
from bot.service.member_account import PAGE
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import MemberSettings, Ping
from tests.samples import LANE, NOW, a_job, an_order, changed_job
from tests.service.conftest import on_each_engine
from tests.service.harness import UNLIMITED, until

MEMBER, GUILD = 300, 100
YESTERDAY = NOW - DAY


@pytest.fixture
def account(app):
    return app.cogs.account


@pytest.fixture
def put(app):
    async def put(**changes):
        job = a_job(**{"member_id": MEMBER, "guild_id": GUILD, **changes})
        await app.put(job)
        return job

    return put


@pytest.fixture
def files(app):
    """Write a picture of a job to where deliveries put them; return its folder."""

    def files(job):
        folder = app.settings.files / job.id
        folder.mkdir(parents=True)
        (folder / "1").write_bytes(b"a picture")
        return folder

    return files


# Pages.


async def test_pages_have_the_newest_orders_first(account, put):
    ids = [(await put(created_at=NOW + number)).id for number in range(PAGE + 2)]

    pages = [await account.page(MEMBER, word="", number=number) for number in range(2)]

    assert [job.id for page in pages for job in page.jobs] == ids[::-1]
    assert [(page.number, page.of, page.total) for page in pages] == [(0, 2, 7), (1, 2, 7)]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (PAGE, 1), (PAGE + 1, 2)])
async def test_a_page_past_the_last_is_the_last(account, put, count, pages):
    """Orders are erased with the time, and a button may be old."""
    for _ in range(count):
        await put()

    page = await account.page(MEMBER, word="", number=99)

    assert (page.number, page.of, page.total) == (pages - 1, pages, count)
    assert bool(page.jobs) is bool(count)


async def test_a_page_has_the_members_own_orders_that_contain_the_word(account, put):
    cat = await put(order=an_order(prompt="a cat"))
    await put(order=an_order(prompt="a dog"))
    await put(member_id=MEMBER + 1, order=an_order(prompt="another's cat"))

    page = await account.page(MEMBER, word="cat", number=0)

    assert ([job.id for job in page.jobs], page.word, page.total) == ([cat.id], "cat", 1)


# Usage.


def a_sample(**changes):
    return AdmissionRequest(**{"order": SAMPLE, "guild_id": GUILD, "channel_id": 200, **changes})


async def usage_of(account, rule, **changes):
    report = await account.usage(MEMBER, a_sample(**changes))
    [verdict] = [verdict for verdict in report.verdicts if verdict.rule is rule]
    return verdict.limit, verdict.used, verdict.refuses


async def test_usage_counts_todays_images_and_says_when_the_day_ends(app, account, put):
    await app.set_rules(GUILD, changed(UNLIMITED, member_per_day=10))
    await put(order=an_order(images=3), state=State.DELIVERED, billed=Billed.YES)

    assert await usage_of(account, Rule.MEMBER_DAY) == (10, 3, False)
    assert (await account.usage(MEMBER, a_sample())).anew_at == day_of(NOW) + DAY


async def test_usage_is_reported_outside_of_servers_too(open_process, put):
    account = open_process(caps=Caps(direct=True, images_per_day=5)).cogs.account
    await put(guild_id=None, order=an_order(images=2), state=State.DELIVERED, billed=Billed.YES)

    assert await usage_of(account, Rule.OPERATOR_DAY, guild_id=None) == (5, 2, False)
    report = await account.usage(MEMBER, a_sample(guild_id=None))
    assert all(verdict.operators for verdict in report.verdicts)


# Settings.


async def test_a_setting_is_stored_and_others_stay(app, account):
    await app.members.change(MEMBER, lambda _: MemberSettings(forget_before=NOW))

    await app.cogs.preferences.set_ping(MEMBER, Ping.NEVER)

    assert await app.cogs.preferences.settings(MEMBER) == MemberSettings(
        ping=Ping.NEVER, forget_before=NOW
    )
    assert await app.cogs.preferences.settings(MEMBER + 1) == MemberSettings()


# Export.


async def test_an_export_has_all_of_a_member_and_no_secret(app, account, put):
    await app.cogs.preferences.set_ping(MEMBER, Ping.ALWAYS)
    await app.cogs.preferences.set_defaults(MEMBER, {"suffix": "soft light"})
    await app.cogs.preferences.set_style(MEMBER, "Wool", "knitted wool")
    await app.guilds.block(GUILD, Block(member_id=MEMBER, by=9, since=NOW, reason="spam"))
    job = await put(state=State.DELIVERED, media=("https://m.example/1.png",), owner="a process")
    await put(member_id=MEMBER + 1, order=an_order(prompt="another member's"))

    data = await account.export(MEMBER)

    exported = json.loads(data)
    [order] = exported["orders"]
    assert exported["ping"] == "always"
    assert exported["defaults"]["suffix"] == "soft light"
    assert exported["styles"] == [{"name": "Wool", "words": "knitted wool"}]
    assert exported["blocks"] == [
        {"guild_id": GUILD, "since": NOW, "until": None, "reason": "spam"}
    ]
    assert order["order"]["prompt"] == job.order.prompt
    assert (order["state"], order["media"]) == ("DELIVERED", ["https://m.example/1.png"])
    token = job.reply.interaction_token
    for secret in (token, job.callback_token, "a process", LANE, "another member"):
        assert secret.encode() not in data


async def test_the_export_of_an_unknown_member_is_empty(account):
    exported = json.loads(await account.export(MEMBER))

    assert exported == {
        "member_id": MEMBER,
        "ping": "auto",
        "ping_in": "channel",
        "defaults": dict.fromkeys(NAMES),
        "styles": [],
        "blocks": [],
        "bar_by_operator": None,
        "deeds": [],
        "orders": [],
    }


# Erasure.


@on_each_engine
async def test_old_orders_their_files_and_the_settings_are_erased_at_once(app, account, put, files):
    """A private order's files are stored until they are posted, or too old."""
    folder = files(await put(state=State.DELIVERED, private=True, created_at=YESTERDAY))
    others = await put(state=State.DELIVERED, member_id=MEMBER + 1, created_at=YESTERDAY)
    await app.cogs.preferences.set_ping(MEMBER, Ping.NEVER)
    await app.cogs.preferences.set_style(MEMBER, "Wool", "knitted wool")

    outcome = await account.erase(MEMBER)

    assert outcome.done
    assert not folder.exists()
    assert await app.only_job() == others
    assert await app.cogs.preferences.settings(MEMBER) == MemberSettings()


async def test_a_running_order_is_finished_first_and_erased_by_the_next_sweep(app, account, put):
    job = await put(created_at=YESTERDAY)

    async with app.claiming():
        outcome = await account.erase(MEMBER)
        assert not outcome.done
        await app.put(changed_job(job, answered_at=NOW))
        app.pipeline.dispatcher.wake()
        await until(app.at_rest)
    await account.sweep()

    assert len(app.cards.delivered) == 1
    assert await app.all_jobs() == []
    assert await app.cogs.preferences.settings(MEMBER) == MemberSettings()


async def test_todays_orders_count_until_the_day_is_over(app, account, put):
    """Otherwise a limit would not hold: order, erase, order again."""
    await app.set_rules(GUILD, changed(UNLIMITED, member_per_day=4))
    await put(order=an_order(images=4), state=State.DELIVERED, billed=Billed.YES)

    outcome = await account.erase(MEMBER)

    assert not outcome.done
    assert outcome.day_ends_at == day_of(NOW) + DAY
    assert (await app.only_job()).order.prompt == ""
    assert await usage_of(account, Rule.MEMBER_DAY) == (4, 4, True)
    app.clock.now = outcome.day_ends_at + 1
    await account.sweep()
    assert await app.all_jobs() == []


async def test_undelivered_pictures_are_erased_too(app, account, put, files):
    job = await put(state=State.COMPLETED, billed=Billed.YES, kept_at=NOW)
    folder = files(job)

    await account.erase(MEMBER)

    assert not folder.exists()
    assert (await app.only_job()).state is State.FAILED
    assert await app.jobs.undelivered(MEMBER, most=5) == []


async def test_an_erased_order_about_which_the_vendor_answers_later_shows_nothing(
    app, account, put
):
    """The vendor's answer about an uncertain order may come hours later."""
    job = await put(state=State.UNCERTAIN, billed=Billed.UNKNOWN, answered_at=NOW)
    await account.erase(MEMBER)

    await app.jobs.record_request_id(job.id, "r-late", now=NOW)
    async with app.claiming():
        await app.services.recovery.sweep()
        await until(app.is_kept(job.id))
    await account.sweep()

    assert app.cards.delivered == app.cards.pinged == []
    assert all(settled.withdrawn for settled in app.cards.settled)
    after = await app.only_job()
    assert (after.state, after.media) == (State.FAILED, ())


@pytest.mark.parametrize("port", ["members", "queries"])
async def test_an_erasure_that_the_store_refused_is_done_later(app, account, put, port):
    """The request is recorded before anything is erased, so the next sweep goes on with it."""
    job = await put(state=State.DELIVERED, created_at=YESTERDAY)
    faults = getattr(app.faults, port)
    faults.away = True

    with pytest.raises(StoreUnavailable):
        await account.erase(MEMBER)

    faults.away = False
    assert await app.only_job() == job
    if port == "members":
        await account.erase(MEMBER)
    else:
        await account.sweep()
    assert await app.all_jobs() == []


async def test_an_order_made_after_the_erasure_is_kept(app, account, put):
    await put(state=State.DELIVERED)
    await account.erase(MEMBER)
    new = await put(state=State.DELIVERED, created_at=NOW + 5)

    app.clock.now = day_of(NOW) + DAY + 1
    await account.sweep()

    assert await app.only_job() == new


async def test_files_are_removed_while_their_order_is_recorded(app, account, put, files):
    """A crash in between leaves an order that can be erased again, and no file without one."""
    job = await put(state=State.DELIVERED, created_at=YESTERDAY)
    folder = files(job)
    before_rows = []

    async def look():
        before_rows.append((await app.job(job.id), folder.exists()))

    app.faults.queries.before["erase_member"] = look

    await account.erase(MEMBER)

    assert before_rows == [(job, False)]


async def test_orders_whose_files_cannot_be_removed_are_erased_later(app, account, put, files):
    job = await put(state=State.DELIVERED, created_at=YESTERDAY)
    folder = files(job)
    hidden = folder.rename(folder.with_name("hidden"))
    folder.write_bytes(b"no folder: removing it fails, whoever runs the tests")

    assert not (await account.erase(MEMBER)).done
    assert await app.only_job() == job

    folder.unlink()
    hidden.rename(folder)
    await account.sweep()

    assert await app.all_jobs() == []
    assert not folder.exists()
