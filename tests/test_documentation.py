"""What documentation shows and links to is there, and README's film is one."""

import re
from pathlib import Path

from PIL import Image, ImageSequence

from bot.service.recovery import TOKEN_LIFE
from bot.service.retention import DAY, KEEP_SERVERS
from bot.settings import Settings

PROJECT = Path(__file__).parents[1]
PICTURES = PROJECT / "docs" / "pictures"
PAGES = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]
PICTURE = re.compile(r'!\[(.+?)\]\((\S+?)\)|<img src="(\S+?)" alt="(.+?)"')
LINK = re.compile(r"\]\(([^#:)\s]+)[^:)]*\)")


def test_film_of_readme_is_short_small_and_moves():
    file = PICTURES / "film.webp"
    with Image.open(file) as film:
        durations = []
        for frame in ImageSequence.Iterator(film):
            frame.load()
            durations.append(frame.info["duration"])

    assert file.stat().st_size < 2_000_000
    assert len(durations) >= 10
    assert 12_000 <= sum(durations) <= 20_000  # milliseconds
    assert film.info["loop"] == 0  # forever
    assert 700 <= film.width <= 1000


def test_each_picture_is_shown_with_a_text_in_its_place():
    shown = set()
    for page in PAGES:
        for text, target, source, alternative in PICTURE.findall(page.read_text()):
            assert len(text or alternative) > 20
            shown.add((page.parent / (target or source)).resolve())

    assert shown == set(PICTURES.iterdir())
    assert PICTURES / "film.webp" in shown


def test_each_link_to_a_file_leads_somewhere():
    links = [(page, target) for page in PAGES for target in LINK.findall(page.read_text())]

    assert len(links) > 20
    assert [(page, target) for page, target in links if not (page.parent / target).exists()] == []


def test_privacy_policy_has_the_times_after_which_the_bot_erases():
    policy = (PROJECT / "docs" / "privacy-policy.md").read_text()
    kept = [Settings.model_fields[f"keep_{what}_days"].default for what in ("files", "orders")]

    days = {float(number) for number in re.findall(r"\b(\d+) days", policy)}
    assert days == {*kept, KEEP_SERVERS / DAY}
    assert re.findall(r"\b(\d+) minutes", policy) == [f"{TOKEN_LIFE / 60:g}"]
