"""Which process hears of which guild, where several share the gateway."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Shards:
    """Some of so many shards."""

    count: int = 1
    ids: frozenset[int] = frozenset({0})

    def cover(self, guild_id: int | None) -> bool:
        """Tell whether a guild, or ``None`` for what is outside of guilds, is one of theirs.

        https://discord.com/developers/docs/events/gateway#sharding
        """
        return ((guild_id or 0) >> 22) % self.count in self.ids
