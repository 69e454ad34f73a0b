"""Mentions and custom emoji in what members type become what a reader sees of them."""

import asyncio
from types import SimpleNamespace

import pytest

from bot.service.port_errors import TransientDiscordError
from bot.ui import mentions

ADA = {"user": {"username": "ada", "global_name": "Ada"}, "nick": "Countess"}
NOAH = SimpleNamespace(id=300, display_name="Noah")


class Guild:
    def get_role(self, role_id):
        return {7: SimpleNamespace(name="Patrons"), 8: SimpleNamespace(name="@everyone")}.get(
            role_id
        )

    def get_channel_or_thread(self, channel_id):
        return {9: SimpleNamespace(name="pictures")}.get(channel_id)


class Http:
    """Knows Ada; *answer* may fail or take too long."""

    def __init__(self, answer=None):
        self.asked, self._answer = [], answer

    async def get_member(self, guild_id, member_id):
        self.asked.append((guild_id, member_id))
        if self._answer is not None:
            return await self._answer()
        return ADA if member_id == 301 else {}


def typed_by_noah(http=None, *, guild=True):
    return SimpleNamespace(
        user=NOAH,
        guild=Guild() if guild else None,
        guild_id=100 if guild else None,
        client=SimpleNamespace(http=http or Http()),
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a < b, <3, <@>, <:x>, <#>", "a < b, <3, <@>, <:x>, <#>"),
        ("<@300> and <@!301>", "Noah and Countess"),
        ("<@&7> in <#9>", "Patrons in pictures"),
        ("<@&8>", "everyone"),
        ("<@302>, <@&1>, <#1>", ", , "),
        ("<:sad_frog:5><a:party:6>", "sad_frog  party"),
        ("a<:b:1>c", "a b c"),
        ("<:b:1>, <:c:2>!", "b, c!"),
        ("</imagine:5> </limits words add:5>", "/imagine /limits words add"),
        ("<t:0> <t:1700000000:R>", "1970-01-01 00:00 2023-11-14 22:13"),
        ("<t:99999999999999999>", ""),
        ("<id:customize> <id:home:5>", "customize home"),
        ("@everyone", "@everyone"),
    ],
)
async def test_a_mention_becomes_a_name(text, named):
    assert await mentions.named(typed_by_noah(), text) == named


async def test_outside_of_servers_only_known_names_are_given():
    http = Http()
    text = await mentions.named(typed_by_noah(http, guild=False), "<@300> <@301> <#9> <@&7>")

    assert text == "Noah   "
    assert not http.asked


async def test_known_users_are_not_asked_for_and_nobody_twice():
    http = Http()
    known = [SimpleNamespace(id=302, display_name="Mira")]

    named = await mentions.named(typed_by_noah(http), "<@301> <@302> <@301>", known)

    assert named == "Countess Mira Countess"
    assert http.asked == [(100, 301)]


async def away():
    raise TransientDiscordError


@pytest.mark.parametrize("answer", [away, asyncio.Event().wait], ids=["away", "slow"])
async def test_a_name_that_does_not_come_in_time_is_left_out(answer):
    http = Http(answer)

    assert await mentions.named(typed_by_noah(http), "a hat of <@301>") == "a hat of "


async def test_few_are_asked_for_at_once():
    http = Http()

    await mentions.named(typed_by_noah(http), "".join(f"<@{number}>" for number in range(400, 450)))

    assert len(http.asked) == mentions.MOST_ASKED
