"""Commands as text: commands.js, run in the browser."""

from typing import Any

import pytest

from tests.browser import samples

pytestmark = pytest.mark.browser

GUILD: Any = samples.GUILDS[0]
DIRECTORY = {"users": samples.USERS, "roles": GUILD["roles"], "channels": GUILD["channels"]}
SCRIPT = """async ({ line, commands, place, directory }) => {
  const module = await import("/commands.js");
  const entries = module.flatten(module.available(commands, place));
  const entry = module.match(line, entries);
  if (!entry) return { none: module.complete(line, entries).map((each) => each.label) };
  const { options, problems } = module.check(module.parse(line, entry), directory);
  return { label: entry.label, options, problems: problems.map(({ text }) => text) };
}"""


@pytest.fixture
def read(modules):
    async def run(line: str, *, moderator: bool = True, nsfw: bool = False) -> dict[str, Any]:
        place = {"guildId": "1", "nsfw": nsfw, "moderator": moderator}
        return await modules.evaluate(
            SCRIPT,
            {"line": line, "commands": samples.COMMANDS, "place": place, "directory": DIRECTORY},
        )

    return run


def values(result: dict[str, Any]) -> dict[str, Any]:
    assert result["problems"] == []
    return {option["name"]: option["value"] for option in result["options"]}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/imagine prompt: a lit boat images: 2", {"prompt": "a lit boat", "images": 2}),
        ("/imagine images: 2 prompt:a cat", {"images": 2, "prompt": "a cat"}),
        ("/imagine a boat images: 3", {"prompt": "a boat", "images": 3}),
        ("/imagine prompt: sign prompt: hi, 5:30", {"prompt": "sign prompt: hi, 5:30"}),
        ("/imagine prompt: https://images: 2", {"prompt": "https://images: 2"}),
        ("/imagine prompt: two\nlines style: ink", {"prompt": "two\nlines", "style": "ink"}),
        (
            "/imagine prompt: cat guidance: 3,5 private: yes style: Watercolour",
            {"prompt": "cat", "guidance": 3.5, "private": True, "style": "water"},
        ),
        ("/usage", {}),
    ],
)
async def test_a_line_is_read_as_it_is_typed(read, line, expected):
    result = await read(line)

    order = ["images", "prompt", "guidance", "private", "style"]
    assert values(result) == {name: expected[name] for name in order if name in expected}


async def test_numbers_are_sent_with_discords_types(read):
    """Whole numbers stay whole on the wire: option type 4 takes nothing else."""
    result = await read("/imagine prompt: cat images: 2 guidance: 4")

    types = {option["name"]: option["type"] for option in result["options"]}
    assert types == {"prompt": 3, "images": 4, "guidance": 10}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("/imagine", "prompt is required."),
        ("/imagine prompt: ab", "prompt must have at least 3 characters; it has 2."),
        (f"/imagine prompt: {'a' * 61}", "prompt may have at most 60 characters; it has 61."),
        ("/imagine prompt: cat images: 5", "images must be at most 4 (1 to 4)."),
        ("/imagine prompt: cat images: 1.5", "images must be a whole number (1 to 4)."),
        ("/imagine prompt: cat guidance: 0.5", "guidance must be at least 1 (1 to 10)."),
        ("/imagine prompt: cat style: oil", "style must be one of: Watercolour, Ink."),
        ("/imagine prompt: cat private: maybe", "private must be True or False."),
        ("/imagine prompt: cat images:", "images has no value. Give it one, or take it out."),
        ("/history sea", "“sea” belongs to no option. Name one first, such as “search:”."),
        ("/limits block member: nobody", "member must be a member of this server."),
    ],
)
async def test_a_command_that_discord_would_not_send_is_refused_with_a_reason(read, line, problem):
    assert (await read(line))["problems"] == [problem]


async def test_emoji_count_as_one_character(read):
    assert (await read(f"/imagine prompt: {'🌊' * 60}"))["problems"] == []


@pytest.mark.parametrize("member", ["Noah", "@Noah", "noah", f"<@{samples.NOAH}>", samples.NOAH])
async def test_members_go_by_name_mention_or_id(read, member):
    result = await read(f"/limits block member: {member}")

    member_option = {"name": "member", "type": 6, "value": samples.NOAH}
    assert result["label"] == "limits block"
    assert result["options"] == [{"name": "block", "type": 1, "options": [member_option]}]


async def test_subcommands_in_groups_are_nested(read):
    result = await read("/limits tier add role: Patrons images: 50")

    (group,) = result["options"]
    assert (group["name"], group["type"]) == ("tier", 2)
    assert group["options"][0]["name"] == "add"
    assert group["options"][0]["options"] == [
        {"name": "role", "type": 8, "value": "110002"},
        {"name": "images", "type": 4, "value": 50},
    ]


async def test_commands_are_offered_where_discord_offers_them(read):
    assert "limits show" in (await read("/li"))["none"]
    assert (await read("/limits show", moderator=False))["none"] == []
    assert (await read("/night"))["none"] == []
    assert (await read("/night", nsfw=True))["label"] == "night"


@pytest.mark.parametrize("administrator", [True, False])
async def test_a_command_that_no_permission_opens_is_offered_to_administrators(
    modules, administrator
):
    place = {"guildId": "1", "moderator": True, "administrator": administrator}
    commands = [{"id": "9", "name": "operator", "default_member_permissions": "0"}]
    values = {"line": "/op", "commands": commands, "place": place, "directory": DIRECTORY}

    offered = await modules.evaluate(SCRIPT, values)

    assert ("label" in offered or "operator" in offered["none"]) == administrator


async def test_a_name_that_only_begins_like_a_command_is_none(read):
    assert (await read("/imagination"))["none"] == []
