"""Every statement of the store, as its database plans it where a million orders lie.

``python -m benchmarks.plans [--rows N] [--statements FILE] [URL]`` fills a database, calls each
method of the store once, and has each statement explained that this issues, and each in FILE, where
running bots wrote theirs. It prints those that read through all of a table or an index that grows,
and those that could not be explained; with any its exit status is 1. And it measures how long
admitting an order takes. Without a URL it makes a SQLite file.
"""

import argparse
import asyncio
import inspect
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import text
from sqlalchemy.engine import Connection, make_url

from benchmarks.explain import Statement, captured, recorded, scans
from bot.domain.admission import DAY, AdmissionContext, Rule
from bot.domain.alerts import Alert, AlertKind
from bot.domain.budget_steps import BudgetReached
from bot.domain.deeds import Deed, DeedKind
from bot.domain.denials import Denial, DeniedKind
from bot.domain.gateway_starts import Permit
from bot.domain.job import ENDED, Job, ReplyTarget, State
from bot.domain.money import Budget, month_end, month_start
from bot.domain.order import Order
from bot.domain.rules import Block, changed
from bot.domain.shard_leases import ShardMember, ShardPlan, plan
from bot.service.ports.store import MemberSettings, Ping, ProcessSeen
from bot.store.alerts import Alerts
from bot.store.database import Database
from bot.store.deeds import Deeds
from bot.store.denials import Denials
from bot.store.figures import Figures
from bot.store.gateway_starts import GatewayStarts
from bot.store.guilds import Guilds
from bot.store.job_queries import JobQueries
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes
from bot.store.members import Members
from bot.store.processes import Processes
from bot.store.shard_leases import ShardLeases

LANE: Final = "lane"
GUILDS: Final = 1000
MEMBERS: Final = 10_000
OTHERS: Final = 50_000  # rows of each table beside the jobs; the planners take a few for none
DAYS: Final = 90
OPEN: Final = 200  # orders that have not ended: what grows is the others
OWNER: Final = "another"
COUNT_TO: Final = 500  # images a day, the operator's cap unless it is set
FILL_WITHIN: Final = 600.0  # seconds


async def fill(
    database: Database, *, rows: int, now: float, guilds: int = GUILDS, members: int = MEMBERS
) -> None:
    """Put *rows* jobs of the last days into the store, nearly all of them ended.

    They are spread evenly over that many *guilds*, and over *members*, each of one or more guilds.
    """

    def work(connection: Connection) -> None:
        on_sqlite = connection.dialect.name == "sqlite"
        if not on_sqlite:  # the store's own statements may take 5 s
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        made = {"rows": rows, "now": now}
        connection.execute(text(_fill(guilds, members, on_sqlite=on_sqlite)), made)
        for statement in _fill_others(now, on_sqlite=on_sqlite):
            connection.execute(text(statement), {"rows": OTHERS, "now": now})
        connection.execute(text("ANALYZE"))

    await database.write(work, within=FILL_WITHIN)


def _fill(guilds: int, members: int, *, on_sqlite: bool) -> str:
    """Return a statement that makes the rows where they are to lie: sending them takes minutes."""
    media = "'[]'" if on_sqlite else "CAST('[]' AS json)"
    false = "0" if on_sqlite else "false"
    waits, at_vendor = f"i <= {OPEN // 2}", f"i > {OPEN // 2} AND i <= {OPEN}"
    values = {
        "id": "'filled' || CAST(i AS text)",
        # As Discord counts: milliseconds since 2015, above 22 bits.
        "interaction_id": "CAST((:now - (i * 1.0 / :rows) * 7776000 - 1420070400) * 1000 AS bigint)"
        " * 4194304 + i",
        "application_id": "1",
        "guild_id": f"1 + i % {guilds}",
        "channel_id": "1",
        "member_id": f"1 + i % {members}",
        "lane": f"'{LANE}'",
        "line": f"'g' || CAST(1 + i % {guilds} AS text)",
        "prompt": "'a lighthouse in a storm, number ' || CAST(i AS text)",
        "images": "1 + i % 4",
        "guidance": "3.5",
        "steps": "50",
        "enhance": false,
        "state": f"CASE WHEN {waits} THEN 'WAITING' WHEN {at_vendor} THEN 'QUEUED' "
        "WHEN i % 10 = 0 THEN 'REFUSED' WHEN i % 10 = 1 THEN 'ERROR' ELSE 'DELIVERED' END",
        "billed": f"CASE WHEN {waits} THEN 'no' WHEN {at_vendor} THEN 'unknown' "
        "WHEN i % 10 < 2 THEN 'no' ELSE 'yes' END",
        "cause": f"CASE WHEN i > {OPEN} AND i % 10 = 0 THEN 'out_of_credit' END",
        "request_id": f"CASE WHEN NOT ({waits}) THEN 'r-' || CAST(i AS text) END",
        "media": media,
        "callback_token": "'token'",
        "private": false,
        "spoiler": false,
        "language": "'en'",
        "answers_only": false,
        "hidden": false,
        "file_limit": "10485760",
        "owner": f"CASE WHEN {at_vendor} THEN '{OWNER}' END",
        "epoch": "1",
        "lease_until": f"CASE WHEN {at_vendor} THEN 0 END",
        "created_at": f"CASE WHEN i <= {OPEN} THEN :now - 60 "
        f"ELSE :now - (i * 1.0 / :rows) * {DAYS} * 86400.0 END",
        "since": f"CASE WHEN i <= {OPEN} THEN :now - 60 "
        f"ELSE :now - (i * 1.0 / :rows) * {DAYS} * 86400.0 END",
        "answered_at": ":now",
    }
    return _insert("jobs", values)


