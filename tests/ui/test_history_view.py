"""A member's own desk as they see it: pages of orders, what is left, what is kept."""

import re

import discord
import pytest

from bot.domain import styles
from bot.domain.admission import (
    SAMPLE,
    AdmissionContext,
    AdmissionRequest,
    Caps,
    Usage,
    rule_results,
)
from bot.domain.job import Billed, Delivery, State
from bot.domain.order import GUIDANCE, IMAGES, PROMPT_LENGTH, STEPS
from bot.domain.rules import Block, Pause, Rules
from bot.service.member_account import (
    PAGE,
    ErasureResult,
    HistoryPage,
    RetentionPolicy,
    UsageReport,
)
from bot.service.ports.store import MemberSettings, Ping
from bot.ui import history_view, privacy_view, texts
from bot.ui.button_actions import OrderAction
from bot.ui.language import LANGUAGES, speaking
from bot.ui.order_buttons import OrderButton
from bot.ui.texts.commands import PINGS
from tests.samples import NOW, a_job, an_order

MEMBER = 300
COMPONENTS, CHARACTERS, CUSTOM_ID, LABEL = 40, 4000, 100, 80  # Discord's limits
MEDIA = ("https://pub-1.r2.dev/v1/r-1/1.png", "https://pub-1.r2.dev/v1/r-1/2.png")


def walk(view):
    return list(view.walk_children())


def shown(view):
    return "\n".join(
        part.content for part in walk(view) if isinstance(part, discord.ui.TextDisplay)
    )


def buttons(view):
    return [part for part in walk(view) if isinstance(part, discord.ui.DynamicItem)]


def thumbnails(view):
    return [part for part in walk(view) if isinstance(part, discord.ui.Thumbnail)]


def a_leaf(*jobs, number=0, of=1, total=None, word=""):
    return HistoryPage(
        jobs=jobs, number=number, of=of, total=len(jobs) if total is None else total, word=word
    )


def a_picture(**changes):
    values = {"state": State.DELIVERED, "billed": Billed.YES, "media": MEDIA, "message_id": 77}
    return a_job(**{**values, **changes})


# Pages.


async def test_an_order_is_shown_with_its_first_picture_and_can_be_ordered_again():
    job = a_picture(order=an_order(prompt="a *red* fox", images=2, style="oil", sent="a, in oil"))

    view = history_view.page_view(a_leaf(job))

    [picture] = thumbnails(view)
    assert picture.media.url == MEDIA[0]
    assert picture.description == "AI-generated picture 1 of 2: a *red* fox"
    [again] = [one for one in buttons(view) if isinstance(one, OrderButton)]
    assert (again.action, again.job_id) == (OrderAction.AGAIN, job.id)
    assert again.item.label == "Again: a *red* fox"
    words = shown(view)
    assert r"**1.** a \*red\* fox" in words
    assert "2 images" in words
    assert "Oil painting" in words
    assert r"sent: a, in oil" in words
    assert "https://discord.com/channels/100/200/77" in words


