"""What an operator sees and settles from the command line."""

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot import __main__ as command_line
from bot import log
from bot.domain import lane as breaker
from bot.domain import lane_transitions
from bot.domain.job import Billed, EndReason, State
from bot.store.database import Database
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes
from bot.store.process_lock import process_lock
from tests.samples import NOW, a_job, an_order, anybody, changed_job

KEY = "key-very-secret"
LANE = breaker.lane_name(KEY)


@pytest.fixture
def url(tmp_path, monkeypatch):
    """A store, and settings that lead to it."""
    url = f"sqlite+aiosqlite:///{tmp_path}/imagine.db"
    monkeypatch.chdir(tmp_path)  # no .env is read
    for name, value in (
        ("DISCORD_TOKEN", "MTIz.very.secret-token"),
        ("PIXAZO_API_KEY", KEY),
        ("DATABASE_URL", url),
    ):
        monkeypatch.setenv(name, value)
    # What a process sets up at its start is this test's process's own.
    monkeypatch.setattr(log, "set_up", lambda **_: None)
    return url


@pytest.fixture
def operate(url, capsys):
    """Give a command; return its exit status and what it wrote, errors included."""

    async def operate(*arguments):
        status = await asyncio.to_thread(command_line.main, list(arguments))
        written = capsys.readouterr()
        return status, written.out + written.err

    return operate


@pytest.fixture
def store(url):
    """Open the store as a running bot has it open."""

    @asynccontextmanager
    async def store():
        async with Database.open(url) as database:
            yield database

    return store


@pytest.fixture
async def add(store):
    """Record a job in whatever state it is to be."""

    async def add(**changes):
        job = a_job(**{"lane": LANE, "answered_at": NOW, **changes})
        async with store() as database:
            jobs = Jobs(database)
            assert await jobs.add(changed_job(job, owner=None), anybody)
            if job.lease.owner is not None:
                assert await jobs.swap(changed_job(job, owner=None), job)
        return job

    return add


@pytest.fixture
def find(store):
    async def find(job):
        async with store() as database:
            return await Jobs(database).get(job.id)

    return find


@pytest.fixture
def taken(store):
    """Return the ids of the jobs that a running bot takes over now."""

    async def taken():
        async with store() as database:
            jobs = await Jobs(database).take_over("bot", lease=30, submitted_before=NOW)
            return [job.id for job in jobs]

    return taken


def uncertain(**changes):
    return {
        "state": State.UNCERTAIN,
        "billed": Billed.UNKNOWN,
        "epoch": 1,
        "owner": None,
        **changes,
    }


async def test_orders_are_listed_the_newest_first(operate, add):
    old = await add(created_at=NOW - 5, state=State.DELIVERED)
    new = await add(state=State.FAILED, end_reason=EndReason.NO_PICTURE, order=an_order(images=3))

    status, words = await operate("jobs", "list")

    _, first, second = words.splitlines()
    assert status == 0
    assert first.split() == [new.id, "FAILED", "2026-02-02T02:40:00Z", "100", "3", "no_picture"]
    assert second.startswith(old.id)


async def test_the_list_is_of_one_state_and_no_longer_than_asked_for(operate, add):
    for _ in range(3):
        await add(state=State.UNCERTAIN)
    await add(state=State.DELIVERED)

    _, words = await operate("jobs", "list", "--state", "uncertain", "--limit", "2")

    assert [line.split()[1] for line in words.splitlines()[1:]] == ["UNCERTAIN"] * 2


async def test_an_order_is_shown_without_its_secrets(operate, add):
    job = await add(order=an_order(prompt="a cat \x9b31m in red"), state=State.QUEUED)

    status, words = await operate("jobs", "show", job.id)

    lines = dict(line.split(maxsplit=1) for line in words.splitlines())
    assert status == 0
    assert (lines["state"], lines["guild_id"]) == ("QUEUED", "100")
    assert lines["since"] == "2026-02-02T02:40:00Z"
    assert lines["prompt"] == r"'a cat \x9b31m in red'"
    assert job.reply.interaction_token not in words
    assert job.callback_token not in words


