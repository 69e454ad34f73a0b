"""Every word that members and moderators read, in one place, ready for translation.

Short, kind and exact. Functions return Discord markdown; what a person or the vendor wrote comes
in as it is and is made literal here.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from bot.domain.job import Billed, Cause, Job, State
from bot.domain.limits import Caps, Rule, Verdict
from bot.domain.notices import Blocked, Changed, Notice, Shut, Unblocked, WordRefused
from bot.domain.order import Order
from bot.domain.pressure import Reason
from bot.domain.rules import (
    TIERED,
    Block,
    Difference,
    Pause,
    Rules,
    Tier,
    differences,
)
from bot.domain.words import BadPhrase, Fault, Finding
from bot.errors import (
    BadLimit,
    BadOption,
    Closing,
    DraftGone,
    Forgotten,
    LimitReached,
    NotChanged,
    NotModerator,
    NotOrdered,
    NotWritable,
    OnlyInServers,
    TooLate,
    TooMany,
)
from bot.service.limits import Overview
from bot.ui.markup import ago, code, literal

HISTORY: Final = "Get pictures of yours that could not be delivered."
IMAGINE: Final = "Draw pictures from a description."
IMAGINE_PROMPT: Final = "What to draw; long, descriptive prose works best"
IMAGINE_IMAGES: Final = f"How many pictures ({Order.images})"
IMAGINE_GUIDANCE: Final = (
    f"How closely to follow the prompt; higher is stricter ({Order.guidance:g})"
)
IMAGINE_STEPS: Final = (
    f"How much work goes into each picture; more is finer and slower ({Order.steps})"
)
IMAGINE_ENHANCE: Final = "Let the model enrich your prompt with details (yes)"

AGAIN: Final = "Again"
TRY_AGAIN: Final = "Try again"
STORE_AWAY: Final = (
    "The bot can't reach its records now, so this may not have been done. "
    "Please look, and try again in a minute."
)
NOT_FOUND: Final = "Discord does not find what you named in this server. Nothing was changed."
COMMAND_CHANGED: Final = (
    "This command has just changed. Please try again; if that does not help, reload Discord."
)
SHRUNK: Final = "Made smaller to fit Discord's file limit."
SOME_MISSING: Final = "Some pictures could not be used and are missing."


def status(
    job: Job,
    *,
    place: int | None = None,
    until: float | None = None,
    locked: bool = False,
    late: bool = False,
    fault_id: str | None = None,
) -> str:
    """Return the line that says where *job* stands, and since when.

    *place* is a waiting job's in its line; *until* tells when that goes on, or when an uncertain
    job is given up, in Unix seconds; *locked* that the vendor does not accept the key;
    *fault_id* the fault of ours by which a job became uncertain.
    """
    if late:
        return f"{status(job)}\n{_LATE}"
    since = ago(job.since)
    where = f"place {place} in line" if place is not None else "in line"
    match job.state:
        case State.WAITING if locked:
            return f"**Waiting** · {where} · {_LOCKED}"
        case State.WAITING if until is not None:
            return f"**Waiting** · {where} · the image service is busy, goes on {ago(until)}"
        case State.WAITING:
            return f"**Waiting** · {where} · asked {ago(job.created_at)}"
        case State.UNCERTAIN if fault_id is not None:
            given_up = f"given up {ago(until)}" if until is not None else since
            sure = "Not confirmed yet" if until is not None else "Could not be confirmed"
            return f"**{sure}** · {given_up}\n{unexpected(fault_id)}"
        case State.UNCERTAIN if until is not None:
            return (
                f"**Not confirmed yet** · the image service may still answer; given up {ago(until)}"
            )
        case State.SUBMITTING:
            return f"**Sending** · {since}"
        case State.QUEUED:
            return f"**Queued** at the image service · {since}"
        case State.PROCESSING:
            return f"**Processing** · started {since}"
        case State.COMPLETED:
            return f"**Completed** · fetching the pictures · {since}"
        case State.DELIVERED:
            return f"**Completed** · {ago(job.completed_at or job.since)}"
        case _:
            return f"{_end(job)} · {since}"


def _end(job: Job) -> str:
    match job.state, job.cause:
        case State.CANCELLED, _:
            return "**Not ordered** · the bot could not answer in time. Please try again"
        case State.REFUSED, Cause.OUT_OF_CREDIT:
            return "**Could not be ordered** · the bot's image credit is used up"
        case State.REFUSED, Cause.KEY_REFUSED:
            return "**Could not be ordered** · the image service does not accept the bot's key"
        case State.REFUSED, Cause.BUSY:
            return "**Could not be ordered** · the image service asked for a long pause"
        case State.REFUSED, Cause.WAITED_TOO_LONG:
            return "**Could not be ordered** · its turn did not come in time"
        case State.REFUSED, Cause.SETTLED:
            return "**Could not be ordered** · the image service never took it"
        case State.REFUSED, _:
            return "**Could not be ordered** · the image service refused it"
        case State.UNCERTAIN, _:
            return "**Could not be confirmed** · the image service did not answer"
        case State.EXPIRED, _:
            return "**Could not be finished** · the image service took too long"
        case State.FAILED, Cause.NO_PICTURE:
            return "**Could not be shown** · the image service gave no usable picture"
        case State.FAILED, Cause.KEPT_TOO_LONG:
            return (
                "**Could not be delivered** · its pictures were kept for a while and are gone now"
            )
        case State.ERROR, _:
            return "**Could not be drawn** · the image service had an error"
        case _:
            return "**Could not be drawn** · the image service failed"


def charge(job: Job) -> str:
    """Return what is known about the charge for a job that has ended without pictures."""
    match job.billed:
        case Billed.NO:
            return "Nothing was charged."
        case Billed.YES:
            return "It was charged."
        case Billed.UNKNOWN:
            return "It may still be charged."


def who_can_help(job: Job) -> str | None:
    """Return who can do what about an end; ``None``: nobody needs to."""
    match job.state, job.cause:
        case _, Cause.OUT_OF_CREDIT:
            return "The bot's operator can top it up."
        case _, Cause.KEY_REFUSED:
            return "The bot's operator can mend it."
        case State.UNCERTAIN | State.EXPIRED, _:
            return "Trying again is a new order, and is charged separately."
        case _:
            return None


def vendor_words(job: Job) -> str | None:
    """Return the vendor's own words about an end, as a quotation."""
    return f"> {literal(job.error)}" if job.error else None