@pytest.mark.parametrize(
    "changes",
    [
        {"private": True},
        {"delivery": Delivery.WITHDRAWN},
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
    assert "a lighthouse in a storm" in shown(view)


@pytest.mark.parametrize(
    "address", ["ftp://m.example/1.png", "https://m.example/" + "x" * 2048, ""]
)
async def test_an_address_that_discord_takes_not_costs_no_page(address):
    """The vendor writes them, and one that is broken among others is left out of the pictures."""
    view = history_view.page_view(a_leaf(a_picture(media=(address, MEDIA[0]))))

    assert thumbnails(view) == []


async def test_a_prompt_of_many_lines_is_one_line_on_a_button():
    view = history_view.page_view(a_leaf(a_picture(order=an_order(prompt="a fox\n\n  and a hen"))))

    assert buttons(view)[0].item.label == "Again: a fox and a hen"


async def test_a_spoiler_stays_one():
    [picture] = thumbnails(history_view.page_view(a_leaf(a_picture(spoiler=True))))

    assert picture.spoiler


def test_what_is_kept_says_how_it_is_fetched():
    kept = a_job(state=State.COMPLETED, undeliverable_since=NOW)

    assert "use `/history` again" in texts.history.orders(a_leaf(kept))[0]
    fetched = a_picture(undeliverable_since=NOW)
    assert "**Completed**" in texts.history.orders(a_leaf(fetched))[0]


def turns(view):
    return [(one.number, one.word, one.item.label) for one in buttons(view) if hasattr(one, "word")]


async def test_pages_are_turned_both_ways_and_said_in_words():
    jobs = [a_picture() for _ in range(PAGE)]

    first = history_view.page_view(a_leaf(*jobs, number=0, of=7, total=33))
    middle = history_view.page_view(a_leaf(*jobs, number=1, of=7, total=33, word="fox"))
    last = history_view.page_view(a_leaf(*jobs[:3], number=6, of=7, total=33))
    only = history_view.page_view(a_leaf(*jobs[:1]))

    assert turns(first) == [(1, "", "Next page")]
    assert turns(middle) == [(0, "fox", "Previous page"), (2, "fox", "Next page")]
    assert turns(last) == [(5, "", "Previous page")]
    assert turns(only) == []
    assert "33 orders of yours say “fox”, the newest first · page 2 of 7" in shown(middle)
    assert "**6.**" in shown(middle)
    assert "1 order · page 1 of 1" in shown(only)


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
        view = history_view.page_view(leaf, texts.history.handed_over(4))

    assert len(walk(view)) <= COMPONENTS
    assert len(shown(view)) <= CHARACTERS
    assert all(len(one.item.label) <= LABEL for one in buttons(view))
    assert all(len(one.custom_id) <= CUSTOM_ID for one in buttons(view))
    assert all(len(one.description) <= 1024 for one in thumbnails(view))


async def test_where_nothing_was_ordered_it_says_how_to_begin():
    assert "`/imagine prompt:" in shown(history_view.page_view(a_leaf()))
    assert r"No order of yours says “\*cat”" in shown(history_view.page_view(a_leaf(word="*cat")))


async def test_what_was_handed_over_is_said_above_the_page():
    view = history_view.page_view(a_leaf(a_picture()), texts.history.handed_over(1))

    assert shown(view).startswith("One order of yours could not be delivered before.")


# What is left.


def usage(*, rules=None, caps=None, guild_id=100, lane=None, block=None, **used):
    standing = AdmissionContext(rules=rules or Rules(), usage=Usage(**used), block=block)
    ask = AdmissionRequest(order=SAMPLE, guild_id=guild_id, channel_id=200)
    found = rule_results(ask, caps=caps or Caps(direct=True), standing=standing, now=NOW)
    return texts.desk.usage(UsageReport(verdicts=list(found), anew_at=NOW + 60))


def line(text, name):
    [found] = [one for one in text.splitlines() if one.startswith(f"{name}:")]
    return found


@pytest.mark.parametrize(
    ("limit", "used", "bar", "left"),
    [
        (10, 0, "▰▰▰▰▰▰▰▰▰▰", 10),
        (10, 3, "▰▰▰▰▰▰▰▱▱▱", 7),
        (10, 10, "▱▱▱▱▱▱▱▱▱▱", 0),
        (10, 12, "▱▱▱▱▱▱▱▱▱▱", 0),
        (100, 99, "▰▱▱▱▱▱▱▱▱▱", 1),
        (100, 1, "▰▰▰▰▰▰▰▰▰▱", 99),
    ],
)
def test_a_bar_shows_what_is_left_and_words_say_it(limit, used, bar, left):
    """Full and empty only where that is so: nobody shall read hope or despair from a rounding."""
    told = line(usage(rules=Rules(member_per_day=limit), member=used), "Images a day, a member")

    assert f"{bar} {left} of {limit} left" in told
    assert (f"<t:{int(NOW + 60)}:R>" in told) is (left < limit)


def test_usage_says_what_moderators_can_change_and_what_only_the_operator_can():
    told = usage(caps=Caps(images_per_guild_per_day=50), server=20)

    moderators, operators = told.split("What only the bot's operator can change")
    assert "What moderators can change" in moderators
    assert "Images a day, a member" in moderators
    assert "The operator's cap, this server: ▰▰▰▰▰▰▱▱▱▱ 30 of 50 left" in operators


def test_outside_of_servers_all_is_the_operators():
    told = usage(guild_id=None, caps=Caps(direct=True, images_per_day=5), everywhere=1)

    assert "What moderators can change" not in told
    assert "The operator's cap, everywhere: ▰▰▰▰▰▰▰▰▱▱ 4 of 5 left" in told


def test_usage_begins_with_whether_an_order_would_be_taken():
    assert "**You can order here now**: 4 more images today." in usage(
        rules=Rules(member_per_day=10), member=6
    )
    assert "**You can order here now**: 1 more image today." in usage(
        rules=Rules(member_per_day=10), member=9
    )
    assert "as many images a day as you like" in usage(rules=Rules(member_per_day=0))
    assert "You can't order here just now.** What decides is: Images a day, a member." in usage(
        rules=Rules(member_per_day=10), member=10
    )


def test_usage_tells_of_what_stands_in_the_way_though_it_has_no_figures():
    paused = usage(rules=Rules(pause=Pause(by=1, since=NOW, reason="a *contest*")))
    blocked = usage(block=Block(member_id=MEMBER, by=1, since=NOW, until=NOW + 90))

    assert r"This server takes no orders now: a \*contest\*." in paused
    assert "have blocked you" in blocked
    assert f"<t:{int(NOW + 90)}:R>" in blocked


def test_a_cooldown_says_when_the_next_order_may_come():
    told = line(usage(rules=Rules(cooldown=60), last_order_at=NOW - 20), "Cooldown of a member")

    assert (
        told
        == f"Cooldown of a member: 1 minute between two orders; the next one <t:{int(NOW + 40)}:R>"
    )
    assert line(usage(rules=Rules(cooldown=0)), "Cooldown of a member").endswith("none")


# Words.


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_help_fits_one_message_and_all_its_examples_can_be_typed(spoken):
    with speaking(spoken):
        told = texts.desk.how_to()

    assert len(told) <= 2500
    examples = re.findall(r"`/imagine prompt: ([^`]+)`", told)
    assert len(examples) >= 4
    names = "images|steps|style|guidance|enhance|private"
    for example in examples:
        prompt, *options = re.split(rf" (?=(?:{names}): )", example)
        assert PROMPT_LENGTH.low <= len(prompt) <= PROMPT_LENGTH.high
        for name, value in (option.split(": ") for option in options):
            match name:
                case "images":
                    assert IMAGES.low <= int(value) <= IMAGES.high
                case "steps":
                    assert STEPS.low <= int(value) <= STEPS.high
                case "guidance":
                    assert GUIDANCE.low <= float(value) <= GUIDANCE.high
                case "style":
                    assert value in {style.name for style in styles.BUILT_IN}
                case _flag:
                    assert value in {"True", "False"}


@pytest.mark.parametrize("ping", Ping)
def test_settings_say_what_is_set_in_the_words_of_the_choices(ping):
    assert f"Pings: **{PINGS[ping].message}**." in texts.desk.settings(MemberSettings(ping=ping))
    assert texts.desk.wished(ping).startswith("Noted. Pings:")


@pytest.mark.parametrize(
    ("files", "orders", "told"),
    [
        (7, 90, ["erased 90 days after", "erased after 7 days."]),
        (1, 1, ["erased 1 day after", "erased after 1 day."]),
        (0, 0, ["They are kept until you delete them."] * 2),
    ],
)
async def test_privacy_says_how_long_things_are_kept_as_the_operator_has_set_it(
    files, orders, told
):
    view = privacy_view.overview(MEMBER, RetentionPolicy(files_days=files, orders_days=orders))

    words = shown(view)
    assert all(words.count(one) == told.count(one) for one in told)
    assert [one.custom_id for one in buttons(view)] == [
        f"privacy:export:{MEMBER}",
        f"privacy:delete:{MEMBER}",
    ]


async def test_deleting_is_asked_once_more_and_says_what_stays():
    view = privacy_view.confirmation(MEMBER)

    words = shown(view)
    for stays in (
        "Orders that run are finished first",
        "Today's figures stay",
        "Blocks by",
        "Disc",
    ):
        assert stays in words
    assert [one.custom_id for one in buttons(view)] == [
        f"privacy:confirm:{MEMBER}",
        f"privacy:keep:{MEMBER}",
    ]


async def test_what_became_of_it_is_told_as_it_is():
    all_of_it = privacy_view.erased(ErasureResult(done=True, day_ends_at=NOW))
    most = privacy_view.erased(ErasureResult(done=False, day_ends_at=NOW))

    assert "Nothing of your orders and settings is kept any more." in shown(all_of_it)
    assert f"when the day is over, <t:{int(NOW)}:R>" in shown(most)
    assert buttons(all_of_it) == buttons(most) == []
