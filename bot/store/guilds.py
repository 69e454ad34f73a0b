"""Servers in the store: their rules as one document each, blocks, and drafts of changes."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, and_, delete, insert, select
from sqlalchemy.engine import Connection

from bot.domain.rules import Block, Rules
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.dialects import upsert
from bot.store.tables import blocks, drafts, guilds

# A document may be older or newer than the code: missing fields have their defaults, unknown fields
# are ignored, and are gone with the next change.
_RULES: Final = TypeAdapter(Rules)
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
    def block(self, connection: Connection, guild_id: int, block: Block) -> None:
        """Record *block*; it replaces an earlier one of the member."""
        columns = {name: getattr(block, name) for name in _BLOCK_FIELDS}
        key = {"guild_id": guild_id, "member_id": columns.pop("member_id")}
        self._database.lock(connection, guild_lock(guild_id))
        upsert(connection, blocks, key, columns)

    @write_transaction
    def unblock(self, connection: Connection, guild_id: int, member_id: int) -> bool:
        """Delete a member's block; ``False``: there is none."""
        self._database.lock(connection, guild_lock(guild_id))
        ended = connection.execute(delete(blocks).where(is_blocked(guild_id, member_id)))
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
        values = {
            "id": draft_id,
            "guild_id": guild_id,
            "changes": {name: document[name] for name in changes},
            "created_at": now,
        }
        connection.execute(insert(drafts).values(values))

    @read_transaction
    def load_draft(
        self, connection: Connection, draft_id: str, guild_id: int
    ) -> Mapping[str, Any] | None:
        """Return the changes of a draft; ``None``: the server has no such draft."""
        is_draft = and_(drafts.c.id == draft_id, drafts.c.guild_id == guild_id)
        changes = connection.scalar(select(drafts.c.changes).where(is_draft))
        if changes is None:
            return None
        rules = _RULES.validate_python(changes)
        return {name: getattr(rules, name) for name in changes if name in _RULE_FIELDS}

    async def erase_drafts(self, *, before: float) -> None:
        """Erase drafts made *before*, in Unix seconds."""
        old = drafts.c.created_at < before
        any_old = select(drafts.c.id).where(old).limit(1)
        if await self._database.read(lambda connection: connection.scalar(any_old)) is not None:
            await self._database.write(
                lambda connection: connection.execute(delete(drafts).where(old))
            )


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
    return Rules() if document is None else _RULES.validate_python(document)


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
