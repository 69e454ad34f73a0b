"""Sample worlds, commands and messages: one of each kind, extreme ones included."""

import copy
import itertools
from typing import Any

Frame = dict[str, Any]

V2 = 1 << 15
EPHEMERAL = 1 << 6
LOADING = 1 << 7

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrikantenwitwe" * 2
LONG_LABEL = "A label of eighty letters, which is the most that Discord lets a bot put on one"
_ids = itertools.count(1_400_000_000_000_000_000)

BUTTONS = ("Again", "Variation", "Keep", "Delete")
GENERAL, SKETCHES, AFTER_DARK, READING, DIRECT = ("210001", "210002", "210003", "310001", "410001")
MIRA, NOAH, ADA = ("100001", "100002", "100003")
BOT = "900001"


def user(user_id: str, name: str, color: str, locale: str = "en-US") -> Frame:
    moderator = dict.fromkeys(("1", "2"), user_id == MIRA)
    names = {"username": name.lower(), "global_name": name}
    return {"id": user_id, **names, "color": color, "locale": locale, "moderator": moderator}


USERS = [user(MIRA, "Mira", "#c2527a"), user(NOAH, "Noah", "#3d7dca")]
USERS.append(user(ADA, "Ada", "#5a9e4b", "de"))
_members = [MIRA, NOAH, ADA, BOT]
GUILDS = [
    {
        "id": "1",
        "name": "Lighthouse Club",
        "roles": [{"id": "110001", "name": "Moderators"}, {"id": "110002", "name": "Patrons"}],
        "channels": [
            {"id": GENERAL, "name": "general", "topic": "Pictures and boats", "nsfw": False},
            {"id": SKETCHES, "name": "sketches", "topic": None, "nsfw": False},
            {"id": AFTER_DARK, "name": "after-dark", "topic": "", "nsfw": True},
        ],
        "members": _members,
    },
    {
        "id": "2",
        "name": "Quiet Library",
        "roles": [],
        "channels": [{"id": READING, "name": "reading-room", "topic": "Shh.", "nsfw": False}],
        "members": _members,
    },
]


def command(number: int, name: str, description: str = "", *options: Frame, **more: Any) -> Frame:
    made = {"id": f"50000{number}", "type": 1, "name": name, "description": description, **more}
    return {**made, "options": list(options)} if options else made


def option(kind: int, name: str, description: str, *nested: Frame, **more: Any) -> Frame:
    made = {"type": kind, "name": name, "description": description, **more}
    return {**made, "options": list(nested)} if nested else made


TIER_OPTIONS = [
    option(8, "role", "Which", required=True),
    option(4, "images", "A day", required=True),
]
LOOKS = [{"name": "Watercolour", "value": "water"}, {"name": "Ink", "value": "ink"}]
COMMANDS = [
    command(
        1,
        "imagine",
        "Draw an image from a description.",
        option(4, "images", "How many", min_value=1, max_value=4),
        option(3, "prompt", "What to draw", required=True, min_length=3, max_length=60),
        option(10, "guidance", "How closely", min_value=1.0, max_value=10.0),
        option(5, "private", "Only for me"),
        option(3, "style", "A look", choices=LOOKS),
    ),
    command(2, "usage", "What is left for today."),
    command(
        3, "history", "Your orders.", option(3, "search", "Words of the prompt", autocomplete=True)
    ),
    command(
        4,
        "limits",
        "Limits",
        option(1, "show", "Show the limits"),
        option(1, "block", "Block a member", option(6, "member", "Whom", required=True)),
        option(2, "tier", "Tiers", option(1, "add", "Add one", *TIER_OPTIONS)),
        default_member_permissions="32",
    ),
    command(5, "night", "Only after dark.", nsfw=True),
    command(6, "Imagine this", type=3),
    command(7, "Greet", type=2),
]
STATE = {
    "bot": {
        "running": True,
        "pid": 4242,
        "online": True,
        "started_at": 1_750_000_000,
        "way": "gateway",
        "direct": False,
        "log": ["INFO ready", f"WARNING {LONG_WORD}"],
    },
    "ahead": 0,
    "places": {
        GENERAL: {"denied": ["ATTACH_FILES"], "german": False, "invited": True},
        READING: {"denied": [], "german": True, "invited": False},
    },
    "vendor": {
        "queued_seconds": [1, 3],
        "processing_seconds": [3.25, 107.5],
        "wallet_usd": 1234.567,
        "price_usd": 0.001,
        "callbacks": True,
        "troubles": ["media_moved", "bad_gateway"],
        "next": ["429", "silence", "FAILED", "429-date", "ERROR"],
        "submitted": 12345,
        "status_calls": 98765,
        "callbacks_sent": 4321,
        "requests": [
            {"request_id": "r1", "status": "COMPLETED", "prompt": "a lighthouse " * 30},
            {"request_id": "r2", "status": "PROCESSING", "prompt": LONG_WORD},
            {"request_id": "r3", "status": "FAILED", "prompt": "x"},
        ],
    },
}