@pytest.mark.parametrize("act", [["show"], ["settle", "--refused"]])
async def test_an_order_that_is_not_there_is_said_so(operate, act):
    status, words = await operate("jobs", *act, "0123456789abcdef")

    assert (status, words) == (1, "imagine: there is no job 0123456789abcdef\n")


async def test_an_uncertain_order_is_followed_once_its_request_is_named(operate, add, find, taken):
    """A running bot finds it as one that nobody works on."""
    job = await add(**uncertain())

    status, words = await operate("jobs", "settle", job.id, "--delivered-by", "r-77")

    assert (status, words.split()[:5]) == (0, ["job", job.id, "is", "QUEUED", "as"])
    after = await find(job)
    assert (after.state, after.request_id, after.billed) == ("QUEUED", "r-77", "unknown")
    assert await taken() == [job.id]


async def test_an_uncertain_order_is_refused_unbilled_and_its_member_told(
    operate, add, find, taken
):
    """Its card is shown by whichever bot runs, which finds it as one whose owner is gone."""
    job = await add(**uncertain())

    status, words = await operate("jobs", "settle", job.id, "--refused")

    assert (status, "nothing was charged" in words) == (0, True)
    after = await find(job)
    assert (after.state, after.end_reason, after.billed) == ("REFUSED", "settled", "no")
    assert await taken() == [job.id]


async def test_an_uncertain_order_that_a_bot_still_listens_for_is_taken_from_it(operate, add, find):
    """With callbacks a bot waits for one for minutes; an operator may know sooner."""
    job = await add(**uncertain(owner="bot:1"))

    status, _ = await operate("jobs", "settle", job.id, "--refused")

    after = await find(job)
    assert (status, after.state, after.lease.owner, after.lease.epoch) == (
        0,
        "REFUSED",
        "operator",
        2,
    )


SETTLED_TOO = (State.QUEUED, State.PROCESSING, State.EXPIRED, State.FAILED)


@pytest.mark.parametrize("owner", [None, "bot:1"])
@pytest.mark.parametrize("state", SETTLED_TOO)
async def test_other_orders_that_may_be_paid_for_are_refused_unbilled(
    operate, add, find, taken, state, owner
):
    job = await add(
        **uncertain(state=state, owner=owner, request_id="r-1", end_reason=EndReason.NO_PICTURE)
    )

    status, _ = await operate("jobs", "settle", job.id, "--refused")

    after = await find(job)
    assert (status, after.state, after.end_reason, after.billed) == (0, "REFUSED", "settled", "no")
    assert after.lease.epoch > job.lease.epoch
    assert await taken() == [job.id]


@pytest.mark.parametrize("owner", [None, "bot:1"])
@pytest.mark.parametrize("state", SETTLED_TOO)
async def test_other_orders_are_followed_under_the_request_that_the_operator_names(
    operate, add, find, taken, state, owner
):
    job = await add(
        **uncertain(state=state, owner=owner, request_id="r-1", end_reason=EndReason.NO_PICTURE),
        next_try_at=None if state is not State.EXPIRED else NOW * 2,
    )

    status, _ = await operate("jobs", "settle", job.id, "--delivered-by", "r-77")

    after = await find(job)
    assert (status, after.request_id, after.lease.owner) == (0, "r-77", None)
    completed = state is State.FAILED
    assert (after.state, after.billed) == (
        ("COMPLETED", "yes") if completed else (state, job.billed)
    )
    assert await taken() == [job.id]


@pytest.mark.parametrize("how", [["--refused"], ["--delivered-by", "r-1"]])
@pytest.mark.parametrize("state", sorted(set(State) - {State.UNCERTAIN, *SETTLED_TOO}))
async def test_what_cannot_be_at_the_vendor_cannot_be_settled(operate, add, find, state, how):
    job = await add(state=state)

    status, words = await operate("jobs", "settle", job.id, *how)

    assert (status, f"is {state}: only one that may still be" in words) == (1, True)
    assert (await find(job)).state is state


