"""Buttons that live on through restarts."""

import discord
import pytest
from discord.components import _component_factory

from bot.domain.job import State
from bot.ui import buttons, cards
from bot.ui.buttons import OrderAction, OrderButton
from bot.ui.cards import Place
from tests.samples import NOW, a_job

JOB_ID = "0123456789abcdef"
OF_PICTURES = {"again", "edit", "delete"}


def components(view):
    """Return a view's components as they come back from Discord."""
    return [_component_factory(component) for component in view.to_components()]


def shown(card):
    """Return what can be done with a card, and the labels that say so, by what it does."""

    def walk(entries):
        for entry in entries:
            if "custom_id" in entry:
                yield entry["custom_id"].removesuffix(f":{JOB_ID}"), entry["label"]
            yield from walk(entry.get("components", ()))

    return dict(walk(card.view.to_components()))


@pytest.mark.parametrize("do", OrderAction)
async def test_a_button_says_in_its_id_what_it_does_with_which_job(do):
    button = OrderButton(do, JOB_ID)

    match = button.template.fullmatch(button.custom_id)

    assert button.custom_id == f"{do}:{JOB_ID}"
    rebuilt = await OrderButton.from_custom_id(None, button.item, match)
    assert (rebuilt.do, rebuilt.job_id) == (do, JOB_ID)


def test_the_buttons_of_cards_that_were_shown_long_ago_go_on_working():
    """Their custom_ids stand in messages that nobody edits any more."""
    assert OrderButton(OrderAction.AGAIN, JOB_ID).custom_id == f"again:{JOB_ID}"


@pytest.mark.parametrize(
    "custom_id",
    [
        "again:",
        f"again:{JOB_ID}0",
        f"again:{JOB_ID.upper()}",
        f"x-again:{JOB_ID}",
        f"forget:{JOB_ID}",
        f":{JOB_ID}",
        "again:../../etc",
    ],
)
def test_what_is_no_id_of_a_job_is_no_button_of_ours(custom_id):
    assert OrderButton(OrderAction.AGAIN, JOB_ID).template.fullmatch(custom_id) is None


@pytest.mark.parametrize("do", OrderAction)
async def test_a_press_is_told_to_whoever_listens(do):
    """The button knows no service; a cog listens."""
    told = []

    class Bot:
        def dispatch(self, *what):
            told.append(what)

    class Interaction:
        client = Bot()

    await OrderButton(do, JOB_ID).callback(interaction := Interaction())

    assert told == [(f"order_{do}", interaction, JOB_ID)]


def test_every_button_is_known_to_the_client():
    """One that is not registered is dead after a restart."""
    of_module = {
        thing
        for thing in vars(buttons).values()
        if isinstance(thing, type) and issubclass(thing, discord.ui.DynamicItem)
    }

    assert set(buttons.ALL) == of_module


@pytest.mark.parametrize(
    "state",
    [State.WAITING, State.SUBMITTING, State.QUEUED, State.PROCESSING, State.COMPLETED],
)
def test_an_order_on_its_way_can_be_cancelled(state):
    assert shown(cards.progress(a_job(id=JOB_ID, state=state))) == {"cancel": "Cancel"}


def test_an_order_that_may_still_be_heard_of_can_be_cancelled():
    card = cards.progress(a_job(id=JOB_ID, state=State.UNCERTAIN), until=NOW + 60)

    assert shown(card) == {"cancel": "Cancel"}


@pytest.mark.parametrize(
    "state",
    [State.FAILED, State.ERROR, State.REFUSED, State.CANCELLED, State.UNCERTAIN, State.EXPIRED],
)
def test_what_ended_without_pictures_can_be_tried_again(state):
    card = cards.end(a_job(id=JOB_ID, state=state))

    assert shown(card) == {"again": "Try again", "edit": "Edit prompt"}


def test_of_a_hidden_order_nothing_is_left_to_press():
    assert shown(cards.end(a_job(id=JOB_ID, state=State.QUEUED, hidden=True))) == {}


@pytest.mark.parametrize(
    ("place", "changes", "besides"),
    [
        (Place.CARD, {}, {"report"}),
        (Place.CARD, {"guild_id": None}, set()),
        (Place.CARD, {"private": True}, {"post"}),
        (Place.POSTED, {}, {"report"}),
        (Place.HANDED, {}, set()),
        (Place.HANDED, {"private": True}, {"post"}),
        (Place.DIRECT, {}, set()),
        (Place.DIRECT, {"private": True}, set()),
    ],
)
def test_what_can_be_done_with_pictures_is_what_makes_sense_where_they_are(place, changes, besides):
    """What all see can be reported, what is private be posted, and everything be deleted."""
    job = a_job(id=JOB_ID, state=State.DELIVERED, **changes)

    assert shown(cards.done(job, [], place=place)).keys() == OF_PICTURES | besides


def test_pictures_that_were_posted_say_whose_they_are():
    card = cards.done(a_job(state=State.DELIVERED, member_id=300), [], place=Place.POSTED)

    assert card.view.to_components()[0]["content"] == "Posted by <@300>"


async def test_a_message_with_pictures_is_known_by_its_button():
    job = a_job(id=JOB_ID)

    found = components(cards.done(job, []).view)

    assert buttons.belongs_to(found, JOB_ID)
    assert set(buttons.job_ids(found)) == {JOB_ID}
    assert not buttons.belongs_to(found, JOB_ID[::-1])
    assert not buttons.belongs_to([], JOB_ID)


@pytest.mark.parametrize("card", [cards.progress, cards.end])
async def test_a_card_without_pictures_is_not_taken_for_the_one_with_them(card):
    """It has buttons of the same order; pictures that seem to be there would never be brought."""
    found = components(card(a_job(id=JOB_ID)).view)

    assert not buttons.belongs_to(found, JOB_ID)
    assert set(buttons.job_ids(found)) == {JOB_ID}


@pytest.mark.parametrize("card", [cards.progress, cards.end, cards.hidden])
async def test_a_view_with_our_buttons_lives_for_ever(card):
    """One that times out would take the pattern, and so every such button, with it."""
    view = card(a_job(id=JOB_ID)).view

    assert view.timeout is None
    assert view.is_persistent()
