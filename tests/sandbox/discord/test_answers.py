"""Answers that faults give in Discord's name, and what discord.py makes of them."""

import discord
import pytest

from sandbox.discord.answers import invalid_form, refused, refused_with, server_error
from sandbox.discord.api_errors import ErrorCode
from sandbox.faults import ALWAYS, Fault
from tests.sandbox.discord.conftest import Client


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (refused(ErrorCode.UNKNOWN_MESSAGE), 404, 10008),
        (refused_with(400, 30046), 400, 30046),
        (refused_with(403, 0, "403: Forbidden"), 403, 0),
        (invalid_form(), 400, 50035),
        (server_error(503), 503, 0),
        (server_error(503, "json"), 503, 0),
        (server_error(503, "text"), 503, 0),
    ],
)
async def test_the_library_takes_them_for_discords(connect, stand_in, answer, status, code):
    client = await connect(Client())
    channel = discord.utils.get(client.get_all_channels(), name="general")
    stand_in.faults.add(Fault(method="POST", path="*/messages", do=answer, times=ALWAYS))

    with pytest.raises(discord.HTTPException) as raised:
        await channel.send("x")

    assert (raised.value.status, raised.value.code) == (status, code)


@pytest.mark.parametrize("status", [500, 502, 504, 520])
def test_a_proxys_page_has_no_via(status):
    page = server_error(status)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "Via" not in page.headers
