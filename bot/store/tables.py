"""The tables after the last migration. Times are Unix seconds, ids are Discord's."""

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    event,
    false,
    literal_column,
    or_,
    text,
)
from sqlalchemy.engine import Connection

from bot.domain.job import AT_ONCE, AT_VENDOR, ENDED, Billed, EndReason, Obstacle, State

metadata: Final = MetaData()


def _partial_index(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> None:
    Index(name, *columns, sqlite_where=where, info={"where": where})


@event.listens_for(metadata, "before_create")
def _make_indexes_partial(_metadata: MetaData, connection: Connection, **_options: Any) -> None:
    """Tell PostgreSQL's dialect what SQLite's knows: to name it an option would load it, 2 MB."""
    if connection.dialect.name == "postgresql":
        for index in (index for table in metadata.tables.values() for index in table.indexes):
            index.dialect_options["postgresql"]["where"] = index.info.get("where")


jobs: Final = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("interaction_id", BigInteger, nullable=False, unique=True),
    Column("application_id", BigInteger, nullable=False),
    Column("guild_id", BigInteger),
    Column("channel_id", BigInteger, nullable=False),
    Column("member_id", BigInteger, nullable=False),
    Column("lane", String(32), nullable=False),
    Column("line", String(32), nullable=False),
    Column("prompt", Text, nullable=False),
    Column("images", Integer, nullable=False),
    Column("guidance", Float, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("enhance", Boolean, nullable=False),
    Column("style", String(64)),
    Column("suffix", Text),
    Column("sent", Text),
    Column("spoilered", Boolean, nullable=False, server_default=false()),
    Column("defaulted", String(128)),
    Column("state", String(16), nullable=False),
    Column("billed", String(8), nullable=False),
    Column("cause", String(32)),
    Column("error", Text),
    Column("request_id", String(128).with_variant(String(255), "postgresql"), unique=True),
    Column("media", JSON, nullable=False),
    Column("interaction_token", Text),
    Column("callback_token", String(64), nullable=False),
    Column("private", Boolean, nullable=False),
    Column("spoiler", Boolean, nullable=False, server_default=false()),
    Column("language", String(8), nullable=False, server_default="en"),
    Column("answers_only", Boolean, nullable=False, server_default=false()),
    Column("hidden", Boolean, nullable=False, server_default=false()),
    Column("left_today", Integer),
    Column("message_id", BigInteger),
    Column("file_limit", Integer, nullable=False),  # bytes
    Column("owner", String(128)),
    Column("epoch", Integer, nullable=False),
    Column("lease_until", Float),
    Column("created_at", Float, nullable=False),
    Column("since", Float, nullable=False),
    Column("answered_at", Float),
    Column("submit_started_at", Float),
    Column("queued_at", Float),
    Column("completed_at", Float),
    Column("kept_at", Float),
    Column("withdrawn_by", BigInteger),
    Column("deleted_at", Float),
    Column("deleted_by", BigInteger),
    Column("reported_at", Float),
    Column("obstacle", String(16)),
    Column("outstanding_since", Float),
    Column("next_try_at", Float),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("pictures_shown", Integer, nullable=False, server_default="0"),
    Column("screening", String(16)),
    Column("price", BigInteger),  # millionths of a dollar; NULL: made before there were prices
)


# Few jobs are open, many have ended: every index that finds work is partial. A planner uses it only
# for textually the same condition, hence literals and not parameters.
def one_of(*states: State) -> ColumnElement[bool]:
    """Return the condition that a job is in one of these states."""
    return jobs.c.state.in_([literal_column(f"'{state}'") for state in states])


is_waiting: Final = one_of(State.WAITING)
is_at_vendor: Final = one_of(*sorted(AT_VENDOR))
is_at_once: Final = one_of(*sorted(AT_ONCE))
is_open: Final = one_of(*sorted(set(State) - ENDED))
# No process works on these any more: they may be erased when they are old.
is_settled: Final = one_of(*sorted(ENDED | {State.UNCERTAIN, State.EXPIRED}))
is_owned: Final = jobs.c.owner.is_not(None)
is_unowned: Final = and_(
    jobs.c.owner.is_(None),
    jobs.c.kept_at.is_(None),
    jobs.c.next_try_at.is_(None),
    one_of(State.QUEUED, State.PROCESSING, State.COMPLETED),
)
# A try failed, and the next one is due at next_try_at.
is_outstanding: Final = and_(
    jobs.c.owner.is_(None),
    jobs.c.next_try_at.is_not(None),
    one_of(State.COMPLETED, State.EXPIRED),
)

# For moderators to decide about; the next try ends that.
_MODERATORS: Final[ColumnElement[str]] = literal_column(f"'{Obstacle.MODERATORS}'")
is_held: Final = and_(one_of(State.COMPLETED), jobs.c.obstacle == _MODERATORS)
is_not_held: Final = jobs.c.obstacle.is_distinct_from(_MODERATORS)

# Kept for their member, or lost since and not yet said to be.
is_undelivered: Final = and_(jobs.c.kept_at.is_not(None), one_of(State.COMPLETED, State.FAILED))
# An order is counted from its admission until it ends unbilled.
counts: Final = or_(jobs.c.billed != literal_column(f"'{Billed.NO}'"), is_waiting)
# Given back because their lane closed.
is_given_back: Final = and_(
    one_of(State.REFUSED),
    jobs.c.cause.in_(
        [literal_column(f"'{cause}'") for cause in (EndReason.OUT_OF_CREDIT, EndReason.BUSY)]
    ),
)
has_token: Final = jobs.c.interaction_token.is_not(None)

for _name, _columns, _where in (
    ("ix_jobs_waiting", ("lane", "created_at"), is_waiting),
    ("ix_jobs_at_vendor", ("lane",), is_at_vendor),
    ("ix_jobs_owned", ("owner", "lease_until"), is_owned),
    ("ix_jobs_unowned", ("created_at",), is_unowned),
    ("ix_jobs_outstanding", ("next_try_at",), is_outstanding),
    ("ix_jobs_kept", ("member_id", "created_at"), is_undelivered),
    ("ix_jobs_open", ("state",), is_open),
    ("ix_jobs_over", ("created_at",), is_settled),
    ("ix_jobs_over_by_guild", ("guild_id", "created_at"), is_settled),
    ("ix_jobs_with_token", ("created_at",), has_token),
    ("ix_jobs_at_once", ("guild_id", "member_id"), is_at_once),
    ("ix_jobs_given_back", ("lane", "since"), is_given_back),
    # Covering: they contain all columns that are summed up.
    ("ix_jobs_by_day", ("created_at", "images"), counts),
    ("ix_jobs_by_guild_and_day", ("guild_id", "created_at", "images"), counts),
    ("ix_jobs_by_member_and_day", ("guild_id", "member_id", "created_at", "images"), counts),
):
    _partial_index(_name, *(jobs.c[column] for column in _columns), where=_where)

Index("ix_jobs_by_member", jobs.c.member_id, jobs.c.created_at)

lanes: Final = Table(
    "lanes",
    metadata,
    Column("lane", String(32), primary_key=True),
    Column("paused_until", Float, nullable=False),
    Column("refusals", Integer, nullable=False),  # in a row, for the back-off
    Column("next_slot_at", Float, nullable=False),  # the first slot that is not reserved
    Column("closed", String(8)),  # the reason; NULL: it is open
    Column("shut_at", Float, nullable=False, server_default=text("0")),
    Column("probe_at", Float, nullable=False, server_default=text("0")),
    Column("probe", String(32)),  # a job's id
    # In a row:
    Column("unknown_in_row", Integer, nullable=False, server_default="0"),  # submits
    Column("unfetched_in_row", Integer, nullable=False, server_default="0"),  # paid orders
    Column("denied_in_row", Integer, nullable=False, server_default="0"),  # submits, by 403
    Column("failed_at", Float, nullable=False, server_default="0"),  # when the back-off began
)

# For which closure of a lane each server got its last notice.
closure_notices: Final = Table(
    "closure_notices",
    metadata,
    Column("lane", String(32), primary_key=True),
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shut_at", Float, nullable=False),
    Column("owed_since", Float),  # shut_at, until the server is told that it is over
)
is_owed: Final = closure_notices.c.owed_since.is_not(None)
_partial_index("ix_closure_notices_owed", closure_notices.c.owed_since, where=is_owed)

# When each queue of a lane was served last.
lane_queues: Final = Table(
    "lane_queues",
    metadata,
    Column("lane", String(32), primary_key=True),
    Column("line", String(32), primary_key=True),
    Column("served_at", Float, nullable=False),
)

guilds: Final = Table(
    "guilds",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("rules", JSON, nullable=False),  # JSON's null: none were set
    Column("left_at", Float),  # when the bot was removed; NULL: it is a member
)
has_left: Final = guilds.c.left_at.is_not(None)
_partial_index("ix_guilds_left", guilds.c.left_at, where=has_left)

# Sums of the prices of orders that count, in millionths of a dollar, by budget and period.
spending: Final = Table(
    "spending",
    metadata,
    Column("budget", String(16), primary_key=True),
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),  # 0: of no server
    Column("since", BigInteger, primary_key=True, autoincrement=False),  # when the period began
    Column("spent", BigInteger, nullable=False),
)

