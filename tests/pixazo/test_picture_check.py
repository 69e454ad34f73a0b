"""The gateway's check of pictures, against the vendor's stand-in."""

from pathlib import Path

import pytest

from bot.domain.flag_conditions import FlagCondition
from bot.pixazo.picture_check import GatewayCheck
from bot.service.port_errors import CheckUnavailable
from bot.service.ports.picture_check import CheckResult
from sandbox.faults import Answer, Cut, Fault
from sandbox.pixazo.wire import MODERATION_PATH
from tests.pixazo.conftest import KEY
from tests.samples import an_order

FILE = Path("1")


@pytest.fixture
def check(client):
    conditions = [FlagCondition.parse("result.scores.sexual>=0.7")]
    return GatewayCheck(client, path=MODERATION_PATH, conditions=conditions, within=2.0, at_once=2)


@pytest.fixture
async def address(pixazo, client):
    async def address(prompt):
        ticket = await client.submit(an_order(prompt=prompt), None)
        pixazo.move(ticket.request_id, "COMPLETED")
        return (await client.status(ticket.request_id)).media[0]

    return address


@pytest.mark.parametrize(("prompt", "flagged"), [("a boat", False), ("undressed", True)])
async def test_the_picture_is_named_by_its_address(pixazo, check, address, prompt, flagged):
    result = await check.check(FILE, address=await address(prompt))

    assert result == CheckResult(flagged=flagged, reason="sexual" if flagged else "")
    [call] = pixazo.journal.find("POST", MODERATION_PATH)
    assert call.headers["Ocp-Apim-Subscription-Key"] == KEY


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(status=500, body=b"{}"),
        Answer(status=402, body=b"{}"),
        Answer(status=202, body=b'{"request_id": "content-safety_1"}'),
        Answer(status=200, body=b"flagged"),
        Answer(status=200, body=b'{"scores": {}}'),
        Answer(status=200, body=b"[" * 5000),
        Cut(),
    ],
)
async def test_without_a_usable_answer_it_is_away_and_asked_once(pixazo, check, trouble):
    pixazo.faults.add(Fault(method="POST", path=MODERATION_PATH, do=trouble, times=1))
    with pytest.raises(CheckUnavailable):
        await check.check(FILE, address="https://pub-1.r2.dev/v1/r-1/output.png")
    assert len(pixazo.journal.find("POST", MODERATION_PATH)) == 1
