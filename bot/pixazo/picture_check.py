"""Checks pictures with the gateway's content-safety operation: as documented, not tried.

Its answer is not documented: the operator says which values in it flag a picture.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.domain import flag_conditions
from bot.domain.flag_conditions import FlagCondition, UnreadableAnswer
from bot.pixazo.client import PixazoClient
from bot.service.port_errors import CheckUnavailable, OutcomeUnknown
from bot.service.ports.picture_check import CheckResult

LONGEST_REASON: Final = 100  # characters


class GatewayCheck:
    """Adapter of the operation, which takes the address of a picture; a call may cost money."""

    repeatable = False

    def __init__(
        self,
        client: PixazoClient,
        *,
        path: str,
        conditions: Sequence[FlagCondition],
        within: float,
        at_once: int,
    ) -> None:
        """*within* so many seconds an answer is waited for; *at_once*: calls."""
        self._client = client
        self._path = path
        self._conditions = conditions
        self._within = within
        self._slots = asyncio.Semaphore(at_once)

    async def check(self, path: Path, *, address: str) -> CheckResult:  # noqa: ARG002 - of the port
        """Have the picture at *address* checked. Raises CheckUnavailable."""
        async with self._slots:
            try:
                answer = await self._client.call(
                    self._path, {"image_url": address}, within=self._within
                )
                found = flag_conditions.reasons(answer, self._conditions)
            except (OutcomeUnknown, UnreadableAnswer) as error:
                raise CheckUnavailable(str(error)) from error
        return CheckResult(flagged=bool(found), reason=", ".join(found)[:LONGEST_REASON])
