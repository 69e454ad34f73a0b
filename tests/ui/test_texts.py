"""Every text that members and moderators read: as a snapshot, and the rules that all keep.

After a change of words: ``pytest tests/ui --snapshot-update``, and read the difference.
"""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.admission import (
    BUDGETS,
    OPERATORS,
    AdmissionRequest,
    Rule,
    RuleResult,
    rule_results,
)
from bot.domain.card_status import CardStatus
from bot.domain.deeds import Deed, DeedKind
from bot.domain.errors import (
    ChangeRejected,
    InvalidLimit,
    InvalidOption,
    InvalidPhrase,
    InvalidStyle,
    LanguageNotSpoken,
    LogChannelNeeded,
    OrderRejected,
    OwnStyleNotFound,
    PhraseFault,
    StyleNotFound,
    TooManyEntries,
)
from bot.domain.ineffective_limits import Ineffective, Overruled
from bot.domain.job import Billed, EndReason, Obstacle, State
from bot.domain.lane import GIVES_BACK, ClosedReason, Lane
from bot.domain.log_entries import (
    Blocked,
    BudgetUsed,
    Changed,
    Held,
    LaneClosed,
    LaneReopened,
    OrderModerated,
    OrdersPlaced,
    Reported,
    ServerAllowed,
    ServerDenied,
    Unblocked,
    WordRefused,
)
from bot.domain.log_kinds import LogKind
from bot.domain.money import Budget
from bot.domain.order import clean
from bot.domain.preferences import NAMES
from bot.domain.rules import FLAGS, RANGES, Block, Pause, Rules, Safety, Tier, differences
from bot.domain.styles import BUILT_IN, Style, title
from bot.domain.word_filter import Finding, WordLists
from bot.service import errors
from bot.service.errors import LimitReached, OperationFault
from bot.ui import texts
from bot.ui.button_actions import OrderAction
from bot.ui.language import LANGUAGES, speaking
from bot.ui.limits_form import GROUPS
from tests.rules import FULLEST, FULLEST_OVERVIEW, ID, PHRASES, PROMPT, REASON, any_rules
from tests.samples import NOW, SOON, a_job, an_order, changed_job, listed

HOSTILE = "@everyone @here <@300> <@&7> **bold** [x](https://evil.example) `code` # head"

in_any_language = pytest.mark.parametrize("language", LANGUAGES)


def pings(text):
    """Tell whether *text* would ping somebody, or format anything, that a person wrote."""
    bare = re.sub(r"`[^`]*`", "", text)  # nothing in a piece of code is markup
    return bool(re.search(r"(?<!\\)(@everyone|@here|<@300>|<@&7>|\*\*bold|\]\(https|# head)", bare))


def test_the_check_for_pings_finds_them():
    assert pings("@everyone")
    assert pings(HOSTILE)
    assert not pings("`@everyone` and \\@everyone")


# Cards.

ENDS: dict[State, list[EndReason | None]] = {
    State.CANCELLED: [EndReason.UNANSWERED, EndReason.WITHDRAWN, EndReason.RESTORED],
    State.REFUSED: [
        EndReason.OUT_OF_CREDIT,
        EndReason.KEY_REFUSED,
        EndReason.BUSY,
        EndReason.WAITED_TOO_LONG,
        EndReason.BLOCKED,
        EndReason.DENIED,
        EndReason.SERVER_LEFT,
        EndReason.SETTLED,
        EndReason.VENDOR,
        EndReason.CONTENT,
    ],
    State.UNCERTAIN: [None],
    State.EXPIRED: [None],
    State.FAILED: [
        EndReason.VENDOR,
        EndReason.CONTENT,
        EndReason.NO_PICTURE,
        EndReason.KEPT_TOO_LONG,
        EndReason.NOT_RELEASED,
        EndReason.HELD_TOO_LONG,
    ],
    State.ERROR: [EndReason.VENDOR],
}
KNOWN = {
    "in line": CardStatus(place=3),
    "lane paused": CardStatus(place=3, paused_until=SOON),
    **{
        f"closed for {reason}": CardStatus(place=3, closed=reason, paused_until=SOON)
        for reason in sorted(set(ClosedReason) - GIVES_BACK)
    },
    "trying": CardStatus(place=3, closed=ClosedReason.MEDIA),
}


