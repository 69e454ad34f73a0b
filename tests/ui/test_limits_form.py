"""Forms: what was shown comes back as it was, and junk comes back as a refusal."""

from dataclasses import replace
from typing import Any

import aiohttp
import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.errors import InvalidLimit, InvalidPhrase, TooManyEntries
from bot.domain.rules import BLOCK_HOURS, MONEY, RANGES, Rules, changed
from bot.domain.word_filter import WordLists
from bot.ui import block_form, form_fields, language, limits_form, panel_forms
from bot.ui.interaction_payload import UnreadableInteraction
from bot.ui.language import LANGUAGES, speaking
from bot.ui.limits_form import GROUPS, PREFIX
from sandbox.discord.enums import InteractionType
from tests.rules import FULLEST, any_rules

LABEL = 18
NUMBERS = [(group, name) for group, names in GROUPS.items() for name in names if name in RANGES]
JUNK = ["x", "-1", "1.5", "1e3", "0x10", "\u0663", "²", "1 000", "1_000", "+1", "9" * 5000, "NaN"]


def fields(modal):
    """Return the fields of a form as Discord gets them, by their custom_id."""
    labels = modal.to_dict()["components"]
    assert {label["type"] for label in labels} == {LABEL}
    return {label["component"]["custom_id"]: label["component"] for label in labels}


def kept(field):
    """Return a field as Discord sends it when a member changes nothing."""
    sent = {"type": field["type"], "id": 2, "custom_id": field["custom_id"]}
    match discord.ComponentType(field["type"]):
        case discord.ComponentType.text_input:
            return sent | {"value": field.get("value") or ""}
        case discord.ComponentType.checkbox:
            return sent | {"value": field.get("default", False)}
        case discord.ComponentType.select:
            chosen = [one["value"] for one in field["options"] if one.get("default")]
            return sent | {"values": chosen}
        case discord.ComponentType.channel_select:
            return sent | {"values": [one["id"] for one in field.get("default_values", [])]}


def sent(*filled):
    """Return the components of a form as Discord sends them."""
    return [
        {"type": LABEL, "id": number, "component": field}
        for number, field in enumerate(filled, start=1)
    ]


def typed(name, value):
    """Return one field as Discord sends it with that value."""
    return sent({"type": 4, "id": 2, "custom_id": name, "value": value})


@pytest.mark.parametrize("group", GROUPS)
@settings(max_examples=25)
@given(rules=any_rules)
def test_a_form_that_is_sent_unchanged_changes_nothing(group, rules):
    shown = fields(limits_form.form(group, rules))

    changes = limits_form.read(group, sent(*map(kept, shown.values())))

    assert changed(rules, **changes) == rules


def test_the_kinds_of_lines_are_chosen_in_the_form_of_the_log_channel():
    form = fields(panel_forms.form("log", Rules(log_kinds=("words", "orders"))))

    assert kept(form["kinds"])["values"] == ["words", "orders"]
    for values, kinds in ((["orders", "words"], ("words", "orders")), ([], ())):
        chosen = sent({"custom_id": "kinds", "values": values})
        assert panel_forms.log_kinds(chosen) == {"log_kinds": kinds}
    assert panel_forms.log_kinds([]) == {}  # of a version before there were kinds
    with pytest.raises(UnreadableInteraction):
        panel_forms.log_kinds(sent({"custom_id": "kinds", "values": ["reports"]}))


@settings(max_examples=25)
@given(any_rules, any_rules)
def test_what_is_filled_in_is_what_is_read(before, wanted):
    """All forms together make one server's rules like another's, but for what no form shows."""
    before = replace(before, log_channel=wanted.log_channel)  # without one nothing can be held
    before, wanted = (replace(one, safety=one.effective_safety) for one in (before, wanted))
    after = before
    for group in GROUPS:
        shown = fields(limits_form.form(group, before))
        filled = fields(limits_form.form(group, wanted))
        assert shown.keys() == filled.keys() == set(GROUPS[group])
        after = changed(after, **limits_form.read(group, sent(*map(kept, filled.values()))))

    unseen = ("tiers", "styles", "pause", "log_channel", "log_ping", "log_kinds", "language")
    assert after == replace(wanted, **{name: getattr(before, name) for name in unseen})


def test_every_rule_that_a_form_can_show_is_in_one():
    shown = [name for names in GROUPS.values() for name in names]

    assert len(shown) == len(set(shown))
    assert {
        *RANGES,
        "private",
        "spoiler",
        "safety",
        "age_restricted_only",
        "channels",
        "blocked",
        "allowed",
        "look_alikes",
    } == set(shown)


