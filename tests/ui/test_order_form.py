"""The form with an order: unchanged it orders the same, and what makes no sense is refused."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import order
from bot.domain.admission import Rule, RuleResult
from bot.domain.errors import InvalidOption
from bot.domain.order import GUIDANCE, IMAGES, STEPS, Order, OrderOptions
from bot.domain.preferences import Defaults
from bot.domain.styles import BUILT_IN, Style, all_of
from bot.service.errors import LimitReached, OrderForgotten, ServersOnly, ShuttingDown
from bot.ui import order_form, texts
from bot.ui.error_handler import answer_error
from bot.ui.form_button import FormButton
from bot.ui.language import LANGUAGES, speaking
from sandbox.discord.option_values import modal_component
from sandbox.discord.responses import checked_modal
from tests.samples import an_order

OWN = [Style(name=f"style {number}", words="x") for number in range(25)]


def options(*, private=False, **changes):
    return OrderOptions.of(an_order(**changes), private=private)


def a_result(rule):
    return RuleResult(rule=rule, refuses=True)


def shown(ordered, own=(), spoken="en", *, private=False):
    """Return the form as a member's client gets it, if Discord takes it."""
    with speaking(spoken):
        modal = order_form.form(OrderOptions.of(ordered, private=private), all_of(own), spoken)
    return checked_modal(modal.to_dict())


def sent(modal, **values):
    """Return what is read from a form that was sent with these values, the others as they were."""
    components = [modal_component(component, values) for component in modal["components"]]
    return order_form.read(modal["custom_id"], components)


@pytest.mark.parametrize("spoken", LANGUAGES)
@pytest.mark.parametrize("private", [True, False])
@given(
    images=st.integers(IMAGES.low, IMAGES.high),
    guidance=st.integers(10 * int(GUIDANCE.low), 10 * int(GUIDANCE.high)).map(lambda n: n / 10),
    steps=st.integers(STEPS.low, STEPS.high),
    enhance=st.booleans(),
    style=st.sampled_from([None, *(style.name for style in BUILT_IN)]),
    prompt=st.text(min_size=1, max_size=1000).map(order.clean).filter(bool),
)
def test_what_is_sent_unchanged_orders_the_same(spoken, private, **ordered):
    """What the form doesn't show is kept by it too: above all whether it is private."""
    modal = shown(an_order(**ordered), spoken=spoken, private=private)

    assert sent(modal) == options(**ordered, private=private)


def test_an_order_that_names_nothing_is_filled_with_the_members_defaults():
    """What no field shows is left to the defaults of the moment in which the form is sent."""
    defaults = Defaults(images=3, style="ink", steps=20, guidance=2.5, private=True, suffix="x")
    form = order_form.form(OrderOptions(prompt="a fox"), all_of(()), "en", defaults)

    assert sent(checked_modal(form.to_dict())) == OrderOptions(
        prompt="a fox", images=3, style="ink", steps=20, guidance=2.5
    )


def test_the_suffix_of_an_order_is_a_part_of_its_prompt_in_the_form():
    modal = shown(an_order(prompt="a fox", suffix="soft light", sent="a fox, soft light"))

    read = sent(modal)

    assert (read.prompt, read.suffix) == ("a fox, soft light", "")


def styles_of(modal):
    """Return the styles that a form offers."""
    (select,) = [
        label["component"]
        for label in modal["components"]
        if label["component"]["custom_id"] == "style"
    ]
    return select["options"]


def test_what_was_changed_is_what_is_ordered():
    modal = shown(an_order())

    read = sent(modal, prompt="a boat", images=["3"], guidance="4,5", steps="30", style=["ink"])

    assert read == options(prompt="a boat", images=3, guidance=4.5, steps=30, style="ink")


def test_a_style_can_be_taken_away():
    modal = shown(an_order(style="ink"))
    (none,) = [one["value"] for one in styles_of(modal) if one["label"] == "No style"]

    assert sent(modal, style=[none]).style == ""
    assert sent(modal, style=[]).style is None