def progress():
    samples: dict[str, Any] = {
        state: texts.cards.status(a_job(state=state, completed_at=NOW))
        for state in State
        if state not in ENDS
    }
    samples |= {name: texts.cards.status(a_job(), known) for name, known in KNOWN.items()}
    for state in (State.QUEUED, State.PROCESSING):
        samples[f"{state} estimated"] = texts.cards.status(
            a_job(state=state), CardStatus(usual_seconds=20)
        )
    samples["late"] = texts.cards.status(a_job(state=State.QUEUED), CardStatus(late=True))
    for given_up_at in (None, SOON):
        for fault_id in (None, "0123abcd"):
            known = CardStatus(given_up_at=given_up_at, fault_id=fault_id)
            samples[f"uncertain, given up {given_up_at}, fault {fault_id}"] = texts.cards.status(
                a_job(state=State.UNCERTAIN), known
            )
    outstanding = a_job(state=State.COMPLETED, obstacle=Obstacle.HOST, next_try_at=SOON)
    for obstacle in Obstacle:
        missing = changed_job(outstanding, obstacle=obstacle)
        samples[f"outstanding, {obstacle}"] = texts.cards.status(missing)
    samples["outstanding, due"] = texts.cards.status(changed_job(outstanding, next_try_at=0.0))
    samples["partly outstanding"] = texts.cards.status(changed_job(outstanding, pictures_shown=3))
    samples["still fetched"] = f"{texts.cards.still_fetched(1)} {texts.cards.still_fetched(2)}"
    samples["steps"] = texts.cards.steps(a_job(state=State.PROCESSING))
    samples["left today"] = texts.cards.left_today(a_job(private=True, left_today=0))
    samples["sent"] = texts.cards.sent(an_order(sent="a lighthouse, **ink**"))
    samples["details"] = texts.cards.details(an_order(guidance=7.0, style="oil"))
    samples["other details"] = texts.cards.details(an_order(images=3, steps=20, enhance=False))
    samples["ready"] = texts.cards.ready(a_job(message_id=77))
    samples["ready elsewhere"] = texts.cards.ready(a_job(answers_only=True))
    samples["small notes"] = f"{texts.cards.shrunk()} {texts.cards.some_missing()}"
    return samples


def test_progress_reads_as_recorded(snapshot):
    assert listed(progress()) == snapshot
    assert texts.cards.left_today(a_job(private=True)) is None


def ends():
    """What it is, what it cost, and who can help."""
    samples: dict[str, Any] = {}
    for state, reasons in ENDS.items():
        for reason in reasons:
            job = a_job(state=state, end_reason=reason)
            helped = texts.cards.who_can_help(job)
            samples[f"{state} {reason}"] = f"{texts.cards.status(job)} {helped}"
    samples |= {f"billed {billed}": texts.cards.charge(a_job(billed=billed)) for billed in Billed}
    refused = a_job(state=State.REFUSED, end_reason=EndReason.VENDOR, error="not **allowed**")
    samples["with the vendor's words"] = texts.cards.who_can_help(refused)
    samples["the vendor's words"] = texts.cards.vendor_words(refused)
    return samples


def test_ends_read_as_recorded(snapshot):
    assert listed(ends()) == snapshot
    assert {reason for reasons in ENDS.values() for reason in reasons} == {None, *EndReason}


@in_any_language
@pytest.mark.parametrize("reason", [None, *EndReason])
def test_every_state_has_a_line_of_its_own_with_a_time(reason, language):
    with speaking(language):
        lines = {
            texts.cards.status(a_job(state=state, end_reason=reason, completed_at=NOW))
            for state in State
        }

    assert len(lines) == len(State)
    assert all(line.startswith("**") and f"<t:{int(NOW)}:R>" in line for line in lines)


@in_any_language
def test_one_of_the_steps_of_an_order_is_marked(language):
    with speaking(language):
        lines = {state: texts.cards.steps(a_job(state=state)) for state in State}

    shown = {state: line for state, line in lines.items() if line is not None}
    assert shown.keys() == {*State} - {*ENDS}
    assert len({line.replace("**", "") for line in shown.values()}) == 1
    assert all(line.startswith("-# ") and line.count("**") == 2 for line in shown.values())
    assert len(set(shown.values())) == 4


def test_what_was_sent_is_told_where_it_is_not_what_was_typed():
    """Of a long prompt its end, which the style added."""
    assert texts.cards.sent(an_order()) is None
    assert texts.cards.sent(an_order(sent="a lighthouse in a storm")) is None
    line = texts.cards.sent(an_order(sent="x" * 990 + ", wool"))
    assert line is not None
    assert line.endswith("x, wool")
    assert "…" in line
    assert len(line) < 700


@pytest.mark.parametrize("cause", [EndReason.OUT_OF_CREDIT, EndReason.KEY_REFUSED])
def test_no_member_is_blamed_for_what_the_vendor_tells_the_operator(cause):
    words = "Your wallet does not have enough balance."

    assert texts.cards.vendor_words(a_job(end_reason=cause, error=words)) is None
    assert texts.cards.vendor_words(a_job()) is None
    assert not pings(texts.cards.vendor_words(a_job(error=HOSTILE)))


@in_any_language
@given(st.text(min_size=1, max_size=1000), st.integers(1, 4), st.integers(1, 4))
def test_alternative_text_fits_discords_limit_and_says_that_it_is_generated(
    language, prompt, number, count
):
    with speaking(language):
        text = texts.cards.alt(an_order(prompt=prompt), number, count)

    assert len(text) <= 1024
    assert {"en": "AI-generated", "de": "KI-generiert"}[language] in text


# Names and labels.


def labels():
    yield from map(texts.limits.form_title, GROUPS)
    yield from map(texts.limits.label, RANGES)
    yield from map(texts.limits.name, FLAGS)
    yield from (texts.limits.channels_label(), *map(texts.limits.label, ("blocked", "allowed")))
    yield from (
        texts.order_buttons.form_title(),
        *(text() for text in texts.order_fields.LABELS.values()),
    )


