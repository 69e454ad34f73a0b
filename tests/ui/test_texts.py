"""Every word that members and moderators read."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.admission import OPERATORS, AdmissionRequest, Rule, RuleResult, rule_results
from bot.domain.card_status import CardStatus
from bot.domain.errors import (
    ChangeRejected,
    InvalidLimit,
    InvalidOption,
    InvalidPhrase,
    InvalidStyle,
    OrderRejected,
    OwnStyleNotFound,
    PhraseFault,
    StyleNotFound,
    TooManyEntries,
)
from bot.domain.job import Billed, EndReason, State
from bot.domain.lane import ClosedReason, Lane
from bot.domain.log_entries import Blocked, Changed, LaneClosed, Unblocked, WordRefused
from bot.domain.order import clean
from bot.domain.rules import (
    BLOCK_HOURS,
    FLAGS,
    RANGES,
    Block,
    Pause,
    Rules,
    Tier,
    differences,
)
from bot.domain.styles import BUILT_IN, Style, title
from bot.domain.word_filter import Finding, WordLists
from bot.service.errors import (
    AdmissionTimeout,
    ChannelNotWritable,
    DraftExpired,
    LimitReached,
    NotAModerator,
    OrderForgotten,
    ServersOnly,
    ShuttingDown,
)
from bot.ui import texts
from bot.ui.button_actions import OrderAction
from bot.ui.language import LANGUAGES, speaking
from bot.ui.limits_form import GROUPS
from tests.rules import FULLEST, FULLEST_OVERVIEW, ID, PHRASES, PROMPT, REASON, any_rules
from tests.samples import NOW, a_job, an_order, changed_job

SOON = NOW + 60
AGO = f"<t:{int(SOON)}:R>"
HOSTILE = "@everyone @here <@300> <@&7> **bold** [x](https://evil.example) `code` # head"

in_any_language = pytest.mark.parametrize("language", LANGUAGES)

ENDS_WITHOUT_PICTURES = [
    State.FAILED,
    State.ERROR,
    State.REFUSED,
    State.CANCELLED,
    State.UNCERTAIN,
    State.EXPIRED,
]


@in_any_language
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("cause", [None, *EndReason])
def test_every_state_and_cause_has_words_and_a_time(state, cause, language):
    job = a_job(state=state, end_reason=cause, completed_at=NOW, state_since=NOW)

    with speaking(language):
        words = texts.cards.status(job)

    assert words.startswith("**")
    assert f"<t:{int(NOW)}:R>" in words
    assert "None" not in words


@pytest.mark.parametrize("state", ENDS_WITHOUT_PICTURES)
def test_an_end_says_what_could_not_be_done(state):
    words = texts.cards.status(a_job(state=state)).lower()

    assert "could not" in words or "not ordered" in words


# How orders end, and what people are to be told of each: what it is, what it cost, who can help.
EVERY_END = [
    (State.CANCELLED, EndReason.UNANSWERED, Billed.NO, ["Not ordered", "try again"]),
    (State.CANCELLED, EndReason.WITHDRAWN, Billed.NO, ["Cancelled", "before it was sent"]),
    (State.REFUSED, EndReason.OUT_OF_CREDIT, Billed.NO, ["credit", "operator can top it up"]),
    (State.REFUSED, EndReason.KEY_REFUSED, Billed.NO, ["key", "operator can mend it"]),
    (State.REFUSED, EndReason.BUSY, Billed.NO, ["pause", "try again later"]),
    (State.REFUSED, EndReason.WAITED_TOO_LONG, Billed.NO, ["turn", "when fewer orders wait"]),
    (State.REFUSED, EndReason.SETTLED, Billed.NO, ["never took it", "operator", "try again"]),
    (State.REFUSED, EndReason.VENDOR, Billed.NO, ["refused it", "operator can ask"]),
    (State.UNCERTAIN, None, Billed.UNKNOWN, ["did not answer", "charged separately"]),
    (State.EXPIRED, None, Billed.UNKNOWN, ["took too long", "charged separately"]),
    (State.FAILED, EndReason.VENDOR, Billed.UNKNOWN, ["failed", "charged separately"]),
    (State.FAILED, EndReason.NO_PICTURE, Billed.YES, ["no usable picture", "operator can ask"]),
    (State.FAILED, EndReason.KEPT_TOO_LONG, Billed.YES, ["gone now", "charged separately"]),
    (State.ERROR, EndReason.VENDOR, Billed.NO, ["error", "try again"]),
]
CHARGED = {Billed.NO: "Nothing was", Billed.YES: "It was", Billed.UNKNOWN: "It may still be"}


@pytest.mark.parametrize(("state", "cause", "billed", "parts"), EVERY_END)
def test_every_end_says_what_it_cost_and_who_can_do_what(state, cause, billed, parts):
    job = a_job(state=state, end_reason=cause, billed=billed)

    told = [texts.cards.status(job), texts.cards.charge(job), texts.cards.who_can_help(job) or ""]

    for part in (*parts, f"{CHARGED[billed]} charged."):
        assert part in " ".join(told)
    assert ("separately" in told[2]) <= (billed is not Billed.NO)


def test_every_cause_is_among_these_ends():
    assert {cause for _, cause, _, _ in EVERY_END} == {None, *EndReason}
    assert {state for state, _, _, _ in EVERY_END} == set(ENDS_WITHOUT_PICTURES)


def test_what_the_vendor_said_of_a_refusal_is_what_can_be_changed():
    """Then its own words stand above, and the operator knows no more of it."""
    job = a_job(state=State.REFUSED, end_reason=EndReason.VENDOR, error="prompt: not allowed")

    assert "change what it names" in texts.cards.who_can_help(job)


@in_any_language
def test_the_steps_of_an_order_are_told_and_one_of_them_is_marked(language):
    with speaking(language):
        lines = {state: texts.cards.steps(a_job(state=state)) for state in State}

    told = {state: line for state, line in lines.items() if line is not None}
    assert told.keys() == {*State} - {*ENDS_WITHOUT_PICTURES}
    assert len({line.replace("**", "") for line in told.values()}) == 1
    assert all(line.startswith("-# ") and line.count("**") == 2 for line in told.values())
    assert len(set(told.values())) == 4


def test_an_order_says_what_it_costs_and_what_it_leaves_for_the_day():
    job = a_job(order=an_order(images=3))

    assert texts.cards.costs(job) == "-# Costs 3 images"
    assert "1 image " in texts.cards.costs(a_job(left_today=5))
    assert texts.cards.costs(changed_job(job, left_today=0)).endswith("leaves you 0 for the day")


def test_what_was_sent_is_told_where_it_is_not_what_was_typed():
    assert texts.cards.sent(an_order()) is None
    assert texts.cards.sent(an_order(sent="a lighthouse in a storm")) is None
    told = texts.cards.sent(an_order(style="ink", sent="a lighthouse in a storm, **ink**"))
    assert told == r"-# sent: a lighthouse in a storm, \*\*ink\*\*"


def test_of_a_long_prompt_that_was_sent_the_end_is_told_since_that_was_added():
    told = texts.cards.sent(an_order(sent="x" * 990 + ", wool"))

    assert told.endswith("x, wool")
    assert "…" in told
    assert len(told) < 700


@in_any_language
def test_states_that_differ_read_differently(language):
    with speaking(language):
        words = {texts.cards.status(a_job(state=state)) for state in State}

    assert len(words) == len(State)


@pytest.mark.parametrize(
    ("state", "word"),
    [(State.QUEUED, "queued"), (State.PROCESSING, "processing"), (State.DELIVERED, "completed")],
)
def test_the_vendors_states_are_called_what_they_are(state, word):
    assert word in texts.cards.status(a_job(state=state, completed_at=NOW)).lower()


def test_a_pausing_lane_says_when_it_goes_on():
    words = texts.cards.status(a_job(), CardStatus(paused_until=NOW + 60))

    assert f"<t:{int(NOW) + 60}:R>" in words


@pytest.mark.parametrize("until", [None, NOW + 60])
def test_what_a_fault_of_ours_left_uncertain_has_its_id_and_blames_nobody_else(until):
    known = CardStatus(given_up_at=until, fault_id="0123abcd")
    words = texts.cards.status(a_job(state=State.UNCERTAIN), known)

    assert "onfirmed" in words
    assert "`0123abcd`" in words
    assert "image service" not in words
    assert f"<t:{int(until or NOW)}:R>" in words


def test_a_refusal_for_money_says_so_and_who_can_help():
    job = a_job(state=State.REFUSED, end_reason=EndReason.OUT_OF_CREDIT)

    assert "credit" in texts.cards.status(job)
    assert "operator" in texts.cards.who_can_help(job)


@pytest.mark.parametrize("cause", [None, *EndReason])
def test_every_cause_says_who_can_help_or_that_nobody_needs_to(cause):
    words = texts.cards.who_can_help(a_job(state=State.REFUSED, end_reason=cause))

    assert words is None or words.endswith(".")


def test_what_is_charged_is_said_honestly():
    charges = {billed: texts.cards.charge(a_job(billed=billed)) for billed in Billed}

    assert "Nothing" in charges[Billed.NO]
    assert "may" in charges[Billed.UNKNOWN]
    assert len(set(charges.values())) == 3


def test_the_vendors_words_are_a_quotation_and_nothing_else():
    words = texts.cards.vendor_words(a_job(error="see **this** <@300> https://evil.example"))

    assert words.startswith("> ")
    assert "**" not in words
    assert "<@300>" not in words
    assert "https://" not in words
    assert texts.cards.vendor_words(a_job()) is None


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"images": 1}, "1 image ·"),
        ({"images": 3}, "3 images ·"),
        ({"guidance": 3.5}, "guidance 3.5"),
        ({"guidance": 7.0}, "guidance 7 "),
        ({"steps": 20}, "20 steps"),
        ({"enhance": True}, "enhanced"),
        ({"enhance": False}, "as written"),
    ],
)
def test_the_details_tell_every_option(changes, part):
    assert part in texts.cards.details(an_order(**changes))


@in_any_language
@given(st.text(min_size=1, max_size=1000), st.integers(1, 4), st.integers(1, 4))
def test_alternative_text_fits_discords_limit(language, prompt, number, count):
    with speaking(language):
        words = texts.cards.alt(an_order(prompt=prompt), number, count)

    assert len(words) <= 1024
    assert {"en": "AI-generated", "de": "KI-generiert"}[language] in words


def test_the_longest_prompt_is_cut_visibly():
    words = texts.cards.alt(an_order(prompt="x" * 1000), 1, 4)

    assert len(words) == 1024
    assert words.endswith("…")


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (InvalidOption(option="prompt", low=1, high=1000, got=0), ["`prompt`", "empty", "1000"]),
        (InvalidOption(option="prompt", low=1, high=1000, got=1001), ["1000", "1001"]),
        (InvalidOption(option="images", low=1, high=4, got=9), ["`images`", "whole", "1 to 4"]),
        (InvalidOption(option="guidance", low=1.0, high=10.0, got="x"), ["`guidance`", "1 to 10"]),
        (
            InvalidOption(option="enhance", low=False, high=True, got=1),
            ["`enhance`", "True or False"],
        ),
        (
            InvalidOption(option="prompt", low=1, high=930, got=970, style="ink"),
            ["`prompt`", "`Ink drawing`", "1 to 930", "970"],
        ),
        (
            InvalidOption(option="style", low=1, high=32, got=7),
            ["`style`", "1 to 32", "leave it out"],
        ),
        (
            InvalidOption(option="private", low=False, high=True, got=1),
            ["`private`", "True or False"],
        ),
        (StyleNotFound(style="Wool"), ["`Wool`", "leave it out"]),
        (ServersOnly(), ["servers"]),
        (ShuttingDown(), ["restarting", "again"]),
        (AdmissionTimeout(), ["busy", "again"]),
        (OrderRejected(), []),
    ],
)
def test_a_refusal_names_the_rule_and_that_nothing_is_charged(error, parts):
    words = texts.refusals.refusal(error)

    assert all(part in words for part in parts)
    assert "nothing is charged" in words


def test_what_a_crafted_client_sent_is_not_repeated():
    words = texts.refusals.refusal(
        InvalidOption(option="images", low=1, high=4, got="@everyone **x**")
    )

    assert "@everyone" not in words


def test_a_fault_of_ours_has_an_id_that_the_operator_finds():
    assert "`0123abcd`" in texts.answers.unexpected("0123abcd")


def labels():
    """What forms call their fields, in the language that is spoken."""
    yield from map(texts.forms.title, GROUPS)
    yield from map(texts.forms.unit, RANGES)
    yield from map(texts.limits.name, FLAGS)
    yield from (texts.forms.channels(), texts.forms.phrases("blocked"))
    yield texts.forms.phrases("allowed")
    yield texts.presses.form_title()
    yield from (field() for field in texts.presses.FIELDS.values())


def hints():
    yield from (texts.forms.number(), texts.forms.channels_hint(), texts.forms.phrases_hint())


def buttons():
    yield from (texts.presses.try_again(), *map(texts.presses.label, OrderAction))
    yield from (texts.changes.save(), texts.changes.discard(), *map(texts.limits.edit, GROUPS))


@in_any_language
@pytest.mark.parametrize(("words", "most"), [(labels, 45), (hints, 100), (buttons, 80)])
def test_what_is_on_forms_and_buttons_fits_discords_limits(language, words, most):
    with speaking(language):
        assert all(1 <= len(text) <= most for text in words())


def test_every_rule_has_a_name_that_is_its_own():
    assert texts.commands.OPTIONS.keys() == {*RANGES, *FLAGS}
    assert texts.commands.OPTIONS.keys() < texts.limits.NAMES.keys()
    for language in LANGUAGES:
        with speaking(language):
            assert len({texts.explained.rule(rule) for rule in Rule}) == len(Rule)


def pings(words):
    """Tell whether *words* would call somebody, or format anything, that a person wrote."""
    bare = re.sub(r"`[^`]*`", "", words)  # nothing in a piece of code is markup
    return bool(re.search(r"(?<!\\)(@everyone|@here|<@300>|<@&7>|\*\*bold|\]\(https|# head)", bare))


def test_the_check_for_pings_finds_them():
    assert pings("@everyone")
    assert pings(HOSTILE)
    assert not pings("`@everyone` and \\@everyone")


# Styles of a server's own.


def test_a_style_that_was_added_changed_or_removed_is_one_line():
    with_wool = Rules(styles=(Style(name="Wool", words="knitted"),))
    with_felt = Rules(styles=(Style(name="WOOL", words="felt"),))

    assert "Style of this server: + `Wool` knitted" in texts.changes.changed(Rules(), with_wool)
    assert "Style of this server: - `Wool` knitted" in texts.changes.changed(with_wool, Rules())
    told = texts.changes.changed(with_wool, with_felt)
    assert "Style of this server: `Wool` knitted → `WOOL` felt" in told


@in_any_language
@pytest.mark.parametrize("rules", [Rules(), FULLEST])
def test_the_list_of_styles_fits_and_has_those_of_every_server(rules, language):
    with speaking(language):
        words = texts.explained.styles_listed(rules)

    assert len(words) <= 4000
    assert all(title(style.name, language) in words for style in BUILT_IN)


@in_any_language
def test_a_style_is_called_by_its_title_and_one_of_a_servers_own_by_its_name(language):
    with speaking(language):
        assert texts.shared.style("oil") == {"en": "`Oil painting`", "de": "`Ölgemälde`"}[language]
        assert texts.shared.style("Wool") == "`Wool`"
        assert title("oil", language) in texts.cards.details(an_order(style="oil"))


def test_a_word_that_came_by_a_style_is_logged_as_such():
    line = texts.notices.notice(
        WordRefused(member_id=300, channel_id=200, phrase="wolf", prompt="a dog", style="Wild")
    )

    assert "`wolf` in the style `Wild` of: a dog" in line


# A waiting card.


def test_a_waiting_card_tells_its_place():
    assert "place 3 in line" in texts.cards.status(a_job(), CardStatus(place=3))
    paused = texts.cards.status(a_job(), CardStatus(place=3, paused_until=SOON))
    assert "place 3 in line" in paused
    assert AGO in paused


def test_a_card_that_waits_for_a_key_names_the_operator_and_no_time():
    words = texts.cards.status(a_job(), CardStatus(place=3, paused_until=SOON, key_rejected=True))

    assert "place 3 in line" in words
    assert "operator" in words
    assert "<t:" not in words


def test_an_order_that_is_late_says_that_it_goes_on():
    plain, late = (
        texts.cards.status(a_job(state=State.QUEUED), CardStatus(late=late))
        for late in (False, True)
    )

    assert late.startswith(plain)
    assert "longer" in late


# Refusals.

ENDS_AT = {"refuses": True, "ends_at": SOON}
OF_DAY = {"limit": 25, "used": 24, "wanted": 2, **ENDS_AT}
AT_ONCE = {"limit": 3, "used": 3, "wanted": 1, "refuses": True}
REFUSALS = [
    (RuleResult(rule=Rule.NOT_SERVED, refuses=True), ["operator"]),
    (RuleResult(rule=Rule.PAUSED, refuses=True, said="lunch"), ["lunch", "moderators"]),
    (RuleResult(rule=Rule.PAUSED, refuses=True), ["moderators"]),
    (RuleResult(rule=Rule.BLOCKED, said="spam", **ENDS_AT), ["spam", AGO, "moderators"]),
    (RuleResult(rule=Rule.BLOCKED, refuses=True), ["moderators", "Only they"]),
    (RuleResult(rule=Rule.CHANNEL, refuses=True, channels=(1, 2)), ["<#1>, <#2>", "moderators"]),
    (RuleResult(rule=Rule.AGE_RESTRICTED, refuses=True, limit=1), ["age-restricted", "moderators"]),
    (RuleResult(rule=Rule.WORDS, refuses=True, said="bad wolf"), ["`bad wolf`", "moderators"]),
    (
        RuleResult(rule=Rule.WORDS, refuses=True, said="white paper", style="ink"),
        ["`white paper`", "style `Ink drawing`", "moderators"],
    ),
    (
        RuleResult(rule=Rule.IMAGES, refuses=True, limit=1, wanted=4),
        ["1 image,", "you asked for 4", "moderators"],
    ),
    (
        RuleResult(rule=Rule.STEPS, refuses=True, limit=30, wanted=50),
        ["30 steps", "you asked for 50", "moderators"],
    ),
    (RuleResult(rule=Rule.KEY, refuses=True), ["key", "operator"]),
    (RuleResult(rule=Rule.CREDIT, **ENDS_AT), ["credit", AGO, "operator"]),
    (RuleResult(rule=Rule.CREDIT, refuses=True), ["credit", "another order", "operator"]),
    (RuleResult(rule=Rule.BUSY, **ENDS_AT), ["pause", AGO]),
    (RuleResult(rule=Rule.MEMBER_AT_ONCE, **AT_ONCE), ["3 orders at once", "moderators"]),
    (RuleResult(rule=Rule.SERVER_AT_ONCE, **AT_ONCE), ["3 orders at once", "moderators"]),
    (RuleResult(rule=Rule.COOLDOWN, limit=90, **ENDS_AT), ["90 seconds", AGO, "moderators"]),
    *(
        (RuleResult(rule=rule, **OF_DAY), ["25 images a day", "24", "asked for 2", AGO, who])
        for rule, who in (
            (Rule.MEMBER_DAY, "moderators"),
            (Rule.SERVER_DAY, "moderators"),
            (Rule.OPERATOR_SERVER_DAY, "operator"),
            (Rule.OPERATOR_DAY, "operator"),
        )
    ),
    (
        RuleResult(rule=Rule.MEMBER_DAY, refuses=True, limit=1, wanted=4),
        ["1 image a day", "asked for 4", "moderators"],
    ),
]


def test_every_rule_is_among_the_refusals():
    assert {verdict.rule for verdict, _ in REFUSALS} == set(Rule)


@pytest.mark.parametrize(("verdict", "parts"), REFUSALS, ids=str)
def test_a_refusal_names_its_figures_its_end_and_who_can_change_it(verdict, parts):
    words = texts.refusals.refusal(LimitReached(verdict=verdict))

    for part in parts:
        assert part in words
    assert words.endswith("Nothing was ordered, nothing is charged.")
    assert "None" not in words
    assert ("<t:" in words) == (verdict.ends_at is not None)


@in_any_language
def test_rules_that_differ_refuse_differently(language):
    with speaking(language):
        words = {texts.refusals.refusal(LimitReached(verdict=verdict)) for verdict, _ in REFUSALS}

    assert len(words) == len(REFUSALS)


@in_any_language
@pytest.mark.parametrize("rule", Rule)
def test_the_longest_refusal_fits_and_what_people_wrote_is_literal(rule, language):
    for said in (REASON, HOSTILE):
        verdict = RuleResult(
            rule=rule,
            refuses=True,
            limit=10**9,
            used=10**9,
            wanted=10**9,
            ends_at=SOON,
            said=said,
            channels=FULLEST.channels,
        )
        with speaking(language):
            words = texts.refusals.refusal(LimitReached(verdict=verdict))

        assert len(words) <= 2000
        assert not pings(words)


# Those that can refuse where there are no rules of a server.
REFUSE_OUTSIDE = {
    *(Rule.NOT_SERVED, Rule.KEY, Rule.CREDIT, Rule.BUSY, Rule.MEMBER_AT_ONCE, Rule.MEMBER_DAY),
    *(Rule.OPERATOR_SERVER_DAY, Rule.OPERATOR_DAY),
}


@pytest.mark.parametrize(
    "verdict", [found for found, _ in REFUSALS if found.rule in REFUSE_OUTSIDE]
)
def test_outside_of_servers_no_refusal_speaks_of_one_and_the_operator_can_change_it(verdict):
    """Nobody there has moderators to ask."""
    verdict = replace(verdict, outside=True)
    assert verdict.operators

    words = texts.refusals.refusal(LimitReached(verdict=verdict))

    assert "this server" not in words.lower()
    assert "all servers" not in words
    assert "moderators" not in words
    assert "operator" in words or verdict.rule is Rule.BUSY


@in_any_language
def test_rules_are_called_by_names_of_their_own_outside_of_servers_too(language):
    with speaking(language):
        names = {texts.explained.rule(rule, outside=True) for rule in Rule}

    assert len(names) == len(Rule)


@in_any_language
@given(st.text(max_size=7000))
def test_a_refused_prompt_is_handed_back_whole_or_cut_in_one_message(language, prompt):
    """Typing a thousand characters anew is no fun."""
    with speaking(language):
        words = texts.refusals.refusal(StyleNotFound(style="*" * 32))
        told = texts.refusals.with_prompt(words, prompt)

    assert len(told) <= 2000
    assert told.startswith(words)
    if prompt.strip():
        assert told.count("```") == 2
        assert told.endswith("\n```")


@pytest.mark.parametrize(
    "prompt", ["a `b` c", "a\nb", "**bold** <@300> ``` # head", "```", "x" * 1000]
)
def test_a_prompt_that_is_handed_back_is_the_one_that_was_typed_once_it_is_typed_again(prompt):
    told = texts.refusals.with_prompt("No.", prompt)

    quoted = told.split("```\n", 1)[1].removesuffix("\n```")
    assert clean(quoted) == clean(prompt)


@pytest.mark.parametrize("prompt", [None, 7, True, "", " \n"])
def test_where_no_prompt_was_typed_none_is_handed_back(prompt):
    assert texts.refusals.with_prompt("No.", prompt) == "No."


def test_an_order_that_is_forgotten_can_be_typed_anew():
    assert "anew" in texts.refusals.refusal(OrderForgotten())


# What moderators are told about changes.

NOT_CHANGED = [
    (NotAModerator(), ["manage this server"]),
    *(
        (InvalidLimit(name=name, low=span.low, high=span.high), [f"`{name}`", str(span.high)])
        for name, span in RANGES.items()
    ),
    (InvalidLimit(name="spoiler", low=False, high=True), ["`spoiler`", "True or False"]),
    (
        InvalidLimit(name="hours", low=BLOCK_HOURS.low, high=BLOCK_HOURS.high),
        ["`hours`", "1 to 8760"],
    ),
    (TooManyEntries(name="tiers", most=25), ["25 tiers"]),
    (TooManyEntries(name="styles", most=25), ["25 styles"]),
    (InvalidStyle(name="words", most=300, got=301), ["`words`", "300", "301"]),
    (InvalidStyle(name="name", most=32, got=0), ["`name`", "empty", "32"]),
    (OwnStyleNotFound(style="Wool"), ["`Wool`", "`/limits styles list`"]),
    (ChannelNotWritable(), ["View Channel", "Send Messages"]),
    (DraftExpired(), ["anew"]),
    *(
        (InvalidPhrase(fault=fault, limit=100, got=101), part)
        for fault, part in (
            (PhraseFault.NO_WORD, ["word"]),
            (PhraseFault.TOO_LONG, ["100", "101"]),
            (PhraseFault.TOO_MANY, ["100 phrases"]),
            (PhraseFault.LIST_TOO_LONG, ["100 characters"]),
        )
    ),
]


def kinds(error):
    """Return an error and all that are more special."""
    return {error, *(kind for one in error.__subclasses__() for kind in kinds(one))}


def test_everything_that_can_stop_a_change_is_among_these():
    assert {type(error) for error, _ in NOT_CHANGED} == kinds(ChangeRejected) - {ChangeRejected}
    assert {error.fault for error, _ in NOT_CHANGED if isinstance(error, InvalidPhrase)} == set(
        PhraseFault
    )


@pytest.mark.parametrize(("error", "parts"), NOT_CHANGED, ids=lambda value: str(value)[:60])
def test_a_change_that_was_not_made_says_why(error, parts):
    words = texts.changes.unchanged(error)

    for part in parts:
        assert part in words
    assert words.endswith("Nothing was changed.")
    assert words != texts.changes.unchanged(ChangeRejected())


def test_every_field_of_the_rules_is_called_something_when_it_changes():
    lines = texts.changes.lines(list(differences(Rules(), FULLEST)))

    assert len(lines) == len(list(differences(Rules(), FULLEST)))
    for name in ("Cooldown of a member: none → 1 day", "Pictures as spoilers: no → yes"):
        assert name in lines
    assert "Log channel: none → " + f"<#{ID}>" in lines
    assert f"Channel for orders: + <#{ID}>" in lines


def test_what_is_taken_away_reads_differently_from_what_is_added():
    rules = Rules(words=WordLists(blocked=("bad wolf",)), tiers=(Tier(role_id=7, exempt=True),))

    assert "Blocked words: + `bad wolf`" in texts.changes.changed(Rules(), rules)
    assert "Blocked words: - `bad wolf`" in texts.changes.changed(rules, Rules())
    assert "Tier: - <@&7> exempt" in texts.changes.changed(rules, Rules())
    assert texts.changes.changed(rules, rules) == texts.changes.no_difference()


@in_any_language
@settings(max_examples=25)
@given(any_rules, any_rules)
def test_whatever_changes_the_words_about_it_fit(language, before, after):
    with speaking(language):
        assert len(texts.changes.changed(before, after)) <= 2000
        assert len(texts.changes.preview(before, after)) <= 4000


@in_any_language
@settings(max_examples=25)
@given(any_rules, any_rules)
def test_whatever_changes_it_is_one_line_in_the_log(language, before, after):
    with speaking(language):
        line = texts.notices.notice(Changed(by=1, before=before, after=after))

    assert len(line) <= 2000
    assert "\n" not in line


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
    lines = ["aaaa", "bbbb", "cccc"]

    assert texts.shared.fitted(lines, 16, ", ") == "aaaa, bbbb, cccc"
    assert (
        texts.shared.fitted(["a" * 20, "bbbb", "c" * 20], 40, ", ")
        == f"{'a' * 20}, bbbb, … and 1 more"
    )
    assert (
        texts.shared.fitted(["a" * 20, "bbbb", "c" * 20], 39, ", ") == f"{'a' * 20}, … and 2 more"
    )


# Looking.


def test_both_lists_are_told_although_one_of_them_is_full():
    shown = texts.explained.words_listed(
        replace(FULLEST, words=replace(FULLEST.words, allowed=("x",)))
    )

    assert len(shown) <= 4000
    assert texts.limits.name("blocked") in shown
    assert shown.endswith("`x`")
    assert "more" in shown
    assert texts.explained.words_listed(Rules()).count("none") == 2


def test_a_prompt_is_told_what_would_become_of_it():
    taken = texts.explained.words_found("a sea", Finding())
    waived = texts.explained.words_found("a sea", Finding(blocked="bad", allowed="big bad wolf"))
    refused = texts.explained.words_found("a sea", Finding(blocked="bad"))

    assert "taken" in taken
    assert "`bad`" in waived
    assert "`big bad wolf`" in waived
    assert "refused" in refused
    longest = texts.explained.words_found(PROMPT, Finding(blocked=PHRASES[0], allowed=PHRASES[0]))
    assert len(longest) <= 4000
    assert not pings(texts.explained.words_found(HOSTILE, Finding(blocked=HOSTILE)))


def explained(rules=Rules(), *, lane=Lane(), **changes):  # noqa: B008 - both are frozen
    standing = replace(FULLEST_OVERVIEW.standing, rules=rules, lane=lane, **changes)
    ask = AdmissionRequest(order=an_order(prompt=PHRASES[0]), guild_id=1, channel_id=2)
    found = list(rule_results(ask, caps=FULLEST_OVERVIEW.caps, standing=standing, now=NOW))
    return found, texts.explained.explained(2, found)


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
def test_the_fullest_explanation_fits_and_names_every_rule(lane, language):
    block = Block(member_id=300, by=1, since=NOW, until=SOON, reason=REASON)

    with speaking(language):
        found, words = explained(FULLEST, lane=lane, block=block)
        assert all(texts.explained.rule(rule) in words for rule in Rule)

    assert len(words) <= 4000
    assert words.count({"en": "**refuses**", "de": "**lehnt ab**"}[language]) == sum(
        verdict.refuses for verdict in found
    )
    assert not pings(words)


def test_an_explanation_says_first_what_decides_and_whose_that_is():
    for rules, whose in ((FULLEST, "moderators"), (replace(Rules(), member_per_day=0), "operator")):
        found, words = explained(rules)
        decides = next(verdict for verdict in found if verdict.refuses)
        first = words.split("\n")[0]
        assert f"**{texts.explained.rule(decides.rule)}**" in first
        assert whose in first
        assert (decides.rule in OPERATORS) == (whose == "operator")


def test_a_member_who_may_order_is_told_so():
    calm = replace(FULLEST_OVERVIEW.standing.usage, everywhere=0, server=0, member=0)

    _, words = explained(usage=calm)

    assert "would be admitted" in words.split("\n")[0]
    assert "**refuses**" not in words


def test_what_was_done_to_a_member_is_said_with_its_end():
    block = Block(member_id=300, by=1, since=NOW, until=SOON, reason=HOSTILE)

    for_a_while, for_good = (
        texts.changes.blocked(block),
        texts.changes.blocked(replace(block, until=None)),
    )

    assert AGO in for_a_while
    assert "unblocks" in for_good
    assert not pings(for_good.replace("<@300>", "", 1))
    assert len(texts.changes.blocked(replace(block, reason=REASON))) <= 2000
    assert texts.changes.unblocked(300, was=True) != texts.changes.unblocked(300, was=False)


def test_a_pause_and_its_end_say_what_they_do():
    assert "lunch" in texts.changes.paused(Pause(by=1, since=NOW, reason="lunch"))
    assert not pings(texts.changes.paused(Pause(by=1, since=NOW, reason=HOSTILE)))
    assert "again" in texts.changes.resumed(was_paused=True, may_probe=False)
    assert "not paused" in texts.changes.resumed(was_paused=False, may_probe=False)
    assert "credit" in texts.changes.resumed(was_paused=False, may_probe=True)
    assert "<#5>" in texts.changes.logged(5)
    assert "Nothing" in texts.changes.logged(None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (90, "90 seconds"),
        (3600, "1 hour"),
        (7200, "2 hours"),
        (86400, "1 day"),
    ],
)
def test_a_duration_is_told_in_the_largest_unit_that_divides_it(seconds, words):
    assert texts.shared.duration(seconds) == words


# The log.


@given(st.text(max_size=1000).map(clean), st.text(max_size=100).map(clean))
def test_a_refused_prompt_is_one_line_in_the_log(prompt, phrase):
    found = WordRefused(member_id=ID, channel_id=ID, phrase=phrase, prompt=prompt)

    line = texts.notices.notice(found)

    assert "\n" not in line
    assert len(line) <= 2000


def test_a_refused_prompt_is_told_with_who_and_where_and_why():
    line = texts.notices.notice(
        WordRefused(member_id=2, channel_id=3, phrase="bad", prompt=HOSTILE)
    )

    assert all(part in line for part in ("<@2>", "<#3>", "`bad`"))
    assert not pings(line)
    assert texts.notices.notice(
        WordRefused(member_id=2, channel_id=3, phrase="*", prompt=PROMPT)
    ).endswith("…")


def test_blocks_and_their_ends_are_told_with_who_and_until_when():
    block = Block(member_id=2, by=1, since=NOW, until=SOON, reason=HOSTILE)

    for_a_while = texts.notices.notice(Blocked(block=block))
    for_good = texts.notices.notice(Blocked(block=replace(block, until=None, reason="")))
    ended = texts.notices.notice(Unblocked(by=1, member_id=2))

    for line in (for_a_while, for_good, ended):
        assert "<@2>" in line
        assert "<@1>" in line
    assert f"<t:{int(SOON)}:f>" in for_a_while
    assert "for good" in for_good
    assert not pings(for_a_while)


def test_a_lane_that_was_shut_is_told_with_how_many_and_where():
    values = {"guild_id": 4, "channel_id": 5, "orders": 3}
    credit = texts.notices.notice(
        LaneClosed(reason=ClosedReason.CREDIT, message_id=6, until=None, **values)
    )
    busy = texts.notices.notice(
        LaneClosed(reason=ClosedReason.BUSY, message_id=None, until=SOON, **values)
    )

    assert "3 orders" in credit
    assert "nothing was charged" in credit
    assert "credit" in credit
    assert "operator" in credit
    assert "(<https://discord.com/channels/4/5/6>)" in credit  # without an embed
    assert AGO in busy
    assert "(<https://discord.com/channels/4/5>)" in busy


@pytest.mark.parametrize("cause", [EndReason.OUT_OF_CREDIT, EndReason.KEY_REFUSED])
def test_no_member_is_blamed_for_what_the_vendor_tells_the_operator(cause):
    words = "Your wallet does not have enough balance."

    assert texts.cards.vendor_words(a_job(end_reason=cause, error=words)) is None
    assert texts.cards.vendor_words(a_job(end_reason=EndReason.VENDOR, error=words)) is not None
