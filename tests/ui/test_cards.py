"""The card stays within Discord's limits, says only what we say, and offers what makes sense."""

import re
from itertools import product
from typing import Any

import pytest
from PIL import Image

from bot.domain.card_status import CardStatus
from bot.domain.job import Billed, EndReason, Obstacle, State
from bot.domain.lane import ClosedReason
from bot.service.ports.vendor import Picture
from bot.ui import cards, order_buttons
from bot.ui.cards import Place
from bot.ui.language import LANGUAGES, speaking
from tests.samples import NOW, SOON, a_job, an_order, changed_job, listed
from tests.views import GALLERY, assert_within_limits, buttons, components, recorded, returned, said

JOB_ID = "0123456789abcdef"
LONGEST = "*" * 1000  # every letter of it is markup
LONGEST_SENT = {"sent": "*" * 1000, "style": "*" * 32}  # the prompt would be shorter in truth
HOSTILE = "@everyone <@7> **bold** [x](https://evil.example) # `code`"
OUTSTANDING = {
    "state": State.COMPLETED,
    "billed": Billed.YES,
    "obstacle": Obstacle.HOST,
    "next_try_at": SOON,
}
ON_THE_WAY = [State.WAITING, State.SUBMITTING, State.QUEUED, State.PROCESSING, State.COMPLETED]
ENDS = [
    *(State.FAILED, State.ERROR, State.REFUSED, State.CANCELLED),
    *(State.UNCERTAIN, State.EXPIRED),
]
STATUSES = [
    CardStatus(
        place=10**6, paused_until=NOW, given_up_at=NOW, closed=ClosedReason.KEY, usual_seconds=90
    ),
    CardStatus(given_up_at=NOW, fault_id="0123abcd"),
    CardStatus(late=True),
]


def items(card):
    galleries = [entry for entry in components(card.view) if entry["type"] == GALLERY]
    return [item for entry in galleries for item in entry["items"]]


def offered(card):
    """Return what can be done with a card's order."""
    return [custom_id.removesuffix(f":{JOB_ID}") for custom_id in buttons(card.view)]


@pytest.fixture
def pictures(tmp_path):
    """Make as many pictures as asked for."""

    def pictures(count, **changes):
        values: dict[str, Any] = {"extension": "png", "width": 8, "height": 8, "shrunk": False}
        values |= changes
        paths = [tmp_path / str(number) for number in range(count)]
        for path in paths:
            Image.new("RGB", (8, 8)).save(path, "PNG")
        return [Picture(path=path, **values | changes) for path in paths]

    return pictures


@pytest.fixture
def done():
    """Make a card with pictures; its files are closed at the end."""
    opened = []

    def done(*arguments, **options):
        opened.append(cards.done(*arguments, **options))
        return opened[-1]

    yield done
    for card in opened:
        card.close()


def test_cards_read_as_recorded(snapshot, pictures, done):
    sent = {"style": "ink", "sent": "a lighthouse in a storm, ink drawing"}
    job = a_job(state=State.DELIVERED, order=an_order(images=4, **sent), media=("x",) * 4)
    unpaid = {"billed": Billed.NO, "left_today": 3}
    samples = {
        "progress": cards.progress(a_job(state=State.QUEUED, left_today=21)),
        "refused": cards.end(
            a_job(state=State.REFUSED, end_reason=EndReason.OUT_OF_CREDIT, **unpaid)
        ),
        "uncertain": cards.end(a_job(state=State.UNCERTAIN, billed=Billed.UNKNOWN, left_today=3)),
        "failed": cards.end(a_job(state=State.FAILED, billed=Billed.YES, error="no **luck**")),
        "done": done(job, pictures(4)),
        "smaller and fewer": done(job, pictures(2, shrunk=True)),
        "outstanding": cards.progress(a_job(**OUTSTANDING)),
        "partly outstanding": done(changed_job(job, **OUTSTANDING, pictures_shown=3), pictures(3)),
        "posted anew": done(job, pictures(4), mention=True),
        "elsewhere": cards.elsewhere(job),
        "made public": done(job, pictures(4), place=Place.POSTED),
        "hidden": cards.end(a_job(state=State.QUEUED, withdrawn=True)),
        "cancelled and hidden": cards.hidden(a_job(state=State.CANCELLED)),
    }

    assert listed({name: recorded(card.view) for name, card in samples.items()}) == snapshot


