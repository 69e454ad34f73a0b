"""The registration of the commands, which keeps the bot from nothing else."""

import pytest

from sandbox.discord.api_errors import ApiError
from sandbox.faults import Cut, Fault
from tests.acceptance.driver import eventually

LAUNCH = {"type": 4, "name": "launch", "description": "Play", "handler": 2, "contexts": [0]}
NOT_REGISTERED = "commands not registered, retrying"


def names(sandbox):
    return {command["name"] for command in sandbox.discord.commands.of()}


async def test_an_entry_point_command_is_carried_along(sandbox, start):
    before, _ = sandbox.discord.commands.put(LAUNCH | {"name_localizations": {"de": "starten"}})
    bot = await start()

    (after,) = [one for one in sandbox.discord.commands.of() if one["type"] == 4]
    assert "imagine" in names(sandbox)
    ours = ("id", "name", "description", "handler", "contexts", "name_localizations")
    assert {key: after[key] for key in ours} == {key: before[key] for key in ours}

    await bot.stop()
    sandbox.discord.journal.exchanges.clear()
    await start()
    assert not sandbox.discord.journal.find("PUT", "/api/v10/applications/*/commands")


@pytest.mark.parametrize(
    "trouble",
    [
        ApiError(400, 50035, "Invalid Form Body"),
        ApiError(403, 20012, "You are not authorized"),
        ApiError(400, 30034, "Max number of daily application command creates has been reached"),
        None,
    ],
)
async def test_a_refused_registration_is_told_and_retried_while_the_bot_serves(
    sandbox, start, noah, trouble
):
    bot = await start()
    await bot.stop()
    kept = sandbox.discord.commands.of()
    (usage,) = [one for one in kept if one["name"] == "usage"]
    sandbox.discord.commands.remove(usage["id"])
    sandbox.discord.commands.refusal = trouble
    if trouble is None:
        sandbox.discord.faults.add(
            Fault(method="PUT", path="*/commands", do=Cut(when="before"), times=100)
        )

    await bot.start()
    line = await bot.wait_line(NOT_REGISTERED)
    await sandbox.ready()
    assert trouble is None or trouble.body["message"] in line
    sent = await noah.command("imagine", prompt="a cat")
    assert await sent.answer()

    sandbox.discord.commands.refusal = None
    sandbox.discord.faults.clear()
    await eventually(lambda: "usage" in names(sandbox), within=30)
