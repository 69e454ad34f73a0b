"""Who takes which shards: all of them, evenly, and with as few moves as possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.shard_leases import (
    LEASE,
    SETTLED,
    ShardLease,
    ShardMember,
    ShardPlan,
    ShardView,
    plan,
)
from tests.samples import NOW


def member(owner, *, count=4, age=60.0):
    return ShardMember(owner, count, NOW - age, NOW + LEASE)


def view(owners, *members, count=4, up=True):
    """Return who has the shards, by a letter each; ``.`` is free."""
    leases = [
        ShardLease(count, number, None if owner == "." else owner, 1, up and owner != ".")
        for number, owner in enumerate(owners)
    ]
    return ShardView(members=members or [member("a"), member("b")], leases=leases)


A = member("a")
PLANS = [
    ("....", {}, ShardPlan(take=(0, 1))),
    ("b.b.", {}, ShardPlan(take=(1, 3))),
    ("bbb.", {}, ShardPlan(take=(3,))),
    ("axx.", {}, ShardPlan(take=(1,))),  # x is dead
    ("....", {"may_take": False}, ShardPlan()),
    ("abab", {}, ShardPlan()),
    ("aaab", {}, ShardPlan(give=(2,))),
    ("aaaa", {}, ShardPlan(give=(3,))),
    ("aaaa", {"may_move": False}, ShardPlan()),
    ("aaaa", {"idle": {1, 2, 3}}, ShardPlan(give=(2, 3))),
    ("aaaa", {"idle": {1}, "may_move": False}, ShardPlan(give=(1,))),
    ("aaa.", {}, ShardPlan()),  # one is on its way
]


@pytest.mark.parametrize(("owners", "options", "expected"), PLANS)
def test_each_takes_its_share_and_hands_over_what_is_more(owners, options, expected):
    assert plan(view(owners), A, now=NOW, **options) == expected


def test_nothing_moves_while_one_starts_or_the_new_process_has_not_settled():
    young = member("b", age=SETTLED - 1)

    assert plan(view("aaaa", up=False), A, now=NOW) == ShardPlan()
    assert plan(view("aaaa", A, young), A, now=NOW) == ShardPlan()
    assert plan(view("...a", A, young), young, now=NOW) == ShardPlan(take=(0, 1))


def generations(old, new, *, up=True):
    """Return a view with two shards of an old number and four of a new one."""
    members = [member("a", count=2), member("n", count=4, age=5)]
    leases = [*view(old, count=2).leases, *view(new, count=4, up=up).leases]
    return ShardView(members=members, leases=leases)


@pytest.mark.parametrize(
    ("old", "new", "up", "expected"),
    [
        ("aa", "....", True, ShardPlan()),
        ("ax", "nn..", True, ShardPlan(take=(1,))),  # until the new generation is complete
        ("ax", "nnnn", False, ShardPlan(take=(1,))),
        ("aa", "nnnn", False, ShardPlan()),
        ("aa", "nnnn", True, ShardPlan(give=(0, 1))),
        ("..", "nnnn", False, ShardPlan()),  # it reconnects
        ("..", "nnnx", True, ShardPlan(take=(0, 1))),  # part of it is lost
    ],
)
def test_a_generation_stops_once_a_newer_one_is_complete(old, new, up, expected):
    seen = generations(old, new, up=up)

    assert plan(seen, seen.members[0], now=NOW) == expected
    assert not plan(seen, seen.members[1], now=NOW).give


@given(
    st.integers(1, 40),
    st.lists(st.sampled_from("abcde"), min_size=1, max_size=40),
    st.sets(st.sampled_from("abcde"), min_size=1),
)
def test_whatever_was_before_all_shards_are_soon_held_evenly_and_nothing_moves_any_more(
    count, before, alive
):
    members = [member(owner, count=count) for owner in sorted(alive)]
    owners = [before[number % len(before)] for number in range(count)]
    moves = 0
    for _ in range(2 * count + 2):
        for one in members:
            seen = view(owners, *members, count=count)
            planned = plan(seen, one, now=NOW)
            for shard_id in planned.take:
                owners[shard_id] = one.owner
            for shard_id in planned.give:
                owners[shard_id] = "."
                moves += 1

    held = [owners.count(owner) for owner in sorted(alive)]
    assert sum(held) == count
    assert max(held) - min(held) <= 1
    assert moves <= count
    assert all(
        plan(view(owners, *members, count=count), one, now=NOW) == ShardPlan() for one in members
    )
