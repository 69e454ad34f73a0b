"""Which origins pictures may be fetched from, and which addresses those may have.

An exact origin (``http://127.0.0.1:9000``) is the operator's own word and is taken as it is. A
wildcard (``https://*.r2.dev``) covers names that others can register, so it demands https, the
default port and a public address.
"""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from yarl import URL

from bot.service.port_errors import PictureUnusable

_HTTPS_PORT: Final = 443
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# NAT64 inside one network, and the old way to write an IPv4 address as an IPv6 one.
_NEVER_PUBLIC: Final = (ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("::/96"))


@dataclass(frozen=True)
class Origin:
    """A scheme, a host and a port; the host may begin with ``*.`` for every name below it."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``scheme://host[:port]``. Raises :class:`ValueError` that says what is wrong."""
        url = URL(text.replace("://*.", "://wildcard.", 1))
        if url.scheme not in {"http", "https"} or url.host is None or url.port is None:
            raise ValueError("must be origins: scheme://host[:port]")
        if url != url.origin() and url != url.origin() / "":
            raise ValueError("must be origins and no more: scheme://host[:port]")
        wildcard = "://*." in text
        host = "*" + url.host.removeprefix("wildcard") if wildcard else url.host
        if "*" in host[1:] or (host.startswith("*") and host.count(".") < 2):  # noqa: PLR2004
            raise ValueError("a wildcard must stand before a whole domain: https://*.r2.dev")
        if wildcard and (url.scheme != "https" or url.port != _HTTPS_PORT):
            raise ValueError("a wildcard must be of https and its port")
        return cls(url.scheme, host, url.port)

    @property
    def exact(self) -> bool:
        """Whether it names one host."""
        return not self.host.startswith("*")

    def covers(self, url: URL) -> bool:
        """Tell whether *url* lies on this origin."""
        if (url.scheme, url.port) != (self.scheme, self.port) or url.host is None:
            return False
        if self.exact:
            return url.host == self.host
        return url.host.endswith(self.host[1:]) and not _is_address(url.host)


def covering(origins: Iterable[Origin], url: URL) -> Origin | None:
    """Return the origin that covers *url*, an exact one first; ``None``: no origin does."""
    if url.user is not None or url.password is not None:
        return None
    found = [origin for origin in origins if origin.covers(url)]
    return max(found, key=lambda origin: origin.exact, default=None)


class PublicResolver(AbstractResolver):
    """Resolves names to their public addresses only, so that what is checked is what is used."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the public addresses of *host*.

        Raises PictureUnusable where it has other ones only, and
        :class:`OSError` where it has none.
        """
        found = await self._resolver.resolve(host, port, family)
        public = [result for result in found if is_public(result["host"])]
        if not public:
            raise PictureUnusable("the picture's host has no public address")
        return public

    async def close(self) -> None:
        """Close the resolver behind this one."""
        await self._resolver.close()


def is_public(address: str) -> bool:
    """Tell whether *address* is one of the open internet's."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.is_site_local or any(parsed in network for network in _NEVER_PUBLIC):
            return False
        parsed = _inner(parsed) or parsed
    return parsed.is_global and not parsed.is_multicast


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that *address* leads to, if it does."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
