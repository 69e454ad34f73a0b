"""A server's figures: what moderators read, the picture in each theme, and the files."""

import csv
import io
from dataclasses import replace

import pytest
from PIL import Image, ImageColor

from bot.domain.admission import Rule
from bot.domain.figures import DAY, DayFigures, MemberFigures, ServerFigures
from bot.service.server_figures import LISTED, MOST_DAYS, TOP, FiguresReport
from bot.ui import figures_csv, figures_picture, figures_view, stroke_digits
from bot.ui.button_actions import Theme
from bot.ui.language import LANGUAGES, speaking
from tests.rules import ID
from tests.samples import NOW
from tests.views import assert_within_limits, buttons, said

TODAY = int(NOW - NOW % DAY)
REFUSALS = {Rule.MEMBER_DAY: 3, Rule.WORDS: 2, Rule.CREDIT: 1}
USUAL = FiguresReport(
    figures=ServerFigures(
        days=[
            DayFigures(day=TODAY - DAY, orders=5, members=2, images=12, cost=12_000),
            DayFigures(
                day=TODAY, orders=2, members=1, images=3, failures=1, reports=1, refusals=REFUSALS
            ),
        ],
        members=2,
        top=[
            MemberFigures(member_id=300, orders=4, images=9, cost=9000),
            MemberFigures(member_id=301, orders=3, images=6, cost=3000),
        ],
    ),
    kept_days=90,
    costs=True,
)
NOTHING = FiguresReport(
    figures=ServerFigures(days=[DayFigures(day=TODAY)], members=0), kept_days=0, costs=False
)
_LARGE = DayFigures(
    day=TODAY,
    **dict.fromkeys(("orders", "members", "images", "failures", "reports"), 10**6),
    cost=10**12,
    refusals=dict.fromkeys(Rule, 10**6),
)
FULLEST = FiguresReport(
    figures=ServerFigures(
        days=[replace(_LARGE, day=TODAY - back * DAY) for back in range(MOST_DAYS)],
        members=10**6,
        top=[MemberFigures(member_id=ID, orders=10**6, images=10**6, cost=10**12)] * LISTED,
    ),
    kept_days=3650,
    costs=True,
)
REPORTS = {"usual": USUAL, "nothing": NOTHING, "fullest": FULLEST}
of_each = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


def of_top(report):
    return replace(report, figures=replace(report.figures, top=report.figures.top[:TOP]))


@of_each
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_view_fits_discords_limits(report, language):
    with speaking(language):
        assert_within_limits(figures_view.figures_view(of_top(report), Theme.DARK))


def test_the_view_names_sums_members_and_rules():
    view = figures_view.figures_view(USUAL, Theme.DARK)
    text = "\n".join(said(view))

    for expected in (
        "Images: **15**",
        "Orders: **7** · members: 2",
        "Failed: 1 · refused: 6 · reports: 1",
        "Cost: $0.012",
        "1. <@300>: 9 images, 4 orders",
        "- Images per day, each member: 3",
        "- The bot is out of image credit: 1",
        "stores orders for 90 days",
    ):
        assert expected in text
    assert [*buttons(view)] == [
        "figures:show:2:light",
        "figures:csv:2:dark",
    ]
    assert "Cost" not in "\n".join(said(figures_view.figures_view(NOTHING, Theme.LIGHT)))


async def test_where_nothing_was_ordered_there_is_no_picture():
    view, files = await figures_view.shown(NOTHING, Theme.DARK)

    assert files == []
    assert "Nobody ordered anything" in "\n".join(said(view))


@of_each
@pytest.mark.parametrize("theme", Theme)
def test_the_picture_stands_out_on_its_own_ground(report, theme):
    """WCAG asks for 3:1 of what is drawn, and 4.5:1 of what is read."""
    palette = figures_picture._PALETTES[theme]
    with Image.open(io.BytesIO(figures_picture.draw(report.figures, theme))) as picture:
        assert (picture.format, picture.size) == ("PNG", figures_picture.SIZE)
        shown = {colour for _, colour in picture.convert("RGB").getcolors(2**20) or ()}

    ground = ImageColor.getrgb(palette.ground)
    assert ground in shown
    assert contrast(palette.text, palette.ground) >= 4.5
    for colour in (palette.images, palette.refused, palette.failed):
        assert contrast(colour, palette.ground) >= 3
    if report.figures.total.images:
        assert any(near(ImageColor.getrgb(palette.images), colour) for colour in shown)


def near(one, other):
    return all(abs(left - right) <= 4 for left, right in zip(one, other, strict=True))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour):
    parts = [part / 255 for part in ImageColor.getrgb(colour)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("number", "short"),
    [(0, "0"), (999, "999"), (1000, "1k"), (1250, "1.2k"), (12_345, "12k"), (999_999, "1000k")],
)
def test_numbers_in_the_picture_are_short_and_can_be_drawn(number, short):
    assert figures_picture._short(number) == short
    assert set(short) <= stroke_digits._SIGNS.keys()


def rows(table):
    return list(csv.reader(io.StringIO(table.decode("utf-8-sig"), newline="")))


def test_the_files_have_each_day_and_each_member():
    assert rows(figures_csv.by_day(USUAL)) == [
        [
            *("date", "orders", "members", "images", "failed", "reports", "refused"),
            *("refused_credit", "refused_member_per_day", "refused_words", "cost_usd"),
        ],
        ["2026-02-01", "5", "2", "12", "0", "0", "0", "0", "0", "0", "0.012"],
        ["2026-02-02", "2", "1", "3", "1", "1", "6", "1", "3", "2", "0.00"],
    ]
    assert rows(figures_csv.by_member(USUAL.figures, {301: "Zoë, “Z”\n名前"}, costs=False)) == [
        ["member", "name", "orders", "images"],
        ["<@300>", "", "4", "9"],
        ["<@301>", "Zoë, “Z”\n名前", "3", "6"],
    ]
    assert "cost_usd" not in rows(figures_csv.by_day(NOTHING))[0]
    assert len(rows(figures_csv.by_member(FULLEST.figures, {}, costs=True))) == LISTED + 1


@pytest.mark.parametrize(
    "name",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\N{FULLWIDTH EQUALS SIGN}1",
        "=cmd|' /C calc'!A0",
    ],
)
def test_no_name_is_a_formula_of_a_spreadsheet(name):
    table = rows(figures_csv.by_member(USUAL.figures, {300: name}, costs=True))

    assert table[1][1] == f"'{name}"
