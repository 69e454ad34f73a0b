"""Use cases of members: their settings, the defaults of their orders, and their own styles."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import replace
from typing import Final

from bot.domain import preferences, styles
from bot.domain.errors import InvalidOption
from bot.domain.preferences import Preferences
from bot.domain.styles import Style
from bot.service.port_errors import StoreUnavailable
from bot.service.ports.store import Guilds, Members, MemberSettings, Ping, PingIn
from bot.service.settings import ServiceSettings

KEPT: Final = 3.0  # seconds; each typed letter asks again


class MemberPreferences:
    """A member's settings, and the styles that they can choose."""

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        members: Members,
        guilds: Guilds,
        now: Callable[[], float],
    ) -> None:
        self._within = settings.styles_within
        self._members = members
        self._guilds = guilds
        self._now = now
        # Cache by server or member, each with its expiry.
        self._kept: dict[Hashable, tuple[float, Preferences]] = {}

    async def settings(self, member_id: int) -> MemberSettings:
        """Return the member's settings."""
        return await self._members.settings(member_id)

    async def set_ping(
        self, member_id: int, ping: Ping | None = None, ping_in: PingIn | None = None
    ) -> MemberSettings:
        """Set when, or where, the member is pinged; return the settings then."""

        def how(before: MemberSettings) -> MemberSettings:
            return replace(before, ping=ping or before.ping, ping_in=ping_in or before.ping_in)

        return await self._members.change(member_id, how)

    async def set_defaults(
        self, member_id: int, changes: Mapping[str, object]
    ) -> tuple[MemberSettings, list[InvalidOption]]:
        """Change those defaults, by the options' names; return the settings then, and the faults.

        ``None`` removes a default. What is valid is changed, whatever the rest is.
        """
        faults: list[InvalidOption] = []

        def how(before: Preferences) -> Preferences:
            after, faults[:] = preferences.with_defaults(before, changes)
            return after

        return await self._change(member_id, how), faults

    async def set_style(
        self, member_id: int, name: str, words: str, *, was: str = ""
    ) -> MemberSettings:
        """Add an own style, or change the one that *was*; without *words* it is removed.

        Raises ChangeRejected.
        """

        def how(before: Preferences) -> Preferences:
            if words:
                return preferences.with_style(before, name, words, was=was)
            return preferences.without_style(before, was or name)

        return await self._change(member_id, how)

    async def forget_defaults(self, member_id: int) -> MemberSettings:
        """Remove all defaults; own styles stay."""
        return await self._change(
            member_id, lambda before: replace(before, defaults=preferences.NO_DEFAULTS)
        )

    async def recent(self, member_id: int) -> Preferences:
        """Return the member's defaults and own styles, to fill a form.

        They may be a few seconds old. None when the store does not answer in time.
        """

        async def load() -> Preferences:
            return (await self._members.settings(member_id)).preferences

        return await self._cached(("member", member_id), load)

    async def offered(self, guild_id: int | None, member_id: int) -> Preferences:
        """Return the member's defaults, and the styles to choose from, as :meth:`recent`.

        The styles are the member's own, then the server's.
        """
        own, servers = await asyncio.gather(self.recent(member_id), self.server_styles(guild_id))
        return replace(own, styles=styles.together(own.styles, servers))

    async def server_styles(self, guild_id: int | None) -> tuple[Style, ...]:
        """Return the server's own styles, for autocomplete; as :meth:`recent`."""
        if guild_id is None:
            return ()

        async def load() -> Preferences:
            return Preferences(styles=(await self._guilds.rules(guild_id)).styles)

        return (await self._cached(("server", guild_id), load)).styles

    def styles_changed(self, guild_id: int | None) -> None:
        """Drop the cached styles of a server; other processes notice within seconds."""
        self._kept.pop(("server", guild_id), None)

    async def _change(
        self, member_id: int, how: Callable[[Preferences], Preferences]
    ) -> MemberSettings:
        after = await self._members.change(
            member_id, lambda before: replace(before, preferences=how(before.preferences))
        )
        self._kept.pop(("member", member_id), None)
        return after

    async def _cached(
        self, key: Hashable, load: Callable[[], Awaitable[Preferences]]
    ) -> Preferences:
        now = self._now()
        self._kept = {cached: entry for cached, entry in self._kept.items() if now < entry[0]}
        if (kept := self._kept.get(key)) is not None:
            return kept[1]
        try:
            async with asyncio.timeout(self._within):
                loaded = await load()
        except (StoreUnavailable, TimeoutError):
            return Preferences()
        self._kept[key] = (now + KEPT, loaded)
        return loaded