def hints():
    limits = texts.limits
    yield from (limits.number_hint(), limits.channels_hint(), limits.phrases_hint())


def buttons():
    yield from (texts.order_buttons.try_again(), *map(texts.order_buttons.label, OrderAction))
    yield from (texts.changes.save(), texts.changes.discard(), texts.limits.edit())


@in_any_language
@pytest.mark.parametrize(("shown", "most"), [(labels, 45), (hints, 100), (buttons, 80)])
def test_what_is_on_forms_and_buttons_fits_discords_limits(language, shown, most):
    with speaking(language):
        assert all(1 <= len(text) <= most for text in shown())


@in_any_language
def test_every_rule_has_a_name_that_is_its_own(language):
    settable = {*RANGES, *FLAGS, "language"}
    assert settable == texts.commands.OPTIONS.keys() < texts.limits.NAMES.keys()
    with speaking(language):
        rules = set(Rule) - OPERATORS - {Rule.TIMED_OUT}  # Discord's own
        assert len({texts.explanations.rule(rule) for rule in rules}) == len(rules)


@in_any_language
def test_a_style_is_called_by_its_title_and_one_of_a_servers_own_by_its_name(language):
    with speaking(language):
        assert texts.shared.style("oil") == {"en": "`Oil painting`", "de": "`Ölgemälde`"}[language]
        assert texts.shared.style("Wool") == "`Wool`"
        assert title("oil", language) in texts.cards.details(an_order(style="oil"))


def test_a_duration_is_told_in_the_largest_unit_that_divides_it():
    told = {seconds: texts.shared.duration(seconds) for seconds in (1, 60, 90, 7200, 86400)}

    assert [*told.values()] == ["1 second", "1 minute", "90 seconds", "2 hours", "1 day"]


@given(st.lists(st.text(max_size=30)), st.integers(30, 200))
def test_what_has_no_room_is_counted_and_nothing_is_cut_in_two(lines, most):
    """Half a phrase in code would end its code, and then format what follows."""
    text = texts.shared.fitted(lines, most, "\0")

    assert len(text) <= most
    if text != "\0".join(lines):
        *kept, rest = text.split("\0")
        whole = "\0".join(lines).split("\0")
        assert kept == whole[: len(kept)]
        assert re.fullmatch(r"… and [0-9]+ more", rest)


def test_only_as_many_are_left_out_as_have_no_room():
    long, short = "a" * 20, "bbbb"

    assert texts.shared.fitted([short] * 3, 16, ", ") == "bbbb, bbbb, bbbb"
    assert texts.shared.fitted([long, short, long], 40, ", ") == f"{long}, bbbb, … and 1 more"
    assert texts.shared.fitted([long, short, long], 39, ", ") == f"{long}, … and 2 more"


# Refusals.