@pytest.mark.parametrize("group", GROUPS)
async def test_discord_py_keeps_no_form(group):
    """It would keep one that was dismissed for ever; ours are read from what Discord sends."""
    modal = limits_form.form(group, FULLEST)

    assert modal.is_finished()
    assert modal.timeout is None
    assert modal.custom_id == f"{PREFIX}{group}"


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("rules", [Rules(), FULLEST], ids=["fresh", "fullest"])
def test_a_form_fits_discords_limits(group, rules):
    modal = limits_form.form(group, rules).to_dict()

    assert 1 <= len(modal["title"]) <= 45
    assert len(modal["custom_id"]) <= 100
    assert 1 <= len(modal["components"]) <= 5
    for label in modal["components"]:
        assert 1 <= len(label["label"]) <= 45
        assert label.get("description") is None or 1 <= len(label["description"]) <= 100
    for field in fields(limits_form.form(group, rules)).values():
        assert len(field["custom_id"]) <= 100
        assert not field.get("required")
        assert len(field.get("value") or "") <= field.get("max_length", 4000) <= 4000
        assert len(field.get("default_values", [])) <= field.get("max_values", 25) <= 25


@pytest.mark.parametrize(("group", "name"), NUMBERS)
def test_every_value_that_a_limit_takes_can_be_typed(group, name):
    field = fields(limits_form.form(group, Rules()))[name]

    written = language.amount if name in MONEY else str
    assert len(written(RANGES[name].high)) <= field["max_length"]
    for value in (0, RANGES[name].low, RANGES[name].high):
        changes = limits_form.read(group, typed(name, f" {written(value)}\n"))
        assert getattr(changed(Rules(), **changes), name) == value


@pytest.mark.parametrize(("group", "name"), NUMBERS)
@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: junk[:8])
def test_junk_in_a_number_is_told_which_numbers_it_takes(group, name, junk):
    junk = junk.replace("1.5", "1.5.0") if name in MONEY else junk
    with pytest.raises(InvalidLimit) as refused:
        limits_form.read(group, typed(name, junk))

    assert (refused.value.name, refused.value.low) == (name, RANGES[name].low)
    assert refused.value.high == RANGES[name].high


@pytest.mark.parametrize("spoken", ["en", "de"])
@pytest.mark.parametrize("text", ["12.5", "12,50", "$12.50", "12.500000 $"])
def test_an_amount_is_typed_as_people_write_it_in_each_language(spoken, text):
    with language.speaking(spoken):
        changes = limits_form.read("server", typed("server_usd_per_month", text))

    assert changes == {"server_usd_per_month": 12_500_000}


@pytest.mark.parametrize("value", ["", "  ", None])
def test_an_emptied_number_is_no_limit(value):
    assert limits_form.read("members", typed("cooldown", value)) == {"cooldown": 0}


def test_all_faults_of_a_form_are_told():
    faulty = typed("cooldown", "abc") + typed("member_per_day", "5") + typed("member_at_once", "-1")
    with pytest.raises(InvalidLimit) as refused:
        limits_form.read("members", faulty)
    named: list[Any] = [refused.value, *refused.value.others]
    assert [one.name for one in named] == ["cooldown", "member_at_once"]

    words = typed("blocked", "fine\n...\n" + "x" * 101) + typed("allowed", "b*d")
    with pytest.raises(InvalidPhrase) as wrong:
        limits_form.read("words", words)
    faults: list[Any] = [wrong.value, *wrong.value.others]
    assert [one.place for one in faults] == [("blocked", 2), ("blocked", 3), ("allowed", 1)]


TYPED: dict[str, list[Any]] = {
    "members": ["abc", "-5", "", False],
    "server": ["1e3", "a lot", "0"],
    "orders": ['"' * 7, "\\" * 7, True, ["spoiler"], False],
    "words": ["storm\n\nb*d\n" + "x" * 3900, "", False],
    "channels": [["5", "6"]],
    "log": [["5"], ["7"], ["orders", "blocks"]],
    "pause": ["lunch"],
    "tiers": [["7"], "abc", "", "9", True],
    "tiers_more": [["7"], "60", "x"],
    "styles": ["\N{BLACK CIRCLE}", "knitted\t"],
}


