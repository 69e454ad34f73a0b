"""The texts of the moderators' panel: each rule's value, how much of it is used, and warnings."""

from collections.abc import Iterable
from typing import Final

from bot.domain.admission import Caps, Usage
from bot.domain.lane import ClosedReason
from bot.domain.rules import Rules
from bot.domain.styles import BUILT_IN
from bot.service.moderation import Overview, ServiceState
from bot.service.ports.store import PeakUsage
from bot.ui import guild_cache
from bot.ui.language import dollars, marked, ngettext, pgettext
from bot.ui.language import gettext as _
from bot.ui.markup import ago, clock, literal
from bot.ui.texts import limits, shared, warnings

_HEADING: Final = 1700  # characters; the sections take up to 2200, without the tiers
_INEFFECTIVE: Final = 600  # characters about limits without effect
_STYLES: Final = 400  # characters of their names


def panel(overview: Overview, note: str | None = None) -> tuple[str, dict[str, str]]:
    """Return the panel's heading, with *note*, and its sections by group; they fit one message."""
    rules, usage, peaks = overview.rules, overview.standing.usage, overview.peaks
    title, tiers_title = _("Limits of this server"), _("Tiers (limits by role)")
    heading = _heading(f"## {title}", overview, note)
    sections = {
        "members": _listed(
            "members",
            limits.line("cooldown", rules),
            limits.line(
                "member_per_day",
                rules,
                _peak(peaks),
            ),
            limits.line(
                "member_at_once",
                rules,
                _("most running: {count}").format(count=peaks.at_once),
            ),
            limits.line("private", rules),
        ),
        "server": _listed(
            "server",
            limits.line("server_per_day", rules, _("today: {count}").format(count=usage.server)),
            limits.line("server_usd_per_month", rules, _spent(overview)),
            limits.line(
                "server_at_once", rules, _("now: {count}").format(count=usage.server_at_once)
            ),
            *_operators(overview.caps, usage),
        ),
        "orders": _listed(
            "orders",
            *(
                limits.line(of, rules)
                for of in ("images", "steps", "spoiler", "safety", "age_restricted_only")
            ),
        ),
        "channels": _listed("channels", limits.channels(rules)),
        "words": _listed(
            "words",
            _("Blocked: {blocked} · allowed: {allowed}").format(
                blocked=shared.phrases(len(rules.words.blocked)),
                allowed=shared.phrases(len(rules.words.allowed)),
            ),
            limits.line("look_alikes", rules),
        ),
        "styles": _listed("styles", _styles(rules)),
    }
    tiers = [limits.tier_line(tier) for tier in rules.tiers] or [pgettext("tiers", "none")]
    room = shared.MESSAGE - len(heading) - sum(map(len, sections.values()))
    lines = [f"**{tiers_title}**", *(f"- {tier}" for tier in tiers)]
    return heading, sections | {"tiers": shared.fitted(lines, room)}


def _peak(peaks: PeakUsage) -> str:
    if peaks.member_id is None:
        return _("highest today: {count}").format(count=peaks.images)
    return _("highest today: {count} ({member})").format(
        count=peaks.images, member=f"<@{peaks.member_id}>"
    )


_TROUBLES: Final = {
    ClosedReason.CREDIT: marked("\N{LARGE RED CIRCLE} The bot is out of image credit"),
    ClosedReason.KEY: marked(
        "\N{LARGE RED CIRCLE} The image service does not accept the bot's key. The bot's owner "
        "needs to fix this"
    ),
    ClosedReason.BUSY: marked("\N{LARGE YELLOW CIRCLE} The image service is overloaded"),
    ClosedReason.UNKNOWN: marked(
        "\N{LARGE YELLOW CIRCLE} The image service isn't working right now, orders wait"
    ),
    ClosedReason.MEDIA: marked(
        "\N{LARGE YELLOW CIRCLE} Finished pictures can't be fetched, orders wait"
    ),
    ClosedReason.DENIED: marked(
        "\N{LARGE YELLOW CIRCLE} The image service turns the bot away, orders wait"
    ),
}


