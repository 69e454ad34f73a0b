"""Servers in the store: their rules as one document each, blocks, and drafts of changes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, fields, replace
from functools import partial
from typing import Any, Final

from sqlalchemy import and_, delete, func, insert, literal_column, or_, select, update
from sqlalchemy.engine import Connection

from bot.domain.admission import BUDGETS
from bot.domain.alerts import AlertKind
from bot.domain.deeds import Deed
from bot.domain.job import guild_queue_key
from bot.domain.money import Budget
from bot.domain.rules import Block, Rules
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.deeds import record
from bot.store.documents import read_document
from bot.store.statements import Row, Statement, given, upsert
from bot.store.tables import (
    alerts,
    blocks,
    budget_warnings,
    closure_notices,
    deeds,
    denied,
    drafts,
    guilds,
    has_left,
    is_open,
    is_settled,
    jobs,
    lane_queues,
    lanes,
    refusals,
    spending,
)

_BEFORE: Final = {"look_alikes": False}
_FORM, _TYPED = "form", "typed"  # of a draft that is a form with faults; no field of the rules
_RULE_FIELDS: Final = frozenset(field.name for field in fields(Rules))
_BLOCK_FIELDS: Final = tuple(field.name for field in fields(Block))
_BLOCK_COLUMNS: Final = tuple(blocks.c[name] for name in _BLOCK_FIELDS)

_MOST: Final = given("most")
_GUILD: Final = given("of_guild")
_IS_GUILD: Final = guilds.c.guild_id == _GUILD
_RULES_OF: Final = Statement(select(guilds.c.rules).where(_IS_GUILD))

_IS_BLOCK: Final = and_(blocks.c.guild_id == _GUILD, blocks.c.member_id == given("of_member"))
_BLOCK: Final = Statement(select(*_BLOCK_COLUMNS).where(_IS_BLOCK))
_UNBLOCK: Final = Statement(delete(blocks).where(_IS_BLOCK))
_HOLDS: Final = and_(
    blocks.c.guild_id == _GUILD, or_(blocks.c.until.is_(None), blocks.c.until > given("now"))
)
_HOLDING: Final = Statement(
    select(*_BLOCK_COLUMNS)
    .where(_HOLDS)
    .order_by(blocks.c.since.desc(), blocks.c.member_id)
    .offset(given("skip"))
    .limit(_MOST)
)
_HOLD: Final = Statement(select(func.count()).select_from(blocks).where(_HOLDS))

_SAVE_DRAFT: Final = Statement(
    insert(drafts).values({column.name: given(column.name) for column in drafts.c})
)
_LOAD_DRAFT: Final = Statement(
    select(drafts.c.changes).where(drafts.c.id == given("draft_id"), drafts.c.guild_id == _GUILD)
)
_OLD_DRAFT: Final = drafts.c.created_at < given("before")
_ANY_OLD_DRAFT: Final = Statement(select(drafts.c.id).where(_OLD_DRAFT).limit(1))
_ERASE_DRAFTS: Final = Statement(delete(drafts).where(_OLD_DRAFT))
_OLD_DEEDS: Final = Statement(
    select(deeds.c.id)
    .where(
        deeds.c.at < given("before"),
        or_(deeds.c.due_at.is_(None), deeds.c.due_at > given("before")),
    )
    .order_by(deeds.c.at)
    .limit(_MOST)
    .with_for_update(skip_locked=True)
)
_ERASE_DEEDS: Final = Statement(delete(deeds).where(deeds.c.id.in_(given("ids", many=True))))

_ERASE_DENIALS: Final = Statement(delete(denied).where(denied.c.until < given("before")))

_ERASE_REFUSALS: Final = Statement(delete(refusals).where(refusals.c.day < given("before")))

_AFTER: Final = guilds.c.guild_id > given("after")
_PAGE: Final = Statement(
    select(guilds.c.guild_id, has_left).where(_AFTER).order_by(guilds.c.guild_id).limit(_MOST)
)
_RECORD_LEFT: Final = Statement(
    update(guilds)
    .where(guilds.c.guild_id.in_(given("guild_ids", many=True)), ~has_left)
    .values(left_at=given("now"))
)
_LEFT_BEFORE: Final = and_(has_left, guilds.c.left_at < given("left_before"))
_DEPARTED: Final = Statement(
    select(guilds.c.guild_id).where(_LEFT_BEFORE, _AFTER).order_by(guilds.c.guild_id).limit(_MOST)
)
_IS_LEFT: Final = and_(_IS_GUILD, _LEFT_BEFORE)
_LOCK_LEFT: Final = Statement(select(guilds.c.guild_id).where(_IS_LEFT).with_for_update())
_FORGET_RULES: Final = Statement(update(guilds).where(_IS_LEFT).values(rules=None))
_FORGET: Final = Statement(delete(guilds).where(_IS_LEFT))
_BUDGETS: Final[list[Any]] = [literal_column(f"'{rule}'") for rule in BUDGETS]
_EVERY_LANE: Final = select(lanes.c.lane)
_FORGET_ITS: Final = (
    Statement(
        delete(alerts).where(
            alerts.c.kind == AlertKind.BUDGET.value, alerts.c.subject.like(given("of_server"))
        )
    ),
    Statement(delete(blocks).where(blocks.c.guild_id == _GUILD)),
    Statement(delete(deeds).where(deeds.c.guild_id == _GUILD)),
    Statement(delete(refusals).where(refusals.c.guild_id == _GUILD)),
    Statement(
        delete(lane_queues).where(
            lane_queues.c.lane.in_(_EVERY_LANE), lane_queues.c.line == given("line")
        )
    ),
    Statement(
        delete(closure_notices).where(
            closure_notices.c.lane.in_(_EVERY_LANE), closure_notices.c.guild_id == _GUILD
        )
    ),
    Statement(
        delete(spending).where(
            spending.c.budget == Budget.SERVER_MONTH.value, spending.c.guild_id == _GUILD
        )
    ),
    Statement(
        delete(budget_warnings).where(
            budget_warnings.c.rule.in_(_BUDGETS), budget_warnings.c.guild_id == _GUILD
        )
    ),
)
_OLD_SUMS_OF: Final = given("guild_ids", many=True)
_OLD_SUMS: Final = (
    Statement(
        delete(spending).where(
            spending.c.budget.in_([literal_column(f"'{budget}'") for budget in Budget]),
            spending.c.guild_id.in_(_OLD_SUMS_OF),
            spending.c.since < given("before"),
        )
    ),
    Statement(
        delete(budget_warnings).where(
            budget_warnings.c.rule.in_(_BUDGETS),
            budget_warnings.c.guild_id.in_(_OLD_SUMS_OF),
            budget_warnings.c.since < given("before"),
        )
    ),
)
# Each condition has an index, both have none.
_ANY_JOB: Final = tuple(
    Statement(select(jobs.c.id).where(jobs.c.guild_id == _GUILD, which).limit(1))
    for which in (is_settled, is_open)
)


class Guilds:
    """The servers of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_transaction
    def rules(self, connection: Connection, guild_id: int) -> Rules:
        """Return the server's rules, or the defaults."""
        return rules_of(connection, guild_id)

    @write_transaction
    def change(
        self, connection: Connection, guild_id: int, how: Callable[[Rules], Rules]
    ) -> tuple[Rules, Rules]:
        """Replace the rules by what *how* returns for them, in one transaction; return both."""
        self._database.lock(connection, guild_lock(guild_id))
        before = rules_of(connection, guild_id)
        after = how(before)
        if after != before:
            upsert(connection, guilds, {"guild_id": guild_id}, {"rules": asdict(after)})
        return before, after

    @write_transaction
    def block(
        self, connection: Connection, guild_id: int, block: Block, *, deeds: Sequence[Deed] = ()
    ) -> None:
        """Record *block*, with *deeds*; it replaces an earlier one of the member."""
        columns = {name: getattr(block, name) for name in _BLOCK_FIELDS}
        key = {"guild_id": guild_id, "member_id": columns.pop("member_id")}
        self._database.lock(connection, guild_lock(guild_id))
        upsert(connection, blocks, key, columns)
        record(connection, deeds)

    @read_transaction
    def block_of(self, connection: Connection, guild_id: int, member_id: int) -> Block | None:
        """Return a member's block, even one that is over; ``None``: there is none."""
        return block_of(connection, guild_id, member_id)

    @read_transaction
    def blocks(
        self, connection: Connection, guild_id: int, *, now: float, skip: int, most: int
    ) -> tuple[Sequence[Block], int]:
        """Return some blocks of a server that hold at *now*, newest first, and how many do."""
        rows = _HOLDING.rows(connection, of_guild=guild_id, now=now, skip=skip, most=most)
        total = _HOLD.value(connection, of_guild=guild_id, now=now)
        return [_block(row) for row in rows], total

    @write_transaction
    def unblock(
        self,
        connection: Connection,
        guild_id: int,
        member_id: int,
        *,
        deeds: Sequence[Deed] = (),
    ) -> bool:
        """Delete a member's block, and record *deeds*; ``False``: there is none."""
        self._database.lock(connection, guild_lock(guild_id))
        ended = _UNBLOCK.change(connection, of_guild=guild_id, of_member=member_id)
        if ended:
            record(connection, deeds)
        return ended > 0

    @write_transaction
    def save_draft(
        self,
        connection: Connection,
        draft_id: str,
        guild_id: int,
        changes: Mapping[str, Any],
        *,
        now: float,
    ) -> None:
        """Record changes of rules, by field name, until a moderator saves them."""
        document = asdict(replace(Rules(), **changes))
        changes = {name: document[name] for name in changes}
        _add_draft(connection, draft_id, guild_id, changes, now)

    @read_transaction
    def load_draft(
        self, connection: Connection, draft_id: str, guild_id: int
    ) -> Mapping[str, Any] | None:
        """Return the changes of a draft; ``None``: the server has no such draft."""
        changes = _draft(connection, draft_id, guild_id)
        if changes is None:
            return None
        rules = read_document(Rules, changes)
        return {name: getattr(rules, name) for name in changes if name in _RULE_FIELDS}

    @write_transaction
    def save_form(
        self,
        connection: Connection,
        form_id: str,
        guild_id: int,
        name: str,
        typed: Mapping[str, Any],
        *,
        now: float,
    ) -> None:
        """Record what was typed in a form, by its fields, as a draft."""
        _add_draft(connection, form_id, guild_id, {_FORM: name, _TYPED: dict(typed)}, now)

    @read_transaction
    def load_form(
        self, connection: Connection, form_id: str, guild_id: int
    ) -> tuple[str, Mapping[str, Any]] | None:
        """Return a form's name and what was typed; ``None``: the server has no such form."""
        form = _draft(connection, form_id, guild_id) or {}
        return (form[_FORM], form[_TYPED]) if _FORM in form else None

    async def erase_drafts(self, *, before: float) -> None:
        """Erase drafts and forms made *before*, in Unix seconds."""
        if await self._database.read(partial(_ANY_OLD_DRAFT.value, before=before)) is not None:
            await self._database.write(partial(_ERASE_DRAFTS.change, before=before))

    @write_transaction
    def erase_deeds(self, connection: Connection, *, before: float, most: int) -> int:
        """Erase some deeds that were done before that time; return how many.

        An entry stays until it is drawn without the order that was erased.
        """
        ids = _OLD_DEEDS.values(connection, before=before, most=most)
        return _ERASE_DEEDS.change(connection, ids=ids)

    @write_transaction
    def erase_sums(self, connection: Connection, guild_ids: Collection[int], *, before: int) -> int:
        """Erase what orders cost in periods that began before that time; return the rows.

        0 among *guild_ids* is for all servers, and for orders outside of servers.
        """
        return sum(old.change(connection, guild_ids=guild_ids, before=before) for old in _OLD_SUMS)

    @write_transaction
    def erase_denials(self, connection: Connection, *, before: float) -> int:
        """Erase the operator's bars that were over *before* that time; return how many."""
        return _ERASE_DENIALS.change(connection, before=before)

    @write_transaction
    def erase_refusals(self, connection: Connection, *, before: float) -> int:
        """Erase how many orders were refused on days that began before that time."""
        return _ERASE_REFUSALS.change(connection, before=before)

    @read_transaction
    def recorded(
        self, connection: Connection, *, after: int, most: int
    ) -> Sequence[tuple[int, bool]]:
        """Return a page of the servers above the id *after*, and whether the bot left them."""
        page = _PAGE.rows(connection, after=after, most=most)
        return [(guild_id, bool(left)) for guild_id, left in page]

    @write_transaction
    def record_joined(self, connection: Connection, guild_ids: Collection[int]) -> None:
        """Record that the bot is a member of these servers."""
        for guild_id in sorted(guild_ids):  # fixed lock order, to avoid deadlocks
            key, joined = {"guild_id": guild_id}, {"left_at": None}
            upsert(connection, guilds, key, joined, defaults={"rules": None})

    @write_transaction
    def record_left(
        self, connection: Connection, guild_ids: Collection[int], *, now: float
    ) -> None:
        """Record that the bot is not a member of these servers any more, from *now* on."""
        _RECORD_LEFT.change(connection, guild_ids=sorted(guild_ids), now=now)

    @read_transaction
    def departed(
        self, connection: Connection, *, before: float, after: int, most: int
    ) -> Sequence[int]:
        """Return some servers above the id *after* that the bot left before that time."""
        return _DEPARTED.values(connection, left_before=before, after=after, most=most)

    @write_transaction
    def forget(self, connection: Connection, guild_id: int, *, left_before: float) -> bool:
        """Erase all that is stored of a server but its jobs, if the bot left it before that time.

        Its row stays while it has jobs. ``False``: the bot was added again.
        """
        self._database.lock(connection, guild_lock(guild_id))
        left = {"of_guild": guild_id, "left_before": left_before}
        if _LOCK_LEFT.value(connection, **left) is None:
            return False
        for forget in _FORGET_ITS:
            line, of_server = guild_queue_key(guild_id), f"% of server {guild_id},%"
            forget.change(connection, of_guild=guild_id, line=line, of_server=of_server)
        kept = any(some.value(connection, of_guild=guild_id) for some in _ANY_JOB)
        (_FORGET_RULES if kept else _FORGET).change(connection, **left)
        return True


