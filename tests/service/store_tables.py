"""The real store as tests see it: ports that can fail, and tables without awaiting.

A test reads and writes rows without awaiting anything, on a connection of its own. The services go
through the store's own code, and through `Port`, which makes it unavailable or slow on demand.
"""

import asyncio
import time
from collections.abc import Iterator, MutableMapping
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Engine, create_engine, delete, insert, select, text, update

from bot.domain.job import Job, State
from bot.domain.lane import Lane
from bot.domain.rules import Block, Rules
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import MemberSettings, Ping
from bot.store.database import Database
from bot.store.guilds import Guilds, read_rules
from bot.store.job_rows import job_of, row_of
from bot.store.jobs import Jobs
from bot.store.lanes import Lanes, lane_of, put_lane
from bot.store.members import Members
from bot.store.tables import blocks, drafts, guilds, jobs, members

_RULES = TypeAdapter(Rules)
_HISTORY = (
    "CREATE TABLE IF NOT EXISTS test_history (job_id TEXT, state TEXT)",
    """CREATE TRIGGER IF NOT EXISTS test_added AFTER INSERT ON jobs
    BEGIN INSERT INTO test_history VALUES (new.id, new.state); END""",
    """CREATE TRIGGER IF NOT EXISTS test_moved AFTER UPDATE OF state ON jobs
    WHEN old.state <> new.state
    BEGIN INSERT INTO test_history VALUES (new.id, new.state); END""",
)


class Port:
    """A port of the store that can be made unavailable, or slow in one method."""

    def __init__(self, adapter: object, engine: Engine) -> None:
        self._adapter = adapter
        self._engine = engine
        self.away = False
        self.held: dict[str, asyncio.Event] = {}  # by method: what a call of it waits for
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._adapter, name)

        async def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            if self.away:
                raise StoreUnavailable("the store is away")
            if name in self.held:
                await self.held[name].wait()
            return await method(*arguments, **options)

        return call


class JobTable(Port):
    """The jobs."""

    @classmethod
    def of(cls, database: Database, engine: Engine) -> "JobTable":
        with engine.begin() as connection:
            for statement in _HISTORY:
                connection.execute(text(statement))
        return cls(Jobs(database), engine)

    def put(self, *changed: Job) -> None:
        """Write the jobs as they are, in place of those with the same ids."""
        with self._engine.begin() as connection:
            for job in changed:
                leased = job.lease.owner is not None
                values = row_of(job) | {"lease_until": time.time() + 3600 if leased else None}
                same = jobs.c.id == job.id
                if connection.execute(update(jobs).where(same).values(values)).rowcount == 0:
                    connection.execute(insert(jobs).values(values))

    @property
    def rows(self) -> dict[str, Job]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(jobs).order_by(text("rowid")))
            return {row["id"]: job_of(row) for row in rows.mappings()}

    @property
    def only(self) -> Job:
        (job,) = self.rows.values()
        return job

    @property
    def history(self) -> dict[str, list[State]]:
        """The states that each job went through."""
        history: dict[str, list[State]] = {}
        with self._engine.connect() as connection:
            for job_id, state in connection.execute(text("SELECT * FROM test_history")):
                history.setdefault(job_id, []).append(State(state))
        return history

    def erase(self, job: Job) -> None:
        """Delete the row of a job."""
        with self._engine.begin() as connection:
            connection.execute(delete(jobs).where(jobs.c.id == job.id))

    def let_lapse(self, job: Job) -> None:
        """End the lease of a job."""
        with self._engine.begin() as connection:
            connection.execute(update(jobs).where(jobs.c.id == job.id).values(lease_until=0.0))

    def lease_of(self, job: Job) -> float | None:
        """Return when the lease of a job ends, in Unix seconds by the database's clock."""
        with self._engine.connect() as connection:
            return connection.scalar(select(jobs.c.lease_until).where(jobs.c.id == job.id))


class _Table(MutableMapping[Any, Any]):
    """Rows by key, which are there as soon as they are set."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __delitem__(self, key: Any) -> None:
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError


class _Lanes(_Table):
    def __getitem__(self, lane: str) -> Lane:
        with self._engine.connect() as connection:
            return lane_of(connection, lane)

    def __setitem__(self, lane: str, value: Lane) -> None:
        with self._engine.begin() as connection:
            put_lane(connection, lane, value)


class LaneTable(Port):
    """The lanes."""

    @classmethod
    def of(cls, database: Database, engine: Engine) -> "LaneTable":
        return cls(Lanes(database), engine)

    @property
    def lanes(self) -> MutableMapping[str, Lane]:
        return _Lanes(self._engine)


class _Rules(_Table):
    def __getitem__(self, guild_id: int) -> Rules:
        with self._engine.connect() as connection:
            query = select(guilds.c.rules).where(guilds.c.guild_id == guild_id)
            return read_rules(connection.scalar(query))

    def __setitem__(self, guild_id: int, rules: Rules) -> None:
        values = {"guild_id": guild_id, "rules": _RULES.dump_python(rules, mode="json")}
        with self._engine.begin() as connection:
            connection.execute(delete(guilds).where(guilds.c.guild_id == guild_id))
            connection.execute(insert(guilds).values(values))


class _Blocks(_Table):
    def __getitem__(self, key: tuple[int, int]) -> Block:
        names = [blocks.c[field.name] for field in fields(Block)]
        query = select(*names).where(blocks.c.guild_id == key[0], blocks.c.member_id == key[1])
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise KeyError(key)
        return Block(**row)

    def __setitem__(self, key: tuple[int, int], block: Block) -> None:
        values = {field.name: getattr(block, field.name) for field in fields(Block)}
        with self._engine.begin() as connection:
            connection.execute(insert(blocks).values(values | {"guild_id": key[0]}))

    def __len__(self) -> int:
        with self._engine.connect() as connection:
            return len(connection.execute(select(blocks.c.guild_id)).all())


class GuildTable(Port):
    """The servers: their rules, blocks and drafts."""

    @classmethod
    def of(cls, database: Database, engine: Engine) -> "GuildTable":
        return cls(Guilds(database), engine)

    @property
    def kept(self) -> MutableMapping[int, Rules]:
        return _Rules(self._engine)

    @property
    def blocks(self) -> MutableMapping[tuple[int, int], Block]:
        return _Blocks(self._engine)

    @property
    def drafts(self) -> dict[str, Any]:
        """The drafted changes, by the id of the draft."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(drafts.c.id, drafts.c.changes))
            return {row.id: row.changes for row in rows}


class _Settings(_Table):
    def __getitem__(self, member_id: int) -> MemberSettings:
        query = select(members.c.ping, members.c.forget_before).where(
            members.c.member_id == member_id
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return MemberSettings()
        return MemberSettings(ping=Ping(row.ping), forget_before=row.forget_before)

    def __setitem__(self, member_id: int, settings: MemberSettings) -> None:
        values = {"ping": settings.ping, "forget_before": settings.forget_before}
        with self._engine.begin() as connection:
            connection.execute(delete(members).where(members.c.member_id == member_id))
            connection.execute(insert(members).values(values | {"member_id": member_id}))


class MemberTable(Port):
    """The members' settings."""

    @classmethod
    def of(cls, database: Database, engine: Engine) -> "MemberTable":
        return cls(Members(database), engine)

    @property
    def wished(self) -> MutableMapping[int, MemberSettings]:
        return _Settings(self._engine)


def connect(path: str) -> Engine:
    """Return an engine for the test's own statements on the same file."""
    return create_engine(f"sqlite:///{path}", connect_args={"timeout": 5})
