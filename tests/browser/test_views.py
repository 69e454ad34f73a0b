"""What moderators see, in each language: nothing is cut or overlaps, at phone and desktop width."""

import copy

import pytest

from bot.ui import first_steps_view
from bot.ui.language import LANGUAGES, speaking
from tests.browser import samples
from tests.browser.layout import audit, layout_faults
from tests.browser.test_cards import DESK, PHONE, with_sample_pictures
from tests.rules import FULLEST_OVERVIEW
from tests.ui.test_first_steps import DONE, FRESH
from tests.ui.test_limits_view import LONGEST_NOTE, VIEWS

pytestmark = pytest.mark.browser

FIRST_STEPS = {
    "the welcome": first_steps_view.welcome,
    "the first steps": lambda: first_steps_view.steps(FRESH),
    "the last of them": lambda: first_steps_view.steps(DONE, "**Saved**"),
    "the fullest of them": lambda: first_steps_view.steps(FULLEST_OVERVIEW, LONGEST_NOTE),
}


def message(view):
    made = samples.message(samples.BOT, flags=samples.V2)
    components = view.to_components()
    made["components"] = [with_sample_pictures(component) for component in components]
    return made


@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_that_moderators_see_is_cut_or_overlaps(language, server, screens):
    with speaking(language):
        messages = [message(make()) for make in (VIEWS | FIRST_STEPS).values()]
    server.reset(samples.world(general=messages), copy.deepcopy(samples.STATE))
    for size in (PHONE, DESK):
        page = await screens.visit(server.home, *size, "light")
        await page.set_viewport_size({"width": size[0], "height": 30_000})
        assert await page.get_by_test_id("message").count() == len(messages)
        assert await layout_faults(page) == []
        assert await audit(page) == []
        await page.set_viewport_size({"width": size[0], "height": size[1]})
    assert screens.take_complaints() == []
