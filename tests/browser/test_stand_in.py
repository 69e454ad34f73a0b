"""The page on the real stand-in of Discord: checks what the scripted server assumes."""

from typing import Any

import aiohttp
import pytest
from playwright.async_api import expect

from sandbox.discord import Discord, sample_world
from sandbox.faults import Faults
from sandbox.journal import Journal
from tests.browser import samples

pytestmark = pytest.mark.browser


@pytest.fixture
async def discord():
    async with Discord(sample_world(), Journal(), Faults()) as running:
        yield running


@pytest.fixture
async def bot(discord):
    """Calls the REST API as the bot does."""
    headers = {"Authorization": f"Bot {discord.world.bot_token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def call(method: str, path: str, body: object) -> dict:
            async with session.request(method, discord.api_url + path, json=body) as response:
                assert response.status < 300, await response.text()
                return await response.json()

        yield call


@pytest.fixture
async def visit(open_page, discord, screens):
    async def open_as(name: str, channel: str = "general", guild: str = "Lighthouse Club"):
        user, place = (discord.world.user(name), discord.world.channel(channel, guild=guild))
        return await open_page(address=f"{discord.origin}/#user={user.id}&channel={place.id}")

    yield open_as
    page = await screens.page(1280, 800, "dark")
    await page.goto("about:blank")  # else it looks for this stand-in during the next test
    assert all("404" in line for line in screens.take_complaints())  # there is no panel


async def test_a_message_of_the_bot_arrives_and_changes(visit, bot, discord):
    page = await visit("Mira")
    channel = discord.world.channel("general", guild="Lighthouse Club").id
    path = f"/channels/{channel}/messages"
    queued = {"type": 10, "content": "**Queued**"}
    again = {"type": 2, "style": 1, "label": "Again", "custom_id": "again"}
    card: dict[str, Any] = {"type": 17, "accent_color": 0xF3B84D, "components": [queued]}

    sent = await bot("POST", path, {"flags": samples.V2, "components": [card]})
    await expect(page.get_by_test_id("container")).to_have_text("Queued")
    card["components"].append({"type": 1, "components": [again]})
    await bot("PATCH", f"{path}/{sent['id']}", {"components": [card]})

    await expect(page.get_by_role("button", name="Again")).to_be_visible()


async def test_registered_commands_are_offered_without_a_reload(visit, bot, discord):
    page = await visit("Mira")
    await page.get_by_test_id("composer").fill("/")
    await expect(page.get_by_test_id("suggestion")).to_have_count(0)

    option = {"type": 3, "name": "prompt", "description": "What to draw", "required": True}
    command = {"name": "imagine", "description": "Draw", "options": [option]}
    await bot("PUT", f"/applications/{discord.world.application_id}/commands", [command])

    await expect(page.get_by_test_id("suggestion")).to_have_text(["/imagineDraw"])
    await page.get_by_test_id("composer").fill("/imagine prompt: cat")
    await page.get_by_test_id("composer").press("Enter")
    failure = page.get_by_test_id("failure")
    await expect(failure).to_have_text("The application did not respond")  # no bot is connected
    await expect(page.get_by_test_id("offline")).to_be_visible()


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "You can only chat here."),
        (["usage"], "The bot answers here, but takes no orders."),
        (["usage", "imagine"], "Say something, or let the bot draw."),
    ],
)
async def test_an_empty_channel_says_what_can_be_done(visit, bot, discord, names, text):
    commands = [{"name": name, "description": "Use it"} for name in names]
    await bot("PUT", f"/applications/{discord.world.application_id}/commands", commands)

    page = await visit("Mira")

    await expect(page.get_by_test_id("empty")).to_contain_text(text)


async def test_members_talk_and_delete(visit, discord):
    page = await visit("Noah")
    await page.get_by_test_id("composer").fill("hello *there*")
    await page.get_by_test_id("composer").press("Enter")
    message = page.get_by_test_id("message")
    await expect(message.locator("em")).to_have_text("there")

    await message.hover()
    await page.get_by_test_id("message-menu").click()
    await page.get_by_role("menuitem", name="Delete message").click()

    await expect(message).to_have_count(0)


async def test_a_member_installs_the_bot_for_servers_without_it(visit, bot, discord):
    """Mira adds the bot to her apps: its commands work in a server that never invited it."""
    everywhere = {"integration_types": [0, 1], "contexts": [0, 1, 2]}
    commands = [
        {"name": "imagine", "description": "Draw", **everywhere},
        {"name": "limits", "description": "Limits", "contexts": [0]},
        {"type": 3, "name": "Imagine this", **everywhere},
    ]
    await bot("PUT", f"/applications/{discord.world.application_id}/commands", commands)
    page = await visit("Mira", "quay", guild="Night Harbour")
    await expect(page.get_by_test_id("stranger")).to_contain_text("Imagine is not in Night Harbour")
    await page.get_by_test_id("composer").fill("/")
    await expect(page.get_by_test_id("suggestion")).to_have_count(0)

    await page.get_by_test_id("install").click()

    await expect(page.get_by_test_id("install")).to_have_text("Remove it from my apps")
    await page.get_by_test_id("composer").fill("/")
    await expect(page.get_by_test_id("suggestion")).to_have_text(["/imagineDraw"])
    await page.get_by_test_id("composer").fill("a boat")
    await page.get_by_test_id("composer").press("Enter")
    await page.get_by_test_id("message").hover()
    await page.get_by_test_id("message-menu").click()
    await page.get_by_role("menuitem", name="Imagine this").click()
    sent = await discord.world.wait(discord.interactions.newest, within=5, what="interaction")
    assert sent.owners == {"1": discord.world.user("Mira").id}
    assert sent.data["resolved"]["messages"][sent.data["target_id"]]["content"] == "a boat"
    await expect(page.get_by_test_id("failure")).to_be_visible()  # no bot is connected


async def test_a_mention_is_kept_for_a_member_who_is_away(visit, bot, discord):
    """The bot answers Noah's message while Mira uses the page."""
    page = await visit("Mira")
    pictures = discord.world.channel("pictures")
    said = await discord.member("Noah", channel="pictures").say("a boat, please")
    reply = {"content": "Here it is", "message_reference": {"message_id": said["id"]}}
    await bot("POST", f"/channels/{pictures.id}/messages", reply)
    await expect(page.get_by_test_id("calls")).to_have_count(0)

    page = await visit("Noah")

    channel = page.get_by_test_id("channel").filter(has_text="pictures")
    await expect(channel.get_by_test_id("calls")).to_have_text("1")
    await channel.click()
    await expect(page.get_by_test_id("message").last).to_have_attribute("data-mentions-you", "true")
    page = await visit("Noah")
    await expect(page.get_by_test_id("message-menu")).to_have_count(0)  # nothing in #general
    await expect(page.get_by_test_id("calls")).to_have_count(0)
