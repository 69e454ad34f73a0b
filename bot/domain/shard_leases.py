"""Which process has which shards, where they are taken by lease.

A process holds a lease on its membership, and with it the shards that it took. All processes share
evenly, as each of them works out by itself. Processes with different numbers of shards are
generations: those of the newest one take over, and the others stop once it is complete.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LEASE: Final = 20.0  # seconds
SETTLED: Final = 10.0  # seconds after its start until others hand shards over to a process


@dataclass(frozen=True)
class ShardMember:
    """A process that takes shards. Times are Unix seconds."""

    owner: str
    count: int  # of shards in all, as it was told
    joined_at: float
    until: float  # when its lease ends


@dataclass(frozen=True)
class ShardLease:
    """A shard on record. It is held only while the lease of its owner lasts."""

    count: int
    shard_id: int
    owner: str | None = None
    epoch: int = 0  # how often it was taken
    up: bool = False  # its owner is connected, and keeps it


@dataclass(frozen=True, kw_only=True)
class ShardView:
    """Members whose leases last, and the shards of their generations."""

    members: Sequence[ShardMember]
    leases: Sequence[ShardLease]

    @property
    def newest(self) -> int:
        """The number of shards of the newest generation."""
        began: dict[int, float] = {}
        for member in self.members:
            began[member.count] = min(member.joined_at, began.get(member.count, member.joined_at))
        return max(began, key=lambda count: (began[count], count))

    def of(self, count: int) -> Sequence[ShardLease]:
        """Return the shards of a generation, those without a lasting lease as free."""
        owners = {member.owner for member in self.members}
        return [
            lease if lease.owner in owners else ShardLease(count, lease.shard_id, None, lease.epoch)
            for lease in self.leases
            if lease.count == count
        ]

    def up_elsewhere(self, me: ShardMember) -> bool:
        """Tell whether another process of the generation is connected."""
        return any(lease.up and lease.owner not in (None, me.owner) for lease in self.of(me.count))

    def held(self, owner: str) -> Mapping[int, int]:
        """Return the shards of a process, with their epochs."""
        return {lease.shard_id: lease.epoch for lease in self.leases if lease.owner == owner}


@dataclass(frozen=True, kw_only=True)
class ShardPlan:
    """What a process does next: shards to take, or to give up."""

    take: Collection[int] = ()
    give: Collection[int] = ()


def plan(
    view: ShardView,
    me: ShardMember,
    *,
    now: float,
    idle: Collection[int] = (),
    may_take: bool = True,
    may_move: bool = True,
) -> ShardPlan:
    """Return what the process *me* does next. Its *idle* shards have not begun to start.

    A shard that has begun is handed over only if *may_move*, one at a time, while all are connected
    and who is to get it has settled: each move costs a start, and a moment without answers.
    """
    leases = view.of(me.count)
    mine = tuple(lease.shard_id for lease in leases if lease.owner == me.owner)
    free = tuple(lease.shard_id for lease in leases if lease.owner is None)
    if view.newest != me.count:
        newest = view.of(view.newest)
        if all(lease.owner and lease.up for lease in newest):
            return ShardPlan(give=mine)
        if not mine and all(lease.owner for lease in newest):  # one of them may reconnect
            return ShardPlan()
    peers = [member for member in view.members if member.count == me.count]
    held = Counter(lease.owner for lease in leases if lease.owner)
    shares = _shares(peers, held, me.count)
    excess = len(mine) - shares[me.owner]
    if excess <= 0:
        return ShardPlan(take=free[:-excess] if may_take else ())
    if unstarted := tuple(shard_id for shard_id in mine if shard_id in idle):
        return ShardPlan(give=unstarted[-excess:])
    wanting = [peer for peer in peers if held[peer.owner] < shares[peer.owner]]
    settled = all(now - peer.joined_at >= SETTLED for peer in wanting)
    if may_move and settled and all(lease.up for lease in leases):
        return ShardPlan(give=mine[-1:])
    return ShardPlan()


def _shares(members: Sequence[ShardMember], held: Mapping[str, int], count: int) -> dict[str, int]:
    """Return how many shards each has in the end; who has more now keeps one that is over."""
    least, over = divmod(count, len(members))
    ranked = sorted(members, key=lambda one: (-held.get(one.owner, 0), one.joined_at, one.owner))
    return {member.owner: least + (place < over) for place, member in enumerate(ranked)}
