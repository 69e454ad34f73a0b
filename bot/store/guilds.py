"""Servers in the store: their rules as one document each, blocks, and drafts of changes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from bot.domain.deeds import Deed
from bot.domain.job import guild_queue_key
from bot.domain.rules import Block, Rules
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.deeds import record
from bot.store.dialects import upsert
from bot.store.tables import (
    blocks,
    closure_notices,
    deeds,
    drafts,
    guilds,
    has_left,
    is_open,
    is_settled,
    jobs,
    lane_queues,
    lanes,
)

# A document may be older or newer than the code: missing fields have their defaults, unknown fields
# are ignored, and are gone with the next change.
_RULES: Final = TypeAdapter(Rules)
_BEFORE: Final = {"look_alikes": False}
_FORM, _TYPED = "form", "typed"  # of a draft that is a form with faults; no field of the rules
_RULE_FIELDS: Final = frozenset(field.name for field in fields(Rules))
_BLOCK_FIELDS: Final = tuple(field.name for field in fields(Block))


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
            document = _RULES.dump_python(after, mode="json")
            upsert(connection, guilds, {"guild_id": guild_id}, {"rules": document})
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
    def blocks(
        self, connection: Connection, guild_id: int, *, now: float, skip: int, most: int
    ) -> tuple[Sequence[Block], int]:
        """Return some blocks of a server that hold at *now*, newest first, and how many do."""
        holds = and_(
            blocks.c.guild_id == guild_id, or_(blocks.c.until.is_(None), blocks.c.until > now)
        )
        newest = select(*(blocks.c[name] for name in _BLOCK_FIELDS)).where(holds)
        newest = newest.order_by(blocks.c.since.desc(), blocks.c.member_id)
        rows = connection.execute(newest.offset(skip).limit(most)).mappings()
        total = connection.scalar(select(func.count()).select_from(blocks).where(holds))
        return [Block(**row) for row in rows], total or 0

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
        ended = connection.execute(delete(blocks).where(is_blocked(guild_id, member_id)))
        if ended.rowcount:
            record(connection, deeds)
        return ended.rowcount > 0

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
        document = _RULES.dump_python(replace(Rules(), **changes), mode="json")
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
        rules = _RULES.validate_python(changes)
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
        old = drafts.c.created_at < before
        any_old = select(drafts.c.id).where(old).limit(1)
        if await self._database.read(lambda connection: connection.scalar(any_old)) is not None:
            await self._database.write(
                lambda connection: connection.execute(delete(drafts).where(old))
            )

    @write_transaction
    def erase_deeds(self, connection: Connection, *, before: float, most: int) -> int:
        """Erase some deeds that were done before that time; return how many.

        An entry stays until it is drawn without the order that was erased.
        """
        drawn = or_(deeds.c.due_at.is_(None), deeds.c.due_at > before)
        old = select(deeds.c.id).where(deeds.c.at < before, drawn).order_by(deeds.c.at).limit(most)
        ids = connection.scalars(old.with_for_update(skip_locked=True)).all()
        return connection.execute(delete(deeds).where(deeds.c.id.in_(ids))).rowcount

    @read_transaction
    def recorded(
        self, connection: Connection, *, after: int, most: int
    ) -> Sequence[tuple[int, bool]]:
        """Return a page of the servers above the id *after*, and whether the bot left them."""
        query = select(guilds.c.guild_id, has_left).where(guilds.c.guild_id > after)
        page = query.order_by(guilds.c.guild_id).limit(most)
        return [(guild_id, bool(left)) for guild_id, left in connection.execute(page)]

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
        stayed = and_(guilds.c.guild_id.in_(sorted(guild_ids)), ~has_left)
        connection.execute(update(guilds).where(stayed).values(left_at=now))

    @read_transaction
    def departed(
        self, connection: Connection, *, before: float, after: int, most: int
    ) -> Sequence[int]:
        """Return some servers above the id *after* that the bot left before that time."""
        left = and_(has_left, guilds.c.left_at < before, guilds.c.guild_id > after)
        query = select(guilds.c.guild_id).where(left).order_by(guilds.c.guild_id).limit(most)
        return connection.scalars(query).all()

    @write_transaction
    def forget(self, connection: Connection, guild_id: int, *, left_before: float) -> bool:
        """Erase a server's rules, blocks, deeds and queues, if the bot left it before that time.

        Its row stays while it has jobs. ``False``: the bot was added again.
        """
        self._database.lock(connection, guild_lock(guild_id))
        left = and_(guilds.c.guild_id == guild_id, has_left, guilds.c.left_at < left_before)
        if connection.scalar(select(guilds.c.guild_id).where(left).with_for_update()) is None:
            return False
        connection.execute(delete(blocks).where(blocks.c.guild_id == guild_id))
        connection.execute(delete(deeds).where(deeds.c.guild_id == guild_id))
        every_lane = select(lanes.c.lane)
        for table, is_its in (
            (lane_queues, lane_queues.c.line == guild_queue_key(guild_id)),
            (closure_notices, closure_notices.c.guild_id == guild_id),
        ):
            connection.execute(delete(table).where(table.c.lane.in_(every_lane), is_its))
        if _has_jobs(connection, guild_id):
            connection.execute(update(guilds).where(left).values(rules=None))
        else:
            connection.execute(delete(guilds).where(left))
        return True


def _has_jobs(connection: Connection, guild_id: int) -> bool:
    """Tell whether any job of a server is stored; each condition has an index, both have none."""
    some = select(jobs.c.id).where(jobs.c.guild_id == guild_id).limit(1)
    return any(connection.scalar(some.where(which)) for which in (is_settled, is_open))


def guild_lock(guild_id: int | None) -> str:
    """Return the name of the lock under which a server's rules, blocks and usage change."""
    return f"guild:{guild_id}"


def rules_of(connection: Connection, guild_id: int | None) -> Rules:
    """Return the server's rules, or the defaults."""
    if guild_id is None:
        return Rules()
    query = select(guilds.c.rules).where(guilds.c.guild_id == guild_id)
    return read_rules(connection.scalar(query))


def read_rules(document: Any) -> Rules:
    """Return the rules of a stored document; ``None``: the defaults."""
    # Servers that changed their rules before the word filter knew look-alikes keep what they have.
    return Rules() if document is None else _RULES.validate_python(_BEFORE | document)


def block_of(connection: Connection, guild_id: int | None, member_id: int) -> Block | None:
    """Return the member's block, even an expired one; ``None``: there is none."""
    rows = connection.execute(
        select(*(blocks.c[name] for name in _BLOCK_FIELDS)).where(is_blocked(guild_id, member_id))
    )
    row = rows.mappings().first()
    return Block(**row) if row else None


def is_blocked(guild_id: int | None, member_id: int) -> ColumnElement[bool]:
    """Return the condition for the row of the member's block."""
    return and_(blocks.c.guild_id == guild_id, blocks.c.member_id == member_id)


def _add_draft(
    connection: Connection, draft_id: str, guild_id: int, content: Mapping[str, Any], now: float
) -> None:
    values = {"id": draft_id, "guild_id": guild_id, "changes": content, "created_at": now}
    connection.execute(insert(drafts).values(values))


def _draft(connection: Connection, draft_id: str, guild_id: int) -> Mapping[str, Any] | None:
    is_draft = and_(drafts.c.id == draft_id, drafts.c.guild_id == guild_id)
    return connection.scalar(select(drafts.c.changes).where(is_draft))
