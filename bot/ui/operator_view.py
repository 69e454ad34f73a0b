"""What the operator sees: the bot's state, orders and bars; and the form to settle an order."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Self

import discord
from discord import ui

from bot.domain.denials import Denial, DeniedKind
from bot.domain.job import Delivery, Job, State
from bot.service.denials import DenialPage
from bot.service.operations import OrderList, may_be_settled
from bot.service.operator_status import OperatorStatus
from bot.ui.button_actions import OperatorAction
from bot.ui.form_fields import typed
from bot.ui.interaction_payload import UnknownComponent, UnreadableInteraction, snowflake
from bot.ui.layout import container, view
from bot.ui.persistent_button import PersistentButton
from bot.ui.texts import operator as words

ALL: Final = "all"  # outstanding orders, for RETRY
LONGEST_ID: Final = 200  # characters of a vendor's request id
_TEMPLATE: Final = (
    rf"operator:(?P<action>{'|'.join(OperatorAction)})"
    r":(?P<subject>[\w-]{0,32}):(?P<page>\d{1,5})"
)
_FORM: Final = re.compile(r"operator-form:(?P<job_id>[0-9a-f]{16})")
_NOT_CHARGED, _CHARGED = "no", "yes"


class OperatorButton(PersistentButton, template=_TEMPLATE):
    """A button of the operator; *subject* is an order, a state, or who is barred.

    *page* is one of a list.
    """

    def __init__(
        self,
        action: OperatorAction,
        subject: str = "",
        page: int = 0,
        label: str = "",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        event = ("operator_click", action, subject, page)
        super().__init__(f"operator:{action}:{subject}:{page}", label or action, event, style)

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Return the button whose ``custom_id`` matched the template."""
        return cls(OperatorAction(match["action"]), match["subject"], int(match["page"]))


def status_view(status: OperatorStatus, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of the bot's state; *note* tells the result of the last click."""
    frame = container(words.status(status, note))
    action, uncertain = OperatorAction.ORDERS, State.UNCERTAIN
    buttons = [
        OperatorButton(OperatorAction.STATUS, label=words.refresh()),
        OperatorButton(action, label=words.all_orders()),
        OperatorButton(action, uncertain.lower(), label=words.to_settle()),
        OperatorButton(OperatorAction.BARRED, label=words.bars()),
    ]
    if status.service.closed is not None or status.service.next_try_at is not None:
        success = discord.ButtonStyle.success
        buttons.append(OperatorButton(OperatorAction.OPEN, label=words.open_lane(), style=success))
    frame.add_item(ui.ActionRow(*buttons))
    return view(frame)


def orders_view(page: OrderList, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of a page of orders."""
    frame = container(words.orders(page, note))
    for job in page.jobs:
        text: ui.TextDisplay[ui.LayoutView] = ui.TextDisplay(words.listed(job))
        shown = OperatorButton(OperatorAction.ORDER, job.id, label=words.show())
        frame.add_item(ui.Section(text, accessory=shown))
    state = "" if page.state is None else page.state.lower()
    turning = _turning(OperatorAction.ORDERS, page.number, more=page.more, subject=state)
    retry = OperatorButton(OperatorAction.RETRY, ALL, label=words.retry_all())
    frame.add_item(ui.ActionRow(*turning, retry, _back()))
    return view(frame)


def order_view(job: Job, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of one order, without its secrets, and of what can be done about it."""
    frame = container(words.order(job, note))
    buttons = []
    if may_be_settled(job):
        buttons.append(OperatorButton(OperatorAction.SETTLE, job.id, label=words.settle()))
    if job.delivery is Delivery.OUTSTANDING or job.state is State.EXPIRED:
        buttons.append(OperatorButton(OperatorAction.RETRY, job.id, label=words.retry()))
    orders = OperatorButton(OperatorAction.ORDERS, label=words.all_orders())
    frame.add_item(ui.ActionRow(*buttons, orders, _back()))
    return view(frame)


def barred_view(page: DenialPage, note: str | None = None) -> ui.LayoutView:
    """Return a fresh view of a page of bars."""
    frame = container(words.barred(page, note))
    for denial in page.denials:
        text: ui.TextDisplay[ui.LayoutView] = ui.TextDisplay(words.bar(denial))
        frame.add_item(ui.Section(text, accessory=_allow(denial, page.number)))
    more = page.number + 1 < page.of
    turning = _turning(OperatorAction.BARRED, page.number, more=more)
    frame.add_item(ui.ActionRow(*turning, _back()))
    return view(frame)


def _allow(denial: Denial, page: int) -> OperatorButton:
    subject = f"{denial.kind}-{denial.id}"
    return OperatorButton(OperatorAction.ALLOW, subject, page, words.allow())


def _turning(
    action: OperatorAction, number: int, *, more: bool, subject: str = ""
) -> Iterator[OperatorButton]:
    if number > 0:
        yield OperatorButton(action, subject, number - 1, words.newer())
    if more:
        yield OperatorButton(action, subject, number + 1, words.older())


def _back() -> OperatorButton:
    return OperatorButton(OperatorAction.STATUS, label=words.state())


def state_of(subject: str) -> State | None:
    """Return the state that a list is of; ``None``: of any. Raises UnknownComponent."""
    if subject and subject.upper() not in {*State}:
        raise UnknownComponent(subject)
    return State(subject.upper()) if subject else None


def barred_of(subject: str) -> tuple[DeniedKind, int]:
    """Return who is to be allowed again. Raises UnknownComponent."""
    kind, _, number = subject.partition("-")
    id_ = snowflake(number)
    if kind not in {*DeniedKind} or id_ is None:
        raise UnknownComponent(subject)
    return DeniedKind(kind), id_


def form(job_id: str) -> ui.Modal:
    """Return the form to settle an order, whose ``custom_id`` holds its id."""
    modal = ui.Modal(title=words.form_title(), custom_id=f"operator-form:{job_id}", timeout=None)
    select: ui.Select[Any] = ui.Select(custom_id="charged")
    select.add_option(label=words.not_charged(), value=_NOT_CHARGED)
    select.add_option(label=words.charged(), value=_CHARGED)
    request: ui.TextInput[Any] = ui.TextInput(
        custom_id="request_id", max_length=LONGEST_ID, required=False
    )
    modal.add_item(ui.Label(text=words.charged_label(), component=select))
    modal.add_item(
        ui.Label(text=words.request_label(), description=words.request_hint(), component=request)
    )
    modal.stop()  # so that discord.py does not keep it
    return modal


def is_form(custom_id: str) -> bool:
    """Tell whether *custom_id* is that of the form."""
    return job_of(custom_id) is not None


def job_of(custom_id: str) -> str | None:
    """Return the order that a form is about; ``None``: it is another form."""
    match = _FORM.fullmatch(custom_id)
    return None if match is None else match["job_id"]


def read(components: Sequence[Any]) -> str | None:
    """Return the vendor's request id, perhaps empty; ``None``: nothing was charged.

    Raises UnreadableInteraction.
    """
    match typed(components):
        case {"charged": ["no"]}:
            return None
        case {"charged": ["yes"], "request_id": str(request_id)}:
            return request_id.strip()
        case {"charged": ["yes"]}:
            return ""
        case _:
            raise UnreadableInteraction("charged")  # a crafted client