# What is offered.


@pytest.mark.parametrize("state", ON_THE_WAY)
def test_an_order_can_be_cancelled_while_that_is_free_and_hidden_afterwards(state):
    offers = "cancel" if state is State.WAITING else "hide"

    assert offered(cards.progress(a_job(id=JOB_ID, state=state))) == [offers]


def every_card(language, **changes):
    """Return each kind of card in *language*."""
    with speaking(language):
        for state in ON_THE_WAY:
            yield from (cards.progress(a_job(state=state, **changes), known) for known in STATUSES)
        for state, reason in product(ENDS, (None, *EndReason)):
            yield cards.end(a_job(state=state, end_reason=reason, error="no", **changes))
        delivered = a_job(state=State.DELIVERED, **changes)
        yield cards.done(delivered, [])
        yield cards.done(delivered, [], mention=True)
        yield cards.done(delivered, [], place=Place.POSTED)
        yield cards.elsewhere(delivered)
        yield cards.hidden(delivered)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_public_card_names_who_ordered_and_says_you_to_nobody(language):
    you = {"en": r"\byou", "de": r"\b([Dd]u|[Dd]ein\w*|[Dd]i(r|ch))\b"}[language]
    for card in every_card(language, left_today=21):
        text = "\n".join(said(card.view))
        assert text.count("<@300>") == 1
        assert "21" not in text
        assert not re.search(you, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_private_card_names_nobody(language):
    for card in every_card(language, private=True):
        shown = [text for text in said(card.view) if "<@300>" in text]
        assert len(shown) <= 1  # only what is posted for all


@pytest.mark.parametrize("state", ENDS)
def test_what_ended_without_pictures_can_be_tried_again(state):
    assert offered(cards.end(a_job(id=JOB_ID, state=state))) == ["again", "edit"]


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
    card = cards.done(a_job(id=JOB_ID, state=State.DELIVERED, **changes), [], place=place)

    assert {*offered(card)} == {"again", "edit", "delete"} | besides


@pytest.mark.parametrize("state", [*ENDS, State.DELIVERED, State.COMPLETED])
def test_where_no_orders_are_taken_none_is_offered(state):
    job = a_job(id=JOB_ID, state=state, private=True)
    card = cards.end(job, orders=False) if state in ENDS else cards.done(job, [], orders=False)

    assert {*offered(card)}.isdisjoint({"again", "edit"})
    assert_within_limits(card.view)


async def test_a_message_with_pictures_is_known_by_its_button():
    shown = returned(cards.done(a_job(id=JOB_ID), []).view)

    assert order_buttons.shows_pictures(shown, JOB_ID)
    assert set(order_buttons.job_ids(shown)) == {JOB_ID}
    assert not order_buttons.shows_pictures(shown, JOB_ID[::-1])
    assert not order_buttons.shows_pictures([], JOB_ID)


@pytest.mark.parametrize("card", [cards.progress, cards.end])
async def test_a_card_without_pictures_is_not_taken_for_the_one_with_them(card):
    """It has buttons of the same order; pictures that seem to be there would never be brought."""
    shown = returned(card(a_job(id=JOB_ID)).view)

    assert not order_buttons.shows_pictures(shown, JOB_ID)
    assert set(order_buttons.job_ids(shown)) == {JOB_ID}


@pytest.mark.parametrize("card", [cards.progress, cards.end, cards.elsewhere, cards.hidden])
async def test_each_card_is_a_view_of_its_own_that_lives_for_ever(card):
    """discord.py loses buttons for the whole bot when a view times out, or is sent twice."""
    job = a_job()

    assert card(job).view is not card(job).view
    assert card(job).view.is_persistent()


# Pictures.


@pytest.mark.parametrize("spoiler", [True, False])
def test_pictures_are_hidden_where_their_server_wanted_that(pictures, done, spoiler):
    """All of them or none: as it was when they were ordered."""
    job = a_job(state=State.DELIVERED, order=an_order(images=3), media=("x",) * 3, spoiler=spoiler)

    card = done(job, pictures(3))

    assert [item.get("spoiler", False) for item in items(card)] == [spoiler] * 3


@pytest.mark.parametrize("extension", ["png", "jpg"])
def test_each_file_is_shown_once_by_a_name_for_what_its_bytes_are(pictures, done, extension):
    """A file that no component shows does not show at all."""
    job = a_job(state=State.DELIVERED, order=an_order(images=3), media=("x",) * 3)

    card = done(job, pictures(3, extension=extension))

    names = [file.filename for file in card.files]
    assert len(set(names)) == 3
    assert all(name.endswith(f".{extension}") for name in names)
    assert [item["media"]["url"] for item in items(card)] == [
        f"attachment://{name}" for name in names
    ]
    assert all(file.description for file in card.files)


# What must not show.


@pytest.mark.parametrize("make", ["progress", "end", "done"])
def test_what_people_wrote_neither_pings_nor_formats(pictures, done, make):
    """The bot repeats a member's words past the server's own filters: as words, and no more."""
    state = State.DELIVERED if make == "done" else State.FAILED
    job = a_job(state=state, order=an_order(prompt=HOSTILE), error=HOSTILE, media=("x",))

    card = done(job, pictures(1)) if make == "done" else getattr(cards, make)(job)

    shown = " ".join(said(card.view))
    for part in ("@everyone", "<@7>", "**bold**", "](https://", "`code`"):
        assert part not in shown.replace("\\@everyone", "")


@pytest.mark.parametrize("state", [*ON_THE_WAY, *ENDS])
def test_no_secret_and_no_id_shows_on_a_card(state):
    job = a_job(
        state=state,
        request_id="the-request-id",
        interaction_token="interaction-secret",
        callback_token="callback-secret",
        media=("https://pub-1.r2.dev/secret.png",),
    )
    card = cards.progress(job) if state in ON_THE_WAY else cards.end(job)

    shown = str(card.view.to_components())
    for secret in ("interaction-secret", "callback-secret", "r2.dev", "the-request-id"):
        assert secret not in shown


# Discord's limits.


def fullest(state, language, **changes):
    return a_job(
        state=state,
        billed=Billed.UNKNOWN,
        error="`" * 300,
        order=an_order(prompt=LONGEST, images=4, guidance=2.125, **LONGEST_SENT),
        left_today=10**9,
        media=("https://a.r2.dev/1",) * 5,
        completed_at=NOW,
        language=language,
        **changes,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", [*ON_THE_WAY, State.UNCERTAIN])
@pytest.mark.parametrize("status", STATUSES, ids=["waiting", "after a fault", "late"])
def test_the_fullest_card_on_its_way_fits_in_every_language(state, language, status):
    """Four thousand characters in all, or Discord takes nothing of it."""
    with speaking(language):
        assert_within_limits(cards.progress(fullest(state, language), status).view)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize("reason", [None, *EndReason])
def test_the_fullest_end_fits_in_every_language(state, reason, language):
    with speaking(language):
        card = cards.end(fullest(state, language, end_reason=reason), fault_id="0123abcd")

    assert_within_limits(card.view)
    assert {"en": "charged", "de": "berechnet"}[language] in " ".join(said(card.view))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 4])
def test_the_fullest_card_with_pictures_fits_in_every_language(pictures, done, language, count):
    with speaking(language):
        job = fullest(State.DELIVERED, language)
        card = done(job, pictures(count, shrunk=True), mention=True)

    assert_within_limits(card.view)
    assert len(card.files) == len(items(card)) == count