def guild_lock(guild_id: int | None) -> str:
    """Return the name of the lock under which a server's rules, blocks and usage change."""
    return f"guild:{guild_id}"


def rules_of(connection: Connection, guild_id: int | None) -> Rules:
    """Return the server's rules, or the defaults."""
    if guild_id is None:
        return Rules()
    return read_rules(_RULES_OF.value(connection, of_guild=guild_id))


def read_rules(document: Any) -> Rules:
    """Return the rules of a stored document; ``None``: the defaults."""
    # Servers that changed their rules before the word filter knew look-alikes keep what they have.
    return Rules() if document is None else read_document(Rules, _BEFORE | document)


def block_of(connection: Connection, guild_id: int | None, member_id: int) -> Block | None:
    """Return the member's block, even an expired one; ``None``: there is none."""
    row = _BLOCK.first(connection, of_guild=guild_id, of_member=member_id)
    return None if row is None else _block(row)


def _block(row: Row) -> Block:
    return Block(**dict(zip(_BLOCK_FIELDS, row, strict=True)))


def _add_draft(
    connection: Connection, draft_id: str, guild_id: int, content: Mapping[str, Any], now: float
) -> None:
    _SAVE_DRAFT.change(connection, id=draft_id, guild_id=guild_id, changes=content, created_at=now)


def _draft(connection: Connection, draft_id: str, guild_id: int) -> Mapping[str, Any] | None:
    draft: Mapping[str, Any] | None = _LOAD_DRAFT.value(
        connection, draft_id=draft_id, of_guild=guild_id
    )
    return draft
