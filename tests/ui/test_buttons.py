"""Buttons that live on through restarts."""

import discord
import pytest
from discord.components import _component_factory

from bot.ui import buttons, cards
from bot.ui.buttons import Again
from tests.samples import a_job

JOB_ID = "0123456789abcdef"


def components(view):
    """Return a view's components as they come back from Discord."""
    return [_component_factory(component) for component in view.to_components()]


async def test_a_button_says_in_its_id_which_job_it_repeats():
    button = Again(JOB_ID)

    match = button.template.fullmatch(button.custom_id)

    assert button.custom_id == f"again:{JOB_ID}"
    rebuilt = await Again.from_custom_id(None, button.item, match)
    assert rebuilt.job_id == JOB_ID


@pytest.mark.parametrize(
    "custom_id",
    [
        "again:",
        f"again:{JOB_ID}0",
        f"again:{JOB_ID.upper()}",
        f"x-again:{JOB_ID}",
        "again:../../etc",
    ],
)
def test_what_is_no_id_of_a_job_is_no_button_of_ours(custom_id):
    assert Again(JOB_ID).template.fullmatch(custom_id) is None


async def test_a_press_is_told_to_whoever_listens():
    """The button knows no service; a cog listens."""
    told = []

    class Bot:
        def dispatch(self, *what):
            told.append(what)

    class Interaction:
        client = Bot()

    await Again(JOB_ID).callback(interaction := Interaction())

    assert told == [("again", interaction, JOB_ID)]


def test_every_button_is_known_to_the_client():
    """One that is not registered is dead after a restart."""
    of_module = {
        thing
        for thing in vars(buttons).values()
        if isinstance(thing, type) and issubclass(thing, discord.ui.DynamicItem)
    }

    assert set(buttons.ALL) == of_module


async def test_a_message_with_pictures_is_known_by_its_button():
    job = a_job(id=JOB_ID)

    shown = components(cards.done(job, []).view)

    assert buttons.belongs_to(shown, JOB_ID)
    assert not buttons.belongs_to(shown, JOB_ID[::-1])
    assert not buttons.belongs_to([], JOB_ID)


async def test_a_view_with_our_buttons_lives_for_ever():
    """One that times out would take the pattern, and so every such button, with it."""
    view = cards.end(a_job(id=JOB_ID)).view

    assert view.timeout is None
    assert view.is_persistent()