ENDS_AT: dict[str, Any] = {"refuses": True, "ends_at": SOON}
AT_ONCE: dict[str, Any] = {"limit": 3, "used": 3, "wanted": 1, "refuses": True}
OF_DAY: dict[str, Any] = {"limit": 25, "used": 24, "wanted": 2, **ENDS_AT}
REFUSALS = [
    RuleResult(rule=Rule.NOT_SERVED, refuses=True),
    RuleResult(rule=Rule.PAUSED, refuses=True, said="lunch"),
    RuleResult(rule=Rule.PAUSED, refuses=True),
    RuleResult(rule=Rule.BLOCKED, said="spam", **ENDS_AT),
    RuleResult(rule=Rule.BLOCKED, refuses=True),
    RuleResult(rule=Rule.TIMED_OUT, **ENDS_AT),
    RuleResult(rule=Rule.CHANNEL, refuses=True, channels=(1, 2)),
    RuleResult(rule=Rule.AGE_RESTRICTED, refuses=True, limit=1),
    RuleResult(rule=Rule.WORDS, refuses=True, said="bad wolf"),
    RuleResult(rule=Rule.WORDS, refuses=True, said="white paper", style="ink"),
    RuleResult(rule=Rule.WORDS, refuses=True, said="soft wolf", suffix=True),
    RuleResult(rule=Rule.PRIVATE, refuses=True),
    RuleResult(rule=Rule.IMAGES, refuses=True, limit=1, wanted=4),
    RuleResult(rule=Rule.STEPS, refuses=True, limit=30, wanted=50),
    RuleResult(rule=Rule.KEY, refuses=True),
    RuleResult(rule=Rule.CREDIT, **ENDS_AT),
    RuleResult(rule=Rule.CREDIT, refuses=True),
    RuleResult(rule=Rule.BUSY, **ENDS_AT),
    RuleResult(rule=Rule.MEMBER_AT_ONCE, **AT_ONCE),
    RuleResult(rule=Rule.SERVER_AT_ONCE, **AT_ONCE),
    RuleResult(rule=Rule.COOLDOWN, limit=90, **ENDS_AT),
    RuleResult(rule=Rule.MEMBER_DAY, refuses=True, limit=1, wanted=4),
    *(
        RuleResult(rule=rule, **OF_DAY)
        for rule in (Rule.MEMBER_DAY, Rule.SERVER_DAY, Rule.OPERATOR_SERVER_DAY, Rule.OPERATOR_DAY)
    ),
    *(
        RuleResult(rule=rule, limit=7000, used=used, wanted=wanted, **ends)
        for rule in BUDGETS
        for used, wanted, ends in (
            (7000, 1000, ENDS_AT),
            (6500, 1000, ENDS_AT),
            (0, 8000, {"refuses": True}),
        )
    ),
    *(
        RuleResult(rule=rule, said=said, **ends)
        for rule, said, ends in (
            (Rule.DENIED_SERVER, "spam", ENDS_AT),
            (Rule.DENIED_MEMBER, "spam", ENDS_AT),
            (Rule.DENIED_SERVER, "", {"refuses": True}),
            (Rule.DENIED_MEMBER, "", {"refuses": True}),
        )
    ),
]
BARS = {Rule.DENIED_SERVER, Rule.DENIED_MEMBER}
# Those that can refuse where there are no rules of a server.
OUTSIDE = {
    *(
        Rule.DENIED_MEMBER,
        Rule.NOT_SERVED,
        Rule.KEY,
        Rule.CREDIT,
        Rule.BUSY,
        Rule.MEMBER_AT_ONCE,
        Rule.MEMBER_DAY,
    ),
    *(Rule.OPERATOR_SERVER_DAY, Rule.OPERATOR_DAY),
    *(Rule.OPERATOR_SERVER_MONTH_USD, Rule.OPERATOR_DAY_USD, Rule.OPERATOR_MONTH_USD),
}
REJECTIONS = [
    InvalidOption(option="prompt", low=1, high=1000, got=0),
    InvalidOption(option="prompt", low=1, high=1000, got=1001),
    InvalidOption(option="prompt", low=1, high=930, got=970, style="ink"),
    *(
        InvalidOption(option="prompt", low=1, high=730, got=740, style=style, suffix=200)
        for style in ("ink", None)
    ),
    InvalidOption(option="images", low=1, high=4, got="@everyone"),
    InvalidOption(option="guidance", low=1.0, high=10.0, got="x"),
    InvalidOption(option="enhance", low=False, high=True, got=1),
    InvalidOption(option="style", low=1, high=32, got=7),
    InvalidOption(
        option="images",
        low=1,
        high=4,
        got=5,
        others=(InvalidOption(option="steps", low=20, high=50, got=51),),
    ),
    StyleNotFound(style="Wool"),
    StyleNotFound(style="an", similar="anime"),
    errors.ServersOnly(),
    errors.ShuttingDown(),
    errors.AdmissionTimeout(),
    errors.OrderForgotten(),
    OrderRejected(),
]


def refusal(result, **changes):
    return texts.refusals.refusal(LimitReached(verdict=replace(result, **changes)))


def refusals():
    samples = {f"{number} {one.rule}": refusal(one) for number, one in enumerate(REFUSALS)}
    samples |= {
        f"{number} {one.rule} outside": refusal(one, outside=True)
        for number, one in enumerate(REFUSALS)
        if one.rule in OUTSIDE
    }
    samples |= {
        f"{number} {type(one).__name__}": texts.refusals.refusal(one)
        for number, one in enumerate(REJECTIONS)
    }
    by_default = LimitReached(verdict=RuleResult(rule=Rule.PRIVATE, refuses=True))
    by_default.defaulted = NAMES
    return samples | {"by default": texts.refusals.refusal(by_default)}


def test_refusals_read_as_recorded(snapshot):
    samples = refusals()
    charged = "\n-# Nothing was charged."

    assert {one.rule for one in REFUSALS} == set(Rule)
    assert all(text.count(charged) == 1 for text in samples.values())
    assert (
        listed({name: text.replace(charged, " -#") for name, text in samples.items()}) == snapshot
    )


@pytest.mark.parametrize("result", REFUSALS, ids=str)
def test_a_refusal_names_its_figures_its_end_and_who_can_change_it(result):
    text = refusal(result)

    told = [] if result.rule in BUDGETS else [result.limit, result.wanted]
    assert all(str(figure) in text for figure in told if figure > 1)
    may_last = BUDGETS.get(result.rule, Budget.DAY) is not Budget.DAY or result.rule in BARS
    ends = f"<t:{int(SOON)}:R> (<t:{int(SOON)}:{'f' if may_last else 't'}>)"
    assert (ends in text) == ("<t:" in text) == (result.ends_at is not None)
    who = "owner" if result.rule in OPERATORS else "moderators"
    assert who in text or result.rule is Rule.BUSY
    assert "None" not in text


@pytest.mark.parametrize("result", [one for one in REFUSALS if one.rule in OUTSIDE], ids=str)
def test_outside_of_servers_no_refusal_speaks_of_one_and_the_operator_can_change_it(result):
    """Nobody there has moderators to ask."""
    text = refusal(result, outside=True)

    assert replace(result, outside=True).operators
    assert not re.search("this server|all servers|moderators", text, flags=re.IGNORECASE)
    assert "owner" in text or result.rule is Rule.BUSY


