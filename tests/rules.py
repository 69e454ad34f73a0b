"""Sample rules: the largest that a server can have, and a strategy for all rules."""

from dataclasses import fields
from functools import reduce
from typing import Any

from hypothesis import strategies as st

from bot.domain.admission import AdmissionContext, Caps, Usage
from bot.domain.errors import InvalidPhrase
from bot.domain.log_kinds import LogKind
from bot.domain.order import clean
from bot.domain.rules import (
    LANGUAGES,
    LONGEST_REASON,
    MOST_CHANNELS,
    MOST_TIERS,
    RANGES,
    TIERED,
    Pause,
    Rules,
    Safety,
    Tier,
)
from bot.domain.styles import LONGEST_NAME, LONGEST_WORDS, MOST, Style
from bot.domain.word_filter import MOST_PHRASES, WordLists, add
from bot.service.moderation import Overview
from bot.service.ports.store import PeakUsage
from tests.samples import NOW

ID = 2**63 - 1  # Discord's ids have no more digits
REASON = "*" * LONGEST_REASON  # each letter is markup
PROMPT = "*" * 1000

# 500 phrases of 7 characters and the breaks between them: 3999 characters, most of them markup.
PHRASES = tuple(f"{number:03}`_|~" for number in range(MOST_PHRASES))

HIGHEST: dict[str, Any] = {name: span.high for name, span in RANGES.items()}
BELOW_HIGHEST: dict[str, Any] = {name: RANGES[name].high - 1 for name in TIERED}

FULLEST = Rules(
    **HIGHEST,
    private=False,
    spoiler=True,
    safety=Safety.HOLD,
    age_restricted_only=True,
    tiers=tuple(Tier(role_id=ID - number, **BELOW_HIGHEST) for number in range(MOST_TIERS)),
    channels=tuple(ID - number for number in range(MOST_CHANNELS)),
    words=WordLists(blocked=PHRASES, allowed=PHRASES),
    styles=tuple(
        Style(name=f"{number:02}".ljust(LONGEST_NAME, "*"), words="*" * LONGEST_WORDS)
        for number in range(MOST)
    ),
    pause=Pause(by=ID, since=NOW, reason=REASON),
    log_channel=ID,
    log_ping=ID,
    log_kinds=tuple(LogKind),
    language="de",
)
FULLEST_OVERVIEW = Overview(
    rules=FULLEST,
    caps=Caps(
        images_per_day=10**9,
        images_per_guild_per_day=10**9,
        usd_per_month=10**12,
        usd_per_guild_per_month=10**12,
    ),
    standing=AdmissionContext(
        rules=FULLEST,
        usage=Usage(
            everywhere=10**9,
            server=10**9,
            member=10**9,
            server_at_once=10**6,
            server_spent_this_month=10**12,
        ),
    ),
    peaks=PeakUsage(images=10**9, at_once=10**6),
)


ids = st.integers(1, ID)
numbers = {
    name: st.just(0) | st.integers(span.low, span.high) | st.sampled_from(span_ends)
    for name, span in RANGES.items()
    for span_ends in [(span.low, span.high)]
}
reasons = st.text(max_size=LONGEST_REASON).map(clean)
typed = st.text(
    st.characters() | st.sampled_from("`*_~|<>@#:-. \n\u200bé\u0301🍆"), min_size=1, max_size=30
)
moments = st.floats(min_value=0, max_value=2**33)
tiers = st.builds(
    Tier,
    role_id=ids,
    exempt=st.booleans(),
    **{name: st.none() | numbers[name] for name in TIERED},
)


NO_PHRASES: tuple[str, ...] = ()


def _kept(phrases: tuple[str, ...], text: str) -> tuple[str, ...]:
    try:
        return add(phrases, text)
    except InvalidPhrase:
        return phrases


own_styles = st.builds(
    Style,
    name=typed.map(clean).filter(bool),
    words=st.text(min_size=1, max_size=LONGEST_WORDS).map(clean).filter(bool),
)
phrases = st.lists(typed, max_size=8).map(lambda texts: reduce(_kept, texts, NO_PHRASES))
any_rules = st.builds(
    Rules,
    **numbers,
    private=st.booleans(),
    spoiler=st.booleans(),
    safety=st.sampled_from(Safety),
    age_restricted_only=st.booleans(),
    look_alikes=st.booleans(),
    tiers=st.lists(tiers, max_size=4, unique_by=lambda tier: tier.role_id).map(tuple),
    channels=st.lists(ids, max_size=MOST_CHANNELS, unique=True).map(tuple),
    words=st.builds(WordLists, blocked=phrases, allowed=phrases),
    styles=st.lists(own_styles, max_size=4, unique_by=lambda style: style.name.casefold()).map(
        tuple
    ),
    pause=st.none() | st.builds(Pause, by=ids, since=moments, reason=reasons),
    log_channel=st.none() | ids,
    log_ping=st.none() | ids,
    log_kinds=st.sets(st.sampled_from(LogKind)).map(lambda kinds: tuple(sorted(kinds))),
    language=st.none() | st.sampled_from(LANGUAGES),
)

assert {field.name for field in fields(Rules)} == {
    *RANGES,
    *(
        "safety",
        "private",
        "spoiler",
        "age_restricted_only",
        "look_alikes",
        "tiers",
        "channels",
        "words",
        "styles",
    ),
    *(
        "pause",
        "log_channel",
        "log_ping",
        "log_kinds",
        "language",
        "nowhere",
    ),  # the last is set by deletions alone
}, "any_rules must draw each field"
