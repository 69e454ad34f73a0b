"""What is kept of an interaction whose server is not in the gateway's cache."""

import pytest

from bot.ui import interaction_payload

SENT = {
    "id": "1",
    "token": "t",
    "type": 2,
    "guild_id": "100",
    "channel_id": "200",
    "member": {"user": {"id": "300"}, "roles": []},
    "data": {"type": 1, "name": "imagine"},
}


def parsed(**more):
    return interaction_payload.parse(SENT | more, application_id=9, guild_of=lambda _: None)


@pytest.mark.parametrize(
    ("guild", "features"),
    [({"features": ["COMMUNITY"]}, ["COMMUNITY"]), ({}, []), (None, []), ({"features": 7}, [])],
)
def test_a_servers_features_tell_whether_its_language_was_chosen(guild, features):
    assert parsed(guild=guild)["guild"]["features"] == features


@pytest.mark.parametrize(("kind", "read"), [(0, 0), (2, 0), (15, 0), (11, 11), (None, 0)])
def test_a_channels_category_and_a_threads_channel_are_kept(kind, read):
    channel = parsed(channel={"id": "200", "type": kind, "parent_id": "201"})["channel"]

    assert (channel["type"], channel["parent_id"]) == (read, 201)


def test_a_message_names_whom_it_mentions():
    message = {"id": "5", "mentions": [{"id": "6", "username": "ada"}, {"id": "?"}, 7]}

    (ada,) = parsed(message=message)["message"]["mentions"]
    assert (ada["id"], ada["username"]) == (6, "ada")
