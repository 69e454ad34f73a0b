"""Each card in each language: nothing is cut or overlaps, at phone and desktop width."""

import copy
from dataclasses import replace
from itertools import product

import pytest
from PIL import Image

from bot.domain.card_status import CardStatus
from bot.domain.job import Billed, EndReason, Obstacle, State
from bot.domain.lane import GIVES_BACK, ClosedReason
from bot.service.ports.vendor import Picture
from bot.ui import cards
from bot.ui.language import LANGUAGES, speaking
from tests.browser import samples
from tests.browser.layout import audit, layout_faults
from tests.samples import NOW, a_job, an_order

pytestmark = pytest.mark.browser

PHONE, DESK = (390, 844), (1280, 800)
LONG = an_order(
    prompt=f"{samples.LONG_WORD} " + "a lighthouse in a storm, *bold* and `code` " * 4,
    images=4,
    guidance=3.5,
    style="watercolour",
    sent="a lighthouse in a storm, watercolour painting, wet edges, soft washes of pigment",
)
SHORT = an_order(prompt="🦊")
STATUSES = [
    (State.WAITING, CardStatus()),
    (State.WAITING, CardStatus(place=1234)),
    (State.WAITING, CardStatus(place=2, paused_until=NOW + 90)),
    (State.WAITING, CardStatus(place=2, closed=ClosedReason.KEY)),
    *(
        (State.WAITING, CardStatus(place=2, closed=reason, paused_until=NOW + 90))
        for reason in sorted(set(ClosedReason) - GIVES_BACK)
    ),
    (State.SUBMITTING, CardStatus()),
    (State.QUEUED, CardStatus()),
    (State.QUEUED, CardStatus(usual_seconds=90)),
    (State.PROCESSING, CardStatus()),
    (State.PROCESSING, CardStatus(usual_seconds=90)),
    (State.PROCESSING, CardStatus(late=True)),
    (State.COMPLETED, CardStatus()),
    (State.UNCERTAIN, CardStatus(given_up_at=NOW + 300)),
    (State.UNCERTAIN, CardStatus(given_up_at=NOW + 300, fault_id="0123abcd")),
]
ENDS = [
    *((State.REFUSED, cause) for cause in EndReason),
    (State.CANCELLED, EndReason.UNANSWERED),
    (State.CANCELLED, EndReason.WITHDRAWN),
    (State.UNCERTAIN, None),
    (State.EXPIRED, None),
    (State.FAILED, EndReason.VENDOR),
    (State.FAILED, EndReason.NO_PICTURE),
    (State.FAILED, EndReason.KEPT_TOO_LONG),
    (State.ERROR, EndReason.VENDOR),
    (State.FAILED, EndReason.CONTENT),
]
WORDS = "The prompt was refused: it may not name Donaudampfschifffahrtsgesellschaften."


def a_card_job(order, state, **changes):
    return a_job(
        order=order,
        state=state,
        left_today=21,
        media=("https://pub-1.r2.dev/v1/r-1/output.png",) * order.images,
        completed_at=NOW,
        **changes,
    )


def every_card(picture):
    """Yield each card, all with a long prompt, and the shortest with a short one."""
    for state, status in STATUSES:
        yield cards.progress(a_card_job(LONG, state), status)
    for number, (state, cause) in enumerate(ENDS):
        billed = list(Billed)[number % len(Billed)]
        yield cards.end(a_card_job(LONG, state, end_reason=cause, billed=billed, error=WORDS))
    yield cards.end(a_card_job(LONG, State.PROCESSING, withdrawn=True))
    pictures = [picture] * LONG.images
    for private, spoiler in product((False, True), repeat=2):
        job = a_card_job(LONG, State.DELIVERED, private=private, spoiler=spoiler)
        yield cards.done(job, pictures, mention=not private)
    yield cards.done(a_card_job(LONG, State.DELIVERED), [replace(picture, shrunk=True)])
    for obstacle in Obstacle:
        outstanding = {"obstacle": obstacle, "next_try_at": NOW + 90}
        yield cards.progress(a_card_job(LONG, State.COMPLETED, **outstanding))
    some = a_card_job(LONG, State.COMPLETED, next_try_at=NOW + 90, pictures_shown=3)
    yield cards.done(some, pictures[1:])
    yield cards.progress(a_card_job(SHORT, State.WAITING))
    yield cards.end(a_card_job(SHORT, State.ERROR))
    yield cards.done(a_card_job(SHORT, State.DELIVERED), [picture])


def message(card):
    """Return a message that shows the card, its pictures taken from the samples."""
    made = samples.message(samples.BOT, flags=samples.V2)
    made["components"] = [
        with_sample_pictures(component) for component in card.view.to_components()
    ]
    for file in card.files:
        file.close()
    return made


def with_sample_pictures(component):
    component = {"id": 1, **component}
    if component["type"] == 12:
        items = enumerate(component["items"])
        component["items"] = [{**item, "media": samples.media(number)} for number, item in items]
    if "components" in component:
        component["components"] = [with_sample_pictures(inner) for inner in component["components"]]
    return component


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "1"
    Image.new("RGB", (8, 8)).save(path, "PNG")
    return Picture(path=path, extension="png", width=8, height=8, shrunk=False)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_nothing_on_a_card_is_cut_or_overlaps(language, server, screens, picture):
    with speaking(language):
        messages = [message(card) for card in every_card(picture)]
    server.reset(samples.world(general=messages), copy.deepcopy(samples.STATE))
    for size in (PHONE, DESK):
        page = await screens.visit(server.home, *size, "dark")
        await page.set_viewport_size({"width": size[0], "height": 36_000})
        drawn = page.get_by_test_id("message")
        tops = await drawn.evaluate_all("all => all.map((one) => one.getBoundingClientRect().top)")
        assert len(tops) == len(messages)
        assert min(tops) >= 0  # else it would have to be scrolled to
        assert await layout_faults(page) == []
        assert await audit(page) == []
        await page.set_viewport_size({"width": size[0], "height": size[1]})
    assert screens.take_complaints() == []