def details(order: Order) -> str:
    """Return the small line with an order's options."""
    pictures = "1 image" if order.images == 1 else f"{order.images} images"
    enhanced = "enhanced prompt" if order.enhance else "prompt as written"
    return f"{pictures} · guidance {order.guidance:g} · {order.steps} steps · {enhanced}"


def made_by() -> str:
    """Return what tells generated pictures from others."""
    return "AI-generated · AuraFlow v0.3"


def alt(order: Order, number: int, count: int) -> str:
    """Return the alternative text of a picture: plain text, at most 1024 characters."""
    which = "AI-generated picture" if count == 1 else f"AI-generated picture {number} of {count}"
    text = f"{which}: {order.prompt}"
    return text if len(text) <= 1024 else text[:1023] + "…"  # noqa: PLR2004 - Discord's limit


def for_member(member_id: int) -> str:
    """Return the line above a card that is posted anew, since its own was closed."""
    return f"<@{member_id}>, your pictures are ready."


def handed_over(count: int) -> str:
    """Return the answer to ``/history`` after the pictures of *count* orders were sent."""
    match count:
        case 0:
            return "No pictures of yours wait here."
        case 1:
            return "One order of yours could not be delivered before. Here it is."
        case _:
            return f"{count} orders of yours could not be delivered before. Here they are."


