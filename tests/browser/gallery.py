"""Everything that members and moderators read, made as the bot makes it.

`test_gallery.py` shows it all on the page, and finds each text of the catalogue that is missing.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any
from unittest.mock import patch

from discord import Permissions, ui

from bot.domain import styles
from bot.domain.admission import Caps, Rule, RuleResult
from bot.domain.card_status import CardStatus
from bot.domain.deeds import DeedKind, ReportReason
from bot.domain.errors import InvalidLimit, InvalidPhrase, LogChannelNeeded, PhraseFault
from bot.domain.job import Billed, EndReason, Obstacle, State
from bot.domain.lane import ClosedReason
from bot.domain.log_entries import Changed, Held
from bot.domain.order import OrderOptions
from bot.domain.rules import Pause, Rules, Safety, Tier
from bot.domain.styles import Style
from bot.domain.word_filter import WordLists
from bot.service.blocking import BlockPage
from bot.service.member_account import ErasureResult, HistoryPage
from bot.service.moderation import MemberOverview, ServiceState
from bot.service.ports.store import PeakUsage, Ping
from bot.service.ports.vendor import Picture
from bot.service.settings import RetentionPolicy
from bot.ui import (
    block_form,
    blocks_view,
    cards,
    figures_view,
    first_steps_view,
    guild_cache,
    held_view,
    history_view,
    language,
    limits_form,
    limits_view,
    operator_view,
    order_form,
    order_questions,
    panel_forms,
    privacy_view,
    report_form,
    report_view,
    settings_forms,
    texts,
)
from bot.ui.button_actions import Theme
from bot.ui.help_view import help_view
from tests.browser import samples
from tests.rules import FULLEST, FULLEST_OVERVIEW
from tests.samples import NOW, SOON, a_job, an_order, changed_job
from tests.ui import (
    test_figures,
    test_limits_view,
    test_operator_view,
    test_privacy_view,
    test_report_view,
    test_settings_view,
    test_texts,
)

LONG = an_order(
    prompt=f"{samples.LONG_WORD} " + "a lighthouse in a storm, *bold* and `code` " * 4,
    images=4,
    guidance=3.5,
    style="watercolour",
    sent="a lighthouse in a storm, watercolour painting, wet edges, soft washes of pigment",
)
USUAL = replace(LONG, prompt="a lighthouse in a storm, seen from a small boat")
DEFAULTED = replace(
    LONG,
    suffix="soft light",
    defaulted="images,style,steps,guidance,enhance,private,spoiler,suffix",
)
SHORT = an_order(prompt="🦊", enhance=False)
WORDS = "The prompt was refused: it may not name Donaudampfschifffahrtsgesellschaften."
JOB = a_job(order=an_order(prompt="a fox in the snow"), message_id=77)
RULES = Rules(
    channels=(1, 2),
    tiers=(Tier(role_id=7, exempt=True), Tier(role_id=8, member_per_day=50, images=0, cooldown=9)),
    words=WordLists(blocked=("bad wolf",), allowed=("wolfgang",)),
    styles=(Style(name="Wool", words="knitted wool"), Style(name="anime", words="big eyes")),
    log_channel=3,
    log_ping=9,
    language="en",
)
_ALL = Permissions.all()
_LACKING = [
    Permissions(_ALL.value & ~Permissions(**{name: True}).value) for name in texts.warnings._LACKS
]
TRIFLE = Rules(
    images=2, steps=30, server_at_once=3, server_per_day=20, server_usd_per_month=12_500_000
)
CAPS = Caps(
    direct=True,
    images_per_guild_per_day=50,
    images_per_day=90,
    usd_per_guild_per_month=20_000_000,
)


def a_card_job(order: Any, state: State, **changes: Any) -> Any:
    return a_job(
        order=order,
        state=state,
        left_today=21,
        media=("https://pub-1.r2.dev/v1/r-1/output.png",) * order.images,
        completed_at=NOW,
        **changes,
    )


def every_card(picture: Picture) -> Iterator[cards.Card]:
    """Yield each card; some with a long prompt, or a short one."""
    for state in (State.WAITING, State.PROCESSING):
        yield cards.progress(a_card_job(LONG, state), CardStatus(place=1234))
    yield cards.end(a_card_job(LONG, State.FAILED, error=WORDS))
    for status in (CardStatus(), CardStatus(place=1234), *test_texts.KNOWN.values()):
        yield cards.progress(a_card_job(USUAL, State.WAITING), status)
    for state in (State.SUBMITTING, State.QUEUED, State.PROCESSING, State.COMPLETED):
        yield cards.progress(a_card_job(USUAL, state))
    on_the_way = product((State.QUEUED, State.PROCESSING), (90, None))
    for state, usual in on_the_way:
        status = CardStatus(usual_seconds=usual, late=usual is None)
        yield cards.progress(a_card_job(USUAL, state, private=True), status)
    for fault_id in (None, "0123abcd"):
        status = CardStatus(given_up_at=NOW + 300, fault_id=fault_id)
        yield cards.progress(a_card_job(USUAL, State.UNCERTAIN), status)
    yield cards.end(a_card_job(USUAL, State.UNCERTAIN), fault_id="0123abcd")
    ends = [(state, reason) for state, reasons in test_texts.ENDS.items() for reason in reasons]
    for number, (state, reason) in enumerate(ends):
        billed = list(Billed)[number % len(Billed)]
        job = a_card_job(USUAL, state, end_reason=reason, billed=billed, error=WORDS)
        yield cards.end(job)
    yield cards.end(a_card_job(SHORT, State.REFUSED, end_reason=EndReason.VENDOR), orders=False)
    for by, state in product((300, 9), (State.QUEUED, State.COMPLETED, State.CANCELLED)):
        yield cards.hidden(a_card_job(USUAL, state, withdrawn_by=by))
    ended = a_card_job(USUAL, State.CANCELLED, end_reason=EndReason.WITHDRAWN, withdrawn_by=9)
    yield cards.end(ended)
    yield from _with_pictures(picture)
    for obstacle in Obstacle:
        outstanding: dict[str, Any] = {"obstacle": obstacle, "next_try_at": NOW + 90}
        yield cards.progress(a_card_job(USUAL, State.COMPLETED, **outstanding))
    held: dict[str, Any] = {"obstacle": Obstacle.MODERATORS, "next_try_at": SOON}
    yield cards.progress(a_card_job(USUAL, State.COMPLETED, private=True, **held))
    yield cards.hidden(a_card_job(USUAL, State.COMPLETED, withdrawn=True, **held))
    due = a_card_job(USUAL, State.COMPLETED, obstacle=Obstacle.HOST, next_try_at=0.0)
    yield cards.progress(due)
    yield cards.progress(a_card_job(SHORT, State.WAITING))
    yield cards.progress(a_card_job(DEFAULTED, State.WAITING))
    yield cards.elsewhere(a_card_job(USUAL, State.DELIVERED))


def _with_pictures(picture: Picture) -> Iterator[cards.Card]:
    pictures = [picture] * USUAL.images
    for private, spoiler in product((False, True), repeat=2):
        job = a_card_job(USUAL, State.DELIVERED, private=private, spoiler=spoiler)
        yield cards.done(job, pictures, mention=not private)
    job = a_card_job(USUAL, State.DELIVERED)
    yield cards.done(a_card_job(LONG, State.DELIVERED), [replace(picture, shrunk=True)])
    yield cards.done(job, pictures, place=cards.Place.POSTED)
    yield cards.done(job, pictures, place=cards.Place.DIRECT, mention=True)
    some = a_card_job(USUAL, State.COMPLETED, next_try_at=NOW + 90, pictures_shown=3)
    yield cards.done(some, pictures[1:])
    yield cards.done(a_card_job(SHORT, State.DELIVERED), [picture])


def answers() -> Iterator[str]:
    """Yield each answer, line of the log and notice that is nothing but text."""
    kinds = (
        test_texts.refusals(),
        test_texts.changes(),
        test_texts.explanations(),
        test_texts.notices(),
        test_texts.clicks(),
        test_privacy_view.usages(),
    )
    for kind in kinds:
        yield from kind.values()
    yield from _for_members()
    yield from _for_moderators()


def _for_members() -> Iterator[str]:
    for guild_id in (100, None):
        yield test_privacy_view.usage(rules=TRIFLE, caps=CAPS, guild_id=guild_id, moderates=True)
    for rule, wanted in product((Rule.SERVER_DAY, Rule.OPERATOR_DAY), (1, 60)):
        used_up = RuleResult(rule=rule, limit=50, used=50, wanted=wanted, **test_texts.ENDS_AT)
        yield test_texts.refusal(used_up)
    for options in ({"message_id": 77}, {"answers_only": True}):
        yield texts.cards.ready(a_job(**options))
    for refused in test_texts.REJECTIONS[:3]:
        yield texts.refusals.with_prompt(texts.refusals.refusal(refused, form=True), LONG.prompt)
    words = texts.member_commands
    yield words.ending(test_privacy_view.OUTSIDE, moderates=False)
    yield words.styles(styles.BUILT_IN)
    yield from (words.exported(), words.too_large())
    yield from map(texts.settings.ping_changed, Ping)
    for hidden in ({}, {"withdrawn": True}, {"withdrawn": True, "withdrawn_by": 9}):
        yield texts.history.note(
            handed_over=[changed_job(JOB, **hidden)], fetching=1, gone=1, failed=1
        )
    yield texts.history.note(fetching=2, gone=2, failed=2)
    yield texts.history.too_large(JOB, ["https://pub-1.r2.dev/v1/r-1/output.png"] * 2)


def _for_moderators() -> Iterator[str]:
    yield from test_operator_view.answers()
    yield from map(texts.log_channel.line, test_texts.ENTRIES.values())
    yield texts.log_channel.line(Changed(by=None, before=Rules(), after=TRIFLE))
    for reason in (None, *ClosedReason):
        for tried_at in (None, SOON):
            service = ServiceState(closed=reason, since=NOW, next_try_at=tried_at)
            yield texts.limits_panel.status(service)
    yield from (texts.held.released(), texts.held.deleted(), texts.held.decided())
    for safety in Safety:
        yield texts.limits.line("safety", Rules(safety=safety))
    yield texts.changes.rejection(LogChannelNeeded())
    yield texts.first_steps.welcome_owner("Lighthouse Club")
    yield texts.first_steps.checked(test_limits_view.an_overview(RULES))
    yield from (texts.blocks.not_an_id(), texts.changes.channel_and_off())
    yield texts.changes.rejection(
        InvalidPhrase(
            fault=PhraseFault.WILDCARD, limit=100, got=3, phrase="b*d", place=("blocked", 7)
        )
    )
    budget = InvalidLimit(name="server_usd_per_month", low=10_000, high=100_000_000_000)
    yield texts.changes.rejection(budget)
    yield texts.explanations.styles_listed(RULES)
    yield texts.explanations.words_listed(RULES)
    yield texts.limits.figures(RULES)
    yield texts.changes.changed(Rules(), FULLEST)
    yield from (texts.limits.tier(RULES, role) for role in (7, 9))
    yield texts.changes.blocked(replace(test_texts.BLOCK, reason=texts.reports.block_reason()))


def views() -> Iterator[ui.LayoutView]:
    """Yield each panel, list and question."""
    yield limits_view.panel(test_limits_view.an_overview(Rules()))
    for before, after in ((Rules(), RULES), (RULES, TRIFLE)):
        yield limits_view.preview("0" * 16, before, after, test_texts.INEFFECTIVE)
    yield from test_settings_view.views()
    yield blocks_view.block_list(BlockPage(blocks=[], total=0, number=0))
    blocks = [test_texts.BLOCK, replace(test_texts.BLOCK, until=None, reason="")]
    yield blocks_view.block_list(
        BlockPage(blocks=blocks, total=99, number=1), texts.changes.unblocked(7, was=True)
    )
    for rules in (RULES, replace(RULES, pause=Pause(by=1, since=NOW, reason="Cleaning up"))):
        peaks = PeakUsage(images=13, at_once=2, member_id=300)
        overview = replace(test_limits_view.an_overview(rules), peaks=peaks, caps=CAPS)
        yield limits_view.panel(overview, texts.changes.discarded())
    for place in (test_privacy_view.OPEN, test_privacy_view.CLOSED):
        yield help_view(place, 300, moderates=True)
    checked = RetentionPolicy(files_days=7, orders_days=90, checks_pictures=True)
    yield privacy_view.overview(300, checked)
    pages: dict[str, Any] = {
        "privacy_url": "https://example.com/privacy",
        "terms_url": "https://example.com/terms",
    }
    yield privacy_view.overview(300, RetentionPolicy(files_days=0, orders_days=0, **pages))
    yield privacy_view.confirmation(300)
    yield from (
        privacy_view.erased(ErasureResult(done=one, day_ends_at=NOW)) for one in (True, False)
    )
    yield order_questions.too_late(JOB, 300)
    yield order_questions.delete(JOB, 300)
    yield order_questions.delete(JOB, 9)
    yield limits_view.faults(InvalidLimit(name="cooldown", low=1, high=86400), "0" * 16)
    yield from _history()
    for states in (list(State)[:4], list(State)[4:8], list(State)[8:], ()):
        jobs = [changed_job(JOB, state=state) for state in states]
        yield blocks_view.member_view(
            MemberOverview(member_id=300, results=[], block=None, orders=jobs)
        )
    hidden = [changed_job(JOB, private=True), changed_job(JOB, order=an_order(prompt=""))]
    yield blocks_view.member_view(
        MemberOverview(member_id=300, results=[], block=test_texts.BLOCK, orders=hidden)
    )
    yield from _reports()
    yield from _held()
    yield from (view for _, view in test_operator_view.views())
    for report in (test_figures.USUAL, test_figures.NOTHING):
        for theme in Theme:
            yield figures_view.figures_view(report, theme)
    yield first_steps_view.welcome()
    for rules, note in ((Rules(), None), (RULES, texts.changes.changed(Rules(), RULES))):
        yield first_steps_view.steps(test_limits_view.an_overview(rules), note)


def fullest() -> Iterator[ui.LayoutView]:
    """Yield what moderators see where nothing more has room."""
    yield from (make() for make in test_limits_view.VIEWS.values())
    yield first_steps_view.steps(FULLEST_OVERVIEW, test_limits_view.longest_note())


def _reports() -> Iterator[ui.LayoutView]:
    deed, reported = test_report_view.deed, test_report_view.reported
    deeds = [deed(kind) for kind in DeedKind]
    reports = [
        replace(deed(DeedKind.REPORT, reason=reason, text="see the hands"), member_id=number)
        for number, reason in enumerate(ReportReason)
    ]
    blocked = deed(DeedKind.BLOCK, until=SOON)
    for done in (
        [],
        reports,
        deeds,
        [blocked],
        [test_report_view.SPOILER],
        [deed(DeedKind.DISMISS)],
    ):
        report = reported(*done, job=changed_job(test_report_view.JOB, message_id=77))
        yield report_view.report_view(replace(report, ping=7, pictured=2))
    undoable = deed(DeedKind.DELETE, undo_until=SOON)
    for done, job in product(([undoable], []), (test_report_view.DELETED, None)):
        yield report_view.report_view(reported(*done, job=job))
    for until in (None, SOON):
        yield report_view.question(test_report_view.NOTICE, test_report_view.JOB, until)


def _held() -> Iterator[ui.LayoutView]:
    """Yield pictures that a check flagged, or could not check, and what became of them."""
    held: dict[str, Any] = {"obstacle": Obstacle.MODERATORS, "next_try_at": SOON}
    job = a_card_job(USUAL, State.COMPLETED, message_id=77, **held)
    deed, secret = test_report_view.deed, changed_job(job, private=True)
    entry = replace(deed(DeedKind.HOLD, reason="nudity 0.93"), moderator_id=None)
    for one, pictures in ((job, 2), (secret, 0)):
        yield held_view.held_view(Held(entry=entry, job=one, pictured=pictures))
    entry = replace(entry, detail={"away": True})
    for kind in (DeedKind.RELEASE, DeedKind.DISCARD):
        yield held_view.held_view(Held(entry=entry, job=JOB, deeds=(deed(kind),)))
    for gone in (JOB, None):
        yield held_view.held_view(Held(entry=entry, job=gone))


def _history() -> Iterator[ui.LayoutView]:
    for word, orders in product(("", "fox"), (True, False)):
        yield history_view.page_view(
            HistoryPage(jobs=[], number=0, of=1, total=0, word=word), orders=orders
        )
    every = [
        JOB,
        *(changed_job(JOB, deleted_at=NOW, deleted_by=by) for by in (300, 9)),
        changed_job(JOB, state=State.COMPLETED, kept_at=NOW),
        changed_job(JOB, private=True, state=State.FAILED),
        *(changed_job(JOB, withdrawn=True, withdrawn_by=by) for by in (300, 9)),
        a_job(order=LONG, message_id=77),
    ]
    for word, jobs in (("fox", every[:4]), ("", every[4:]), ("", every[:1])):
        page = HistoryPage(jobs=jobs, number=1, of=3, total=len(jobs), word=word)
        yield history_view.page_view(page, withheld=jobs[:1] if word else ())


def warned() -> Iterator[ui.LayoutView | str]:
    """Yield what is said of a server whose roles, channels and permissions are amiss."""
    permissions = dict(zip((1, 3, 4, 5), _LACKING, strict=True))
    amiss: dict[str, Any] = {
        "is_deleted_role": lambda role: role == 7,
        "is_deleted_channel": lambda channel: channel == 2,
        "granted": permissions.get,
        "lacks_age_restricted": lambda _: True,
        "is_public": lambda _: True,
        "is_unpingable": lambda *_: True,
        "age_restricted": lambda _: [1, 3],
    }
    rules = replace(RULES, channels=(1, 2, 3, 4, 5, 8), age_restricted_only=True)
    with patch.multiple(guild_cache, **amiss):
        yield limits_view.panel(test_limits_view.an_overview(rules))
        yield limits_view.panel(
            test_limits_view.an_overview(replace(rules, channels=(), nowhere=True))
        )
        yield texts.changes.changed(RULES, replace(RULES, channels=(), nowhere=True))
        yield texts.first_steps.checked(test_limits_view.an_overview(rules))
        with patch.object(guild_cache, "granted", lambda _: _ALL):
            yield texts.first_steps.checked(test_limits_view.an_overview(Rules(channels=(1, 3))))
        yield from (texts.shared.log_warning(channel, refused=True) for channel in (1, 2, 6))
        yield test_texts.refusal(RuleResult(rule=Rule.AGE_RESTRICTED, refuses=True))
        yield test_texts.refusal(RuleResult(rule=Rule.CHANNEL, refuses=True, channels=(2,)))


def forms() -> Iterator[ui.Modal]:
    """Yield each form."""
    for group in limits_form.GROUPS:
        yield limits_form.form(group, replace(RULES, channels=()))
    yield settings_forms.more(test_settings_view.FULLEST.preferences)
    yield from map(settings_forms.style, (None, Style(name="Wool", words="knitted wool")))
    for name in panel_forms.NAMES:
        yield panel_forms.form(name, replace(RULES, log_channel=None))
    yield report_form.form(JOB.id, None)
    yield operator_view.form(JOB.id)
    yield block_form.form(300, "Bartholomew of the Northern Lighthouse", test_texts.BLOCK)
    yield order_form.form(
        OrderOptions(
            prompt=LONG.prompt * 9,
            style="oil",
            images=2,
            guidance=3.5,
            steps=30,
            enhance=True,
            private=False,
        ),
        styles.BUILT_IN,
        language.spoken(),
    )