def _fill_others(now: float, *, on_sqlite: bool) -> Iterator[str]:
    """Yield statements that make rows of other servers than the orders', so that these have none.

    What is written where there is a row and what where there is none are two statements.
    """
    empty = "'{}'" if on_sqlite else "CAST('{}' AS json)"
    guild = f"{GUILDS} + i"
    yield _insert("guilds", {"guild_id": guild, "rules": empty})
    line = f"'g' || CAST({guild} AS text)"
    yield _insert("lane_queues", {"lane": f"'{LANE}'", "line": line, "served_at": ":now - i"})
    yield _insert(
        "closure_notices", {"lane": f"'{LANE}'", "guild_id": guild, "shut_at": ":now - 86400"}
    )
    block = {"guild_id": guild, "member_id": "i", "by": "1", "since": ":now", "reason": "''"}
    yield _insert("blocks", block)
    denial = {"kind": "'member'", "id": f"{MEMBERS} + i", "since": ":now - i", "reason": "''"}
    yield _insert("denied", denial | {"until": ":now + 86400"})
    draft = {"id": "'filled' || CAST(i AS text)", "guild_id": guild, "changes": empty}
    yield _insert("drafts", draft | {"created_at": ":now + i"})  # none is to be erased yet
    deed = {"id": "'filled' || CAST(i AS text)", "guild_id": guild, "at": ":now - i"}
    deed |= {"kind": "'hide'", "job_id": "'filled' || CAST(i AS text)", "member_id": "i"}
    false = "0" if on_sqlite else "false"
    yield _insert(
        "deeds", deed | {"detail": empty, "tell_log": false, "tell_member": false, "tries": "1"}
    )
    alert = {"id": "'filled' || CAST(i AS text)", "kind": "'error'", "text": "''"}
    alert |= {"subject": "CAST(i AS text)", "opened_at": ":now - i", "closed_at": ":now - i"}
    yield _insert("alerts", alert | {"flaps": "0", "told_at": ":now", "tries": "0"})
    month = {"guild_id": guild, "since": str(month_start(now))}
    yield _insert("spending", month | {"budget": f"'{Budget.SERVER_MONTH}'", "spent": "i"})
    warned = {"rule": f"'{Rule.SERVER_MONTH_USD}'", "cap": "1", "percent": "50"}
    yield _insert("budget_warnings", month | warned)
    refusals = {"guild_id": guild, "day": f":now - {DAYS} * 86400 + i", "rule": f"'{Rule.WORDS}'"}
    yield _insert("refusals", refusals | {"orders": "1"})
    yield _insert("members", {"member_id": f"{MEMBERS} + i", "ping": "'never'"})


def _insert(table: str, values: Mapping[str, str]) -> str:
    """Return a statement that makes a row for each number *i* from 1 to ``:rows``."""
    columns = ", ".join(f'"{column}"' for column in values)
    return (
        f"INSERT INTO {table} ({columns}) "  # noqa: S608 - the words are ours
        "WITH RECURSIVE numbers(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < CAST(:rows AS integer)) "
        "SELECT " + ", ".join(values.values()) + " FROM numbers"
    )


