"""Which HTTP proxy carries a request, by ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY``."""

import ipaddress
from dataclasses import dataclass
from typing import Final

from yarl import URL

_SECURE: Final = frozenset({"https", "wss"})
_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}


@dataclass(frozen=True, kw_only=True)
class Proxies:
    """The proxies of plain and of encrypted requests, and the hosts that none is for."""

    plain: str | None = None
    secure: str | None = None
    bypassed: tuple[str, ...] = ()  # domains with all below them, addresses, networks; *: all

    def of(self, address: str | URL) -> str | None:
        """Return the proxy for *address*, with its password; ``None``: ask the host itself."""
        url = URL(address)
        proxy = self.secure if url.scheme in _SECURE else self.plain
        if proxy is None or any(_covers(entry, url) for entry in self.bypassed):
            return None
        return proxy


NO_PROXIES: Final = Proxies()


def shown(proxy: str) -> str:
    """Return the address of a proxy without user and password."""
    return str(URL(proxy).with_user(None))


def _covers(entry: str, url: URL) -> bool:
    """Tell whether an entry of NO_PROXY, such as ``.example.com:443``, is about *url*."""
    if entry == "*":
        return True
    host = (url.host or "").lower()
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        pass  # one of them is a name, or has a port
    name, _, port = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
    if port and port != str(url.port or _PORTS.get(url.scheme)):
        return False
    name = name.lower().removeprefix("*").removeprefix(".").strip("[]")
    return bool(name) and (host == name or host.endswith(f".{name}"))