def refusal(error: NotOrdered) -> str:
    """Return what a member is told privately about an order that was not taken."""
    match error:
        case BadOption(option="prompt", low=low, high=high, got=0):
            return (
                f"`prompt` is empty: please describe the picture in {low} to {high} characters. "
                f"{_NOTHING}"
            )
        case BadOption(option="prompt", low=low, high=high, got=int(got)):
            return f"`prompt` takes {low} to {high} characters, yours has {got}. {_NOTHING}"
        case BadOption(option=option, low=False, high=True):
            return f"`{option}` takes True or False. {_NOTHING}"
        case BadOption(option=option, low=low, high=high):
            whole = "whole numbers" if isinstance(low, int) else "numbers"
            return f"`{option}` takes {whole} from {low:g} to {high:g}. {_NOTHING}"
        case LimitReached(verdict=verdict):
            return f"{_refused(verdict)} {_NOTHING}"
        case OnlyInServers():
            return f"Pictures can be ordered in servers only. {_NOTHING}"
        case Forgotten():
            return f"That order is not on record any more. Please type it anew. {_NOTHING}"
        case Closing():
            return f"The bot is restarting. Please try again in a minute. {_NOTHING}"
        case TooLate():
            return f"The bot is too busy to take your order now. Please try again. {_NOTHING}"
        case _:
            return f"That did not work. {_NOTHING}"


def _refused(verdict: Verdict) -> str:
    """Return which rule refused an order, with its figures, and when or by whom it ends."""
    limit, wanted = verdict.limit, verdict.wanted
    why = f": {literal(verdict.said)}" if verdict.said else ""
    match verdict.rule:
        case Rule.NOT_SERVED:
            return "The bot's operator has not opened it for this server."
        case Rule.PAUSED:
            return f"This server takes no orders now{why}. Its moderators can resume them."
        case Rule.BLOCKED if verdict.ends_at is not None:
            ends = ago(verdict.ends_at)
            return (
                f"This server's moderators have blocked you{why}. "
                f"The block ends {ends}, or earlier if they lift it."
            )
        case Rule.BLOCKED:
            return f"This server's moderators have blocked you{why}. Only they can end it."
        case Rule.CHANNEL:
            places = ", ".join(f"<#{channel}>" for channel in verdict.channels)
            return f"In this server pictures are ordered in {places}. {_MODERATORS}"
        case Rule.AGE_RESTRICTED:
            return (
                "In this server pictures are ordered in age-restricted channels only. "
                f"{_MODERATORS}"
            )
        case Rule.WORDS:
            return (
                f"This server's moderators have blocked {code(verdict.said)}, and your prompt "
                f"contains it. Please put it differently. {_MODERATORS}"
            )
        case Rule.IMAGES:
            return (
                f"In this server an order of yours may have {_count(limit, 'image')}, "
                f"you asked for {wanted}. {_MODERATORS}"
            )
        case Rule.STEPS:
            return (
                f"In this server an order of yours may have {limit} steps, "
                f"you asked for {wanted}. {_MODERATORS}"
            )
        case Rule.KEY:
            return (
                "The image service does not accept the bot's key. "
                "Only the bot's operator can mend it."
            )
        case Rule.CREDIT if verdict.ends_at is not None:
            return (
                "The bot's image credit is used up. Only its operator can top it up; "
                f"the next try is possible {ago(verdict.ends_at)}."
            )
        case Rule.CREDIT:
            return (
                "The bot's image credit is used up, and another order is just finding out whether "
                "that still holds. Only the bot's operator can top it up."
            )
        case Rule.BUSY:
            goes_on = ago(verdict.ends_at or 0.0)
            return f"The image service asked for a long pause. Orders are taken again {goes_on}."
        case _:
            return _used_up(verdict)


def _used_up(verdict: Verdict) -> str:
    limit, used = verdict.limit, verdict.used
    are = "is" if used == 1 else "are"
    match verdict.rule:
        case Rule.MEMBER_AT_ONCE:
            return (
                f"In this server you may have {_count(limit, 'order')} at once, and {used} of "
                f"yours {are} not done yet. You can order again when one is. {_MODERATORS}"
            )
        case Rule.SERVER_AT_ONCE:
            return (
                f"This server may have {_count(limit, 'order')} at once, and {used} {are} not done "
                f"yet. You can order again when one is. {_MODERATORS}"
            )
        case Rule.COOLDOWN:
            return (
                f"In this server you must wait {duration(limit)} from one order to the next. "
                f"You can order again {ago(verdict.ends_at or 0.0)}. {_MODERATORS}"
            )
        case Rule.MEMBER_DAY:
            who = f"In this server you may order {_count(limit, 'image')} a day"
        case Rule.SERVER_DAY:
            who = f"This server's moderators allow {_count(limit, 'image')} a day here"
        case Rule.OPERATOR_SERVER_DAY:
            who = f"The bot's operator allows this server {_count(limit, 'image')} a day"
        case _:
            who = f"The bot's operator allows all servers together {_count(limit, 'image')} a day"
    again = f" The count starts anew {ago(verdict.ends_at)}." if verdict.ends_at is not None else ""
    whom = _OPERATOR if verdict.operators else _MODERATORS
    return f"{who}. {used} {are} used; you asked for {verdict.wanted}.{again} {whom}"