@in_any_language
def test_rules_that_differ_refuse_differently(language):
    with speaking(language):
        assert len({*map(refusal, REFUSALS)}) == len(REFUSALS)


@in_any_language
@pytest.mark.parametrize("rule", Rule)
@pytest.mark.parametrize("said", [REASON, HOSTILE], ids=["long", "hostile"])
def test_the_longest_refusal_fits_and_what_people_wrote_is_literal(rule, language, said):
    most: dict[str, Any] = {"limit": 10**9, "used": 10**9, "wanted": 10**9}
    result = RuleResult(rule=rule, said=said, channels=FULLEST.channels, **most, **ENDS_AT)

    with speaking(language):
        text = refusal(result)

    assert len(text) <= 2000
    assert not pings(text)


@in_any_language
@given(st.text(max_size=7000))
def test_a_refused_prompt_is_handed_back_whole_or_cut_in_one_message(language, prompt):
    """Typing a thousand characters anew is no fun."""
    with speaking(language):
        text = texts.refusals.refusal(StyleNotFound(style="*" * 32))
        with_prompt = texts.refusals.with_prompt(text, prompt)

    assert len(with_prompt) <= 2000
    assert with_prompt.startswith(text)
    assert texts.refusals.prompt_of(text) == ""
    if prompt.strip():
        assert with_prompt.count("```") == 2
        assert with_prompt.endswith("\n```")


@pytest.mark.parametrize(
    "prompt", ["a `b` c", "a\nb", "**bold** <@300> ``` # head", "```", "x" * 1000]
)
def test_a_prompt_that_is_handed_back_is_the_one_that_was_typed_once_it_is_typed_again(prompt):
    with_prompt = texts.refusals.with_prompt("No.", prompt)

    quoted = with_prompt.split("```\n", 1)[1].removesuffix("\n```")
    assert clean(quoted) == clean(prompt)


@pytest.mark.parametrize("prompt", [None, 7, True, "", " \n"])
def test_where_no_prompt_was_typed_none_is_handed_back(prompt):
    assert texts.refusals.with_prompt("No.", prompt) == "No."


# Changes.

NOT_CHANGED = [
    errors.NotAModerator(),
    errors.ChannelNotWritable(),
    *(errors.NotBlockable(member_id=300, fault=fault) for fault in errors.BlockFault),
    errors.DraftExpired(),
    InvalidLimit(name="cooldown", low=1, high=86400),
    InvalidLimit(name="spoiler", low=False, high=True),
    InvalidLimit(name="hours", low=1, high=8760),
    *(TooManyEntries(name=name, most=25) for name in ("tiers", "styles", "channels")),
    InvalidStyle(name="words", most=300, got=301),
    InvalidStyle(name="name", most=32, got=0),
    OwnStyleNotFound(style="Wool"),
    *(InvalidPhrase(fault=fault, limit=100, got=101, phrase="b*d") for fault in PhraseFault),
    LanguageNotSpoken(),
    LogChannelNeeded(),
    ChangeRejected(),
]
WOOL = Rules(
    words=WordLists(blocked=("bad wolf",)),
    tiers=(Tier(role_id=7, exempt=True),),
    styles=(Style(name="Wool", words="knitted"),),
)
FELT = replace(WOOL, cooldown=60, styles=(Style(name="WOOL", words="felt"),))
INEFFECTIVE = [
    Ineffective(name="member_per_day", limit=50, role_id=role_id, by=by, bound=9, other="images")
    for role_id, by in zip([None, None, None, 7, 7], list(Overruled)[:5], strict=True)
] + [
    Ineffective(name="safety", limit=Safety.HOLD, role_id=None, by=by) for by in list(Overruled)[5:]
]
BLOCK = Block(member_id=300, by=1, since=NOW, until=SOON, reason="spam")


def kinds(error):
    """Return an error and all that are more special."""
    return {error, *(kind for one in error.__subclasses__() for kind in kinds(one))}


def changes():
    samples = {
        f"{number} {type(error).__name__}": texts.changes.rejection(error)
        for number, error in enumerate(NOT_CHANGED)
    }
    samples |= {
        "added": texts.changes.changed(Rules(), WOOL),
        "removed": texts.changes.changed(WOOL, Rules()),
        "changed": texts.changes.changed(WOOL, FELT),
        "same": texts.changes.changed(WOOL, WOOL),
        "many words": texts.changes.changed(WOOL, replace(WOOL, words=WordLists(blocked=PHRASES))),
        "replaced": texts.changes.changed(Rules(), Rules(styles=(Style(name="anime", words="x"),))),
        "ineffective": texts.changes.changed(WOOL, FELT, INEFFECTIVE),
        "preview": texts.changes.preview(WOOL, FELT),
        "blocked": texts.changes.blocked(BLOCK),
        "blocked for days": texts.changes.blocked(replace(BLOCK, until=NOW + 90_000)),
        "blocked for good": texts.changes.blocked(replace(BLOCK, until=None, reason="")),
        "unblocked": texts.changes.unblocked(300, was=True),
        "not blocked": texts.changes.unblocked(300, was=False),
        "paused": texts.changes.paused(Pause(by=1, since=NOW, reason="lunch")),
        "resumed": texts.changes.resumed(was_paused=True, tries=None),
        "not paused": texts.changes.resumed(was_paused=False, tries=ClosedReason.CREDIT),
        "tries": texts.changes.resumed(was_paused=False, tries=ClosedReason.UNKNOWN),
        "log": texts.changes.logged(Rules(log_channel=5)),
        "hardly a log": texts.changes.logged(Rules(log_channel=5, log_kinds=())),
        "no log": texts.changes.logged(Rules()),
        "ping": texts.changes.pinged(7),
    }
    return samples


