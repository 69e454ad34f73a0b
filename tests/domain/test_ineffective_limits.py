"""Limits that change nothing, since another rule is stricter or counts in their place."""

import pytest

from bot.domain.admission import Caps
from bot.domain.ineffective_limits import Overruled, ineffective_limits
from bot.domain.rules import Rules, Tier

GUILD, ROLE = 100, 7
NONE = {"member_per_day": 0, "member_at_once": 0}
CAPS = Caps(images_per_day=500, images_per_guild_per_day=100)


def everyone(**limits):
    return Tier(role_id=GUILD, **limits)


def tier(**limits):
    return Tier(role_id=ROLE, **limits)


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ({"member_per_day": 100}, []),
        ({"member_per_day": 101}, [("member_per_day", None, Overruled.OPERATOR_SERVER, 100)]),
        ({"server_per_day": 999}, [("server_per_day", None, Overruled.OPERATOR_SERVER, 100)]),
        (
            {"member_per_day": 30, "server_per_day": 20},
            [("member_per_day", None, Overruled.OTHER, 20)],
        ),
        (
            {"member_at_once": 5, "server_at_once": 4},
            [("member_at_once", None, Overruled.OTHER, 4)],
        ),
        ({"member_per_day": 2, "images": 3}, [("images", None, Overruled.OTHER, 2)]),
        (
            {"tiers": (tier(member_per_day=200),)},
            [("member_per_day", ROLE, Overruled.OPERATOR_SERVER, 100)],
        ),
        ({"tiers": (tier(member_per_day=0),)}, []),
        ({"tiers": (tier(member_per_day=9),), "member_per_day": 20}, []),  # stricter, and holds
        (
            {"tiers": (tier(images=2), everyone(images=3))},
            [("images", ROLE, Overruled.EVERYONE, 3)],
        ),
        ({"tiers": (tier(images=4), everyone(images=3))}, []),
        (
            {"tiers": (tier(cooldown=9), everyone(cooldown=5))},
            [("cooldown", ROLE, Overruled.EVERYONE, 5)],
        ),
        (
            {"member_per_day": 20, "tiers": (everyone(member_per_day=30),)},
            [("member_per_day", None, Overruled.EVERYONE, 30)],
        ),
        ({"tiers": (tier(images=2, exempt=True),)}, [("images", ROLE, Overruled.EXEMPT, 0)]),
    ],
)
def test_limits_that_change_nothing_are_found(rules, found):
    limits = ineffective_limits(Rules(**NONE | rules), caps=CAPS, guild_id=GUILD)

    assert [(one.name, one.role_id, one.by, one.bound) for one in limits] == found


def test_the_defaults_have_an_effect():
    assert not [*ineffective_limits(Rules(), caps=CAPS, guild_id=GUILD)]