def unexpected(error_id: str) -> str:
    """Return what a member is told about a fault of ours, with the id that is in the log."""
    return f"Something went wrong on the bot's side. Its operator can find it as `{error_id}`."


# What moderators read.

LIMITS: Final = "What may be ordered in this server, by whom, where and how much"
SHOW: Final = "Show this server's limits and what is used of them, and change them"
SET: Final = "Change limits; what you do not name stays as it is"
TIER: Final = "Give a role's members limits of their own; what you do not name stays as it is"
CHANNELS: Final = "Choose the channels that pictures are ordered in"
WORDS: Final = "The words that this server's prompts may not contain"
WORDS_ADD: Final = "Block a word or a phrase"
WORDS_REMOVE: Final = "Take a word or a phrase off both lists"
WORDS_ALLOW: Final = "Allow a phrase although it contains a blocked word"
WORDS_LIST: Final = "List blocked and allowed phrases"
WORDS_TEST: Final = "Say what would become of a prompt; orders nothing"
BLOCK: Final = "Stop a member from ordering pictures"
UNBLOCK: Final = "Let a blocked member order again"
LOG: Final = "Choose the channel that is told of refused words, blocks, changes and an empty wallet"
PAUSE: Final = "Take no orders in this server until you resume"
RESUME: Final = "Take orders again; also has an empty wallet tried again at once"
EXPLAIN: Final = "Say how every rule stands for a member, and which one decides"

OPTIONS: Final = {
    "cooldown": "Seconds from one order of a member to the next (0: none)",
    "member_per_day": "Images that a member may order on a day, UTC (0: no limit)",
    "server_per_day": "Images that the server may order on a day, UTC (0: no limit)",
    "member_at_once": "Orders that a member may have at once (0: no limit)",
    "server_at_once": "Orders that the server may have at once (0: no limit)",
    "images": "Images that an order may have (0: no limit)",
    "steps": "Steps that an order may have (0: no limit)",
    "spoiler": "Whether pictures are hidden until somebody clicks",
    "age_restricted_only": "Whether pictures are ordered in age-restricted channels only",
}
TIER_OPTIONS: Final = {
    **{name: OPTIONS[name] for name in TIERED},
    "role": "The role",
    "exempt": "Whether its members are exempt from the limits on members and orders",
    "remove": "Whether to remove this tier, so that the server's limits hold again",
}
CHANNELS_OPTIONS: Final = {
    "add": "Orders are taken here",
    "remove": "Orders are not taken here any more",
    "everywhere": "Whether orders are taken everywhere again",
}
PHRASE: Final = "A word or a phrase; whole words count, case does not"
PROMPT: Final = "The prompt to test"
MEMBER: Final = "The member"
BLOCK_OPTIONS: Final = {
    "member": MEMBER,
    "hours": "For how many hours (left out: until somebody unblocks)",
    "reason": "Why; the member reads it",
}
PAUSE_REASON: Final = "Why; members read it"
LOG_CHANNEL: Final = "The channel; without one nothing is logged"

