"""Services for bots whose commands are looked at, but never called."""

from typing import Any

from bot.service.cog_services import CogServices

_NONE: Any = None
NO_SERVICES = CogServices(
    orders=_NONE,
    actions=_NONE,
    reports=_NONE,
    reported=_NONE,
    held=_NONE,
    history=_NONE,
    account=_NONE,
    preferences=_NONE,
    surprises=_NONE,
    limits=_NONE,
    figures=_NONE,
    blocks=_NONE,
    denials=_NONE,
    operators=_NONE,
    operations=_NONE,
    status=_NONE,
    membership=_NONE,
)
