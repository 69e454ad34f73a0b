"""One order from the slash command to the pictures, and what must not happen on the way."""

import itertools
import json

import pytest
from aiohttp import ClientSession

from sandbox.faults import Answer, Fault, Hold
from tests.acceptance.driver import SUBMIT, accepted, delivered, refusal, says, words

# The contract's own example.
IGUANA = (
    "Close-up portrait of a majestic iguana with vibrant blue-green scales, piercing amber eyes, "
    "and orange spiky crest. Intricate textures and details visible on scaly skin. Wrapped in dark "
    "hood, giving regal appearance. Dramatic lighting against black background. Hyper-realistic, "
    "high-resolution image showcasing the reptiles expressive features and coloration."
)
CONTRACT = {
    "prompt": IGUANA,
    "num_images": 1,
    "guidance_scale": 3.5,
    "num_inference_steps": 50,
    "expand_prompt": True,
}


@pytest.mark.gateway("it compresses its events")
async def test_discords_gateway_is_compressed(shared):
    assert shared.discord.gateway.compressions == ["zstd-stream"]


async def test_an_order_goes_through_all_states_and_ends_with_its_pictures(shared, member):
    """The key goes to the vendor's gateway alone."""
    sent = await member.command("imagine", prompt="a lighthouse in a storm", images=2)
    await sent.until(says("Waiting"))
    await sent.until(says("Queued"))
    await sent.until(says("Processing"))
    card = await sent.until(says("Completed"))

    assert [attachment["content_type"] for attachment in card["attachments"]] == ["image/png"] * 2
    assert all(
        "a lighthouse in a storm" in attachment["description"] for attachment in card["attachments"]
    )
    gallery = next(part for part in card["components"][0]["components"] if part["type"] == 12)
    assert len(gallery["items"]) == 2
    async with ClientSession() as session:
        for attachment in card["attachments"]:
            answer = await session.get(attachment["url"])
            assert (await answer.read()).startswith(b"\x89PNG")
    assert len(shared.pixazo.accepted) == 1
    key = shared.pixazo.settings.key
    media = shared.pixazo.media_journal.exchanges
    assert media
    assert not [one for one in media if key in str(one.headers) or key in one.query]
    assert not [one for one in shared.discord.journal.exchanges if key in str(one.headers)]


async def test_submit_is_the_contracts_example_to_the_letter(sandbox, start, noah):
    await start(PUBLIC_URL="")

    sent = await noah.command("imagine", prompt=IGUANA)
    await sent.until(delivered(1))

    [exchange] = sandbox.pixazo.journal.find("POST", SUBMIT)
    assert json.loads(exchange.body) == CONTRACT
    assert exchange.headers["Content-Type"] == "application/json"
    assert exchange.headers["Cache-Control"] == "no-cache"
    assert exchange.headers["Ocp-Apim-Subscription-Key"] == sandbox.pixazo.settings.key
    assert not [name for name in exchange.headers if name.lower().startswith("x-webhook")]


@pytest.mark.parametrize("enhance", [True, False])
async def test_expand_prompt_follows_enhance(shared, member, enhance):
    sent = await member.command("imagine", prompt="a cat", enhance=enhance)
    await sent.until(says("Queued"))

    assert json.loads(shared.pixazo.accepted[0].body)["expand_prompt"] is enhance


async def test_without_callbacks_the_order_is_polled_at_the_configured_pace(sandbox, start, noah):
    sandbox.pixazo.hold_states()
    await start(PUBLIC_URL="", POLL_SECONDS="0.3")

    await noah.command("imagine", prompt="a cat")
    calls = await sandbox.pixazo.journal.wait("GET", "/v2/requests/status/*", count=6)

    gaps = [later.at - sooner.at for sooner, later in itertools.pairwise(calls)]
    assert min(gaps) > 0.3 * 0.8 * 0.9  # with the jitter of 20 % and a grain of salt