def world(**messages: list[Frame]) -> Frame:
    """The first frame. Keywords are channels by name: `general=[…]`."""
    places = {"general": GENERAL, "sketches": SKETCHES, "direct": DIRECT}
    frame = {
        "type": "world",
        "users": USERS,
        "bot": {"id": BOT, "username": "Imagine", "online": True},
        "guilds": GUILDS,
        "direct": {"id": DIRECT},
        "commands": COMMANDS,
        "messages": {places[name]: listed for name, listed in messages.items()},
    }
    return copy.deepcopy(frame)


def author(user_id: str) -> Frame:
    if user_id == BOT:
        return {"id": BOT, "username": "Imagine", "discriminator": "0", "avatar": None, "bot": True}
    (member,) = (each for each in USERS if each["id"] == user_id)
    return {key: member[key] for key in ("id", "username", "global_name")}


def message(
    user: str = BOT, content: str = "", *, at: str = "2026-05-22T13:19:23+00:00", **more: Any
) -> Frame:
    """A message in Discord's form, in #general."""
    return {
        "id": str(next(_ids)),
        "type": 0,
        "channel_id": GENERAL,
        "author": author(user),
        "content": content,
        "flags": 0,
        "components": [],
        "attachments": [],
        "embeds": [],
        "timestamp": at,
        "edited_timestamp": None,
        "ephemeral_for": None,
        **more,
    }


def card_message(*components: Frame, **more: Any) -> Frame:
    """A message of the bot in Components V2."""
    return message(**({"flags": V2} | more), components=list(components))


def address(shown: Frame, guild: str = "1") -> str:
    """Where Discord has a message."""
    return f"https://discord.com/channels/{guild}/{shown['channel_id']}/{shown['id']}"


def used(user: str, name: str) -> Frame:
    return {"type": 20, "interaction_metadata": {"type": 2, "user": author(user), "name": name}}


def component(kind: int, **fields: Any) -> Frame:
    return {"type": kind, "id": kind, **fields}


def container(*components: Frame, color: int | None = 0x2F9E63, spoiler: bool = False) -> Frame:
    return component(17, accent_color=color, spoiler=spoiler, components=list(components))


def text(content: str) -> Frame:
    return component(10, content=content)


def row(*components: Frame) -> Frame:
    return component(1, components=list(components))


def section(content: str, accessory: Frame) -> Frame:
    return component(9, components=[text(content)], accessory=accessory)


def thumbnail(media: Frame, description: str) -> Frame:
    return component(11, media=media, description=description, spoiler=False)


def button(label: str | None, style: int = 2, **more: Any) -> Frame:
    target = {} if style == 5 else {"custom_id": f"press:{label}"}
    return component(2, style=style, **({"label": label} if label else {}), **(target | more))


def link(label: str, url: str) -> Frame:
    return button(label, 5, url=url)


def media(number: int) -> Frame:
    return {"url": f"/picture/{number}.svg", "proxy_url": "", "width": 1024, "height": 1024}


def gallery(count: int, *, spoiler: bool = False) -> Frame:
    pictures = ({"media": media(n), "description": f"Boat {n}"} for n in range(count))
    return component(12, items=[{**picture, "spoiler": spoiler} for picture in pictures])