@pytest.mark.parametrize("name", ["-", "--", "No style", "x" * 32])
def test_no_name_of_a_style_is_taken_for_none(name):
    """Discord refuses a form in which two choices have the same value."""
    modal = shown(an_order(style=name), [Style(name=name, words="x")])

    assert sent(modal).style == name
    values = [one["value"] for one in styles_of(modal)]
    assert len(set(values)) == len(values)


@pytest.mark.parametrize("spoken", LANGUAGES)
@given(guidance=st.floats(GUIDANCE.low, GUIDANCE.high))
def test_whatever_guidance_was_ordered_fits_its_field(spoken, guidance):
    """A command takes any number; the form shows it to a thousandth."""
    read = sent(shown(an_order(guidance=guidance), spoken=spoken))

    assert read.guidance == pytest.approx(guidance, abs=0.0005 + 1e-9)
    assert read.guidance in GUIDANCE


@pytest.mark.parametrize("style", ["ink", "style 24", "gone since"])
@pytest.mark.parametrize("own", [(), OWN], ids=["few", "many"])
def test_the_style_of_an_order_is_chosen_however_many_there_are(style, own):
    """Without it the picture would be another, and nobody would have said so."""
    modal = shown(an_order(style=style), own)

    assert len(styles_of(modal)) <= 25
    assert [one["value"] for one in styles_of(modal) if one.get("default")] == [style]
    assert sent(modal).style == style


@pytest.mark.parametrize(
    ("field", "junk"),
    [
        ("guidance", ["", "x", "NaN", "inf", "1e1", "0", "10,1", "-1", "99,9", " "]),
        ("steps", ["", "x", "19", "51", "20.5", "-30", "0x1e", "1_0"]),
    ],
)
def test_what_is_no_such_number_is_refused_by_its_name(field, junk):
    for text in junk:
        components = [{"component": {"custom_id": field, "value": text}}]
        read = order_form.read("order-form:10", components)

        with pytest.raises(InvalidOption) as refused:
            order.check(replace(options(), **{field: getattr(read, field)}))
        assert refused.value.option == field


def test_what_a_crafted_client_sends_is_an_order_or_refused():
    """Fields may be missing, of another type, or others than were shown."""
    fields: list[dict[str, Any]]
    fields = [{}, {"value": 7}, {"value": ["x"]}, {"values": "x"}, {"values": [{}]}]
    for field in fields:
        components = [{"component": {"custom_id": name, **field}} for name in vars(options())]
        read = order_form.read("order-form:11", components)

        assert read is not None
        assert read.private is True
        with pytest.raises(InvalidOption):
            order.check(read)


@pytest.mark.parametrize(
    "custom_id", ["order-form:", "order-form:2", "order-form:100", "limits-form:words", ""]
)
def test_no_other_form_is_taken_for_this(custom_id):
    assert order_form.read(custom_id, []) is None


def test_a_message_becomes_an_order_with_the_options_that_nobody_chose():
    read = sent(shown(Order(prompt="a cat")))

    assert order.check(read) == Order(prompt="a cat")


def test_a_form_without_a_prompt_is_an_empty_one():
    """A message may have no words, or none that we may read."""
    modal = shown(Order(prompt=""))

    assert "value" not in modal["components"][0]["component"]


async def test_discord_py_keeps_no_form():
    modal = order_form.form(options(), (), "en")

    assert modal.is_finished()
    assert modal.timeout is None


class Interaction:
    """A form that was sent, and what its sender is told."""

    type = discord.InteractionType.modal_submit
    id = 1
    user = SimpleNamespace(id=7)
    client = SimpleNamespace(http=None)

    def __init__(self):
        self.told = []
        self.response = SimpleNamespace(is_done=lambda: True)
        self.followup = SimpleNamespace(send=self._send)

    async def _send(self, words, *, ephemeral, view=None):
        assert ephemeral
        self.told.append((words, view and view.children[0]))