NAMES: Final = {
    "cooldown": "Cooldown of a member",
    "member_per_day": "Images a day, a member",
    "server_per_day": "Images a day, the server",
    "member_at_once": "Orders at once, a member",
    "server_at_once": "Orders at once, the server",
    "images": "Images in an order",
    "steps": "Steps in an order",
    "spoiler": "Pictures as spoilers",
    "age_restricted_only": "Age-restricted channels only",
    "tiers": "Tier",
    "channels": "Channel for orders",
    "blocked": "Blocked words",
    "allowed": "Allowed words",
    "pause": "Pause",
    "log_channel": "Log channel",
}
GROUPS: Final = {
    "members": "Each member",
    "server": "The server",
    "orders": "Each order",
    "channels": "Channels",
    "words": "Words",
}
FORM_NUMBER: Final = "A whole number; 0 removes the limit"
FORM_CHANNELS: Final = "Orders are taken in"
FORM_CHANNELS_HINT: Final = "None: everywhere"
FORM_BLOCKED: Final = "Blocked words and phrases"
FORM_ALLOWED: Final = "Allowed although they contain a blocked word"
FORM_WORDS_HINT: Final = "One a line; whole words count, case does not"
SAVE: Final = "Save"
DISCARD: Final = "Discard"
DISCARDED: Final = "Nothing was changed."
NO_DIFFERENCE: Final = "That is how it stands already: nothing would change."
PREVIEW: Final = "**This would change**"


def form_title(group: str) -> str:
    """Return the title of the form for a group of limits, at most 45 characters."""
    return f"Limits · {GROUPS[group]}"


def edit(group: str) -> str:
    """Return the label of the button that opens that form."""
    return f"Change: {GROUPS[group]}"


def unit(name: str) -> str:
    """Return what a limit counts in, for the label of its field."""
    return f"{NAMES[name]}, seconds" if name == "cooldown" else NAMES[name]


def panel(overview: Overview, note: str | None = None) -> dict[str, str]:
    """Return the panel's parts by group, in their order; ``""`` is what stands above them.

    There *note* stands too. Together they fit into one message.
    """
    rules, usage, peaks = overview.rules, overview.standing.usage, overview.peaks
    parts = {
        "": "\n".join(["## Limits of this server", *_panel_notes(overview, note)]),
        "members": _listed(
            "members",
            _line("cooldown", rules),
            _line("member_per_day", rules, f"most by one member today: {peaks.images}"),
            _line("member_at_once", rules, f"most of one member now: {peaks.at_once}"),
        ),
        "server": _listed(
            "server",
            _line("server_per_day", rules, f"today: {usage.server}"),
            _line("server_at_once", rules, f"now: {usage.server_at_once}"),
            *_operators(overview.caps, usage.server, usage.everywhere),
        ),
        "orders": _listed(
            "orders",
            *(_line(name, rules) for name in ("images", "steps", "spoiler")),
            _line("age_restricted_only", rules),
        ),
        "channels": _listed("channels", f"Orders are taken in: {_channels(rules)}"),
        "words": _listed(
            "words",
            f"Blocked: {_count(len(rules.words.blocked), 'phrase')} · "
            f"allowed: {_count(len(rules.words.allowed), 'phrase')}",
        ),
    }
    tiers = [f"- {_tier(tier)}" for tier in rules.tiers] or ["- none"]
    room = _MESSAGE - sum(map(len, parts.values()))
    return parts | {"tiers": fitted(["**Tiers, by `/limits tier`**", *tiers], room)}


def _panel_notes(overview: Overview, note: str | None) -> Iterable[str]:
    rules = overview.rules
    if rules.pause is not None:
        yield f"**Paused**, {_pause(rules.pause)}."
    log = f"<#{rules.log_channel}>" if rules.log_channel is not None else "none"
    yield f"-# Days are in UTC · log channel: {log}"
    if note:
        yield note


def _operators(caps: Caps, server: int, everywhere: int) -> Iterable[str]:
    """Yield the operator's caps, which stand over what moderators set."""
    for words, cap, used in (
        ("this server", caps.images_per_guild_per_day, server),
        ("all servers together", caps.images_per_day, everywhere),
    ):
        if cap:
            yield f"The operator's cap for {words}: **{cap} images a day** · today: {used}"


def _listed(group: str, *lines: str) -> str:
    return "\n".join([f"**{GROUPS[group]}**", *(f"- {line}" for line in lines)])


def _line(name: str, rules: Rules, used: str | None = None) -> str:
    line = f"{NAMES[name]}: **{value(name, getattr(rules, name))}**"
    return f"{line} · {used}" if used else line


def _channels(rules: Rules) -> str:
    return ", ".join(f"<#{channel}>" for channel in rules.channels) or "every channel"


