"""Invalid messages, and the field that Discord names."""

import pytest

from tests.sandbox.discord.builders import V2, button, row, text, upload

TWICE = "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"
NO_SUCH_FILE = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
MESSAGES = "/channels/745100321596440610/messages"


def select(*values, **more):
    options = [{"label": value, "value": value} for value in values]
    return {"type": 3, "custom_id": "s", "options": options, **more}


def pick(kind, **more):
    return {"type": kind, "custom_id": "p", **more}


def gallery(*urls, **more):
    return {"type": 12, "items": [{"media": {"url": url}, **more} for url in urls]}


MANY_BUTTONS = [row(*(button(f"{r}{c}") for c in range(5))) for r in range(7)]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"content": "x" * 2001}, {"content": "BASE_TYPE_MAX_LENGTH"}),
        ({"content": ["x"]}, {"content": "STRING_TYPE_CONVERT"}),
        ({"components": [text()]}, {"components.0": "UNION_TYPE_CHOICES"}),
        (
            {"components": [row(button(str(n))) for n in range(6)]},
            {"components": "BASE_TYPE_MAX_LENGTH"},
        ),
        (
            {"components": [row(*map(button, "abcdef"))]},
            {"components.0.components": "BASE_TYPE_BAD_LENGTH"},
        ),
        ({"components": [row()]}, {"components.0.components": "BASE_TYPE_BAD_LENGTH"}),
        (
            {"components": [row(button("x" * 101))]},
            {"components.0.components.0.custom_id": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"components": [row(button(""))]},
            {"components.0.components.0.custom_id": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"components": [row(button(label="x" * 81))]},
            {"components.0.components.0.label": "BASE_TYPE_MAX_LENGTH"},
        ),
        (
            {"components": [row(button("a"), button("a"))]},
            {"components.0.components.1.custom_id": "COMPONENT_CUSTOM_ID_DUPLICATED"},
        ),
        (
            {"components": [row({"type": 2, "style": 1, "label": "Go"})]},
            {"components.0.components.0": "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"},
        ),
        (
            {"components": [row({"type": 2, "style": 5, "label": "Go"})]},
            {"components.0.components.0.url": "BUTTON_COMPONENT_URL_REQUIRED"},
        ),
        (
            {"components": [row(button(style=5, url="https://x.example"))]},
            {"components.0.components.0": "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"},
        ),
        (
            {"components": [row(button(style=7))]},
            {"components.0.components.0.style": "BASE_TYPE_CHOICES"},
        ),
        (
            {"components": [row(button(label=None))]},
            {"components.0.components.0.label": "BASE_TYPE_REQUIRED"},
        ),
        (
            {"components": [row(button(), select("x"))]},
            {"components.0.components.1": "COMPONENT_LAYOUT_WIDTH_EXCEEDED"},
        ),
        (
            {"components": [row(select("x", "x"))]},
            {"components.0.components.0.options.1.value": TWICE},
        ),
        (
            {"components": [row(select(*(f"{n}" for n in range(26))))]},
            {"components.0.components.0.options": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"components": [row(select("x", max_values=2))]},
            {"components.0.components.0.max_values": "NUMBER_TYPE_MAX"},
        ),
        (
            {"components": [row(select("x", "y", min_values=2))]},
            {"components.0.components.0.min_values": "SELECT_COMPONENT_INVALID_MIN_VALUES"},
        ),
        (
            {"components": [row(pick(7, default_values=[{"type": "channel", "id": "1"}]))]},
            {"components.0.components.0.default_values.0": "UNION_TYPE_CHOICES"},
        ),
        (
            {"components": [row(pick(8, channel_types=[0, 0]))]},
            {"components.0.components.0.channel_types": "SET_TYPE_ALREADY_CONTAINS_VALUE"},
        ),
        (
            {"flags": V2, "content": "x", "components": [text()]},
            {"content": "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"},
        ),
        (
            {"flags": V2, "components": MANY_BUTTONS},
            {"components": "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"},
        ),
        (
            {"flags": V2, "components": [text("x" * 3000), text("y" * 1001)]},
            {"components": "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"},
        ),
        ({"flags": V2, "components": [text("")]}, {"components.0.content": "BASE_TYPE_BAD_LENGTH"}),
        (
            {"flags": V2, "components": [button()]},
            {"components.0": "UNION_TYPE_CHOICES"},
        ),
        (
            {"flags": V2, "components": [{"type": 17, "components": [{"type": 17}]}]},
            {"components.0.components.0": "UNION_TYPE_CHOICES"},
        ),
        (
            {"flags": V2, "components": [gallery("attachment://no.png")]},
            {"components.0.items.0.media.url": NO_SUCH_FILE},
        ),
        (
            {
                "flags": V2,
                "components": [gallery("https://x.example/a.png", description="x" * 1025)],
            },
            {"components.0.items.0.description": "BASE_TYPE_BAD_LENGTH"},
        ),
        (
            {"flags": V2, "components": [{"type": 9, "components": [text()]}]},
            {"components.0.accessory": "BASE_TYPE_REQUIRED"},
        ),
        (
            {"flags": V2, "components": [{"type": 13, "file": {"url": "https://x.example/a"}}]},
            {"components.0.file.url": "URL_TYPE_INVALID_SCHEME"},
        ),
        (
            {"content": "x", "attachments": [{"id": 0, "filename": "no.png"}]},
            {"attachments.0.id": "ATTACHMENT_NOT_FOUND"},
        ),
        (
            {"content": "x", "message_reference": {"message_id": "1"}},
            {"message_reference": "MESSAGE_REFERENCE_UNKNOWN_MESSAGE"},
        ),
        ({"content": "x", "nonce": "x" * 26}, {"nonce": "BASE_TYPE_MAX_LENGTH"}),
        (
            {"content": "<@1>", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            {"allowed_mentions": "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"},
        ),
    ],
)
async def test_invalid_message_is_rejected_with_the_field(api, body, wrong):
    assert await api.refused("POST", MESSAGES, body) == (400, 50035, wrong)


@pytest.mark.parametrize("body", [{}, {"content": "  "}, {"flags": V2, "components": []}])
async def test_empty_message_is_rejected(api, body):
    assert await api.refused("POST", MESSAGES, body) == (400, 50006, {})


async def test_number_that_overflows_to_infinity_is_rejected(api):
    body = upload('{"flags": 1e999}', b"x")
    refused = await api.refused("POST", MESSAGES, data=body)
    assert refused == (400, 50035, {"flags": "NUMBER_TYPE_COERCE"})
