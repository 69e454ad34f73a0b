"""The pages of `/history`: a member's own orders."""

import discord
import pytest

from bot.domain.job import Billed, State
from bot.domain.order import PROMPT_LENGTH
from bot.service.member_account import PAGE, HistoryPage
from bot.ui import history_view, texts
from bot.ui.language import LANGUAGES, speaking
from tests.samples import NOW, a_job, an_order, listed
from tests.views import assert_within_limits, buttons, recorded, said

MEDIA = ("https://pub-1.r2.dev/v1/r-1/1.png", "https://pub-1.r2.dev/v1/r-1/2.png")


def text_of(view):
    return "\n".join(said(view))


def thumbnails(view):
    return [part for part in view.walk_children() if isinstance(part, discord.ui.Thumbnail)]


def a_leaf(*jobs, number=0, of=1, total=None, word=""):
    return HistoryPage(
        jobs=jobs, number=number, of=of, total=len(jobs) if total is None else total, word=word
    )


def a_picture(**changes):
    values = {"state": State.DELIVERED, "billed": Billed.YES, "media": MEDIA, "message_id": 77}
    return a_job(**{**values, **changes})


async def test_an_order_is_shown_with_its_first_picture_and_can_be_ordered_again(snapshot):
    job = a_picture(order=an_order(prompt="a *red* fox", images=2, style="oil", sent="a, in oil"))

    view = history_view.page_view(a_leaf(job))

    [picture] = thumbnails(view)
    assert picture.media.url == MEDIA[0]
    assert picture.description == "AI-generated picture 1 of 2: a *red* fox"
    assert buttons(view) == {f"again:{job.id}": "Again: a *red* fox"}
    assert listed({"page": recorded(view)}) == snapshot


@pytest.mark.parametrize(
    "changes",
    [
        {"private": True},
        {"withdrawn": True},
        {"answers_only": True},
        {"message_id": None},
    ],
)
def test_there_is_no_link_to_a_card_that_is_not_there_for_all_or_not_known(changes):
    assert "discord.com/channels" not in texts.history.orders(a_leaf(a_picture(**changes)))[0]


@pytest.mark.parametrize("state", sorted(set(State) - {State.DELIVERED}))
async def test_without_pictures_there_is_no_thumbnail(state):
    """A Section needs one, so that it is plain text then."""
    view = history_view.page_view(a_leaf(a_job(state=state, media=MEDIA)))

    assert thumbnails(view) == []
    assert "a lighthouse in a storm" in text_of(view)


@pytest.mark.parametrize(
    "address", ["ftp://m.example/1.png", "https://m.example/" + "x" * 2048, ""]
)
async def test_an_address_that_discord_takes_not_costs_no_page(address):
    """The vendor writes them, and one that is broken among others is left out of the pictures."""
    view = history_view.page_view(a_leaf(a_picture(media=(address, MEDIA[0]))))

    assert thumbnails(view) == []


async def test_a_prompt_of_many_lines_is_one_line_on_a_button():
    view = history_view.page_view(a_leaf(a_picture(order=an_order(prompt="a fox\n\n  and a hen"))))

    assert [*buttons(view).values()] == ["Again: a fox and a hen"]


async def test_a_spoiler_stays_one():
    [picture] = thumbnails(history_view.page_view(a_leaf(a_picture(spoiler=True))))

    assert picture.spoiler


def test_what_is_kept_says_how_it_is_fetched():
    kept = a_job(state=State.COMPLETED, kept_at=NOW)

    assert "use `/history` again" in texts.history.orders(a_leaf(kept))[0]
    fetched = a_picture(kept_at=NOW)
    assert "**Completed**" in texts.history.orders(a_leaf(fetched))[0]


def turns(view):
    return {name: label for name, label in buttons(view).items() if name.startswith("history:")}


