"""What a card says while it waits, and to whom: as members see it, over real sockets."""

import pytest

from tests.acceptance.driver import (
    Server,
    delivered,
    restart,
    says,
    set_limits,
    words,
)

TOO_LONG = "This is taking longer than usual."


@pytest.fixture
async def server(shared):
    """A new server without limits; afterwards the vendor goes on."""
    server = Server(shared)
    await set_limits(server.mira, member_per_day=0, member_at_once=0)
    yield server
    shared.pixazo.release_states()


@pytest.mark.parametrize("killed", [False, True])
async def test_an_estimate_is_gone_once_it_is_over_and_then_the_card_says_that_it_takes_long(
    shared, server, killed
):
    first = await server.noah.command("imagine", prompt="a quick one")
    await first.until(delivered(1))
    shared.pixazo.hold_states()

    sent = await server.noah.command("imagine", prompt="a slow one")
    await sent.until(says("usually takes about 5 seconds"))
    if killed:
        await restart(shared)
    await sent.until(says(TOO_LONG))

    assert "usually takes" not in words(sent.message)
    shared.pixazo.release_states()
    card = await sent.until(delivered(1))
    assert TOO_LONG not in words(card)
