"""The card stays within Discord's limits, and says only what we say."""

import pytest
from PIL import Image

from bot.domain.card_status import CardStatus
from bot.domain.job import Billed, EndReason, State
from bot.service.ports.vendor import Picture
from bot.ui import cards
from bot.ui.language import LANGUAGES, speaking
from tests.samples import NOW, a_job, an_order

TEXT_DISPLAY = 10
MEDIA_GALLERY = 12
LONGEST = "*" * 1000  # every letter of it is markup
LONGEST_SENT = {"sent": "*" * 1000, "style": "*" * 32}  # the prompt would be shorter in truth
HOSTILE = "@everyone <@300> **bold** [x](https://evil.example) # `code`"
ON_THE_WAY = [
    State.WAITING,
    State.SUBMITTING,
    State.QUEUED,
    State.PROCESSING,
    State.COMPLETED,
]
ENDS = [
    State.FAILED,
    State.ERROR,
    State.REFUSED,
    State.CANCELLED,
    State.UNCERTAIN,
    State.EXPIRED,
]


def components(card):
    """Return all components of a card as Discord gets them, nested ones too."""

    def walk(entries):
        for entry in entries:
            yield entry
            yield from walk(entry.get("components", ()))

    return list(walk(card.view.to_components()))


def words(card):
    return [entry["content"] for entry in components(card) if entry["type"] == TEXT_DISPLAY]


def items(card):
    return [
        item
        for entry in components(card)
        if entry["type"] == MEDIA_GALLERY
        for item in entry["items"]
    ]


def assert_within_limits(card):
    assert len(components(card)) <= 40
    assert sum(map(len, words(card))) <= 4000
    assert all(words(card))
    assert card.view.timeout is None
    assert card.view.has_components_v2()
    for item in items(card):
        assert len(item["description"]) <= 1024


@pytest.fixture
def pictures(tmp_path):
    """Make as many pictures as asked for."""
    made = []

    def pictures(count, **changes):
        for number in range(count):
            path = tmp_path / str(number)
            Image.new("RGB", (8, 8)).save(path, "PNG")
            values = {"path": path, "extension": "png", "width": 8, "height": 8, "shrunk": False}
            made.append(Picture(**{**values, **changes}))
        return made

    return pictures


@pytest.fixture
def done():
    """Make a card with pictures; its files are closed at the end."""
    opened = []

    def done(*arguments, **options):
        card = cards.done(*arguments, **options)
        opened.extend(card.files)
        return card

    yield done
    for file in opened:
        file.close()


@pytest.mark.parametrize(
    "cause", [EndReason.OUT_OF_CREDIT, EndReason.BUSY, EndReason.WAITED_TOO_LONG]
)
def test_the_card_of_an_order_that_was_given_back_says_that_nothing_was_charged(cause):
    """It can be tried again by a button, once there is credit or patience."""
    card = cards.end(a_job(state=State.REFUSED, end_reason=cause))

    shown = " ".join(words(card))
    assert "Could not be ordered" in shown
    assert "Nothing was charged." in shown
    assert ("operator" in shown) == (cause is EndReason.OUT_OF_CREDIT)
    assert any(entry.get("custom_id", "").startswith("again:") for entry in components(card))


@pytest.mark.parametrize("spoiler", [True, False])
def test_pictures_are_hidden_where_their_server_wanted_that(pictures, done, spoiler):
    """All of them or none: as it was when they were ordered."""
    job = a_job(state=State.DELIVERED, order=an_order(images=3), media=("x",) * 3, spoiler=spoiler)

    card = done(job, pictures(3))

    assert [item.get("spoiler", False) for item in items(card)] == [spoiler] * 3


def test_each_file_is_shown_once_by_its_own_name(pictures, done):
    """A file that no component shows does not show at all."""
    job = a_job(state=State.DELIVERED, order=an_order(images=3), media=("x",) * 3)

    card = done(job, pictures(3))

    names = [file.filename for file in card.files]
    assert len(set(names)) == 3
    assert [item["media"]["url"] for item in items(card)] == [
        f"attachment://{name}" for name in names
    ]
    assert all(file.description for file in card.files)


@pytest.mark.parametrize(("extension", "end"), [("png", ".png"), ("jpg", ".jpg")])
def test_a_file_is_named_for_what_its_bytes_are(pictures, done, extension, end):
    job = a_job(state=State.DELIVERED, media=("x",))

    (file,) = done(job, pictures(1, extension=extension)).files

    assert file.filename.endswith(end)


