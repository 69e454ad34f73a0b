"""Servers in the store: their rules as one document each, blocks, and drafts of changes."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, and_, delete, insert, select
from sqlalchemy.engine import Connection

from bot.domain.rules import Block, Rules
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.tables import blocks, drafts, guilds
from bot.store.upsert import upsert

# A document may be older than the code, and younger: what it lacks is as the defaults say, and
# what the code does not know is passed over, and gone with the next change.
_RULES: Final = TypeAdapter(Rules)
_RULE_FIELDS: Final = frozenset(field.name for field in fields(Rules))
_BLOCK_FIELDS: Final = tuple(field.name for field in fields(Block))


class Guilds:
    """The servers of all processes that share the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_transaction
    def rules(self, connection: Connection, guild_id: int) -> Rules:
        """Return the server's rules; the defaults where nobody set any."""
        return rules_of(connection, guild_id)

    @write_transaction
    def change(
        self, connection: Connection, guild_id: int, how: Callable[[Rules], Rules]
    ) -> tuple[Rules, Rules]:
        """Put what *how* makes of the rules in their place, in one step; return before and after.

        What *how* raises is raised, and nothing changed.
        """
        self._database.lock(connection, guild_lock(guild_id))
        before = rules_of(connection, guild_id)
        after = how(before)
        if after != before:
            document = _RULES.dump_python(after, mode="json")
            upsert(connection, guilds, {"guild_id": guild_id}, {"rules": document})
        return before, after

    @write_transaction
    def block(self, connection: Connection, guild_id: int, block: Block) -> None:
        """Keep *block*, in place of one that the member has."""
        columns = {name: getattr(block, name) for name in _BLOCK_FIELDS}
        key = {"guild_id": guild_id, "member_id": columns.pop("member_id")}
        self._database.lock(connection, guild_lock(guild_id))
        upsert(connection, blocks, key, columns)

    @write_transaction
    def unblock(self, connection: Connection, guild_id: int, member_id: int) -> bool:
        """End a member's block; ``False``: there is none."""
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
        """Keep changes of rules, by the names of their fields, until somebody saves them."""
        whole = _RULES.dump_python(replace(Rules(), **changes), mode="json")
        values = {
            "id": draft_id,
            "guild_id": guild_id,
            "changes": {name: whole[name] for name in changes},
            "created_at": now,
        }
        connection.execute(insert(drafts).values(values))

    @read_transaction
    def load_draft(
        self, connection: Connection, draft_id: str, guild_id: int
    ) -> Mapping[str, Any] | None:
        """Return changes that were kept; ``None``: there are none of that name in that server."""
        its = and_(drafts.c.id == draft_id, drafts.c.guild_id == guild_id)
        found = connection.scalar(select(drafts.c.changes).where(its))
        if found is None:
            return None
        whole = _RULES.validate_python(found)
        return {name: getattr(whole, name) for name in found if name in _RULE_FIELDS}

    async def erase_drafts(self, *, before: float) -> None:
        """Erase what was drafted *before*, in Unix seconds."""
        old = drafts.c.created_at < before
        one = select(drafts.c.id).where(old).limit(1)
        if await self._database.read(lambda connection: connection.scalar(one)) is not None:
            await self._database.write(
                lambda connection: connection.execute(delete(drafts).where(old))
            )


def guild_lock(guild_id: int | None) -> str:
    """Return the name of the lock under which a server's rules, blocks and usage change."""
    return f"guild:{guild_id}"


def rules_of(connection: Connection, guild_id: int | None) -> Rules:
    """Return the server's rules; the defaults where nobody set any."""
    if guild_id is None:
        return Rules()
    query = select(guilds.c.rules).where(guilds.c.guild_id == guild_id)
    return read_rules(connection.scalar(query))


def read_rules(document: Any) -> Rules:
    """Return the rules that a stored document holds; ``None``: nobody set any."""
    return Rules() if document is None else _RULES.validate_python(document)


def block_of(connection: Connection, guild_id: int | None, member_id: int) -> Block | None:
    """Return the member's block; ``None``: there is none, or there was none that holds still."""
    found = connection.execute(
        select(*(blocks.c[name] for name in _BLOCK_FIELDS)).where(is_blocked(guild_id, member_id))
    )
    row = found.mappings().first()
    return Block(**row) if row else None


def is_blocked(guild_id: int | None, member_id: int) -> ColumnElement[bool]:
    """Return the condition for the member's row among the blocks."""
    return and_(blocks.c.guild_id == guild_id, blocks.c.member_id == member_id)