@pytest.mark.parametrize("name", TYPED)
def test_what_was_typed_is_in_the_form_again(name):
    """Of every form of the panel."""
    assert {*TYPED} == {*GROUPS, *panel_forms.NAMES}
    build = limits_form.form if name in GROUPS else panel_forms.form
    empty = fields(build(name, Rules()))
    filled = dict(zip(empty, TYPED[name], strict=True))
    submitted = sent(
        *(
            {"custom_id": field, ("values" if isinstance(value, list) else "value"): value}
            for field, value in filled.items()
        )
    )

    typed = form_fields.typed(submitted)
    shown = fields(build(name, FULLEST, typed))

    assert typed == filled
    for field, value in filled.items():
        if field in {"safety", "kinds"}:
            assert sorted(kept(shown[field])["values"]) == sorted(value)
        elif isinstance(value, list):
            assert [str(one["id"]) for one in shown[field]["default_values"]] == value
        else:
            assert (shown[field].get("value") or shown[field].get("default", "")) == value


def test_odd_values_leave_a_form_as_it_is():
    """A crafted client sends any type; ids that are none are left out."""
    odd = {"cooldown": ["5"], "member_per_day": None, "member_at_once": True}
    assert fields(limits_form.form("members", Rules(), odd)) == fields(
        limits_form.form("members", Rules())
    )
    chosen = fields(limits_form.form("channels", FULLEST, {"channels": ["x", None, "5"]}))
    assert [one["id"] for one in chosen["channels"]["default_values"]] == [5]


@pytest.mark.parametrize("language", LANGUAGES)
@given(typed=st.one_of(st.text(max_size=100), st.integers().map(str)))
def test_offered_durations_fit_discords_limits(language, typed):
    with speaking(language):
        choices = block_form.choices(typed)

    hours = [choice.value for choice in choices]
    assert len({*hours}) == len(hours) <= 25
    assert all(one == 0 or one in BLOCK_HOURS for one in hours)
    assert all(1 <= len(choice.name) <= 100 for choice in choices)


@pytest.mark.parametrize("value", ["yes", 1, None, [], "true"])
def test_a_box_is_ticked_by_nothing_but_true(value):
    """Else a crafted client could put into the rules what is no flag."""
    assert limits_form.read("orders", typed("spoiler", value)) == {"spoiler": False}
    assert limits_form.read("orders", typed("spoiler", True)) == {"spoiler": True}


def test_a_field_that_was_not_sent_changes_nothing():
    assert limits_form.read("members", typed("cooldown", "5")) == {"cooldown": 5}
    assert limits_form.read("members", []) == {}


def test_a_field_of_another_form_changes_nothing():
    assert limits_form.read("members", typed("server_per_day", "5")) == {}
    assert limits_form.read("members", typed("pause", "5") + typed("tiers", "[]")) == {}


def test_rows_of_older_clients_are_read_too():
    rows = [{"type": 1, "components": [{"type": 4, "custom_id": "cooldown", "value": "5"}]}]

    assert limits_form.read("members", rows) == {"cooldown": 5}


def test_phrases_stand_one_a_line_in_whatever_way_lines_end():
    text = "\r\n Bad  Wolf \n\nbad wolf\rstorm\u2028\u200bsea\n"

    changes = limits_form.read("words", typed("blocked", text))

    assert changes == {"words": WordLists(blocked=("Bad Wolf", "storm", "sea"))}


@pytest.mark.parametrize("text", ["...", "x" * 101, "\n".join(map(str, range(501)))])
def test_a_phrase_that_can_not_be_kept_is_refused(text):
    with pytest.raises(InvalidPhrase):
        limits_form.read("words", typed("blocked", text))


def test_a_sent_list_of_channels_ends_that_orders_are_taken_nowhere():
    """The form says that none are everywhere, and it is previewed before it is saved."""
    none = {"type": 8, "custom_id": "channels", "values": []}

    after = changed(Rules(nowhere=True), **limits_form.read("channels", sent(none)))

    assert after == Rules()


def test_more_channels_than_there_is_room_for_are_refused():
    channels = {"type": 8, "custom_id": "channels", "values": [str(one) for one in range(1, 27)]}

    with pytest.raises(TooManyEntries):
        changed(Rules(), **limits_form.read("channels", sent(channels)))


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("rules", [Rules(), FULLEST], ids=["fresh", "fullest"])
async def test_discord_takes_every_form(stand_in, group, rules):
    """The stand-in holds it against Discord's own description."""
    mira = stand_in.member("Mira", channel="general", guild="Lighthouse Club")
    interaction = stand_in.interactions.begin(
        InteractionType.COMMAND, mira.user, mira.channel, {"name": "limits"}
    )
    address = f"{stand_in.api_url}/interactions/{interaction.id}/{interaction.token}/callback"
    form = limits_form.form(group, rules).to_dict()

    async with (
        aiohttp.ClientSession() as session,
        session.post(address, json={"type": 9, "data": form}) as answer,
    ):
        assert answer.status == 204

    assert interaction.modal["title"] == form["title"]
