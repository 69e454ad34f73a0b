"""The allow list of origins that pictures are downloaded from, and of their addresses.

An exact origin (``http://127.0.0.1:9000``) is trusted as the operator wrote it. A wildcard
(``https://*.r2.dev``) covers names that anyone can register, so it requires https, the default
port and a public IP address.
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Self

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver
from yarl import URL

from bot.domain.job import Obstacle
from bot.service.port_errors import MediaUnavailable

_HTTPS_PORT: Final = 443
_NOWHERE: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - answers of block lists
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# Local-use NAT64, and the deprecated IPv4-compatible IPv6 addresses.
_NEVER_PUBLIC: Final = (ipaddress.ip_network("64:ff9b:1::/48"), ipaddress.ip_network("::/96"))


@dataclass(frozen=True)
class Origin:
    """A scheme, a host and a port. A host ``*.domain`` covers every name below the domain."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``scheme://host[:port]``; raises ValueError, whose message says why."""
        wildcard = "://*." in text
        url = URL(text.replace("://*.", "://", 1))
        if url.scheme not in {"http", "https"} or url.host is None or url.port is None:
            raise ValueError("must be origins: scheme://host[:port]")
        if url != url.origin() and url != url.origin() / "":
            raise ValueError("must be origins and no more: scheme://host[:port]")
        if "*" in url.host or (wildcard and "." not in url.host):
            raise ValueError("a wildcard must come before a whole domain: https://*.r2.dev")
        if wildcard and (url.scheme != "https" or url.port != _HTTPS_PORT):
            raise ValueError("a wildcard must be of https and its port")
        return cls(url.scheme, f"*.{url.host}" if wildcard else url.host, url.port)

    @property
    def address(self) -> str:
        """The origin as a URL, as it is set."""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def exact(self) -> bool:
        """Whether it names one host."""
        return not self.host.startswith("*")

    def covers(self, url: URL) -> bool:
        """Tell whether *url* is of this origin."""
        if (url.scheme, url.port) != (self.scheme, self.port) or url.host is None:
            return False
        if self.exact:
            return url.host == self.host
        return url.host.endswith(self.host[1:]) and not _is_address(url.host)


def covering(origins: Iterable[Origin], url: URL) -> Origin | None:
    """Return the origin that covers *url*, preferring an exact one; ``None``: no origin does."""
    if url.user is not None or url.password is not None:
        return None
    matching = [origin for origin in origins if origin.covers(url)]
    return max(matching, key=lambda origin: origin.exact, default=None)


class PublicResolver(AbstractResolver):
    """Resolver that returns public addresses only: the checked address is the one connected to."""

    def __init__(self, resolver: AbstractResolver | None = None) -> None:
        self._resolver = resolver or DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the public addresses of *host*; raises MediaUnavailable if there are none."""
        results = await self._resolver.resolve(host, port, family)
        public = [result for result in results if is_public(result["host"])]
        if not public:
            addresses = ", ".join(sorted({result["host"] for result in results}))
            raise MediaUnavailable(
                f"{host} has no public address but {addresses}",
                obstacle=Obstacle.ADDRESS,
                origin=f"https://{host}",
            )
        return public

    async def close(self) -> None:
        """Close the wrapped resolver."""
        await self._resolver.close()


async def problems(
    origins: Iterable[Origin],
    addresses: Iterable[str],
    resolver: AbstractResolver,
    *,
    proxied: Callable[[str], bool] = lambda _host: False,
) -> list[str]:
    """Return what would keep pictures from being fetched, from *addresses* and in general.

    A host that is *proxied* needs no address here.
    """
    origins, hosts, found = tuple(origins), set[str](), set[str]()
    for address in addresses:
        try:
            url = URL(address)
        except ValueError:
            continue  # not the operator's to change
        origin = covering(origins, url)
        if origin is None:
            found.add(f"MEDIA_ORIGINS does not list {text_of(url)}, where an order's pictures are")
        elif not origin.exact:
            hosts.add(url.host or "")
    sample = {origin.host.replace("*", "imagine-check", 1) for origin in origins}
    for host in sorted(hosts | sample):
        exact = any(origin.host == host for origin in origins)
        try:
            results = await resolver.resolve(host, _HTTPS_PORT, socket.AF_UNSPEC)
        except OSError as error:
            if (host in hosts or exact) and not proxied(host):
                found.add(f"the DNS has no address for {host}: {error}")
            continue
        private = {result["host"] for result in results if not is_public(result["host"])}
        if len(private) == len(results) and not (exact and private.isdisjoint(_NOWHERE)):
            found.add(f"the DNS answers {', '.join(sorted(private))} for {host}, no public address")
    return sorted(found)


def text_of(url: URL) -> str:
    """Return the origin of any URL as text."""
    port = "" if url.explicit_port is None else f":{url.explicit_port}"
    return f"{url.scheme}://{url.host or ''}{port}"


def is_public(address: str) -> bool:
    """Tell whether *address* is a public unicast IP address."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.is_site_local or any(parsed in network for network in _NEVER_PUBLIC):
            return False
        parsed = _embedded_ipv4(parsed) or parsed
    return parsed.is_global and not parsed.is_multicast


def _embedded_ipv4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that *address* is translated to, if any."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
