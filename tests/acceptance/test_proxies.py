"""HTTP proxies: all that the bot asks for goes through them, or what NO_PROXY names does not."""

import pytest
from yarl import URL

from tests.acceptance.driver import CHECK, delivered
from tests.proxy import PASSWORD, HttpProxy


@pytest.fixture
async def proxy():
    async with HttpProxy.open() as opened:
        yield opened


def ports(sandbox):
    """Return the ports of Discord, the vendor and its pictures."""
    addresses = (sandbox.discord.origin, sandbox.pixazo.origin, sandbox.pixazo.media_origin)
    return {URL(address).port for address in addresses}


async def test_everything_goes_through_the_proxy(sandbox, start, noah, proxy):
    """The names mean something to the proxy only."""
    names = {
        name: value.replace("127.0.0.1", "elsewhere.invalid")
        for name, value in sandbox.bot_environment().items()
        if name in {"DISCORD_API_URL", "DISCORD_GATEWAY_URL", "PIXAZO_URL"}
    }
    bot = await start(HTTP_PROXY=proxy.url, LOG_LEVEL="DEBUG", **names)

    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(delivered(1))
    assert set(proxy.forwarded) == ports(sandbox)

    if not sandbox.by_http:
        sandbox.discord.gateway.drop()
        await bot.wait_line("successfully RESUMED")
    assert not [line for line in bot.log if PASSWORD in line]


async def test_what_no_proxy_names_is_asked_directly(sandbox, start, noah, proxy):
    await start(HTTP_PROXY=proxy.url, NO_PROXY="example.com, 127.0.0.0/8")

    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(delivered(1))
    assert not proxy.forwarded


@CHECK
async def test_check_says_which_proxy_is_used(operate, proxy):
    status, lines = await operate("check", HTTP_PROXY=proxy.url)

    assert status == 0
    (line,) = [line for line in lines if "proxies:" in line]
    assert str(URL(proxy.url).port) in line
    assert PASSWORD not in "\n".join(lines)
    assert proxy.forwarded