def value(name: str, found: Any) -> str:
    """Return how a rule's value is called, as Discord markdown."""
    match name, found:
        case _, None:
            return "none"
        case _, bool():
            return "yes" if found else "no"
        case "cooldown", 0:
            return "none"
        case "cooldown", int():
            return duration(found)
        case (("channels" | "log_channel"), int()):
            return f"<#{found}>"
        case _, Tier():
            return _tier(found)
        case _, Pause():
            return _pause(found)
        case (("blocked" | "allowed"), str()):
            return code(found)
        case _, 0:
            return "no limit"
        case _:
            return f"{found}"


def _pause(pause: Pause) -> str:
    why = f": {literal(pause.reason)}" if pause.reason else ""
    return f"by <@{pause.by}> {ago(pause.since)}{why}"


def _tier(tier: Tier) -> str:
    if tier.exempt:
        return f"<@&{tier.role_id}> exempt from the limits on members and orders"
    named = [
        f"{NAMES[name].lower()}: {value(name, limit)}"
        for name in TIERED
        if (limit := getattr(tier, name)) is not None
    ]
    return f"<@&{tier.role_id}> " + " · ".join(named)


def changes(found: Sequence[Difference]) -> list[str]:
    """Return a line for each difference: what, from which value, to which."""
    return [_difference(difference) for difference in found]


def _difference(difference: Difference) -> str:
    name = NAMES[difference.name]
    before, after = (value(difference.name, side) for side in (difference.before, difference.after))
    if difference.name in {"channels", "tiers", "blocked", "allowed"}:
        if difference.before is None:
            return f"{name}: + {after}"
        if difference.after is None:
            return f"{name}: - {before}"
    return f"{name}: {before} → {after}"


def changed(before: Rules, after: Rules) -> str:
    """Return what a moderator is told after a change."""
    lines = changes(list(differences(before, after)))
    if not lines:
        return NO_DIFFERENCE
    return fitted(["**Changed**", *(f"- {line}" for line in lines)], _NOTE)


def preview(before: Rules, after: Rules) -> str:
    """Return what would change, before it is saved."""
    lines = changes(list(differences(before, after)))
    return fitted([PREVIEW, *(f"- {line}" for line in lines)], _MESSAGE)


def explained(member_id: int, verdicts: Sequence[Verdict]) -> str:
    """Return how every rule stands to an order of one image by that member."""
    decides = next((verdict for verdict in verdicts if verdict.refuses), None)
    first = (
        f"An order of <@{member_id}> here would be refused now. What decides is "
        f"**{RULES[decides.rule]}**: {_whose(decides)}."
        if decides is not None
        else f"An order of <@{member_id}> here, of one image, would be admitted now."
    )
    parts = [first]
    for whose, operators in ((_MODERATORS_RULES, False), (_OPERATORS_RULES, True)):
        parts.append(f"**{whose}**")
        parts += [
            f"- {RULES[verdict.rule]}: {_stands(verdict)}"
            for verdict in verdicts
            if verdict.operators is operators
        ]
    return "\n".join(parts)


def _whose(verdict: Verdict) -> str:
    return "only the operator can change it" if verdict.operators else "moderators can change it"


def _stands(verdict: Verdict) -> str:
    """Return one rule's figures, and whether it lets pass."""
    match verdict.rule:
        case Rule.CHANNEL if verdict.channels:
            figures = ", ".join(f"<#{channel}>" for channel in verdict.channels)
        case Rule.AGE_RESTRICTED:
            figures = "yes" if verdict.limit else "no"
        case Rule.WORDS:
            figures = f"{_count(verdict.limit, 'phrase')} blocked; decided by the prompt"
        case Rule.COOLDOWN:
            figures = duration(verdict.limit) if verdict.limit else "none"
        case Rule.IMAGES | Rule.STEPS:
            figures = f"up to {verdict.limit}" if verdict.limit else "no limit"
        case rule if rule in FIGURES:
            limit = f"of {verdict.limit}" if verdict.limit else "used, no limit"
            figures = f"{verdict.used} {limit}"
        case _:
            figures = ""
    ends = f", ends {ago(verdict.ends_at)}" if verdict.ends_at is not None else ""
    why = f" ({literal(verdict.said)})" if verdict.said and verdict.refuses else ""
    passes = f"**refuses**{ends}{why}" if verdict.refuses else "lets pass"
    return " · ".join(part for part in (figures, passes) if part)


