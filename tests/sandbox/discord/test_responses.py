"""The rules for responses to interactions, with plain requests."""

import asyncio

import aiohttp
import pytest

from sandbox.discord import InteractionTimeout
from tests.sandbox.discord.builders import V2, button, picture, row, upload

EPHEMERAL, LOADING = 1 << 6, 1 << 7
ORIGINAL = "messages/@original"


@pytest.fixture
def noah(stand_in, deaf_bot):
    return stand_in.member("Noah", channel="general")


@pytest.fixture
def first(api):
    """Send a first response."""

    async def first(sent, body, *, refused=False):
        path = f"/interactions/{sent.id}/{sent.token}/callback"
        call = api.refused if refused else api
        return await call("POST", path, body, query={"with_response": "1"})

    return first


@pytest.fixture
def webhook(api):
    """Return a path with the interaction's token."""

    def webhook(sent, path=""):
        return f"/webhooks/{api.application}/{sent.token}/{path}".rstrip("/")

    return webhook


async def test_first_response_returns_its_message(noah, first):
    sent = await noah.command("draw")
    status, report = await first(sent, {"type": 5, "data": {"flags": EPHEMERAL}})

    assert status == 200
    assert report["interaction"]["response_message_loading"] is True
    assert report["interaction"]["response_message_ephemeral"] is True
    assert report["interaction"]["response_message_id"] == sent.message["id"]
    assert sent.message["flags"] == EPHEMERAL | LOADING


async def test_second_first_response_is_rejected(noah, first):
    sent = await noah.command("draw")
    await first(sent, {"type": 5})
    assert await first(sent, {"type": 5}, refused=True) == (400, 40060, {})


async def test_first_response_after_the_deadline_is_rejected(noah, first, world):
    world.ack_window = 0.01
    sent = await noah.command("draw")
    with pytest.raises(InteractionTimeout):
        await sent.answer()
    assert await first(sent, {"type": 5}, refused=True) == (404, 10062, {})


async def test_wrong_interaction_token_is_rejected(noah, first, api):
    sent = await noah.command("draw")
    path = f"/interactions/{sent.id}/wrong/callback"
    assert await api.refused("POST", path, {"type": 5}) == (404, 10062, {})


async def test_token_expires(noah, first, api, webhook, world):
    """The bot must then use its own token; Discord counts repeated failures."""
    sent = await noah.command("draw")
    await first(sent, {"type": 5})
    world.token_life = 0.0

    for method, path, body in (
        ("PATCH", ORIGINAL, {"content": "late"}),
        ("GET", ORIGINAL, None),
        ("DELETE", ORIGINAL, None),
        ("POST", "", {"content": "late"}),
    ):
        assert await api.refused(method, webhook(sent, path), body) == (401, 50027, {})
    message = f"/channels/{noah.channel.id}/messages/{sent.message['id']}"
    assert (await api("PATCH", message, {"content": "by the bot"}))[1]["flags"] == 0


async def test_bot_token_cannot_edit_an_ephemeral_response(noah, first, api):
    sent = await noah.command("draw")
    await first(sent, {"type": 4, "data": {"content": "x", "flags": EPHEMERAL}})
    message = f"/channels/{noah.channel.id}/messages/{sent.message['id']}"
    assert await api.refused("PATCH", message, {"content": "y"}) == (404, 10008, {})


async def test_follow_up_before_the_first_response_is_rejected(noah, api, webhook):
    sent = await noah.command("draw")
    assert await api.refused("POST", webhook(sent), {"content": "x"}) == (404, 10015, {})


async def test_deleted_response_is_unknown(noah, first, api, webhook):
    sent = await noah.command("draw")
    await first(sent, {"type": 5})
    assert await api("DELETE", webhook(sent, ORIGINAL)) == (204, None)
    refused = await api.refused("PATCH", webhook(sent, ORIGINAL), {"content": "x"})
    assert refused == (404, 10008, {})


async def test_follow_ups_are_edited_and_deleted_by_their_ids(noah, first, api, webhook):
    sent = await noah.command("draw")
    await first(sent, {"type": 4, "data": {"content": "first"}})
    _, message = await api("POST", webhook(sent), {"content": "second"})
    path = webhook(sent, f"messages/{message['id']}")

    assert (await api("PATCH", path, {"content": "changed"}))[1]["content"] == "changed"
    assert [shown["content"] for shown in noah.visible()] == ["first", "changed"]
    assert (await api("DELETE", path))[0] == 204
    assert await api.refused("GET", path) == (404, 10008, {})


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"type": 6}, {"type": "BASE_TYPE_CHOICES"}),
        ({"type": 8, "data": {"choices": []}}, {"type": "BASE_TYPE_CHOICES"}),
        ({}, {"type": "BASE_TYPE_REQUIRED"}),
        (
            {"type": 5, "data": {"flags": V2}},
            {"data.flags": "INTERACTION_CALLBACK_DEFERRED_FLAGS_INVALID"},
        ),
        ({"type": 4, "data": {"content": "x" * 2001}}, {"data.content": "BASE_TYPE_MAX_LENGTH"}),
        (
            {"type": 4, "data": {"content": "x", "components": [{"type": 10, "content": "x"}]}},
            {"data.components.0": "UNION_TYPE_CHOICES"},
        ),
    ],
)
async def test_invalid_first_response_is_rejected_and_can_be_repeated(noah, first, body, wrong):
    sent = await noah.command("draw")
    assert await first(sent, body, refused=True) == (400, 50035, wrong)
    assert (await first(sent, {"type": 4, "data": {"content": "better"}}))[0] == 200


def label(component, text="Why"):
    return {"type": 18, "label": text, "component": component}


