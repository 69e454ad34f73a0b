"""Servers' rules, blocks and drafts: what holds for one process holds for all."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, example, given, settings
from sqlalchemy import insert, select

from bot.domain.errors import InvalidLimit
from bot.domain.rules import Block, Pause, Rules, Tier, changed
from bot.domain.word_filter import WordLists
from bot.store.guilds import Guilds
from bot.store.tables import blocks, drafts
from bot.store.tables import guilds as guilds_table
from tests.rules import FULLEST, ID, any_rules
from tests.samples import LANE, NOW

GUILD = 100
BLOCK = Block(member_id=300, by=1, since=NOW, until=NOW + 60, reason="spam")


@pytest.fixture
def other_guilds(other_database):
    return Guilds(other_database)


@pytest.fixture
def put(database):
    """Put a document into the store that some other version of the bot wrote."""

    async def put(document):
        row = insert(guilds_table).values(guild_id=GUILD, rules=document)
        await database.write(lambda connection: connection.execute(row))

    return put


def slower(rules):
    """Raise the cooldown by a second."""
    return changed(rules, cooldown=rules.cooldown + 1)


# Rules.


async def test_the_defaults_hold_until_rules_are_set(guilds):
    assert await guilds.rules(GUILD) == Rules()


async def test_a_change_holds_for_other_processes_too(guilds, other_guilds):
    before, after = await guilds.change(GUILD, slower)

    assert (before, after) == (Rules(), Rules(cooldown=1))
    assert await other_guilds.rules(GUILD) == after
    assert await other_guilds.change(GUILD, slower) == (after, Rules(cooldown=2))
    assert await guilds.rules(GUILD + 1) == Rules()


async def test_what_can_not_be_changed_changes_nothing(guilds):
    await guilds.change(GUILD, slower)

    with pytest.raises(InvalidLimit):
        await guilds.change(GUILD, partial(changed, steps=5))

    assert await guilds.rules(GUILD) == Rules(cooldown=1)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=any_rules)
@example(rules=FULLEST)
async def test_any_rules_come_back_as_they_were_put_in(guilds, other_guilds, rules):
    await guilds.change(GUILD, lambda _: rules)

    assert await other_guilds.rules(GUILD) == rules


async def test_changes_at_once_all_count(guilds, other_guilds):
    """Two moderators, or one who clicks twice: no change undoes another."""
    changes = await asyncio.gather(
        *(by.change(GUILD, slower) for by in [guilds, other_guilds] * 25)
    )

    assert await guilds.rules(GUILD) == Rules(cooldown=50)
    assert sorted(after.cooldown for _, after in changes) == list(range(1, 51))


async def test_a_document_that_a_younger_version_wrote_is_understood(guilds, put):
    """After a step back to an older version, the rules that it knows still hold."""
    await put(
        {
            "cooldown": 5,
            "look_alikes": True,
            "unheard_of": True,
            "tiers": [{"role_id": 7, "images": 2, "unheard_of": [1]}],
            "words": {"blocked": ["storm"], "unheard_of": {}},
            "pause": {"by": 1, "since": NOW, "unheard_of": None},
        }
    )

    assert await guilds.rules(GUILD) == Rules(
        cooldown=5,
        tiers=(Tier(role_id=7, images=2),),
        words=WordLists(blocked=("storm",)),
        pause=Pause(by=1, since=NOW),
    )


async def test_what_an_older_version_did_not_know_is_as_the_defaults_say(guilds, put):
    await put({"cooldown": 5, "words": {}, "tiers": []})

    assert await guilds.rules(GUILD) == Rules(cooldown=5, look_alikes=False)


async def test_words_are_found_in_disguise_only_where_moderators_could_know_of_it(guilds, put):
    """A server that chose its words before stays as it was, whatever else it changes."""
    assert (await guilds.rules(GUILD)).look_alikes  # a new server
    await put({"words": {"blocked": ["storm"]}})

    _, after = await guilds.change(GUILD, slower)

    assert not after.look_alikes
    assert await guilds.rules(GUILD) == after
    draft = {"words": WordLists(blocked=("sea",)), "look_alikes": True}
    await guilds.save_draft("d-2", GUILD, draft, now=NOW)
    assert await guilds.load_draft("d-2", GUILD) == draft


# Blocks.


@pytest.fixture
def block_of(jobs):
    """Return the block that an order of that member is weighed against."""

    async def block_of(member_id=BLOCK.member_id, guild_id=GUILD):
        return (await jobs.admission_context(guild_id, member_id, lane=LANE, now=NOW)).block

    return block_of


async def test_a_block_is_what_an_order_is_checked_against(other_guilds, block_of):
    for number, block in enumerate(
        (BLOCK, replace(BLOCK, until=None, reason=""), replace(BLOCK, by=ID, member_id=ID))
    ):
        guild_id = GUILD + 2 * number
        await other_guilds.block(guild_id, block)

        assert await block_of(block.member_id, guild_id) == block
        assert await block_of(block.member_id - 1, guild_id) is None
        assert await block_of(block.member_id, guild_id + 1) is None


async def test_a_member_has_one_block(guilds, other_guilds, block_of, database):
    await guilds.block(GUILD, BLOCK)

    await asyncio.gather(
        *(by.block(GUILD, replace(BLOCK, until=None)) for by in [guilds, other_guilds] * 5)
    )

    assert await block_of() == replace(BLOCK, until=None)
    rows = await database.read(lambda connection: connection.execute(select(blocks)).all())
    assert len(rows) == 1


async def test_a_block_is_ended_once_and_only_there(guilds, other_guilds, block_of):
    await guilds.block(GUILD, BLOCK)
    await guilds.block(GUILD + 1, BLOCK)

    ended = await asyncio.gather(
        *(by.unblock(GUILD, BLOCK.member_id) for by in (guilds, other_guilds))
    )

    assert sorted(ended) == [False, True]
    assert await block_of() is None
    assert await block_of(guild_id=GUILD + 1) == BLOCK


# Drafts.

DRAFTED = (
    {"cooldown": 5},
    {"images": 2, "steps": 30, "spoiler": True, "age_restricted_only": True},
    {"channels": (ID, 2)},
    {"channels": ()},
    {"words": WordLists(blocked=("b\u00e4d \U0001f346",), allowed=("'; --",))},
    {name: getattr(FULLEST, name) for name in ("words", "tiers", "channels")},
)


async def test_a_draft_keeps_what_it_names_and_nothing_else(guilds, other_guilds):
    for number, changes in enumerate(DRAFTED):
        await guilds.save_draft(f"d-{number}", GUILD, changes, now=NOW)

        assert await other_guilds.load_draft(f"d-{number}", GUILD) == changes
        assert await guilds.load_draft(f"d-{number}", GUILD + 1) is None  # it is one server's
    assert await guilds.load_draft("another", GUILD) is None
    assert await guilds.rules(GUILD) == Rules()


async def test_a_form_keeps_what_was_typed_and_is_no_draft(guilds, other_guilds):
    typed = {"blocked": "b\u00e4d\n\U0001f346", "look_alikes": True, "channels": ["7"]}
    await guilds.save_form("form", GUILD, "limits-form:words", typed, now=NOW)
    await guilds.save_draft("draft", GUILD, {"images": 2}, now=NOW)

    assert await other_guilds.load_form("form", GUILD) == ("limits-form:words", typed)
    assert await guilds.load_form("form", GUILD + 1) is None
    assert await guilds.load_form("draft", GUILD) is None
    assert await guilds.load_draft("form", GUILD) == {}
    await guilds.erase_drafts(before=NOW + 1)
    assert await guilds.load_form("form", GUILD) is None


async def test_only_old_drafts_are_erased(guilds, other_guilds, database):
    await guilds.save_draft("old", GUILD, {"images": 2}, now=NOW - 1)
    await guilds.save_draft("young", GUILD, {"images": 3}, now=NOW)

    for by in (guilds, other_guilds, guilds):
        await by.erase_drafts(before=NOW)

    assert await guilds.load_draft("old", GUILD) is None
    assert await guilds.load_draft("young", GUILD) == {"images": 3}
    rows = await database.read(lambda connection: connection.execute(select(drafts)).all())
    assert len(rows) == 1


async def test_a_draft_of_a_younger_version_is_understood(guilds, database):
    """It was made before a step back, and is saved after it."""
    values = {"id": "d-1", "guild_id": GUILD, "created_at": NOW}
    row = insert(drafts).values(changes={"images": 2, "unheard_of": True}, **values)
    await database.write(lambda connection: connection.execute(row))

    assert await guilds.load_draft("d-1", GUILD) == {"images": 2}