def test_answers_to_changes_read_as_recorded(snapshot):
    assert {type(error) for error in NOT_CHANGED} == kinds(ChangeRejected)
    assert listed(changes()) == snapshot


@in_any_language
def test_changes_that_were_not_made_say_why_and_that_nothing_changed(language):
    with speaking(language):
        answers = {texts.changes.rejection(error) for error in NOT_CHANGED}

        assert len(answers) == len(NOT_CHANGED)
        assert all(answer.endswith(texts.changes.discarded()) for answer in answers)


def test_every_field_of_the_rules_has_a_line_when_it_changes():
    lines = texts.changes.lines(list(differences(Rules(), FULLEST)))

    assert len({*lines}) == len({one.name for one in differences(Rules(), FULLEST)})
    assert "Hide pictures behind a spoiler: no → yes" in lines


@in_any_language
@settings(max_examples=25)
@given(any_rules, any_rules)
def test_whatever_changes_the_words_about_it_fit(language, before, after):
    with speaking(language):
        line = texts.log_channel.line(Changed(by=1, before=before, after=after))

        assert len(texts.changes.changed(before, after)) <= 2000
        assert len(texts.changes.preview(before, after)) <= 4000
    assert len(line) <= 2000
    assert "\n" not in line


# What moderators look up.


def explained(rules=Rules(), *, lane=Lane(), **changes):  # noqa: B008 - both are frozen
    standing = replace(FULLEST_OVERVIEW.standing, rules=rules, lane=lane, **changes)
    ask = AdmissionRequest(order=an_order(prompt=PHRASES[0]), guild_id=1, channel_id=2)
    results = list(rule_results(ask, caps=FULLEST_OVERVIEW.caps, context=standing, now=NOW))
    return results, texts.explanations.explained(2, results)


def explanations():
    """What decides comes first, and whose it is to change."""
    calm = replace(FULLEST_OVERVIEW.standing.usage, everywhere=0, server=0, member=0)
    return {
        "moderators": explained(WOOL, block=BLOCK)[1],
        "operator": explained(replace(Rules(), member_per_day=0))[1],
        "admitted": explained(usage=calm)[1],
        **{
            f"{result.rule} ends at {result.ends_at}": texts.explanations.explained(2, [result])
            for result in REFUSALS
        },
        **{
            f"{rule} without more": texts.explanations.explained(
                2, [RuleResult(rule=rule, refuses=True)]
            )
            for rule in (Rule.CHANNEL, Rule.SERVER_DAY)
        },
        "no words": texts.explanations.words_listed(Rules()),
        "no styles": texts.explanations.styles_listed(Rules()),
        "taken": texts.explanations.words_found("a sea", Finding()),
        "allowed": texts.explanations.words_found("a sea", Finding(blocked="a", allowed="a sea")),
        "refused": texts.explanations.words_found("a sea", Finding(blocked="sea")),
    }


def test_explanations_read_as_recorded(snapshot):
    assert listed(explanations()) == snapshot


@in_any_language
@pytest.mark.parametrize(
    "lane",
    [
        Lane(),
        Lane(closed=ClosedReason.KEY),
        Lane(closed=ClosedReason.CREDIT),
        Lane(paused_until=NOW + 601),
    ],
    ids=str,
)
def test_the_fullest_explanation_fits_and_names_every_rule_that_refuses(lane, language):
    with speaking(language):
        results, text = explained(FULLEST, lane=lane, block=replace(BLOCK, reason=REASON))

    assert len(text) <= 4000
    refusing = sum(result.refuses for result in results)
    assert text.count("\n- ") == refusing - 1  # the first one decides
    assert f"-# {len(results) - refusing} " in text.splitlines()[-1]
    assert not pings(text)


@in_any_language
@pytest.mark.parametrize("rules", [Rules(), FULLEST], ids=["fresh", "fullest"])
def test_lists_fit_and_leave_no_list_out(rules, language):
    """Although one of them is full."""
    rules = replace(rules, words=replace(rules.words, allowed=("x",)))
    with speaking(language):
        styles, words = (
            texts.explanations.styles_listed(rules),
            texts.explanations.words_listed(rules),
        )

    assert len(styles) <= 4000
    assert len(words) <= 4000
    assert words.endswith("`x`")
    assert all(title(style.name, language) in styles for style in BUILT_IN)


