"""Ports of the vendor: its request queue and its pictures."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from bot.domain.job import Update
from bot.domain.order import Order

# No request has this id: the answer to a status call for it depends on the address and the key.
NO_REQUEST: Final = "imagine-check"


@dataclass(frozen=True, kw_only=True)
class Callback:
    """Where and when the vendor may call back."""

    url: str = field(repr=False)  # it carries a secret
    mode: str  # "sync" or "terminal"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A downloaded picture: checked, and small enough to be sent. Sides are in pixels."""

    path: Path
    extension: str  # png, jpg, webp or gif, by its bytes
    width: int
    height: int
    shrunk: bool  # made smaller than the vendor's, to fit


class VendorQueue(Protocol):
    """The vendor's request queue."""

    async def submit(self, order: Order, callback: Callback | None) -> Update:
        """Send *order* once and return the vendor's answer.

        Raises:
            VendorRefused: or a subclass; nothing runs and nothing is billed.
            RateLimited: nothing runs and nothing is billed; a later submit may succeed.
            NotSent: nothing reached the vendor.
            OutcomeUnknown: it may be running and billed.
        """

    async def status(self, request_id: str) -> Update:
        """Return the state of a request.

        Raises:
            KeyRejected: the vendor does not accept the key.
            RateLimited: the vendor asks to call later.
            RequestNotFound: the vendor does not know the request.
            OutcomeUnknown: no usable answer came.
        """


class Media(Protocol):
    """The vendor's pictures: their download, and what of it is on disk."""

    async def load(self, path: Path, *, order: str, limit: int) -> Picture | None:
        """Return the sound picture at *path*, made to fit *limit* bytes; ``None``: there is none.

        *order*: its public id, for the mark. Raises PictureUnusable if it can't be made to fit.
        """

    async def fetch(self, address: str, path: Path, *, order: str, limit: int) -> Picture:
        """Return the picture at *path* as :meth:`load` does, downloaded from *address* if needed.

        Makes its folder. Tries once. Raises MediaUnavailable, or its subclass PictureUnusable.
        """

    async def thumbnail(self, path: Path, *, side: int) -> bytes:
        """Return the picture at *path* as a JPEG with sides of at most *side* pixels.

        Raises MediaUnavailable, or its subclass PictureUnusable.
        """
