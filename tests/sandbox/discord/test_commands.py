"""Registration of commands: accepted and rejected bodies."""

import pytest

from sandbox.discord.api_errors import ApiError


def command(*options, **more):
    return {"name": "draw", "description": "Draw", "options": list(options), **more}


def option(name="a", kind=3, **more):
    return {"type": kind, "name": name, "description": "A", **more}


@pytest.fixture
def commands(api):
    return f"/applications/{api.application}/commands"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (command(name="Draw"), {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
        (command(name="two words"), {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
        (command(name="x" * 33), {"0.name": "BASE_TYPE_BAD_LENGTH"}),
        (command(description=""), {"0.description": "BASE_TYPE_REQUIRED"}),
        (command(description="x" * 101), {"0.description": "BASE_TYPE_MAX_LENGTH"}),
        (command(*[option(f"o{n}") for n in range(26)]), {"0.options": "BASE_TYPE_MAX_LENGTH"}),
        (command(option("A")), {"0.options.0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
        (command(option(description="")), {"0.options.0.description": "BASE_TYPE_BAD_LENGTH"}),
        (command(option(kind=12)), {"0.options.0": "UNION_TYPE_CHOICES"}),
        (
            command(option("a"), option("b", required=True)),
            {"0.options.1": "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"},
        ),
        (
            command(option("a"), option("a")),
            {"0.options.1.name": "APPLICATION_COMMAND_OPTIONS_NAME_INVALID"},
        ),
        (
            command(option("a", 1), option("b")),
            {"0.options": "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID"},
        ),
        (
            command(option(choices=[{"name": f"{n}", "value": f"{n}"} for n in range(26)])),
            {"0.options.0.choices": "BASE_TYPE_MAX_LENGTH"},
        ),
        (
            command(option(choices=[{"name": "x", "value": "y"}] * 2)),
            {"0.options.0.choices": "APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_EXISTS"},
        ),
        (
            command(option(kind=4, choices=[{"name": "x", "value": "y"}])),
            {"0.options.0.choices.0.value": "NUMBER_TYPE_COERCE"},
        ),
        (
            command(option(autocomplete=True, choices=[{"name": "x", "value": "y"}])),
            {"0.options.0": "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID"},
        ),
        (
            command(option(kind=4, min_value=3, max_value=2)),
            {"0.options.0.min_value": "APPLICATION_COMMAND_OPTIONS_RANGE_INVALID"},
        ),
        (command(option(max_length=6001)), {"0.options.0.max_length": "NUMBER_TYPE_MAX"}),
        (command(contexts=[]), {"0.contexts": "BASE_TYPE_BAD_LENGTH"}),
        (
            command(name_localizations={"klingon": "x"}),
            {"0.name_localizations.klingon": "BASE_TYPE_CHOICES"},
        ),
        (
            command(name_localizations={"de": "Zeichne"}),
            {"0.name_localizations.de": "APPLICATION_COMMAND_INVALID_NAME"},
        ),
        (
            {"type": 3, "name": "Imagine this", "description": "x"},
            {"0.description": "APPLICATION_COMMAND_INVALID_DESCRIPTION"},
        ),
        (
            command(
                *[
                    option(
                        f"o{n}", choices=[{"name": f"{c}", "value": f"{c}" * 100} for c in "abcd"]
                    )
                    for n in range(25)
                ]
            ),
            {"0": "APPLICATION_COMMAND_TOO_LARGE"},
        ),
    ],
)
async def test_invalid_command_is_rejected(api, commands, body, wrong):
    assert await api.refused("PUT", commands, [body]) == (400, 50035, wrong)


async def test_duplicate_command_name_is_rejected(api, commands):
    refused = await api.refused("PUT", commands, [command(), command()])
    assert refused == (400, 50035, {"1": "APPLICATION_COMMANDS_DUPLICATE_NAME"})


async def test_hundred_and_first_command_is_rejected(api, commands):
    bodies = [command(name=f"draw{n}") for n in range(101)]
    assert (await api("PUT", commands, bodies[:100]))[0] == 200
    assert await api.refused("PUT", commands, bodies) == (400, 30032, {})


async def test_command_keeps_its_id_and_changes_its_version(api, commands):
    _, [first] = await api("PUT", commands, [command()])
    _, [same] = await api("PUT", commands, [command()])
    _, [changed] = await api("PUT", commands, [command(description="Paint")])

    assert same == first
    assert changed["id"] == first["id"]
    assert changed["version"] != first["version"]


async def test_translations_are_returned_on_request_only(api, commands):
    body = command(option(name_localizations={"de": "wort"}), name_localizations={"de": "zeichne"})
    await api("PUT", commands, [body])

    _, [plain] = await api("GET", commands)
    _, [full] = await api("GET", commands, query={"with_localizations": "true"})
    assert "name_localizations" not in plain
    assert "name_localizations" not in plain["options"][0]
    assert full["name_localizations"] == {"de": "zeichne"}
    assert full["options"][0]["name_localizations"] == {"de": "wort"}


async def test_answer_omits_unset_fields(api, commands):
    """A bot that compares its commands with Discord's depends on the returned fields."""
    _, [shown] = await api(
        "PUT", commands, [command(option(required=False, choices=[]), nsfw=False)]
    )

    assert shown["options"] == [{"type": 3, "name": "a", "description": "A"}]
    assert (shown["nsfw"], shown["contexts"], shown["dm_permission"]) == (False, None, True)
    assert shown["default_member_permissions"] is None


async def test_registration_can_be_refused(api, stand_in):
    stand_in.commands.refusal = ApiError(403, 20012, "You are not authorized")
    place = f"/applications/{api.application}/commands"
    for method in ("PUT", "POST"):
        body = {"name": "draw", "description": "Draw"}
        refused = await api.refused(method, place, [body] if method == "PUT" else body)
        assert refused == (403, 20012, {})
    assert await api("GET", place) == (200, [])
