"""Which proxy carries a request."""

import pytest

from bot.pixazo.client import PixazoClient
from bot.proxies import Proxies, shown
from bot.service.port_errors import NotSent
from tests.proxy import HttpProxy
from tests.samples import an_order

PLAIN, SECURE = "http://plain:3128/", "http://secure:3128/"


@pytest.mark.parametrize(
    ("address", "bypassed", "proxy"),
    [
        ("http://example.com/a", (), PLAIN),
        ("ws://example.com", (), PLAIN),
        ("https://example.com", (), SECURE),
        ("wss://gateway.discord.gg", (), SECURE),
        ("https://example.com", ("*",), None),
        ("https://example.com", ("example.com",), None),
        ("https://api.example.com", ("example.com",), None),
        ("https://api.example.com", (".example.com",), None),
        ("https://api.example.com", ("*.Example.com",), None),
        ("https://badexample.com", ("example.com",), SECURE),
        ("https://example.com", ("example.com:443",), None),
        ("https://example.com:8443", ("example.com:443",), SECURE),
        ("http://10.1.2.3", ("10.0.0.0/8",), None),
        ("http://10.1.2.3", ("10.1.2.3",), None),
        ("http://10.1.2.3:80", ("10.1.2.3:80",), None),
        ("http://11.1.2.3", ("10.0.0.0/8", "localhost"), PLAIN),
        ("http://[::1]:8080", ("::1",), None),
        ("http://[fd00::1]", ("::1",), PLAIN),
    ],
)
def test_the_proxy_goes_by_the_scheme_and_what_is_bypassed(address, bypassed, proxy):
    assert Proxies(plain=PLAIN, secure=SECURE, bypassed=bypassed).of(address) == proxy


def test_without_proxies_hosts_are_asked_directly():
    assert Proxies().of("https://example.com") is None


def test_a_proxy_is_shown_without_its_password():
    assert shown("http://user:secret@proxy:3128/") == "http://proxy:3128/"


@pytest.mark.parametrize("status", [b"403 Forbidden", b"407 No", b"502 Bad Gateway"])
async def test_an_order_that_the_proxy_does_not_let_out_was_not_sent(status):
    """What the proxy answers is no word of the vendor's: no key is refused, no wallet empty."""
    async with (
        HttpProxy.open() as proxy,
        PixazoClient.open(
            url="https://vendor.invalid",
            submit_path="/submit",
            key="key",
            submit_timeout=5,
            proxy=proxy.url,
        ) as client,
    ):
        proxy.answer = b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n"
        with pytest.raises(NotSent):
            await client.submit(an_order(), None)

        assert proxy.tunnels == {"vendor.invalid:443": 1}