def test_a_tested_prompt_fits_and_is_literal():
    finding = Finding(blocked=PHRASES[0], allowed=PHRASES[0])

    assert len(texts.explanations.words_found(PROMPT, finding)) <= 4000
    assert not pings(texts.explanations.words_found(HOSTILE, Finding(blocked=HOSTILE)))


# The log.

CLOSED: dict[str, Any] = {"guild_id": 4, "channel_id": 5, "orders": 3}
DEED = Deed(id="0" * 16, guild_id=4, at=NOW, kind=DeedKind.DELETE, moderator_id=1, member_id=2)
PAUSED = Pause(by=1, since=NOW, reason="Cleaning up")
SEEN = a_job(message_id=6, order=an_order(prompt=HOSTILE))
ENTRIES: dict[str, Any] = {
    "word": WordRefused(member_id=2, channel_id=3, phrase="bad", prompt=HOSTILE),
    "by a style": WordRefused(
        member_id=2, channel_id=3, phrase="wolf", prompt="a dog", style="Wild"
    ),
    "blocked": Blocked(block=replace(BLOCK, member_id=2, reason=HOSTILE)),
    "for good": Blocked(block=replace(BLOCK, until=None, reason="")),
    "unblocked": Unblocked(by=1, member_id=2),
    "credit": LaneClosed(reason=ClosedReason.CREDIT, message_id=6, until=None, **CLOSED),
    "busy": LaneClosed(reason=ClosedReason.BUSY, message_id=None, until=SOON, **CLOSED),
    **{
        str(reason): LaneClosed(reason=reason, guild_id=4, orders=0)
        for reason in ClosedReason
        if reason not in GIVES_BACK
    },
    "orders": OrdersPlaced(jobs=(SEEN, changed_job(SEEN, private=True))),
    "works again": LaneReopened(),
    "server barred": ServerDenied(until=SOON, reason="spam"),
    "server barred permanently": ServerDenied(until=None),
    "server allowed": ServerAllowed(),
    "half of a budget": BudgetUsed(
        percent=50, used=2_500_000, cap=5_000_000, ends_at=SOON, operators=False
    ),
    "all of a budget": BudgetUsed(
        percent=100, used=5_000_000, cap=5_000_000, ends_at=SOON, operators=True
    ),
    **{
        str(kind): OrderModerated(deed=replace(DEED, kind=kind), job=SEEN)
        for kind in (DeedKind.CANCEL, DeedKind.HIDE)
    },
    "deleted": OrderModerated(deed=DEED, job=changed_job(SEEN, deleted_at=NOW)),
    "private": OrderModerated(deed=DEED, job=changed_job(SEEN, private=True)),
    "erased": OrderModerated(deed=DEED, job=None),
    "reported": Reported(job=SEEN, by=3, member_id=300),
    "reported and deleted": Reported(job=changed_job(SEEN, deleted_at=NOW), by=3, member_id=300),
    "reported and erased": Reported(job=None, by=3, member_id=300),
    "flagged": Held(entry=replace(DEED, detail={"reason": HOSTILE}), job=SEEN),
    "flagged, private": Held(entry=DEED, job=changed_job(SEEN, private=True)),
    "not checked": Held(entry=replace(DEED, detail={"away": True}), job=None),
    "paused": Changed(by=1, before=Rules(), after=Rules(pause=PAUSED)),
    "resumed": Changed(by=1, before=Rules(pause=PAUSED), after=Rules()),
    "kinds of lines": Changed(by=1, before=Rules(), after=Rules(log_kinds=(*LogKind, "later"))),
    "last channel": Changed(by=1, before=Rules(channels=(5,)), after=Rules()),
    "first channel": Changed(by=1, before=Rules(), after=Rules(channels=(5,))),
}


def test_the_log_reads_as_recorded(snapshot):
    lines = {name: texts.log_channel.line(entry) for name, entry in ENTRIES.items()}

    assert listed(lines) == snapshot
    assert not any(pings(lines[name]) for name in ("word", "blocked", "deleted"))


@in_any_language
def test_the_log_has_one_icon_for_each_kind_of_line(language):
    with speaking(language):
        icons = {name: texts.log_channel.line(entry).split()[0] for name, entry in ENTRIES.items()}

    assert all(not icon.isascii() for icon in icons.values())
    same = [
        ["word", "by a style"],
        ["blocked", "for good"],
        ["deleted", "private", "erased"],
        ["reported", "reported and deleted", "reported and erased"],
        ["flagged", "flagged, private", "not checked"],
        ["last channel", "first channel", "kinds of lines"],
        ["half of a budget", "all of a budget"],
        ["server barred", "server barred permanently"],
        ["unknown", "media", "denied"],
    ]
    assert len({*icons.values()}) == len(icons) - sum(len(names) - 1 for names in same)


