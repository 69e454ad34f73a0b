"""Names and descriptions of commands and of their options, which Discord shows in its menus."""

from typing import Final

from bot.domain.order import Order
from bot.domain.rules import TIERED, Safety
from bot.domain.styles import MOST
from bot.service.ports.store import Ping
from bot.ui.language import localized

HISTORY: Final = localized("Your past orders and undelivered pictures")
HISTORY_WORD: Final = localized("Only orders with this word in the prompt")
USAGE: Final = localized("Your limits today, and when they reset")
HELP: Final = localized("How to use this bot, with examples")
PRIVACY: Final = localized("Your stored data: see, export or delete it")
SETTINGS: Final = localized("See or change your settings")
SETTINGS_PING: Final = localized("When you are pinged about finished pictures")
PINGS: Final = {
    Ping.AUTO: localized("After a minute"),
    Ping.ALWAYS: localized("Always"),
    Ping.NEVER: localized("Never"),
}

IMAGINE: Final = localized("Create pictures from a description")
IMAGINE_OPTIONS: Final = {
    "prompt": localized("What you want to see; detailed descriptions work best"),
    "images": localized("How many pictures (default: {default})", default=Order.images),
    "guidance": localized(
        "How closely to follow the prompt; higher is stricter (default: {default})",
        default=Order.guidance,
    ),
    "steps": localized(
        "More steps are finer and slower (default: {default})",
        default=Order.steps,
    ),
    "enhance": localized("Let the model add details to your prompt (default: yes)"),
    "style": localized("A ready-made look, such as Watercolour (default: none)"),
    "private": localized("Only you see the pictures (default: no)"),
    "spoiler": localized("Hide the pictures behind a spoiler (default: no)"),
}

# In the menu of a message; at most 32 characters, as is their translation.

IMAGINE_THIS: Final = localized("Imagine this")
REPORT_IMAGE: Final = localized("Report image")
# In the menu of a member.
IMAGE_LIMITS: Final = localized("Image limits")

# For moderators.

LIMITS: Final = localized("What may be ordered on this server, by whom, where and how much")
SHOW: Final = localized("See and change this server's limits, and how much of them is used")
SET: Final = localized("Change limits; options you leave out stay the same")
TIER: Final = localized("Give a role its own limits; options you leave out stay the same")
CHANNELS: Final = localized("Choose the channels that pictures can be ordered in")
WORDS: Final = localized("Words that prompts can't contain on this server")
WORDS_ADD: Final = localized("Block a word or a phrase")
WORDS_REMOVE: Final = localized("Take a word or a phrase off both lists")
WORDS_ALLOW: Final = localized("Allow a phrase although it contains a blocked word")
WORDS_LIST: Final = localized("List blocked and allowed phrases")
WORDS_TEST: Final = localized("Test a prompt against the word lists")
STYLES: Final = localized("This server's own styles")
STYLES_ADD: Final = localized("Add or change a style of this server")
STYLES_REMOVE: Final = localized("Remove a style of this server")
STYLES_LIST: Final = localized("List the styles that members can choose")
BLOCK: Final = localized("Stop a member from ordering pictures")
BLOCKS: Final = localized("List blocked members, and unblock them")
UNBLOCK: Final = localized("Let a blocked member order again")
LOG: Final = localized(
    "Show or choose the channel for reports, refused prompts, blocks and changes"
)
SAFETY: Final = localized("Choose what happens to pictures that an automatic check flags")
SAFETY_MODE: Final = localized("What happens to them")
SAFETY_MODES: Final = {
    Safety.OFF: localized("Off: pictures are not checked"),
    Safety.SPOILER: localized("Spoiler: delivered behind a spoiler"),
    Safety.HOLD: localized("Hold: moderators decide in the log channel"),
}
USAGE_OF_SERVER: Final = localized("Show what this server ordered, by day and by member")
USAGE_DAYS: Final = localized("How many days back, today included (usually 30)")
PAUSE: Final = localized("Pause orders on this server until you resume them")
RESUME: Final = localized("Resume orders; also re-checks an empty wallet")
EXPLAIN: Final = localized("Check whether a member can order here, and why not")

OPTIONS: Final = {
    "cooldown": localized("Seconds that a member waits between two orders (0: none)"),
    "member_per_day": localized("Images per day (UTC), each member (0: no limit)"),
    "server_per_day": localized("Images per day (UTC), whole server (0: no limit)"),
    "server_usd_per_month": localized(
        "What orders may cost per month (UTC), whole server, in US dollars (0: no limit)"
    ),
    "member_at_once": localized("Orders at the same time, each member (0: no limit)"),
    "server_at_once": localized("Orders at the same time, whole server (0: no limit)"),
    "images": localized("Images per order, at most (0: no limit)"),
    "steps": localized("Steps per order, at most (0: no limit)"),
    "private": localized("Allow orders that only the member sees"),
    "spoiler": localized("Hide pictures behind a spoiler"),
    "age_restricted_only": localized("Allow orders in age-restricted channels only"),
    "look_alikes": localized("Also find look-alikes of blocked words: Bl00d, b l o o d"),
    "language": localized("Language of public messages and of the log channel"),
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
    "exempt": localized("No limits on members and orders for this role"),
    "remove": localized("Remove this tier; the server's limits apply again"),
}
CHANNELS_OPTIONS: Final = {
    "add": localized("Pictures can be ordered here"),
    "remove": localized("Pictures can no longer be ordered here"),
    "everywhere": localized("Allow orders in all channels again"),
}
PHRASE: Final = localized("Words or phrases, with commas between; cat* also finds catapult")
STYLE_NAME: Final = localized("What it is called; there is room for {most}", most=MOST)
STYLE_WORDS: Final = localized("What is added to a prompt, such as: ink drawing, white paper")
STYLE: Final = localized("The style")
PROMPT: Final = localized("The prompt to test")
MEMBER: Final = localized("The member")
BLOCK_OPTIONS: Final = {
    "member": MEMBER,
    "hours": localized("For how long, in hours (default: permanently)"),
    "reason": localized("Reason (the member sees it)"),
}
UNBLOCK_OPTIONS: Final = {
    "member": MEMBER,
    "id": localized("The member's id, if Discord does not know the account any more"),
}
PAUSE_REASON: Final = localized("Reason (members see it)")
LOG_OPTIONS: Final = {
    "channel": localized("The channel"),
    "ping": localized("The role that is pinged when a picture is reported"),
    "off": localized("Turn logging off"),
    "no_ping": localized("Ping nobody any more"),
}

# For the operator.

OPERATOR: Final = localized("For the bot's owner: its state, orders and bars")
OPERATOR_STATUS: Final = localized("Image service, money, queue and processes")
OPERATOR_ORDERS: Final = localized("Find orders; settle them or try them again")
OPERATOR_ORDERS_OPTIONS: Final = {
    "state": localized("Only orders in this state"),
    "order": localized("The id of one order"),
}
OPERATOR_BAR: Final = localized("Bar a member or a server from ordering, everywhere")
OPERATOR_BAR_OPTIONS: Final = {
    "member": MEMBER,
    "id": localized("The member's id, if Discord doesn't offer them here"),
    "server": localized("The server, by its id or name"),
    "hours": BLOCK_OPTIONS["hours"],
    "reason": localized("Reason (who orders sees it)"),
}
OPERATOR_ALLOW: Final = localized("List who is barred, or let them order again")
OPERATOR_ALLOW_OPTIONS: Final = {
    name: OPERATOR_BAR_OPTIONS[name] for name in ("member", "id", "server")
}
OPERATOR_RESUME: Final = localized("Open the lane to the image service at once")
