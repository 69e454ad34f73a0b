"""The base of our own errors. Each layer has its own module of them.

``bot.domain.errors`` and ``bot.service.errors`` hold what the rules and the use cases reject;
``bot.service.port_errors`` holds what the store, the vendor and Discord may do instead of an
answer. An error carries data and is named for what its reader may conclude. The words that members
read are made of it in ``bot.ui.texts``.
"""

from dataclasses import dataclass


class ImagineError(Exception):
    """Base of everything that this program raises itself."""


@dataclass(eq=False, kw_only=True)
class InvalidSettings(ImagineError):
    """A setting is missing or wrong, and the operator can correct it."""

    setting: str
    reason: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.reason}"


class AlreadyRunning(ImagineError):
    """Another process of the same name holds the lock."""