TOLD = (
    *(DeedKind.CANCEL, DeedKind.HIDE, DeedKind.DELETE, DeedKind.BLOCK, DeedKind.UNBLOCK),
    *(DeedKind.RESTORE, DeedKind.SPOILER, DeedKind.RELEASE, DeedKind.DISCARD),
)


def notices():
    full: dict[str, Any] = {"server": HOSTILE, "until": SOON, "reason": HOSTILE}
    notices = {
        f"{kind} {number}": texts.deeds.notice(replace(DEED, kind=kind, detail=detail), job)
        for kind in TOLD
        for number, (job, detail) in enumerate([(None, {}), (SEEN, full)])
    }
    notices |= {
        f"outcome {kind}": texts.deeds.notice(
            replace(DEED, kind=DeedKind.OUTCOME, detail={"outcome": kind}), None
        )
        for kind in (DeedKind.DELETE, DeedKind.SPOILER, DeedKind.BLOCK, DeedKind.DISMISS)
    }
    return notices


def test_members_read_in_private_what_moderators_did(snapshot):
    assert listed(notices()) == snapshot
    assert not any(map(pings, notices().values()))


@pytest.mark.parametrize("state", sorted({*State} - {State.WAITING}))
def test_pictures_are_promised_only_where_they_are_known_to_come(state):
    """Of a hidden order: on its card, in both answers, and in the notice to its member."""
    job = a_job(state=state, withdrawn=True, billed=Billed.UNKNOWN)
    said = [texts.cards.hidden(job), texts.deeds.notice(replace(DEED, kind=DeedKind.HIDE), job)]
    if state not in ENDS or state in {State.UNCERTAIN, State.EXPIRED}:
        said += [texts.order_buttons.hidden(job, by) for by in (job.member_id, 7)]
        said += [texts.order_buttons.too_late(job, by) for by in (job.member_id, 7)]
    promised = {"`/history`" in text for text in said}

    if state in {State.UNCERTAIN, State.EXPIRED}:
        assert all("If the pictures do arrive" in text for text in said)
    elif state in ENDS:
        assert promised == {False}
    elif state is not State.DELIVERED:
        assert promised == {True}
        assert not any("If the pictures" in text for text in said)


@given(st.text(max_size=1000).map(clean), st.text(max_size=100).map(clean))
def test_a_refused_prompt_is_one_line_in_the_log(prompt, phrase):
    line = texts.log_channel.line(
        WordRefused(member_id=ID, channel_id=ID, phrase=phrase, prompt=prompt)
    )

    assert "\n" not in line
    assert len(line) <= 2000


# What people wrote, in what is told to moderators.


@pytest.mark.parametrize(
    "text",
    [
        texts.changes.blocked(replace(BLOCK, member_id=2, reason=HOSTILE)),
        texts.changes.paused(Pause(by=1, since=NOW, reason=HOSTILE)),
        texts.cards.details(an_order(style=HOSTILE)),
        texts.refusals.refusal(StyleNotFound(style=HOSTILE.replace("`", ""))),
    ],
)
def test_what_people_wrote_is_literal(text):
    assert not pings(text)


def test_the_longest_reason_of_a_block_fits():
    assert len(texts.changes.blocked(replace(BLOCK, reason=REASON))) <= 2000


# Clicks and errors.


def clicks():
    given: dict[Any, Any] = {
        errors.PostingForbidden: {"verdict": REFUSALS[5]},
        errors.OperationFailed: {"fault": OperationFault.NO_ORDER, "job_id": "0"},
    }
    rejected = [
        kind(**given.get(kind, {}))
        for kind in sorted(kinds(errors.ActionRejected), key=lambda kind: kind.__name__)
    ]
    samples = {type(error).__name__: texts.order_buttons.rejection(error) for error in rejected}
    samples |= {
        fault: texts.order_buttons.rejection(
            errors.OperationFailed(fault=fault, job_id="0", state=State.DELIVERED)
        )
        for fault in OperationFault
    }
    samples["cancelled"] = texts.order_buttons.cancelled()
    for by in (300, 7):
        for state in (State.CANCELLED, State.QUEUED, State.UNCERTAIN, State.COMPLETED):
            job = a_job(state=state)
            samples[f"hidden {state} by {by}"] = texts.order_buttons.hidden(job, by)
            samples[f"too late {state} by {by}"] = texts.order_buttons.too_late(job, by)
        samples[f"delete by {by}"] = texts.order_buttons.confirm_delete(a_job(), by)
        for left in (True, False):
            text = texts.order_buttons.deleted(a_job(), by, left=left)
            samples[f"deleted by {by}, left {left}"] = text
    samples["bug"] = texts.error_answers.unexpected("0123abcd")
    for other in (False, True):
        samples[f"unreadable {other}"] = texts.error_answers.unreadable(other_version=other)
    samples |= {
        name: text()
        for module in (texts.error_answers, texts.order_buttons)
        for name, text in vars(module).items()
        if type(text).__name__ == "partial"
    }
    return samples


def test_answers_to_clicks_and_errors_read_as_recorded(snapshot):
    samples = clicks()

    assert len({*samples.values()}) >= len(kinds(errors.ActionRejected))
    assert listed(samples) == snapshot
