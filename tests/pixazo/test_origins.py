"""Where pictures may come from."""

import socket

import pytest
from aiohttp.abc import AbstractResolver
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from bot.pixazo.origins import Origin, PublicResolver, covering, is_public, problems
from bot.service.port_errors import MediaUnavailable

R2 = Origin.parse("https://*.r2.dev")
LOCAL = Origin.parse("http://127.0.0.1:9000")


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://*.r2.dev", Origin("https", "*.r2.dev", 443)),
        ("https://*.R2.DEV", Origin("https", "*.r2.dev", 443)),
        ("https://*.r2.dev:443", Origin("https", "*.r2.dev", 443)),
        ("https://media.example.com", Origin("https", "media.example.com", 443)),
        ("https://media.example.com/", Origin("https", "media.example.com", 443)),
        ("https://media.example.com:8443", Origin("https", "media.example.com", 8443)),
        ("http://127.0.0.1:9000", Origin("http", "127.0.0.1", 9000)),
        ("http://[::1]:9000", Origin("http", "::1", 9000)),
    ],
)
def test_an_origin_is_a_scheme_a_host_and_a_port(text, origin):
    assert Origin.parse(text) == origin
    assert origin.exact == ("*" not in text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "r2.dev",
        "*.r2.dev",
        "https://",
        "https://*",
        "https://*.",
        "https://*.dev",
        "https://*r2.dev",
        "https://a.*.dev",
        "https://*.*.dev",
        "http://*.r2.dev",
        "https://*.r2.dev:8443",
        "ftp://media.example.com",
        "https://media.example.com/path",
        "https://media.example.com?query",
        "https://media.example.com#fragment",
        "https://user@media.example.com",
        "https://user:password@media.example.com",
        "https://media.example.com:99999",
        "https://[::1",
    ],
)
def test_what_is_no_origin_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Origin.parse(text)


@pytest.mark.parametrize(
    "address",
    [
        "https://pub-582b7213209642b9b995c96c95a30381.r2.dev/v1/a/output.png",
        "https://pub-1.R2.DEV/output.png",
        "HTTPS://pub-1.r2.dev/output.png",
        "https://pub-1.r2.dev:443/output.png",
        "https://a.b.r2.dev/output.png?x=1",
        "https://b\u00fccher.r2.dev/output.png",
        "http://127.0.0.1:9000/output.png",
    ],
)
def test_what_lies_on_a_listed_origin_is_covered(address):
    assert covering([R2, LOCAL], URL(address)) is not None


@pytest.mark.parametrize(
    "address",
    [
        "http://pub-1.r2.dev/output.png",
        "https://r2.dev/output.png",
        "https://evilr2.dev/output.png",
        "https://evil.r2.dev.attacker.com/output.png",
        "https://attacker.com/.r2.dev",
        "https://attacker.com#.r2.dev",
        "https://attacker.com?.r2.dev",
        "https://attacker.com\\.r2.dev/output.png",
        "https://pub-1.r2.dev:8443/output.png",
        "https://pub-1.r2.dev./output.png",
        "https://user@pub-1.r2.dev/output.png",
        "https://user:password@pub-1.r2.dev/output.png",
        "https://pub-1.r2.dev@attacker.com/output.png",
        "http://user@127.0.0.1:9000/output.png",
        "http://127.0.0.1/output.png",
        "http://127.0.0.1:9001/output.png",
        "https://127.0.0.1:9000/output.png",
        "http://127.0.0.2:9000/output.png",
        "http://[::ffff:127.0.0.1]:9000/output.png",
        "http://2130706433:9000/output.png",
        "https://[::1]/output.png",
        "https://169.254.169.254/latest/meta-data",
        "ftp://pub-1.r2.dev/output.png",
        "file:///etc/passwd",
        "//pub-1.r2.dev/output.png",
        "/output.png",
        "",
    ],
)
def test_what_only_looks_like_a_listed_origin_is_not_covered(address):
    try:
        url = URL(address)
    except ValueError:
        return  # it makes no sense at all

    assert covering([R2, LOCAL], url) is None


def test_an_exact_origin_goes_before_a_wildcard():
    """The operator's own word exempts it from the checks that a wildcard needs."""
    exact = Origin.parse("https://pub-1.r2.dev")

    assert covering([R2, exact], URL("https://pub-1.r2.dev/a")) is exact
    assert covering([exact, R2], URL("https://pub-2.r2.dev/a")) is R2