async def refused(error, **changes):
    """Return what a member is told, and the button under it."""
    interaction: Any = Interaction()
    error.options = replace(options(), **changes)
    await answer_error(interaction, error)
    (told,) = interaction.told
    return told


OUT_OF_RANGE = InvalidOption(option="steps", low=20, high=50, got="x")


@pytest.mark.parametrize("spoken", LANGUAGES)
@given(
    guidance=st.one_of(
        st.floats(GUIDANCE.low, GUIDANCE.high).map(lambda n: round(n, 3)),
        st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs", "Nd"]), min_size=1, max_size=6),
    ),
    images=st.integers(IMAGES.low, IMAGES.high),
    enhance=st.booleans(),
    private=st.booleans(),
    style=st.sampled_from(["", "ink", 'a: "b", ]', "ä" * 32]),
    prompt=st.text(
        st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=1000
    ).filter(str.strip),
)
async def test_what_is_refused_can_be_changed_with_everything_that_was_typed(spoken, **changes):
    """The button needs no store: what it does not know itself, its message shows."""
    with speaking(spoken):
        words, button = await refused(OUT_OF_RANGE, **changes)
    assert len(words) <= 2000
    rebuilt = FormButton.with_id(button.custom_id)
    assert rebuilt is not None
    name, member_id, packed = rebuilt.event
    assert (name, member_id) == ("order_form", 7)

    prompt = texts.refusals.prompt_of(words)
    with speaking(spoken):
        modal = order_form.form(replace(packed, prompt=prompt), all_of(()), spoken)
    read = sent(checked_modal(modal.to_dict()))

    assert read == replace(options(), **changes | {"prompt": changes["prompt"].strip()})


@pytest.mark.parametrize(
    "error", [OUT_OF_RANGE, ShuttingDown(), LimitReached(verdict=a_result(Rule.WORDS))]
)
async def test_what_is_refused_gives_the_prompt_back(error):
    """Somebody has typed it; a refusal shall not be the end of it."""
    words, button = await refused(error, prompt="a ```lighthouse``` " + "x" * 3000)

    assert "a `\u200b`\u200b`lighthouse" in words
    assert words.endswith("…\n```")
    assert len(words) <= 2000
    assert button.item.label == "Change and try again"


@pytest.mark.parametrize(
    "error",
    [
        ServersOnly(),
        OrderForgotten(),
        *(
            LimitReached(verdict=a_result(rule))
            for rule in (Rule.BLOCKED, Rule.TIMED_OUT, Rule.NOT_SERVED, Rule.CHANNEL, Rule.KEY)
        ),
    ],
)
async def test_where_no_other_try_can_help_none_is_offered(error):
    assert (await refused(error))[1] is None


@pytest.mark.parametrize("rare", ["\N{HORSE}", '"', "\N{NULL}"])
async def test_a_style_without_room_in_the_button_holds_back_no_refusal(rare):
    _words, button = await refused(OUT_OF_RANGE, style=rare * 32)

    assert len(button.custom_id.encode("utf-16-le")) <= 200


@pytest.mark.parametrize("values", ["", "[", "[[1]]", "{}", "1e999,NaN", '"x",[],{},null,7,[1]'])
async def test_a_crafted_button_opens_a_form_or_none(values):
    button = FormButton.with_id(f"form:7:[{values}]")
    assert button is not None

    modal = order_form.form(button.event[2], (), "en")
    checked_modal(modal.to_dict())


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 10**300, "x" * 500, None, True, []])
async def test_crafted_options_hold_back_no_refusal(value):
    crafted = dict.fromkeys(("images", "guidance", "steps", "enhance", "private", "style"), value)

    _words, button = await refused(OUT_OF_RANGE, prompt=value, **crafted)

    assert len(button.custom_id) <= 100
