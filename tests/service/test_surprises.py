"""Ideas for prompts: at random, another one each time, and none with a blocked word."""

import re

import pytest

from bot.domain.rules import Rules
from bot.domain.word_filter import WordLists
from bot.service import surprises
from bot.service.errors import NoIdeaAllowed
from bot.ui.ideas import all_ideas

GUILD, MEMBER = 100, 300


async def blocks(app, *blocked, allowed=()):
    words = WordLists(blocked=blocked, allowed=allowed)
    await app.guilds.change(GUILD, lambda _: Rules(words=words))


async def offered(app, count, *, guild_id=GUILD, member_id=MEMBER):
    return [await app.cogs.surprises.idea(guild_id, member_id) for _ in range(count)]


@pytest.mark.parametrize("guild_id", [GUILD, None])
async def test_a_member_sees_no_idea_again_before_fifty_others(app, guild_id):
    ideas = await offered(app, 2 * len(all_ideas()), guild_id=guild_id)

    assert set(ideas) <= set(all_ideas())
    for number in range(len(ideas) - surprises.NOT_AGAIN):
        window = ideas[number : number + surprises.NOT_AGAIN + 1]
        assert len(set(window)) == len(window)
    assert ideas[:20] != await offered(app, 20, guild_id=guild_id, member_id=MEMBER + 1)


async def test_an_idea_with_a_blocked_word_is_not_offered(app):
    await blocks(app, "light", "sun*", "*lamp*")

    ideas = set(await offered(app, 100))

    assert len(ideas) >= 10
    blocked = re.compile(r"\b(light\b|sun)|lamp")
    assert not any(blocked.search(idea.prompt) for idea in ideas)


async def test_few_ideas_that_are_left_come_again_in_turn_and_where_none_is_it_says_so(app):
    await blocks(app, "*a*", "*o*", "*u*", "*i*", allowed=tuple(_words(all_ideas()[:3])))
    few = await offered(app, 6)
    await blocks(app, "*a*", "*e*", "*i*", "*o*", "*u*")

    assert set(few) == set(all_ideas()[:3])
    assert few[:3] == few[3:]
    with pytest.raises(NoIdeaAllowed):
        await offered(app, 1)
    assert await offered(app, 1, guild_id=None)


async def test_without_the_store_an_idea_comes_all_the_same(app):
    await blocks(app, "*a*", "*e*", "*i*", "*o*", "*u*")
    app.faults.set_away(away=True)

    assert await offered(app, 1)


async def test_only_so_many_members_are_remembered(app, monkeypatch):
    monkeypatch.setattr(surprises, "MOST_REMEMBERED", 2)

    for member_id in range(9):
        await app.cogs.surprises.idea(GUILD, member_id)

    assert list(app.cogs.surprises._seen) == [7, 8]


def _words(ideas):
    return [part for idea in ideas for part in (idea.subject, idea.place, idea.light)]