def select(kind: int = 3, **more: Any) -> Frame:
    options = [
        {"label": "Cooldown", "value": "cooldown", "description": "Seconds between orders"},
        {"label": "Images", "value": "images", "emoji": {"name": "🖼️"}},
    ]
    fields = {"options": options} if kind == 3 else {}
    placeholder = "Change something"
    return component(kind, custom_id=f"select:{kind}", placeholder=placeholder, **fields, **more)


def file(filename: str, number: int, **more: Any) -> Frame:
    """An attachment of a message."""
    return {"id": str(number), "filename": filename, "url": f"/picture/{number}.svg", **more}


def every_kind() -> list[Frame]:
    """One message of each kind that the page draws."""
    first = message(
        MIRA,
        f"Hello <@{NOAH}>, see <#{SKETCHES}>, <@&110002>, `code`, **bold**, ||secret||, "
        f"https://example.com/{LONG_WORD}",
        at="2026-05-21T10:00:00+00:00",
    )
    markdown = (
        "## Head\n-# small\n> quote\n- one\n- two\n1. three\n```py\nprint(1)\n```\n"
        "<t:1750000000:R> <t:1750000000:F>"
    )
    long_file = {"file": {"url": "/picture/1.svg"}, "name": f"{LONG_WORD}.csv", "size": 12_000}
    card = container(
        text(f"### a {LONG_WORD} in a storm"),
        section("Processing, second of three in line, with words beside a button", button("Hide")),
        section("Beside a picture", thumbnail(media(3), "Small boat")),
        component(14, divider=True, spacing=2),
        row(
            *(button(label, style) for style, label in enumerate(BUTTONS, 1)),
            link("Docs", "https://example.com"),
        ),
        row(
            button("Off", disabled=True),
            button(None, emoji={"name": "🔁"}),
            button("With", emoji={"name": "✏️"}),
            button(LONG_LABEL),
        ),
        row(select()),
        component(13, **long_file, spoiler=False),
    )
    pictures = (
        container(text(f"**{count}**"), gallery(count, spoiler=count == 2))
        for count in (1, 2, 3, 4, 5, 7)
    )
    edited = "2026-05-22T13:20:00+00:00"
    entities = container(*(row(select(kind)) for kind in (5, 6, 7, 8)), color=None)
    return [
        first,
        message(MIRA, markdown, at="2026-05-21T10:01:00+00:00"),
        message(NOAH, "A reply", type=19, referenced_message=first),
        message(
            content=f"<@{MIRA}> [your pictures](<{address(first)}>) are there: {address(first)}",
            type=19,
            referenced_message=first,
            mentions=[author(MIRA)],
        ),
        message(**used(NOAH, "imagine"), flags=LOADING),
        *(card_message(each, **used(ADA, "imagine")) for each in pictures),
        card_message(card, **used(NOAH, "imagine"), edited_timestamp=edited),
        card_message(container(text("covered"), color=None, spoiler=True)),
        card_message(entities, **used(MIRA, "limits show"), flags=V2 | EPHEMERAL),
        message(
            content="Old style",
            components=[row(button("Old"))],
            attachments=[
                file("notes.txt", 1, size=2345),
                file("SPOILER_x.png", 2, size=5, width=10, height=10),
            ],
        ),
    ]


def modal(*components: Frame) -> Frame:
    """A modal as the socket sends it."""
    form = {"custom_id": "form", "title": "Edit and order again", "components": list(components)}
    return {"type": "modal", "interaction_id": "77", "modal": form}


def label(title: str, component: Frame, description: str | None = None) -> Frame:
    fields = {"label": title, "description": description, "component": component}
    return {"type": 18, "id": 20, **fields}


def text_input(custom_id: str, *, style: int = 1, **more: Any) -> Frame:
    return {"type": 4, "id": 21, "custom_id": custom_id, "style": style, **more}


def field(kind: int, custom_id: str, *values: str, **more: Any) -> Frame:
    """A field of a modal with these values to choose from."""
    options = {"options": choices(*values)} if values else {}
    return {"type": kind, "custom_id": custom_id, **options, **more}


def choices(*values: str) -> list[Frame]:
    return [{"label": value.title(), "value": value} for value in values]
