"""What the developer portal may say that keeps commands from the bot."""

import pytest

from bot.portal import problems

BOTH = {"0": {"oauth2_install_params": None}, "1": {}}


@pytest.mark.parametrize(
    ("application", "word"),
    [
        ({"interactions_endpoint_url": "https://bot.example/interactions"}, "Interactions"),
        ({"bot_require_code_grant": True}, "Code Grant"),
        ({"integration_types_config": {"1": {}}}, "Guild Install"),
        ({"integration_types_config": {"0": {}}}, "User Install"),
        ({"install_params": {"scopes": ["bot"], "permissions": "0"}}, "applications.commands"),
        (
            {
                "integration_types_config": BOTH
                | {"0": {"oauth2_install_params": {"scopes": ["applications.commands"]}}}
            },
            "bot",
        ),
    ],
)
def test_a_setting_that_makes_the_bot_deaf_is_named(application, word):
    (line,) = problems(application, direct=True)

    assert word in line
    assert "(page " in line


@pytest.mark.parametrize(
    "application",
    [
        {},
        {"interactions_endpoint_url": None, "bot_public": False},
        {"integration_types_config": BOTH, "install_params": None},
        {"integration_types_config": None},
        {"install_params": {"scopes": ["bot", "applications.commands"], "permissions": "0"}},
    ],
)
def test_other_settings_are_the_operators_own(application):
    assert problems(application, direct=True) == []


def test_user_install_matters_only_outside_of_servers():
    assert problems({"integration_types_config": {"0": {}}}, direct=False) == []


ENDPOINT = "https://bot.example/interactions"


@pytest.mark.parametrize(
    ("application", "words"),
    [
        ({"interactions_endpoint_url": ENDPOINT, "verify_key": "ab"}, ()),
        ({"interactions_endpoint_url": None, "verify_key": "ab"}, ("the gateway", ENDPOINT)),
        (
            {"interactions_endpoint_url": "https://old.example", "verify_key": "ab"},
            ("old", ENDPOINT),
        ),
        ({"interactions_endpoint_url": ENDPOINT, "verify_key": "cd"}, ("DISCORD_PUBLIC_KEY",)),
    ],
)
def test_by_http_discord_must_post_to_the_bot(application, words):
    found = problems(application, direct=False, endpoint=ENDPOINT, key="ab")

    assert len(found) == bool(words)
    assert all(word in found[0] for word in words)