# How many orders were refused, by server, day and the rule that decided.
refusals: Final = Table(
    "refusals",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", BigInteger, primary_key=True, autoincrement=False),  # when it began
    Column("rule", String(32), primary_key=True),
    Column("orders", BigInteger, nullable=False),
)
Index("ix_refusals_by_day", refusals.c.day)

# The highest step of each budget of which somebody was warned, so that it is told once.
budget_warnings: Final = Table(
    "budget_warnings",
    metadata,
    Column("rule", String(32), primary_key=True),
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),  # 0: of no server
    Column("since", BigInteger, primary_key=True, autoincrement=False),  # when the period began
    Column("cap", BigInteger, primary_key=True, autoincrement=False),  # another one warns anew
    Column("percent", Integer, nullable=False),
)

# Starts of a shard's session at Discord's gateway, by all processes with the same token.
gateway_starts: Final = Table(
    "gateway_starts",
    metadata,
    Column("bot", String(32), primary_key=True),  # of the token, hashed
    Column("started_at", Float, primary_key=True),
    Column("shard_id", Integer, primary_key=True, autoincrement=False),
    Column("steady_at", Float),  # when its session had lasted for a while
    Column("failed", Boolean, nullable=False, server_default=false()),  # its session ended before
)

# Processes that take shards by lease, and the shards: each is its owner's while that one's lease
# lasts, and free else.
shard_members: Final = Table(
    "shard_members",
    metadata,
    Column("bot", String(32), primary_key=True),  # of the token, hashed
    Column("owner", String(128), primary_key=True),
    Column("shard_count", Integer, nullable=False),
    Column("joined_at", Float, nullable=False),
    Column("until", Float, nullable=False),  # when its lease ends
)
shard_leases: Final = Table(
    "shard_leases",
    metadata,
    Column("bot", String(32), primary_key=True),
    Column("shard_count", Integer, primary_key=True, autoincrement=False),
    Column("shard_id", Integer, primary_key=True, autoincrement=False),
    Column("owner", String(128)),  # NULL: it was given up
    Column("epoch", Integer, nullable=False),  # how often it was taken
    Column("up", Boolean, nullable=False),  # its owner is connected, and keeps it
)

