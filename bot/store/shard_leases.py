"""Shards that processes take by lease."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.engine import Connection

from bot.domain.shard_leases import ShardLease, ShardMember, ShardPlan, ShardView
from bot.store.database import Database, read_transaction, write_transaction
from bot.store.statements import Statement, given, upsert
from bot.store.tables import shard_leases as leases
from bot.store.tables import shard_members as members

_MEMBER_OF_BOT: Final = members.c.bot == given("of_bot")
_LEASE_OF_BOT: Final = leases.c.bot == given("of_bot")
_SHARD: Final = and_(
    _LEASE_OF_BOT,
    leases.c.shard_count == given("of_count"),
    leases.c.shard_id == given("of_shard"),
)
_OWNED: Final = leases.c.owner == given("of_owner")
_MEMBERS: Final = Statement(
    select(members.c.owner, members.c.shard_count, members.c.joined_at, members.c.until)
    .where(_MEMBER_OF_BOT, members.c.until > given("now"))
    .order_by(members.c.joined_at, members.c.owner)
)
_LEASES: Final = Statement(
    select(leases.c.shard_count, leases.c.shard_id, leases.c.owner, leases.c.epoch, leases.c.up)
    .where(_LEASE_OF_BOT)
    .order_by(leases.c.shard_count, leases.c.shard_id)
)
_FORGET: Final = Statement(delete(members).where(_MEMBER_OF_BOT, members.c.until <= given("now")))
_LEAVE: Final = Statement(
    delete(members).where(_MEMBER_OF_BOT, members.c.owner == given("of_owner"))
)
_ADD: Final = Statement(
    insert(leases).values(
        bot=given("bot"), shard_count=given("count"), shard_id=given("shard"), epoch=0, up=False
    )
)
_DROP: Final = Statement(
    delete(leases).where(_LEASE_OF_BOT, leases.c.shard_count == given("of_count"))
)
_TAKE: Final = Statement(
    update(leases)
    .where(_SHARD, leases.c.epoch == given("of_epoch"))
    .values(owner=given("owner"), epoch=given("epoch"), up=False)
)
_MARK: Final = Statement(update(leases).where(_SHARD, _OWNED).values(up=given("up")))
_FREE: Final = Statement(update(leases).where(_SHARD, _OWNED).values(owner=None, up=False))
_FREE_ALL: Final = Statement(
    update(leases).where(_LEASE_OF_BOT, _OWNED).values(owner=None, up=False)
)


class ShardLeases:
    """The processes that take shards, of every bot that uses the database, and the shards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @read_transaction
    def view(self, connection: Connection, bot: str, *, now: float) -> ShardView:
        """Return who has which shards."""
        return _view(connection, bot, now)

    @write_transaction
    def renew(
        self,
        connection: Connection,
        bot: str,
        me: ShardMember,
        decide: Callable[[ShardView], ShardPlan],
        *,
        up: Collection[int],
        now: float,
    ) -> tuple[ShardView, ShardPlan]:
        """Renew the lease of a process whose shards *up* are connected, and follow its plan.

        The shards of the plan are taken; those to give up remain until :meth:`release`. Return what
        is on record then, and the plan. It happens in one transaction, and alone.
        """
        self._lock(connection, bot)
        _FORGET.change(connection, of_bot=bot, now=now)
        row = {"shard_count": me.count, "joined_at": me.joined_at, "until": me.until}
        upsert(connection, members, {"bot": bot, "owner": me.owner}, row)
        view = _complete(connection, bot, _view(connection, bot, now), me)
        plan = decide(view)
        changed = [_change(lease, me, plan, up) for lease in view.leases]
        for before, after in zip(view.leases, changed, strict=True):
            key = {"of_bot": bot, "of_count": after.count, "of_shard": after.shard_id}
            if after.epoch != before.epoch:
                values = {"owner": me.owner, "epoch": after.epoch, "of_epoch": before.epoch}
                _TAKE.change(connection, **key, **values)
            elif after != before:
                _MARK.change(connection, **key, of_owner=me.owner, up=after.up)
        return replace(view, leases=changed), plan

    @write_transaction
    def release(
        self, connection: Connection, bot: str, me: ShardMember, shard_ids: Collection[int]
    ) -> None:
        """Free shards of a process, as far as it still has them."""
        self._lock(connection, bot)
        for shard_id in sorted(shard_ids):
            _FREE.change(
                connection, of_bot=bot, of_count=me.count, of_shard=shard_id, of_owner=me.owner
            )

    @write_transaction
    def leave(self, connection: Connection, bot: str, owner: str) -> None:
        """Free all shards of a process that takes no more."""
        self._lock(connection, bot)
        _FREE_ALL.change(connection, of_bot=bot, of_owner=owner)
        _LEAVE.change(connection, of_bot=bot, of_owner=owner)

    def _lock(self, connection: Connection, bot: str) -> None:
        self._database.lock(connection, f"shards:{bot}")


def _view(connection: Connection, bot: str, now: float) -> ShardView:
    return ShardView(
        members=[ShardMember(*row) for row in _MEMBERS.rows(connection, of_bot=bot, now=now)],
        leases=[ShardLease(*row) for row in _LEASES.rows(connection, of_bot=bot)],
    )


def _complete(connection: Connection, bot: str, view: ShardView, me: ShardMember) -> ShardView:
    """Add the shards of the own generation, and drop those of generations that are over."""
    alive = {member.count for member in view.members}
    for over in {lease.count for lease in view.leases} - alive:
        _DROP.change(connection, of_bot=bot, of_count=over)
    kept = [lease for lease in view.leases if lease.count in alive]
    known = {lease.shard_id for lease in kept if lease.count == me.count}
    new = [ShardLease(me.count, shard_id) for shard_id in range(me.count) if shard_id not in known]
    for lease in new:
        _ADD.change(connection, bot=bot, count=lease.count, shard=lease.shard_id)
    return replace(view, leases=[*kept, *new])


def _change(lease: ShardLease, me: ShardMember, plan: ShardPlan, up: Collection[int]) -> ShardLease:
    """Return a shard as the plan of a process leaves it."""
    if lease.count != me.count:
        return lease
    if lease.shard_id in plan.take:
        return replace(lease, owner=me.owner, epoch=lease.epoch + 1, up=False)
    if lease.owner == me.owner:
        return replace(lease, up=lease.shard_id in up and lease.shard_id not in plan.give)
    return lease
