"""Commands in texts become mentions, where their ids are known."""

import pytest
from discord import ui

from bot.ui import command_mentions
from bot.ui.layout import container, view
from bot.ui.texts import shared

IMAGINE = {"id": 7, "type": 1, "name": "imagine", "options": [{"type": 3, "name": "prompt"}]}
LIMITS = {
    "id": "8",
    "name": "limits",
    "options": [
        {"type": 1, "name": "set"},
        {"type": 2, "name": "words", "options": [{"type": 1, "name": "add"}]},
    ],
}
MENU = {"id": 9, "type": 3, "name": "report"}


@pytest.fixture(autouse=True)
def ids(monkeypatch):
    monkeypatch.setattr(command_mentions, "_ids", {})


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("Use `/imagine` or `/limits set`.", "Use </imagine:7> or </limits set:8>."),
        ("`/limits words add`", "</limits words add:8>"),
        ("`/limits` `/report` `/other`", "`/limits` `/report` `/other`"),
        ("`/imagine prompt: a cat`", "</imagine:7> `prompt: a cat`"),
        ("`/limits words add phrase:`", "</limits words add:8> `phrase:`"),
        ("`/limits words clear`", "`/limits words clear`"),
        ("`/imagine`\n```\n`/imagine`\n```", "</imagine:7>\n```\n`/imagine`\n```"),
    ],
)
def test_a_command_is_a_mention_once_its_id_is_known(text, linked):
    assert command_mentions.linked(text, 100) == text

    command_mentions.note([IMAGINE, LIMITS, MENU])

    assert command_mentions.linked(text, 100) == linked


def test_a_text_without_room_for_mentions_stays_as_it_is():
    command_mentions.note([LIMITS])

    assert command_mentions.linked("`/limits set`", 13) == "`/limits set`"


def test_the_texts_of_a_view_share_its_room():
    command_mentions.note([LIMITS])
    layout = view(container("`/limits set`"), ui.TextDisplay("`/limits words add`"))
    shown = [item.content for item in layout.walk_children() if isinstance(item, ui.TextDisplay)]
    assert shown == ["</limits set:8>", "</limits words add:8>"]

    full = view(container("`/limits set`"), ui.TextDisplay("x" * (shared.MESSAGE - 14)))
    assert "`/limits set`" in [getattr(item, "content", "") for item in full.walk_children()]


def test_a_command_that_is_used_tells_its_id():
    used = {"id": 8, "type": 1, "name": "limits", "options": [{"type": 1, "name": "show"}]}
    command_mentions.note([used])

    assert command_mentions.linked("`/limits show` `/limits set`", 50) == (
        "</limits show:8> `/limits set`"
    )