def field(custom_id="why", **more):
    return {"type": 4, "style": 1, "custom_id": custom_id, **more}


@pytest.mark.parametrize(
    ("modal", "wrong"),
    [
        ({"title": "x" * 46}, {"data.title": "BASE_TYPE_BAD_LENGTH"}),
        ({"custom_id": ""}, {"data.custom_id": "BASE_TYPE_BAD_LENGTH"}),
        ({"components": []}, {"data.components": "BASE_TYPE_BAD_LENGTH"}),
        (
            {"components": [label(field(str(n))) for n in range(6)]},
            {"data.components": "BASE_TYPE_BAD_LENGTH"},
        ),
        ({"components": [field()]}, {"data.components.0": "UNION_TYPE_CHOICES"}),
        (
            {"components": [label(field(), "x" * 46)]},
            {"data.components.0.label": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"components": [label(field()), label(field())]},
            {"data.components.1.component.custom_id": "COMPONENT_CUSTOM_ID_DUPLICATED"},
        ),
        (
            {"components": [{"type": 1, "components": [field()]}]},
            {"data.components.0.components.0.label": "BASE_TYPE_REQUIRED"},
        ),
        (
            {"components": [label(field(label="Twice"))]},
            {"data.components.0.component.label": "TEXT_INPUT_LABEL_NOT_ALLOWED"},
        ),
        (
            {"components": [label(field(min_length=5, max_length=4))]},
            {"data.components.0.component.min_length": "TEXT_INPUT_COMPONENT_INVALID_MIN_LENGTH"},
        ),
        (
            {"components": [label(field(value="x" * 5, max_length=4))]},
            {"data.components.0.component.value": "BASE_TYPE_BAD_LENGTH"},
        ),
    ],
)
async def test_invalid_modal_is_rejected(noah, first, modal, wrong):
    sent = await noah.command("draw")
    data = {"custom_id": "m", "title": "Report", "components": [label(field())], **modal}
    assert await first(sent, {"type": 9, "data": data}, refused=True) == (400, 50035, wrong)


async def test_modal_shows_required_and_keeps_its_presets(noah, first, world):
    here = noah.channel.id
    places = {
        "type": 8,
        "custom_id": "places",
        "required": False,
        "min_values": 0,
        "default_values": [{"id": here, "type": "channel"}],
    }
    components = [label(field(required=False)), label(places)]
    opened = await noah.command("draw")
    data = {"custom_id": "m", "title": "Report", "components": components}
    assert (await first(opened, {"type": 9, "data": data}))[0] == 200
    shown = (await opened.opened())["components"]
    assert [one["component"]["required"] for one in shown] == [False, False]

    sent = await noah.submit_modal(opened, {})

    fields = [one["component"] for one in sent.interaction.data["components"]]
    assert (fields[0]["value"], fields[1]["values"]) == ("", [here])


@pytest.mark.parametrize(
    "choices",
    [
        [{"name": "One", "value": 1}] * 26,
        [{"name": "One", "value": "one"}],
        [{"name": "", "value": 1}],
        [{"name": "x" * 101, "value": 1}],
    ],
)
async def test_invalid_choices_are_rejected(noah, first, stand_in, choices):
    typing = asyncio.create_task(noah.autocomplete("find", focused="page", page="1"))
    sent = await stand_in.world.wait(stand_in.interactions.newest, within=5, what="interaction")
    answer = {"type": 8, "data": {"choices": choices}}

    status, code, _ = await first(sent, answer, refused=True)
    assert (status, code) == (400, 50035)
    await first(sent, {"type": 8, "data": {"choices": [{"name": "One", "value": 1}]}})
    assert await typing == [{"name": "One", "value": 1}]


async def test_edit_keeps_the_listed_files_and_adds_new_ones(noah, first, api, webhook):
    sent = await noah.command("draw")
    await first(sent, {"type": 5})
    path = webhook(sent, ORIGINAL)
    _, before = await api("PATCH", path, data=upload({}, picture(), picture(), names="ab"))
    kept = before["attachments"][1]

    payload = {"attachments": [{"id": kept["id"]}, {"id": 0, "description": "new"}]}
    _, after = await api("PATCH", path, data=upload(payload, picture(size=(9, 7)), names="c"))
    _, untouched = await api("PATCH", path, {"content": "words"})

    assert [file["filename"] for file in after["attachments"]] == ["b.png", "c.png"]
    assert after["attachments"][0] == kept
    assert (after["attachments"][1]["width"], after["attachments"][1]["height"]) == (9, 7)
    assert untouched["attachments"] == after["attachments"]


async def test_files_are_served_unchanged(noah, first, api, webhook):
    raw = picture("red", kind="JPEG")
    sent = await noah.command("draw")
    await first(sent, {"type": 5})
    _, message = await api("PATCH", webhook(sent, ORIGINAL), data=upload({}, raw, names="a"))
    async with aiohttp.request("GET", message["attachments"][0]["url"]) as response:
        assert response.content_type == "image/jpeg"
        assert await response.read() == raw


async def test_update_changes_the_message_of_the_button(noah, first, api, webhook):
    sent = await noah.command("draw")
    await first(sent, {"type": 4, "data": {"content": "x", "components": [row(button("go"))]}})

    pressed = await noah.press(sent.message["id"], "go")
    assert (await first(pressed, {"type": 6}))[1]["interaction"]["response_message_id"]
    _, edited = await api("PATCH", webhook(pressed, ORIGINAL), {"content": "y", "components": []})

    assert edited["id"] == sent.message["id"]
    assert (sent.message["content"], sent.message["components"]) == ("y", [])
    assert await pressed.until(lambda _: True) == edited, "older versions are not looked at"
