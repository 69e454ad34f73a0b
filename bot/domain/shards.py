"""Which process serves which guild, where several share the gateway."""

from dataclasses import dataclass


@dataclass(kw_only=True)
class Shards:
    """The shards of one process, of *count* in all.

    Those that are *leased* change while the process runs.
    """

    count: int = 1
    ids: frozenset[int] = frozenset({0})
    leased: bool = False

    @property
    def shown(self) -> str:
        """The shards as the operator names them; empty: all of them."""
        every = len(self.ids) == self.count
        return "" if every else ",".join(str(shard_id) for shard_id in sorted(self.ids))

    def cover(self, guild_id: int | None) -> bool:
        """Tell whether a guild belongs to these shards; ``None``: outside of guilds.

        https://discord.com/developers/docs/events/gateway#sharding
        """
        return ((guild_id or 0) >> 22) % self.count in self.ids
