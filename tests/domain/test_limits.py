"""The operator's caps."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.limits import DAY, Caps, Rule, Usage, admit, day_of
from tests.samples import NOW

counts = st.integers(min_value=0, max_value=1000)


@given(
    images=st.integers(min_value=1, max_value=4),
    per_day=counts,
    per_guild=counts,
    everywhere=counts,
    guild=counts,
)
def test_no_order_is_admitted_that_a_cap_forbids(images, per_day, per_guild, everywhere, guild):
    caps = Caps(images_per_day=per_day, images_per_guild_per_day=per_guild)
    usage = Usage(everywhere=everywhere, guild=guild)

    refusal = admit(images=images, guild_id=1, caps=caps, usage=usage, now=NOW)

    within_day = not per_day or everywhere + images <= per_day
    within_guild = not per_guild or guild + images <= per_guild
    assert (refusal is None) == (within_day and within_guild)


def test_a_refusal_names_the_rule_its_figures_and_its_end():
    caps = Caps(images_per_guild_per_day=100)
    usage = Usage(everywhere=0, guild=99)

    refusal = admit(images=2, guild_id=1, caps=caps, usage=usage, now=NOW)

    assert refusal is not None
    assert (refusal.rule, refusal.limit, refusal.used) == (Rule.GUILD_DAY, 100, 99)
    assert (refusal.wanted, refusal.ends_at) == (2, day_of(NOW) + DAY)


def test_an_order_larger_than_the_cap_itself_is_not_told_to_wait():
    caps = Caps(images_per_day=1)
    usage = Usage(everywhere=0, guild=0)

    refusal = admit(images=2, guild_id=1, caps=caps, usage=usage, now=NOW)

    assert refusal is not None
    assert refusal.ends_at is None


def test_only_listed_guilds_are_served_where_there_is_a_list():
    caps = Caps(guild_ids=frozenset({1}))
    usage = Usage(everywhere=0, guild=0)

    assert admit(images=1, guild_id=1, caps=caps, usage=usage, now=NOW) is None
    refusal = admit(images=1, guild_id=2, caps=caps, usage=usage, now=NOW)
    assert refusal is not None
    assert refusal.rule is Rule.GUILD_NOT_SERVED


@given(now=st.floats(min_value=0, max_value=4e9))
def test_a_day_begins_at_midnight_and_holds_its_moments(now):
    assert day_of(now) % DAY == 0
    assert day_of(now) <= now < day_of(now) + DAY