async def test_all_recent_uncertain_orders_are_refused_at_once(operate, add, find):
    now = time.time()
    recent = [await add(**uncertain(state_since=now - minutes * 60)) for minutes in (1, 119)]
    others = [
        await add(**uncertain(state_since=now - 121 * 60)),
        await add(state=State.QUEUED, request_id="r-1", state_since=now),
    ]

    for since in ("2h", "2h"):  # the second time there is none left
        status, words = await operate("jobs", "settle", "--all", "--refused", "--since", since)
        assert status == 0
        assert words.startswith(f"{len(recent)} jobs" if recent else "0 jobs")
        assert [(await find(job)).state for job in recent] == [State.REFUSED] * len(recent)
        recent = []

    assert [await find(job) for job in others] == others
    for since, count in (("2026-01-01T00:00", 1), ("1m", 0)):
        _, words = await operate("jobs", "settle", "--all", "--refused", "--since", since)
        assert words.startswith(f"{count} jobs")


async def test_a_time_that_is_none_settles_nothing(operate, add):
    status, words = await operate("jobs", "settle", "--all", "--refused", "--since", "soon")

    assert (status, "'soon' is neither a duration" in words) == (1, True)


async def test_outstanding_orders_are_tried_again_at_once(operate, add, taken):
    far = {"epoch": 1, "owner": None, "next_try_at": NOW * 2}
    first, second, third = [
        (await add(state=state, **far)).id
        for state in (State.COMPLETED, State.EXPIRED, State.COMPLETED)
    ]

    assert (await operate("jobs", "retry", first))[0] == 0
    assert await taken() == [first]
    assert (await operate("jobs", "retry", "--all"))[1].endswith(": 2\n")
    assert await taken() == [second, third]
    status, words = await operate("jobs", "retry", first)
    assert (status, "nothing of it is outstanding" in words) == (1, True)


async def test_a_request_of_another_order_settles_none(operate, add, find):
    await add(state=State.QUEUED, request_id="r-1")
    job = await add(**uncertain())

    status, words = await operate("jobs", "settle", job.id, "--delivered-by", "r-1")

    assert (status, "another has that request id" in words) == (1, True)
    assert (await find(job)).state is State.UNCERTAIN


@pytest.mark.parametrize("nonsense", ["", "r/1", "../status", "r" * 256])
async def test_what_is_no_request_id_settles_nothing(operate, add, find, nonsense):
    """It becomes a part of an address that our key is sent to."""
    job = await add(**uncertain())

    status, _ = await operate("jobs", "settle", job.id, f"--delivered-by={nonsense}")

    assert status == 1
    assert (await find(job)).request_id is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["jobs"],
        ["jobs", "settle", "0123456789abcdef"],
        ["jobs", "settle", "0123456789abcdef", "--refused", "--delivered-by", "r-1"],
        ["jobs", "list", "--state", "asleep"],
        ["jobs", "retry"],
        ["jobs", "settle", "--all", "--refused"],
        ["jobs", "settle", "--all", "--delivered-by", "r-1", "--since", "2h"],
        ["jobs", "settle", "0123456789abcdef", "--refused", "--since", "2h"],
    ],
)
def test_half_a_command_is_explained(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        command_line.main(arguments)

    assert ended.value.code == 2
    assert "usage: python -m bot jobs" in capsys.readouterr().err


async def test_the_lane_of_a_bot_that_never_ran_is_open(operate):
    status, words = await operate("lanes")

    assert status == 0
    assert words == f"lane {LANE} (of PIXAZO_API_KEY): open; 0 waiting, 0 at the vendor\n"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (
            lambda lane: lane_transitions.key_rejected(lane, now=NOW),
            "shut (key) since 2026-02-02T02:40:00Z, next try at ",
        ),
        (
            lambda lane: lane_transitions.out_of_credit(lane, "a", now=NOW, probe_after=300),
            "shut (credit) since 2026-02-02T02:40:00Z, the next order from 2026-02-02T02:45:00Z",
        ),
        (
            lambda lane: lane_transitions.after_back_off(
                lane, retry_after=3600, now=time.time(), jitter=0
            ),
            "shut (busy) since ",
        ),
        (
            lambda lane: lane_transitions.after_back_off(
                lane, retry_after=60, now=time.time(), jitter=0
            ),
            "open, paused until ",
        ),
    ],
    ids=["key", "credit", "long pause", "short pause"],
)
async def test_a_lane_says_why_it_is_shut_since_when_and_what_is_in_it(
    operate, add, store, how, words
):
    await add()
    await add(state=State.QUEUED)
    async with store() as database:
        await Lanes(database).update(LANE, how)
        await Lanes(database).update(
            "another", lambda lane: lane_transitions.key_rejected(lane, now=NOW)
        )

    _, told = await operate("lanes")

    ours, other = told.splitlines()
    assert ours.startswith(f"lane {LANE} (of PIXAZO_API_KEY): {words}")
    assert ours.endswith("1 waiting, 1 at the vendor")
    assert other.startswith("lane another (of another key): shut (key)")