@given(st.text(max_size=60))
def test_any_text_is_an_address_on_no_listed_origin_or_no_address(text):
    try:
        url = URL(text)
    except ValueError:
        return

    assert covering([R2, LOCAL], url) is None or ".r2.dev" in text.lower()


PUBLIC = ["104.18.2.35", "1.1.1.1", "2606:4700::6812:223", "2001:4860:4860::8888"]
NOT_PUBLIC = [
    "127.0.0.1",
    "127.1.2.3",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",  # shared by a carrier
    "169.254.169.254",  # a cloud's metadata
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",  # IPv4-compatible
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456:789a::1",
    "fec0::1",  # site-local
    "ff02::1",
    "2001:db8::1",
    "100::1",
    "::ffff:127.0.0.1",  # mapped
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",  # NAT64 of 127.0.0.1
    "64:ff9b::a9fe:a9fe",  # NAT64 of 169.254.169.254
    "64:ff9b:1::7f00:1",  # NAT64 of a network's own
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "2002:a00:1::1",  # 6to4 of 10.0.0.1
    "2001:0:7f00:1::",  # Teredo
]


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internets_addresses_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_that_lead_inside_are_not_public(address):
    """A name that others can register must not lead into the operator's own network."""
    assert not is_public(address)


class FixedResolver(AbstractResolver):
    """Knows one answer."""

    def __init__(self, *addresses):
        self.addresses = addresses
        self.closed = False

    async def resolve(self, host, port=0, family=socket.AF_INET):  # noqa: ARG002 - the port's
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
            for address in self.addresses
        ]

    async def close(self):
        self.closed = True


async def test_only_public_addresses_of_a_name_are_used():
    """What is checked is what is used: no second look-up could say something else."""
    resolver = PublicResolver(FixedResolver("127.0.0.1", "1.1.1.1", "::1", "::ffff:10.0.0.1"))

    found = await resolver.resolve("pub-1.r2.dev", 443)

    assert [result["host"] for result in found] == ["1.1.1.1"]


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("fe80::1", "10.0.0.1"), ()])
async def test_a_name_without_a_public_address_has_no_picture(addresses):
    resolver = PublicResolver(FixedResolver(*addresses))

    with pytest.raises(MediaUnavailable):
        await resolver.resolve("pub-1.r2.dev", 443)


async def test_the_resolver_behind_is_closed_too():
    inner = FixedResolver()

    await PublicResolver(inner).close()

    assert inner.closed


class Names(FixedResolver):
    """Knows some names, and no others."""

    def __init__(self, **answers):
        super().__init__()
        self.answers = {name.replace("_", "."): address for name, address in answers.items()}

    async def resolve(self, host, port=0, family=socket.AF_INET):
        if host not in self.answers:
            raise OSError("unknown")
        self.addresses = (self.answers[host],)
        return await super().resolve(host, port, family)


@pytest.mark.parametrize(
    ("address", "answers", "problem"),
    [
        ("https://pub.r2.dev/1.png", {"pub_r2_dev": "1.1.1.1", "own_example": "10.0.0.1"}, None),
        ("https://cdn.example/1.png", {"own_example": "1.1.1.1"}, "list https://cdn.example,"),
        ("https://pub.r2.dev/1.png", {"own_example": "1.1.1.1"}, "no address for pub.r2.dev"),
        ("https://pub.r2.dev/1.png", {"pub_r2_dev": "1.1.1.1"}, "no address for own.example"),
        ("https://own.example/1.png", {"own_example": "0.0.0.0"}, "0.0.0.0 for own.example"),
        (
            "https://[broken",
            {"imagine-check_r2_dev": "198.18.0.7", "own_example": "1.1.1.1"},
            "198.18.0.7 for imagine-check.r2.dev",
        ),
    ],
)
async def test_what_keeps_pictures_from_being_fetched_is_found(address, answers, problem):
    listed = (Origin.parse("https://*.r2.dev"), Origin.parse("https://own.example"))

    found = await problems(listed, [address], Names(**answers))

    assert len(found) == (problem is not None)
    assert problem is None or problem in found[0]
