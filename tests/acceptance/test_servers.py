"""Servers as they are: age-restricted as a whole."""

import pytest

from tests.acceptance.driver import Server, delivered, refusal, set_limits


@pytest.mark.parametrize(("level", "whole"), [(0, False), (1, True), (2, False), (3, True)])
async def test_a_server_that_is_age_restricted_as_a_whole_takes_orders_in_every_channel(
    sandbox, start, level, whole
):
    await start()
    server = Server(sandbox, nsfw_level=level)
    await set_limits(server.mira, age_restricted_only=True)

    if whole:
        sent = await server.noah.command("imagine", prompt="a bat")
        await sent.until(delivered(1))
    else:
        assert "age-restricted channels" in await refusal(server.noah)