async def test_a_lane_says_which_order_finds_out_if_there_is_credit(operate, add, store):
    probe = await add()
    async with store() as database:
        await Lanes(database).update(
            LANE,
            lambda lane: replace(
                lane_transitions.out_of_credit(lane, "a", now=NOW, probe_after=300), probe=probe.id
            ),
        )

    _, told = await operate("lanes")

    assert f"order {probe.id} is trying whether there is credit" in told


async def test_a_backup_is_the_store_at_one_moment_beside_a_running_bot(
    operate, add, store, tmp_path
):
    job = await add(state=State.QUEUED)
    async with store() as database:
        for _ in range(2):  # the second replaces the first
            status, words = await operate("backup", str(tmp_path / "copy.db"))
            assert (status, words.startswith("the store is copied")) == (0, True)
        await Jobs(database).swap(job, job.transition(State.FAILED, now=NOW))

    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy.db"]
    async with Database.open(f"sqlite+aiosqlite:///{tmp_path}/copy.db") as database:
        assert await Jobs(database).get(job.id) == job


@pytest.mark.parametrize("content", [b"", b"my thesis", None], ids=["empty", "text", "the store"])
async def test_a_backup_replaces_nothing_but_a_backup(operate, add, tmp_path, content):
    await add()
    target = tmp_path / ("imagine.db" if content is None else "thesis.txt")
    if content is not None:
        target.write_bytes(content)
    before = target.read_bytes()

    status, words = await operate("backup", str(target))

    assert (status, "exists and is no backup" in words) == (1, True)
    assert target.read_bytes() == before


@pytest.mark.parametrize("file", ["missing/copy.db", "."])
async def test_a_backup_that_cannot_be_written_is_explained(operate, add, file):
    await add()

    status, words = await operate("backup", file)

    assert (status, words.count("\n")) == (1, 1)


async def test_a_store_that_is_not_there_is_not_copied(operate, tmp_path):
    status, _ = await operate("backup", "copy.db")

    assert (status, list(tmp_path.iterdir())) == (1, [])


async def test_a_backup_of_postgresql_is_pg_dumps(operate, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://user:secret@host/database")

    status, words = await operate("backup", "copy.db")

    assert (status, "pg_dump" in words, "secret" in words) == (2, True, False)


async def test_a_restored_store_is_settled_only_without_a_bot(operate, add, url):
    await add()
    async with process_lock(url, instance="other"):
        status, words = await operate("restored")
    assert (status, "another process runs" in words) == (1, True)

    status, words = await operate("restored")

    assert status == 0
    assert words.startswith("waiting orders cancelled, unbilled: 1\n")


async def test_members_and_servers_are_barred_listed_and_allowed_again(operate):
    assert (await operate("deny", "list"))[1] == "nobody is barred from ordering\n"
    assert (await operate("deny", "member", "300", "--hours", "2", "--reason", "spam"))[0] == 0
    assert (await operate("deny", "server", "100"))[1].endswith("until it is lifted\n")

    _, words = await operate("deny", "list")

    lines = words.splitlines()
    assert len(lines) == 2
    assert any(line.startswith("server 100: barred until lifted, since ") for line in lines)
    assert any(line.startswith("member 300: ") and "'spam'" in line for line in lines)
    assert (await operate("deny", "lift", "server", "100"))[0] == 0
    status, words = await operate("deny", "lift", "server", "100")
    assert (status, "is not barred" in words) == (1, True)


@pytest.mark.parametrize("words", [["member", "Noah"], ["server", str(2**63)], ["member", "0"]])
def test_only_an_id_is_barred(words, capsys):
    with pytest.raises(SystemExit):
        command_line.main(["deny", *words])

    assert "invalid" in capsys.readouterr().err
