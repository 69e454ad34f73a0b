"""Use cases of the operator: bar servers and members from ordering, and lift that."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.domain.deeds import Deed, DeedKind
from bot.domain.denials import Denial, DeniedKind, denial_of
from bot.service.deed_outbox import new_deed
from bot.service.operations import COMMAND_LINE
from bot.service.ports.store import Denials

log = logging.getLogger(__name__)

ON_PAGE: Final = 8  # denials


@dataclass(frozen=True, kw_only=True)
class DenialPage:
    """A page of the denials that hold, newest first."""

    denials: Sequence[Denial]
    total: int
    number: int  # from 0

    @property
    def of(self) -> int:
        """The number of pages, at least one."""
        return max(-(-self.total // ON_PAGE), 1)


class DenialService:
    """Bars servers and members from ordering, by the word of an operator.

    *by* is the operator's id; ``None``: by the command line. What waits is given back by recovery;
    what was sent goes on. A server reads of it in its log channel.
    """

    def __init__(
        self,
        *,
        denials: Denials,
        now: Callable[[], float],
        wake_recovery: Callable[[], None] = lambda: None,
        tell_deeds: Callable[[], None] = lambda: None,
    ) -> None:
        self._denials = denials
        self._now = now
        self._wake_recovery = wake_recovery  # it ends what waits
        self._tell_deeds = tell_deeds

    async def bar(
        self, kind: DeniedKind, subject_id: int, *, by: int | None, hours: int | None, reason: str
    ) -> Denial:
        """Bar a server or member, for *hours* or until it is lifted; it replaces an earlier bar.

        Raises InvalidLimit.
        """
        denial = denial_of(kind, subject_id, by=by, now=self._now(), hours=hours, reason=reason)
        told = self._told(DeedKind.DENY, kind, subject_id, until=denial.until, reason=denial.reason)
        await self._denials.add(denial, deeds=told)
        log.info(
            "barred from ordering: %s=%d by=%s until=%s",
            kind,
            subject_id,
            by or COMMAND_LINE,
            denial.until,
        )
        self._wake_recovery()
        self._tell_deeds()
        return denial

    async def lift(self, kind: DeniedKind, subject_id: int, *, by: int | None) -> bool:
        """Let a server or member order again; ``False``: it was not barred."""
        told = self._told(DeedKind.ALLOW, kind, subject_id)
        lifted = await self._denials.lift(kind, subject_id, deeds=told)
        if lifted:
            log.info("bar from ordering lifted: %s=%d by=%s", kind, subject_id, by or COMMAND_LINE)
            self._tell_deeds()
        return lifted

    async def page(self, number: int) -> DenialPage:
        """Return a page of the denials that hold; beyond the last one, the last one."""
        page = await self._page(number)
        return page if page.number < page.of else await self._page(page.of - 1)

    async def _page(self, number: int) -> DenialPage:
        denials, total = await self._denials.page(
            now=self._now(), skip=number * ON_PAGE, most=ON_PAGE
        )
        return DenialPage(denials=denials, total=total, number=number)

    def _told(self, what: DeedKind, kind: DeniedKind, guild_id: int, **detail: Any) -> list[Deed]:
        if kind is not DeniedKind.SERVER:
            return []
        return [new_deed(what, guild_id=guild_id, at=self._now(), detail=detail, tell_member=False)]
