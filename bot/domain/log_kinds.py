"""Kinds of lines in a server's log channel, of which moderators choose."""

from enum import StrEnum
from typing import Final


class LogKind(StrEnum):
    """A kind of line. The values are stored: keep them.

    Reports, held pictures, and what the operator does to the server are not among them: they are
    always written.
    """

    WORDS = "words"  # refused prompts
    DEEDS = "deeds"  # what moderators did to orders
    BLOCKS = "blocks"
    CHANGES = "changes"  # of the rules
    SERVICE = "service"  # the lane closed, or works again
    BUDGET = "budget"  # the server's own is used to a step
    ORDERS = "orders"  # each one, but for private ones
    PRIVATE_ORDERS = "private_orders"  # each one, without its prompt


USUAL_KINDS: Final[tuple[str, ...]] = tuple(
    kind for kind in LogKind if kind not in {LogKind.ORDERS, LogKind.PRIVATE_ORDERS}
)