RULES: Final = {
    Rule.NOT_SERVED: "Servers that are served",
    Rule.PAUSED: "Pause",
    Rule.BLOCKED: "Blocked members",
    Rule.CHANNEL: "Channels for orders",
    Rule.AGE_RESTRICTED: NAMES["age_restricted_only"],
    Rule.WORDS: "Blocked words",
    Rule.IMAGES: NAMES["images"],
    Rule.STEPS: NAMES["steps"],
    Rule.KEY: "The key to the image service",
    Rule.CREDIT: "Image credit",
    Rule.BUSY: "The image service's pause",
    Rule.MEMBER_AT_ONCE: NAMES["member_at_once"],
    Rule.SERVER_AT_ONCE: NAMES["server_at_once"],
    Rule.COOLDOWN: NAMES["cooldown"],
    Rule.MEMBER_DAY: NAMES["member_per_day"],
    Rule.SERVER_DAY: NAMES["server_per_day"],
    Rule.OPERATOR_SERVER_DAY: "The operator's cap, this server",
    Rule.OPERATOR_DAY: "The operator's cap, all servers",
}
FIGURES: Final = frozenset(
    {Rule.MEMBER_AT_ONCE, Rule.SERVER_AT_ONCE, Rule.MEMBER_DAY, Rule.SERVER_DAY}
    | {Rule.OPERATOR_SERVER_DAY, Rule.OPERATOR_DAY}
)


def words_listed(rules: Rules) -> str:
    """Return both lists of phrases."""
    lines = []
    for name, phrases in (("blocked", rules.words.blocked), ("allowed", rules.words.allowed)):
        lines += [f"**{NAMES[name]}**", fitted([*map(code, phrases)], _LIST, ", ") or "none"]
    return "\n".join(lines)


def words_found(prompt: str, finding: Finding) -> str:
    """Return what would become of a prompt."""
    quoted = f"> {literal(prompt)}"
    if finding.blocked is None:
        return f"{quoted}\nThis would be taken: it contains no blocked word."
    if finding.allowed is not None:
        return (
            f"{quoted}\nThis would be taken: it contains {code(finding.blocked)}, "
            f"inside {code(finding.allowed)}, which is allowed."
        )
    return f"{quoted}\nThis would be refused: it contains {code(finding.blocked)}."


def blocked(block: Block) -> str:
    """Return what a moderator is told after a block."""
    ends = ago(block.until) if block.until is not None else "when somebody unblocks them"
    why = f"\nReason: {literal(block.reason)}" if block.reason else ""
    return f"<@{block.member_id}> can't order pictures in this server. It ends {ends}.{why}"


def unblocked(member_id: int, *, was: bool) -> str:
    """Return what a moderator is told after a block was ended."""
    return f"<@{member_id}> can order again." if was else f"<@{member_id}> was not blocked."


def paused(pause: Pause) -> str:
    """Return what a moderator is told after a pause."""
    why = f" Members read: {literal(pause.reason)}" if pause.reason else ""
    return f"This server takes no orders until `/limits resume`. Orders taken before go on.{why}"


def resumed(*, was_paused: bool, may_probe: bool) -> str:
    """Return what a moderator is told after a resume."""
    first = "This server takes orders again." if was_paused else "This server was not paused."
    return f"{first} {_PROBE}" if may_probe else first


def logged(channel_id: int | None) -> str:
    """Return what a moderator is told after the log channel was chosen."""
    if channel_id is None:
        return "Nothing is logged any more."
    return (
        f"<#{channel_id}> is told of refused words, blocks, changes, an empty wallet and long "
        "pauses."
    )