def status(service: ServiceState) -> str:
    """Return whether the image service works, since when not, and when it is tried again."""
    if service.closed is None:
        if service.next_try_at is None:
            return _("\N{LARGE GREEN CIRCLE} The image service works")
        text = _("\N{LARGE YELLOW CIRCLE} The image service is busy, continues {when}")
        return text.format(when=ago(service.next_try_at))
    parts = [_(_TROUBLES[service.closed])]
    if service.since is not None:
        parts.append(_("since {when}").format(when=_moment(service.since)))
    if service.next_try_at is None:
        parts.append(_("the bot tries again with the next order"))
    else:
        parts.append(_("next try at {when}").format(when=_moment(service.next_try_at)))
    return " \N{MIDDLE DOT} ".join(parts)


def _moment(when: float) -> str:
    return f"{clock(when)} ({ago(when)})"


def _heading(title: str, overview: Overview, note: str | None) -> str:
    """Return the lines above the sections; warnings that have no room are counted."""
    lines = [title, *_state(overview)]
    room = _HEADING - len("\n".join([*lines, note or ""]))
    warned = shared.fitted([*all_warnings(overview)], room)
    return "\n".join(filter(None, [*lines, warned, note]))


def _state(overview: Overview) -> Iterable[str]:
    rules = overview.rules
    yield status(overview.service)
    if rules.pause is not None:
        yield _("**Paused** {pause}.").format(pause=limits.pause_line(rules.pause))
    channel = limits.value("log_channel", rules.log_channel)
    if rules.log_ping is not None:
        role = limits.value("log_ping", rules.log_ping)
        channel = _("{channel}, reports ping {role}").format(channel=channel, role=role)
    days = _("Days are in UTC · log channel: {channel} · language: {language}").format(
        channel=channel, language=limits.value("language", rules.language)
    )
    yield f"-# {days}"


def all_warnings(overview: Overview) -> Iterable[str]:
    """Return what does not work, or has no effect."""
    rules = overview.rules
    log_warning = shared.log_warning(rules.log_channel, refused=overview.log_refused)
    places = guild_cache.order_channels(rules.channels)
    if rules.log_channel is not None and not log_warning:  # which says it of seeing and sending
        places = [*places, *({rules.log_channel} - {*places})]
    warned = (
        log_warning,
        warnings.log_channel(rules.log_channel),
        warnings.log_ping(rules),
        *warnings.age_restricted(rules),
        *warnings.missing_permissions(places),
        shared.fitted([*map(warnings.ineffective, overview.ineffective)], _INEFFECTIVE),
    )
    return filter(None, warned)


def _spent(overview: Overview) -> str | None:
    """Return what orders cost this month, if the operator shows that or there is a budget."""
    if not overview.costs and not overview.rules.server_usd_per_month:
        return None
    return _this_month(overview.standing.usage.server_spent_this_month)


def _this_month(spent: int) -> str:
    return _("this month: {spent}").format(spent=dollars(spent))


def _operators(caps: Caps, usage: Usage) -> Iterable[str]:
    """Yield the operator's caps, which moderators can't change.

    What all servers together cost is the operator's affair.
    """
    if cap := caps.images_per_guild_per_day:
        yield ngettext(
            "The bot owner's cap for this server: **{cap} image per day** · today: {used}",
            "The bot owner's cap for this server: **{cap} images per day** · today: {used}",
            cap,
        ).format(cap=cap, used=usage.server)
    if cap := caps.images_per_day:
        yield ngettext(
            "The bot owner's cap for all servers: **{cap} image per day** · today: {used}",
            "The bot owner's cap for all servers: **{cap} images per day** · today: {used}",
            cap,
        ).format(cap=cap, used=usage.everywhere)
    if cap := caps.usd_per_guild_per_month:
        text = _("The bot owner's budget for this server: **{cap} per month**")
        yield f"{text.format(cap=dollars(cap))} · {_this_month(usage.server_spent_this_month)}"


def _listed(of: str, *lines: str) -> str:
    return "\n".join([f"**{limits.group(of)}**", *(f"- {line}" for line in lines)])


def _styles(rules: Rules) -> str:
    names = [literal(style.name) for style in rules.styles]
    own = shared.fitted(names, _STYLES, ", ") or pgettext("styles", "none")
    return _("Own: {own} · built-in: {count}").format(own=own, count=len(BUILT_IN))