async def test_pages_are_turned_both_ways_and_said_in_words():
    jobs = [a_picture() for _ in range(PAGE)]

    first = history_view.page_view(a_leaf(*jobs, number=0, of=7, total=33))
    middle = history_view.page_view(a_leaf(*jobs, number=1, of=7, total=33, word="fox"))
    last = history_view.page_view(a_leaf(*jobs[:3], number=6, of=7, total=33))
    only = history_view.page_view(a_leaf(*jobs[:1]))

    assert turns(first) == {"history:1:": "Next page"}
    assert turns(middle) == {"history:0:fox": "Previous page", "history:2:fox": "Next page"}
    assert turns(last) == {"history:5:": "Previous page"}
    assert turns(only) == {}
    assert "33 orders with “fox”, newest first · page 2 of 7" in text_of(middle)
    assert "**6.**" in text_of(middle)
    assert "1 order · page 1 of 1" in text_of(only)


@pytest.mark.parametrize("spoken", LANGUAGES)
@pytest.mark.parametrize("filling", ["*", "w", "\N{FOX FACE}"])
async def test_the_fullest_page_fits_into_a_message(spoken, filling):
    """The longest prompts and words, all of them markup; with a note, and buttons both ways."""
    prompt = filling * PROMPT_LENGTH.high
    jobs = [
        a_picture(
            order=an_order(prompt=prompt, sent=prompt * 2, style="watercolour"),
            guild_id=2**63,
            channel_id=2**63,
            message_id=2**63,
            spoiler=True,
        )
        for _ in range(PAGE)
    ]
    leaf = a_leaf(*jobs, number=8, of=1000, total=4996, word=filling * history_view.LONGEST_WORD)

    with speaking(spoken):
        sent = [a_picture(withdrawn=hidden) for hidden in (True, False)]
        note = texts.history.note(handed_over=sent, fetching=50, gone=50, failed=50)
        view = history_view.page_view(leaf, note)

    assert_within_limits(view)
    assert all(len(one.description) <= 1024 for one in thumbnails(view))


async def test_where_no_orders_are_taken_none_is_offered():
    page = a_leaf(a_picture(), number=0, of=2, total=6)

    assert set(buttons(history_view.page_view(page, orders=False))) == {"history:1:"}
    nothing = history_view.page_view(a_leaf(), orders=False)
    assert "`/help` says where" in text_of(nothing)
    assert not buttons(nothing)


async def test_where_nothing_was_ordered_it_says_how_to_begin():
    nothing, no_word = history_view.page_view(a_leaf()), history_view.page_view(a_leaf(word="*cat"))

    assert "`/imagine prompt:" in text_of(nothing)
    assert set(buttons(nothing)) == {"help:surprise"}
    assert r"None of your orders has “\*cat”" in text_of(no_word)
    assert not buttons(no_word)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Here are pictures you haven't received yet."),
        ({"withdrawn": True}, "Here are the pictures of an order you hid."),
        (
            {"withdrawn": True, "withdrawn_by": 7},
            "Here are the pictures of an order that a moderator hid.",
        ),
    ],
)
async def test_what_was_handed_over_is_said_above_the_page(changes, said):
    note = texts.history.note(handed_over=[a_picture(**changes)])

    assert text_of(history_view.page_view(a_leaf(a_picture()), note)).startswith(f"{said}\n")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"deleted_at": NOW}, "**Deleted** · "),
        ({"deleted_at": NOW, "deleted_by": 300}, "**Deleted** · "),
        ({"deleted_at": NOW, "deleted_by": 7}, "**Removed by a moderator** · "),
        ({"withdrawn": True}, " · hidden"),
        ({"withdrawn": True, "withdrawn_by": 7}, " · hidden by a moderator"),
    ],
)
async def test_what_was_removed_says_so_and_leads_nowhere(changes, said):
    view = history_view.page_view(a_leaf(a_picture(message_id=77, **changes)))

    text = text_of(view)
    assert "a lighthouse in a storm" in text
    assert said in text
    assert "jump to message" not in text
    if "deleted_at" in changes:
        assert thumbnails(view) == []