blocks: Final = Table(
    "blocks",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("member_id", BigInteger, primary_key=True, autoincrement=False),
    Column("by", BigInteger, nullable=False),  # the moderator
    Column("since", Float, nullable=False),
    Column("until", Float),
    Column("reason", Text, nullable=False),
)

Index("ix_blocks_by_member", blocks.c.member_id)

drafts: Final = Table(
    "drafts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
)
Index("ix_drafts_by_age", drafts.c.created_at)

members: Final = Table(
    "members",
    metadata,
    Column("member_id", BigInteger, primary_key=True, autoincrement=False),
    Column("ping", String(8), nullable=False),
    Column("ping_in", String(8), nullable=False, server_default="channel"),
    Column("preferences", JSON(none_as_null=True)),  # NULL: none were set
    Column("forget_before", Float),  # orders made until then are to be erased
)
to_forget: Final = members.c.forget_before.is_not(None)
_partial_index("ix_members_to_forget", members.c.forget_before, where=to_forget)

# What moderators did, kept as an audit trail.
deeds: Final = Table(
    "deeds",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("at", Float, nullable=False),
    Column("moderator_id", BigInteger),  # NULL: the bot itself
    Column("kind", String(16), nullable=False),
    Column("job_id", String(32)),
    Column("member_id", BigInteger),
    Column("detail", JSON, nullable=False),
    # The outbox: who must still be told, and when the next try is due, for any process.
    Column("tell_log", Boolean, nullable=False),
    Column("tell_member", Boolean, nullable=False),
    Column("due_at", Float),  # NULL: nobody must be told any more
    Column("tries", Integer, nullable=False),
)
is_due: Final = deeds.c.due_at.is_not(None)
_partial_index("ix_deeds_due", deeds.c.due_at, where=is_due)
Index("ix_deeds_by_age", deeds.c.at)
Index("ix_deeds_by_guild", deeds.c.guild_id, deeds.c.at)
Index("ix_deeds_by_job", deeds.c.job_id)
Index("ix_deeds_by_member", deeds.c.member_id)

# Servers and members that the operator barred from ordering.
denied: Final = Table(
    "denied",
    metadata,
    Column("kind", String(8), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("by", BigInteger),  # NULL: by the command line
    Column("since", Float, nullable=False),
    Column("until", Float),
    Column("reason", Text, nullable=False),
)

# The processes that were seen lately, each start of one.
processes: Final = Table(
    "processes",
    metadata,
    Column("owner", String(128), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("shards", String(64), nullable=False),
    Column("started_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)

# What the operator is told of: episodes of trouble, and events.
alerts: Final = Table(
    "alerts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("text", Text, nullable=False),
    Column("over_text", Text),
    Column("opened_at", Float, nullable=False),
    Column("closed_at", Float),  # NULL: the episode is open
    Column("ends_at", Float),  # it closes by itself then
    Column("flaps", Integer, nullable=False),
    # The outbox: what must still be told, and when the next try is due, for any process.
    Column("told_at", Float),  # that it opened; from then on its end is to be told
    Column("tries", Integer, nullable=False),
    Column("due_at", Float),  # NULL: nothing must be told
)
is_open_alert: Final = alerts.c.closed_at.is_(None)
_partial_index("ix_alerts_open", alerts.c.opened_at, where=is_open_alert)
is_to_be_told: Final = alerts.c.due_at.is_not(None)
_partial_index("ix_alerts_to_be_told", alerts.c.opened_at, where=is_to_be_told)
Index("ix_alerts_by_subject", alerts.c.kind, alerts.c.subject, alerts.c.opened_at)
Index("ix_alerts_by_end", alerts.c.closed_at)