async def test_a_replayed_interaction_makes_one_order(shared, member):
    sent = await member.command("imagine", prompt="a cat")
    await sent.until(says("Queued"))
    shared.discord.replay(sent.id)
    other = await member.command("imagine", prompt="a dog")
    await other.until(delivered(1))
    await sent.until(delivered(1))

    assert accepted(shared) == ["a cat", "a dog"]
    assert len(shared.discord.journal.find("POST", f"/api/v10/interactions/{sent.id}/*")) == 1


async def test_a_deferral_that_discord_refuses_makes_no_submit(shared, member):
    unknown = Answer(status=404, body={"message": "Unknown interaction", "code": 10062})
    shared.discord.faults.add(Fault(method="POST", path="/api/v10/interactions/*", do=unknown))

    await member.command("imagine", prompt="a cat")
    await shared.discord.journal.wait("POST", "/api/v10/interactions/*")
    other = await member.command("imagine", prompt="a dog")
    await other.until(delivered(1))

    assert accepted(shared) == ["a dog"]


async def test_nothing_is_submitted_before_the_member_was_answered(shared, member):
    held = shared.discord.faults.add(
        Fault(method="POST", path="/api/v10/interactions/*", do=Hold(when="after"))
    )

    sent = await member.command("imagine", prompt="a cat")
    await held.reached.wait()
    other = await member.command("imagine", prompt="a dog")
    await other.until(delivered(1))
    assert accepted(shared) == ["a dog"]

    held.release()
    await sent.until(delivered(1))
    assert len(shared.pixazo.accepted) == 2


def options(**changes):
    """Return what a crafted client sends: of any type and in any range."""
    kinds = {"prompt": 3, "images": 4, "guidance": 10, "steps": 4, "enhance": 5}
    values = {"prompt": "a cat"} | changes
    return [{"name": name, "type": kinds[name], "value": value} for name, value in values.items()]


@pytest.mark.parametrize(
    ("crafted", "told"),
    [
        (options(images=0), "`images` must be a whole number from 1 to 4"),
        (options(images=5), "`images` must be a whole number from 1 to 4"),
        (options(guidance=0.5), "`guidance` must be a number from 1 to 10"),
        (options(guidance=10.5), "`guidance` must be a number from 1 to 10"),
        (options(steps=19), "`steps` must be a whole number from 20 to 50"),
        (options(steps=51), "`steps` must be a whole number from 20 to 50"),
        (options(prompt=" \u200b\u3164\n "), "`prompt` is empty"),
        (options(prompt="x" * 1001), "`prompt` can have up to 1000 characters. Yours has 1001"),
    ],
)
async def test_a_crafted_option_is_refused_privately_by_name_and_range(
    shared, member, crafted, told
):
    sent = await member.command("imagine", _raw_options=crafted)
    answer = await sent.answer()

    assert told in answer["content"]
    assert "-# Nothing was charged." in answer["content"]
    assert sent.ephemeral
    assert not shared.pixazo.journal.find("POST", SUBMIT)


@pytest.mark.parametrize("crafted", [options(images="2"), options(enhance="yes")])
async def test_an_option_of_another_type_is_one_of_an_older_command(shared, member, crafted):
    sent = await member.command("imagine", _raw_options=crafted)

    assert "This command has just been updated." in (await sent.answer())["content"]
    assert sent.ephemeral
    assert not shared.pixazo.journal.find("POST", SUBMIT)


async def test_a_prompt_neither_pings_nor_formats(member):
    sent = await member.command("imagine", prompt="@everyone <@1> **bold** # head https://x.test")
    card = await sent.until(says("Waiting"))

    assert r"\*\*bold\*\*" in words(card)
    assert "https://" not in words(card)
    assert not card["mentions"]
    assert not card["mention_everyone"]


async def test_a_server_that_is_not_served_is_told_so(sandbox, start, noah):
    await start(GUILD_IDS="1")

    assert "the bot's owner hasn't enabled it" in await refusal(noah)
    assert not sandbox.pixazo.journal.exchanges
