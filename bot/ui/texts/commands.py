"""Names and descriptions of commands and of their options, which Discord shows in its menus."""

from typing import Final

from bot.domain.order import Order
from bot.domain.rules import TIERED
from bot.domain.styles import MOST
from bot.service.ports.store import Ping
from bot.ui.language import localized

HISTORY: Final = localized("Look through your orders, and get pictures that wait for you.")
HISTORY_WORD: Final = localized("Only orders whose prompts say this (all)")
USAGE: Final = localized("See how much you can order here, and when more comes back.")
HELP: Final = localized("See by examples how to order, and whom to ask.")
PRIVACY: Final = localized("See what is kept about you, and export or delete it.")
SETTINGS: Final = localized("See or change what the bot does for you.")
SETTINGS_PING: Final = localized("When you are pinged about pictures that are ready")
PINGS: Final = {
    Ping.AUTO: localized("After a minute"),
    Ping.ALWAYS: localized("Always"),
    Ping.NEVER: localized("Never"),
}

IMAGINE: Final = localized("Draw pictures from a description.")
IMAGINE_OPTIONS: Final = {
    "prompt": localized("What to draw; long, descriptive prose works best"),
    "images": localized("How many pictures ({default})", default=Order.images),
    "guidance": localized(
        "How closely to follow the prompt; higher is stricter ({default})", default=Order.guidance
    ),
    "steps": localized(
        "How much work goes into each picture; more is finer and slower ({default})",
        default=Order.steps,
    ),
    "enhance": localized("Let the model enrich your prompt with details (yes)"),
    "style": localized("Words that go behind your prompt, by a name (none)"),
    "private": localized("Whether only you see the order and its pictures (no)"),
}

# In the menu of a message; at most 32 characters, as is their translation.

IMAGINE_THIS: Final = localized("Imagine this")
REPORT_IMAGE: Final = localized("Report image")

# For moderators.

LIMITS: Final = localized("What may be ordered in this server, by whom, where and how much")
SHOW: Final = localized("Show this server's limits and what is used of them, and change them")
SET: Final = localized("Change limits; what you do not name stays as it is")
TIER: Final = localized(
    "Give a role's members limits of their own; what you do not name stays as it is"
)
CHANNELS: Final = localized("Choose the channels that pictures are ordered in")
WORDS: Final = localized("The words that this server's prompts may not contain")
WORDS_ADD: Final = localized("Block a word or a phrase")
WORDS_REMOVE: Final = localized("Take a word or a phrase off both lists")
WORDS_ALLOW: Final = localized("Allow a phrase although it contains a blocked word")
WORDS_LIST: Final = localized("List blocked and allowed phrases")
WORDS_TEST: Final = localized("Say what would become of a prompt; orders nothing")
STYLES: Final = localized("The styles that this server has beside those of every server")
STYLES_ADD: Final = localized("Give this server a style of its own, or other words to one")
STYLES_REMOVE: Final = localized("Take a style of this server's own away")
STYLES_LIST: Final = localized("List the styles that members can choose")
BLOCK: Final = localized("Stop a member from ordering pictures")
UNBLOCK: Final = localized("Let a blocked member order again")
LOG: Final = localized(
    "Choose the channel for reports, refused words, blocks, changes and an empty wallet"
)
PAUSE: Final = localized("Take no orders in this server until you resume")
RESUME: Final = localized("Take orders again; also has an empty wallet tried again at once")
EXPLAIN: Final = localized("Say how every rule stands for a member, and which one decides")

OPTIONS: Final = {
    "cooldown": localized("Seconds from one order of a member to the next (0: none)"),
    "member_per_day": localized("Images that a member may order on a day, UTC (0: no limit)"),
    "server_per_day": localized("Images that the server may order on a day, UTC (0: no limit)"),
    "member_at_once": localized("Orders that a member may have at once (0: no limit)"),
    "server_at_once": localized("Orders that the server may have at once (0: no limit)"),
    "images": localized("Images that an order may have (0: no limit)"),
    "steps": localized("Steps that an order may have (0: no limit)"),
    "spoiler": localized("Whether pictures are hidden until somebody clicks"),
    "age_restricted_only": localized(
        "Whether pictures are ordered in age-restricted channels only"
    ),
    "look_alikes": localized("Whether blocked words are found in disguise, too: Bl00d, b l o o d"),
    "language": localized("The language of what all members read, and of the log channel"),
}
DISCORDS: Final = "discord"
LANGUAGES: Final = {
    DISCORDS: localized("As in Discord's settings of this server"),
    "en": localized("English"),
    "de": localized("German"),
}
TIER_OPTIONS: Final = {
    **{name: OPTIONS[name] for name in TIERED},
    "role": localized("The role"),
    "exempt": localized("Whether its members are exempt from the limits on members and orders"),
    "remove": localized("Whether to remove this tier, so that the server's limits hold again"),
}
CHANNELS_OPTIONS: Final = {
    "add": localized("Orders are taken here"),
    "remove": localized("Orders are not taken here any more"),
    "everywhere": localized("Whether orders are taken everywhere again"),
}
PHRASE: Final = localized("Words or phrases, with commas between; cat* also finds catapult")
STYLE_NAME: Final = localized("What it is called; there is room for {most}", most=MOST)
STYLE_WORDS: Final = localized("What goes behind a prompt, such as: ink drawing, white paper")
STYLE: Final = localized("The style")
PROMPT: Final = localized("The prompt to test")
MEMBER: Final = localized("The member")
BLOCK_OPTIONS: Final = {
    "member": MEMBER,
    "hours": localized("For how many hours (left out: until somebody unblocks)"),
    "reason": localized("Why; the member reads it"),
}
PAUSE_REASON: Final = localized("Why; members read it")
LOG_CHANNEL: Final = localized("The channel; without one nothing is logged")