async def call_all(database: Database, *, now: float) -> None:
    """Call every public method of the store; raises where one was forgotten."""
    jobs, lanes = Jobs(database), Lanes(database)
    guilds, records, members = Guilds(database), JobQueries(database), Members(database)
    starts, deeds, denials = GatewayStarts(database), Deeds(database), Denials(database)
    alerts = Alerts(database)
    processes, figures = Processes(database), Figures(database)
    shards, me = ShardLeases(database), ShardMember("us", 2, now, now + 20)
    job = a_job(1, now)
    calls: dict[type, dict[str, Callable[[], Awaitable[object]]]] = {
        Jobs: {
            "add": lambda: jobs.add(job, admit, count_to=COUNT_TO),
            "admission_context": lambda: jobs.admission_context(7, 7, lane=LANE, now=now),
            "admission_context (outside of servers)": lambda: jobs.admission_context(
                None, 7, lane=LANE, now=now
            ),
            "styles_for": lambda: jobs.styles_for(7, 7),
            "peak_usage": lambda: jobs.peak_usage(7, now=now),
            "get": lambda: jobs.get(job.id),
            "swap": lambda: jobs.swap(job, job.with_reply(answered_at=now)),
            "look": lambda: jobs.look(lane=LANE, width=10**6, now=now),
            "waiting_jobs": lambda: jobs.waiting_jobs(LANE, most=100),
            "claim": lambda: jobs.claim("us", lane=LANE, width=10**6, lease=30.0, now=now),
            "record_request_id": lambda: jobs.record_request_id(job.id, "r-new", now=now),
            "retry_now": lambda: jobs.retry_now("0"),
            "retry_now all": jobs.retry_now,
            "retry_stored": jobs.retry_stored,
            "renew_leases": lambda: jobs.renew_leases("us", lease=30.0),
            "take_over": lambda: jobs.take_over("us", lease=30.0, submitted_before=now),
            "inherit": lambda: jobs.inherit("us", lease=30.0),
            "stale_waiting": lambda: jobs.stale_waiting(
                unanswered_since=now, unanswered_until=now, waiting_since=now - 3600
            ),
            "waiting_of": lambda: jobs.waiting_of(7, 7),
            "recent_of": lambda: jobs.recent_of(7, 7, most=5),
            "waiting_in_departed": lambda: jobs.waiting_in_departed(most=100),
            "waiting_in_denied": lambda: jobs.waiting_in_denied(now=now, most=100),
            "undelivered": lambda: jobs.undelivered(7, most=5),
            "assign_lane": lambda: jobs.assign_lane("elsewhere"),
            "release": lambda: jobs.release("us"),
            "erase_tokens": lambda: jobs.erase_tokens(before=now - 900),
        },
        Lanes: {
            "get": lambda: lanes.get(LANE),
            "update": lambda: lanes.update(LANE, lambda lane: replace(lane, probe=job.id)),
            "reserve_slots": lambda: lanes.reserve_slots(LANE, count=1, interval=1.0, now=now),
            "record_notice": lambda: lanes.record_notice(LANE, 7, shut_at=now),
            "closure_notices": lambda: lanes.closure_notices(LANE, shut_at=now - 600),
            "owe_end": lambda: lanes.owe_end(LANE, 7, shut_at=now),
            "untold": lambda: lanes.untold(LANE, shut_at=now, after=7, most=100),
            "owed_ends": lambda: lanes.owed_ends(most=100),
            "record_end": lambda: lanes.record_end(LANE, 7),
        },
        Deeds: {
            "warn": lambda: deeds.warn(a_step(now), a_deed(now)),
            "add": lambda: deeds.add(a_deed(now)),
            "claim": lambda: deeds.claim(now=now, lease=60.0, most=100),
            "settle": lambda: deeds.settle(
                a_deed(now), tell_log=False, tell_member=True, due_at=now
            ),
            "set_detail": lambda: deeds.set_detail(a_deed(now), {}),
            "redraw": lambda: deeds.redraw("filled7"),
            "retry_now": lambda: deeds.retry_now(now=now),
            "of_job": lambda: deeds.of_job("filled7"),
            "about": lambda: deeds.about(7),
        },
        Alerts: {
            "open": lambda: alerts.open(an_alert(now), at_most_every=3600.0),
            "episodes": alerts.episodes,
            "close": lambda: alerts.close(an_alert(now), now=now),
            "claim": lambda: alerts.claim(now=now, lease=60.0),
            "settle": lambda: alerts.settle(an_alert(now), now=now),
            "settle (again)": lambda: alerts.settle(an_alert(now), now=now, due_at=now),
            "settle (over)": lambda: alerts.settle(replace(an_alert(now), told_at=now), now=now),
            "pending": alerts.pending,
            "erase": lambda: alerts.erase(before=now - 80_000, most=10),
        },
        GatewayStarts: {
            "recent": lambda: starts.recent("bot", now=now),
            "reserve": lambda: starts.reserve("bot", 0, lambda _: Permit(at=now), now=now, ahead=9),
            "mark_steady": lambda: starts.mark_steady("bot", 0, started_at=now, now=now),
            "mark_failed": lambda: starts.mark_failed("bot", 0, started_at=now),
        },
        Guilds: {
            "rules": lambda: guilds.rules(7),
            "change": lambda: guilds.change(7, lambda rules: changed(rules, cooldown=5)),
            "block": lambda: guilds.block(7, Block(member_id=7, by=1, since=now)),
            "block_of": lambda: guilds.block_of(7, 7),
            "blocks": lambda: guilds.blocks(7, now=now, skip=8, most=8),
            "unblock": lambda: guilds.unblock(7, 7),
            "save_draft": lambda: guilds.save_draft("d", 7, {"cooldown": 1}, now=now),
            "load_draft": lambda: guilds.load_draft("d", 7),
            "save_form": lambda: guilds.save_form("f", 7, "words", {"blocked": "x"}, now=now),
            "load_form": lambda: guilds.load_form("f", 7),
            "erase_drafts": lambda: guilds.erase_drafts(before=now + 1),
            "erase_deeds": lambda: guilds.erase_deeds(before=now - 40_000, most=10),
            "erase_sums": lambda: guilds.erase_sums([0, 7, 8], before=month_start(now)),
            "erase_denials": lambda: guilds.erase_denials(before=now - 86400),
            "erase_refusals": lambda: guilds.erase_refusals(before=now - 89 * DAY),
            "recorded": lambda: guilds.recorded(after=7, most=100),
            "record_joined": lambda: guilds.record_joined({7, 8}),
            "record_left": lambda: guilds.record_left({8, 9, GUILDS + 1, GUILDS + 2}, now=now),
            "departed": lambda: guilds.departed(before=now + 1, after=7, most=100),
            "forget": lambda: guilds.forget(GUILDS + 1, left_before=now + 1),
            "forget (with orders)": lambda: guilds.forget(8, left_before=now + 1),
        },
        Denials: {
            "add": lambda: denials.add(a_denial(now), deeds=[a_deed(now)]),
            "page": lambda: denials.page(now=now, skip=8, most=8),
            "lift": lambda: denials.lift(DeniedKind.SERVER, 7),
        },
        Figures: {
            "of_server": lambda: figures.of_server(7, since=int(now - 30 * DAY), days=30, top=10),
            "count_refusals": lambda: figures.count_refusals({(7, 0, Rule.WORDS): 1}),
        },
        Processes: {
            "record": lambda: processes.record(ProcessSeen("us", "1", "0 / 1", now, now)),
            "recent": lambda: processes.recent(since=now - 600),
        },
        ShardLeases: {
            "renew": lambda: shards.renew("bot", me, partial(plan, me=me, now=now), up=(), now=now),
            "renew (connected)": lambda: shards.renew(
                "bot", me, lambda _: ShardPlan(), up=(0, 1), now=now
            ),
            "view": lambda: shards.view("bot", now=now),
            "release": lambda: shards.release("bot", me, [0]),
            "leave": lambda: shards.leave("bot", "us"),
        },
        JobQueries: {
            "count": lambda: records.count(LANE),
            "spent": lambda: records.spent(now=now),
            "stale_undelivered": lambda: records.stale_undelivered(kept_before=now, most=100),
            "erase_ended": lambda: records.erase_ended(made_before=now - 89 * 86400, most=10),
            "over_in": lambda: records.over_in(7, made_before=now, most=200),
            "erase_over": lambda: records.erase_over(["filled1000", "filled2000"]),
            "newest": lambda: records.newest(None, skip=8, most=20),
            "lanes": records.lanes,
            "recent_durations": lambda: records.recent_durations(most=100),
            "page (without a word)": lambda: records.page(7, word="", skip=5, most=5),
            "page": lambda: records.page(7, word="storm", skip=5, most=5),
            "orders_of": lambda: records.orders_of(7),
            "erase_member": lambda: records.erase_member(7, made_before=now, today=now - DAY),
            "erasure_pending": lambda: records.erasure_pending(7, made_before=now),
        },
        Members: {
            "settings": lambda: members.settings(7),
            "change": lambda: members.change(
                7, lambda _: MemberSettings(ping=Ping.NEVER, forget_before=now)
            ),
            "blocks": lambda: members.blocks(7),
            "denial": lambda: members.denial(7),
            "pending_erasures": lambda: members.pending_erasures(most=100),
            "finish_erasure": lambda: members.finish_erasure(7, made_before=now),
        },
    }
    for kind, known in calls.items():
        methods = {
            name
            for name, _ in inspect.getmembers(kind, inspect.iscoroutinefunction)
            if not name.startswith("_")
        }
        named = {name.partition(" ")[0] for name in known}
        if methods != named:
            raise LookupError(f"{kind.__name__}: {sorted(methods ^ named)}")
        for call in known.values():
            await call()
    for state in set(State) - ENDED:
        await records.newest(state, most=20)
    await records.erase_member(MEMBERS // 2, made_before=now, today=now)  # who then has none left


def a_job(number: int, now: float) -> Job:
    """Return a job that is to be added."""
    return Job(
        id=f"{number:016x}",
        guild_id=1 + number % GUILDS,
        member_id=1 + number % MEMBERS,
        order=Order(prompt="a lighthouse in a storm"),
        lane=LANE,
        reply=ReplyTarget(
            interaction_id=(int(now * 1000) - 1_420_070_400_000 << 22) + number,
            application_id=1,
            channel_id=1,
            interaction_token="token",  # noqa: S106 - invented
        ),
        callback_token="token",  # noqa: S106 - invented
        price=1000,
        created_at=now,
        state_since=now,
    )


def a_step(now: float) -> BudgetReached:
    """Return a step of a server's budget."""
    period = {"since": month_start(now), "ends_at": month_end(now)}
    figures = {"percent": 50, "cap": 2, "used": 1}
    return BudgetReached(rule=Rule.SERVER_MONTH_USD, guild_id=GUILDS + 1, **period, **figures)


def a_denial(now: float) -> Denial:
    """Return the bar of a server."""
    return Denial(kind=DeniedKind.SERVER, id=7, by=None, since=now)


def an_alert(now: float) -> Alert:
    """Return an alert that is to be told."""
    return Alert(id="a", kind=AlertKind.DISK, text="", over_text="", opened_at=now, due_at=now)


def a_deed(now: float) -> Deed:
    """Return a deed of which somebody must be told."""
    return Deed(id="d", guild_id=7, at=now, kind=DeedKind.HIDE, moderator_id=1, member_id=7)


def admit(job: Job, _standing: AdmissionContext) -> Job:
    """Admit every order: the rules cost nothing beside the reading."""
    return job


async def of_store(database: Database, *, now: float) -> list[Statement]:
    """Return every statement that the store issues, with parameters."""
    with captured() as statements:
        await call_all(database, now=now)
    return list(statements.values())


async def time_admit(database: Database, *, now: float, count: int = 200) -> list[float]:
    """Return how many seconds each of so many admissions took."""
    jobs, took = Jobs(database), []
    for number in range(count):
        began = time.perf_counter()
        await jobs.add(a_job(1000 + number, now), admit, count_to=COUNT_TO)
        took.append(time.perf_counter() - began)
    return sorted(took)


async def main(url: str, rows: int, file: Path | None) -> int:
    """Fill, explain and time; return the exit status."""
    now = time.time() // DAY * DAY + DAY - 60  # towards its end a day counts the most
    async with Database.open(url) as database:
        began = time.perf_counter()
        await fill(database, rows=rows, now=now)
        print(f"{rows:,} orders in {time.perf_counter() - began:.0f} s")
        took = [1000 * one for one in await time_admit(database, now=now)]
        print(
            f"admit, ms: median {statistics.median(took):.2f}, "
            f"p99 {took[int(len(took) * 0.99)]:.2f}, max {took[-1]:.2f}"
        )
        statements = await of_store(database, now=now)
        if file is not None:
            statements += recorded(file, make_url(url).get_backend_name())
        found = await scans(database, statements)
    print(
        "\n".join(found) or f"of {len(statements)} statements none reads through what grows",
    )
    return 1 if found else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plans", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--statements", type=Path)
    parser.add_argument("url", nargs="?")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        address = chosen.url or f"sqlite+aiosqlite:///{Path(folder) / 'plans.db'}"
        raise SystemExit(asyncio.run(main(address, chosen.rows, chosen.statements)))