def notice(found: Notice) -> str:
    """Return the line of a server's log channel."""
    match found:
        case WordRefused():
            return (
                f"**Refused** · <@{found.member_id}> in <#{found.channel_id}> · "
                f"{code(found.phrase)} in: {literal(cut(found.prompt, 300))}"
            )
        case Changed():
            lines = changes(list(differences(found.before, found.after)))
            return f"**Limits changed** by <@{found.by}> · " + fitted(lines, _LIST, "; ")
        case Blocked(block=block):
            ends = f"until <t:{int(block.until)}:f>" if block.until is not None else "for good"
            why = f" · {literal(block.reason)}" if block.reason else ""
            return f"**Blocked** · <@{block.member_id}> by <@{block.by}> · {ends}{why}"
        case Unblocked():
            return f"**Unblocked** · <@{found.member_id}> by <@{found.by}>"
        case Shut():
            return _shut(found)


def _shut(found: Shut) -> str:
    count = f"{_count(found.orders, 'order')} could not be placed"
    place = f"{found.guild_id}/{found.channel_id}"
    card = f"https://discord.com/channels/{place}/{found.message_id or ''}".rstrip("/")
    if found.reason is Reason.BUSY and found.until is not None:
        why = f"the image service asked for a pause; orders are taken again {ago(found.until)}"
    else:
        why = "the bot's image credit is used up; its operator can top it up"
    return f"**Refused** · {count}, nothing was charged · {why} · [one of them](<{card}>)"


def unchanged(error: NotChanged) -> str:
    """Return what a moderator, or somebody who is none, is told about a change not made."""
    match error:
        case NotModerator():
            return "Only members who may manage this server can do that. Nothing was changed."
        case BadLimit(name=name, low=False):
            return f"`{name}` takes True or False. {DISCARDED}"
        case BadLimit(name="hours", low=low, high=high):
            return f"`hours` takes whole numbers from {low} to {high}. {DISCARDED}"
        case BadLimit(name=name, low=low, high=high):
            return f"`{name}` takes 0, or whole numbers from {low} to {high}. {DISCARDED}"
        case TooMany(name=name, most=most):
            return f"There is room for {most} {name}. {DISCARDED}"
        case BadPhrase(fault=Fault.NO_WORD):
            return f"A phrase must hold a word, a number or an emoji. {DISCARDED}"
        case BadPhrase(fault=Fault.TOO_LONG, limit=limit, got=got):
            return f"A phrase takes {limit} characters, yours has {got}. {DISCARDED}"
        case BadPhrase(fault=Fault.TOO_MANY, limit=limit):
            return f"A list takes {limit} phrases. {DISCARDED}"
        case BadPhrase(limit=limit):
            return f"A list takes {limit} characters in all. {DISCARDED}"
        case NotWritable():
            return (
                "The bot could not write there. It needs View Channel and Send Messages; if it "
                f"has them, Discord did not answer: please try again. {DISCARDED}"
            )
        case DraftGone():
            return f"That change is not on record any more. Please make it anew. {DISCARDED}"
        case _:
            return f"That did not work. {DISCARDED}"


def duration(seconds: int) -> str:
    """Return so many seconds in the largest unit that divides them."""
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            return _count(seconds // size, name)
    return _count(seconds, "second")


def fitted(lines: Sequence[str], most: int, between: str = "\n") -> str:
    """Return *lines*, joined, in at most so many characters; what has no room is counted."""
    kept, text = len(lines), between.join(lines)
    while len(text) > most and kept:
        kept -= 1
        text = between.join([*lines[:kept], f"… and {len(lines) - kept} more"])
    return text


def cut(text: str, most: int) -> str:
    """Return *text* in at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


# Characters: of all that a message says in components, of one list in it, and of what is told on
# top of a panel that is full.
_MESSAGE: Final = 4000
_LIST: Final = 1900
_NOTE: Final = 900
_LATE: Final = "It takes longer than usual. It goes on, and the pictures will appear here."
_LOCKED: Final = "the image service does not accept the bot's key; the bot's operator must mend it"
_MODERATORS: Final = "This server's moderators can change this."
_OPERATOR: Final = "Only the operator can change this."
_MODERATORS_RULES: Final = "What this server's moderators can change"
_OPERATORS_RULES: Final = "What only the bot's operator can change"
_PROBE: Final = "The next order will find out whether there is image credit again."
_NOTHING: Final = "Nothing was ordered, nothing is charged."