def test_a_card_says_when_pictures_were_made_smaller_or_are_missing(pictures, done):
    job = a_job(state=State.DELIVERED, order=an_order(images=4), media=("x",) * 4)

    whole = " ".join(words(done(job, pictures(4))))
    small = " ".join(words(done(job, pictures(1, shrunk=True)[:1] + pictures(1, shrunk=True)[-1:])))

    assert "smaller" not in whole
    assert "missing" not in whole
    assert "smaller" in small
    assert "missing" in small


@pytest.mark.parametrize("make", ["progress", "end", "done"])
def test_what_people_wrote_neither_pings_nor_formats(pictures, done, make):
    """The bot repeats a member's words past the server's own filters: as words, and no more."""
    job = a_job(
        state=State.DELIVERED if make == "done" else State.FAILED,
        order=an_order(prompt=HOSTILE),
        error=HOSTILE,
        media=("x",),
    )

    card = done(job, pictures(1)) if make == "done" else getattr(cards, make)(job)

    shown = " ".join(words(card))
    for part in ("@everyone", "<@300>", "**bold**", "](https://", "`code`"):
        assert part not in shown.replace("\\@everyone", "")


def test_a_card_calls_its_member_only_when_it_is_posted_anew(pictures, done):
    job = a_job(state=State.DELIVERED, media=("x",), member_id=300)

    quiet, loud = done(job, pictures(1)), done(job, pictures(1)[:1], mention=True)

    assert "<@300>" not in " ".join(words(quiet))
    assert "<@300>" in words(loud)[0]


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


def test_each_card_is_a_view_of_its_own():
    """discord.py loses buttons for the whole bot when a view is sent twice."""
    job = a_job()

    assert cards.progress(job).view is not cards.progress(job).view


STATUSES = [
    CardStatus(place=10**6, paused_until=NOW, given_up_at=NOW, key_rejected=True, ready_at=NOW),
    CardStatus(given_up_at=NOW, fault_id="0123abcd"),
    CardStatus(late=True),
]


@pytest.fixture
def fullest():
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

    return fullest


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", [*ON_THE_WAY, State.UNCERTAIN])
@pytest.mark.parametrize("status", STATUSES, ids=["waiting", "after a fault", "late"])
def test_the_fullest_card_on_its_way_fits_in_every_language(fullest, state, language, status):
    """Four thousand characters in all, or Discord takes nothing of it."""
    with speaking(language):
        assert_within_limits(cards.progress(fullest(state, language), status))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize("reason", [None, *EndReason])
def test_the_fullest_end_fits_in_every_language(fullest, state, reason, language):
    with speaking(language):
        card = cards.end(fullest(state, language, end_reason=reason), fault_id="0123abcd")

    assert_within_limits(card)
    assert {"en": "charged", "de": "berechnet"}[language] in " ".join(words(card))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [1, 4])
def test_the_fullest_card_with_pictures_fits_in_every_language(
    pictures, done, fullest, language, count
):
    with speaking(language):
        job = fullest(State.DELIVERED, language)
        card = done(job, pictures(count, shrunk=True), mention=True)

    assert_within_limits(card)
    assert len(card.files) == len(items(card)) == count


@pytest.mark.parametrize("state", ON_THE_WAY)
def test_a_card_on_its_way_tells_the_steps_and_the_price(state):
    job = a_job(state=state, order=an_order(images=2), left_today=21)

    shown = "\n".join(words(cards.progress(job)))

    for step in ("In line", "Sent", "Drawing", "Ready"):
        assert step in shown
    assert shown.count(" → ") == 3
    assert "Costs 2 images · leaves you 21 for the day" in shown


@pytest.mark.parametrize(
    ("state", "billed", "priced"),
    [
        (State.REFUSED, Billed.NO, False),
        (State.CANCELLED, Billed.NO, False),
        (State.ERROR, Billed.NO, False),
        (State.UNCERTAIN, Billed.UNKNOWN, True),
        (State.FAILED, Billed.YES, True),
    ],
)
def test_what_cost_nothing_names_no_price(state, billed, priced):
    card = cards.end(a_job(state=state, billed=billed, left_today=3))

    assert ("Costs" in " ".join(words(card))) == priced


def test_what_was_sent_and_its_style_stand_on_the_card_with_the_pictures(pictures, done):
    sent = "a lighthouse in a storm, ink drawing"
    job = a_job(state=State.DELIVERED, order=an_order(style="ink", sent=sent), media=("x",))

    shown = "\n".join(words(done(job, pictures(1))))

    assert "style: Ink drawing" in shown
    assert f"-# sent: {sent}" in shown
    assert (
        "-# AI-generated · AuraFlow v0\\.3" in shown or "-# AI-generated · AuraFlow v0.3" in shown
    )
