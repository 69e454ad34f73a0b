"""What can be done with an order, and in which place."""

import pytest
from discord.components import _component_factory

from bot.domain.card_status import CardStatus
from bot.domain.job import Delivery, State
from bot.ui import cards, order_buttons
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


@pytest.mark.parametrize(
    "state",
    [State.WAITING, State.SUBMITTING, State.QUEUED, State.PROCESSING, State.COMPLETED],
)
def test_an_order_on_its_way_can_be_cancelled(state):
    assert shown(cards.progress(a_job(id=JOB_ID, state=state))) == {"cancel": "Cancel"}


def test_an_order_that_may_still_be_heard_of_can_be_cancelled():
    card = cards.progress(a_job(id=JOB_ID, state=State.UNCERTAIN), CardStatus(given_up_at=NOW + 60))

    assert shown(card) == {"cancel": "Cancel"}


@pytest.mark.parametrize(
    "state",
    [State.FAILED, State.ERROR, State.REFUSED, State.CANCELLED, State.UNCERTAIN, State.EXPIRED],
)
def test_what_ended_without_pictures_can_be_tried_again(state):
    card = cards.end(a_job(id=JOB_ID, state=state))

    assert shown(card) == {"again": "Try again", "edit": "Edit prompt"}


def test_of_a_hidden_order_nothing_is_left_to_press():
    assert shown(cards.end(a_job(id=JOB_ID, state=State.QUEUED, delivery=Delivery.WITHDRAWN))) == {}


@pytest.mark.parametrize(
    ("place", "changes", "besides"),
    [
        (Place.CARD, {}, {"report"}),
        (Place.CARD, {"guild_id": None}, set()),
        (Place.CARD, {"private": True}, {"post"}),
        (Place.POSTED, {}, {"report"}),
        (Place.PRIVATE_ANSWER, {}, set()),
        (Place.PRIVATE_ANSWER, {"private": True}, {"post"}),
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

    assert order_buttons.shows_pictures(found, JOB_ID)
    assert set(order_buttons.job_ids(found)) == {JOB_ID}
    assert not order_buttons.shows_pictures(found, JOB_ID[::-1])
    assert not order_buttons.shows_pictures([], JOB_ID)


@pytest.mark.parametrize("card", [cards.progress, cards.end])
async def test_a_card_without_pictures_is_not_taken_for_the_one_with_them(card):
    """It has buttons of the same order; pictures that seem to be there would never be brought."""
    found = components(card(a_job(id=JOB_ID)).view)

    assert not order_buttons.shows_pictures(found, JOB_ID)
    assert set(order_buttons.job_ids(found)) == {JOB_ID}


@pytest.mark.parametrize("card", [cards.progress, cards.end, cards.hidden])
async def test_a_view_with_our_buttons_lives_for_ever(card):
    """One that times out would take the pattern, and so every such button, with it."""
    view = card(a_job(id=JOB_ID)).view

    assert view.timeout is None
    assert view.is_persistent()
