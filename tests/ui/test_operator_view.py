"""What the operator sees, and who Discord says they are."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.admission import Caps, Usage
from bot.domain.alerts import Alert
from bot.domain.denials import Denial, DeniedKind
from bot.domain.job import Billed, EndReason, State
from bot.domain.lane import ClosedReason
from bot.service.denials import ON_PAGE as BARS
from bot.service.denials import DenialPage
from bot.service.health import Readiness
from bot.service.moderation import ServiceState
from bot.service.operations import ON_PAGE, OrderList
from bot.service.operator_status import OperatorStatus
from bot.service.ports.store import ProcessSeen
from bot.ui import operator_view
from bot.ui.application import operators_of
from bot.ui.interaction_payload import UnknownComponent, UnreadableInteraction
from bot.ui.language import LANGUAGES, speaking
from bot.ui.operator_view import OperatorButton
from bot.ui.texts import operator as words
from tests.samples import NOW, a_job, an_order, changed_job
from tests.views import assert_within_limits, buttons, recorded, said

LONG = "_" * 1000
DENIAL = Denial(kind=DeniedKind.SERVER, id=100, by=7, since=NOW, until=NOW + 60, reason="spam")
UNCERTAIN = a_job(
    id="0" * 16, state=State.UNCERTAIN, billed=Billed.UNKNOWN, price=2000, message_id=5
)
ALERT = Alert(id="a", kind="lane", text="The wallet is empty. " * 20, opened_at=NOW)
READY = Readiness(gateway=True, store=True, closed=None)
STATUS = OperatorStatus(
    service=ServiceState(),
    readiness=READY,
    orders={State.WAITING: 3, State.UNCERTAIN: 1},
    waiting=2,
    usage=Usage(everywhere=12, spent_today=12_000, spent_this_month=400_000),
    caps=Caps(images_per_day=500, usd_per_day=1_000_000),
    barred=1,
    alerts=[],
    processes=[ProcessSeen("here:1", "1.2", "0 / 1", NOW - 60, NOW)],
    own="here:1",
)
TROUBLED = replace(
    STATUS,
    service=ServiceState(closed=ClosedReason.CREDIT, since=NOW, next_try_at=NOW + 60),
    readiness=replace(
        READY, gateway=False, store=False, descriptors_low=True, status_calls_rejected=True
    ),
    orders=dict.fromkeys(State, 10**6),
    alerts=[ALERT] * 20,
    processes=[ProcessSeen("h" * 128, "1" * 32, "0" * 64, NOW, NOW)] * 30,
)
FULL = a_job(
    state=State.EXPIRED,
    order=an_order(prompt=LONG),
    error=LONG,
    end_reason=EndReason.VENDOR,
    request_id="r" * 200,
    next_try_at=NOW,
    owner="h" * 128,
)


def views():
    yield "status", operator_view.status_view(STATUS)
    yield "trouble", operator_view.status_view(TROUBLED, "done")
    yield "none", operator_view.orders_view(OrderList(jobs=[], state=None, number=0, more=False))
    yield (
        "orders",
        operator_view.orders_view(
            OrderList(jobs=[UNCERTAIN], state=State.UNCERTAIN, number=1, more=True)
        ),
    )
    yield "order", operator_view.order_view(UNCERTAIN, "done")
    late = changed_job(
        replace(UNCERTAIN, id="1" * 16), state=State.EXPIRED, error="too slow", request_id="r-1"
    )
    late = changed_job(late, end_reason=EndReason.VENDOR, next_try_at=NOW, owner="here:1")
    erased = changed_job(late, order=an_order(prompt=""), guild_id=None)
    yield "late", operator_view.order_view(late)
    page = OrderList(jobs=[erased], state=None, number=0, more=False)
    yield "erased", operator_view.orders_view(page)
    yield "barred", operator_view.barred_view(DenialPage(denials=[], total=0, number=0))
    lasting = replace(DENIAL, kind=DeniedKind.MEMBER, until=None, by=None, reason="")
    two = DenialPage(denials=[DENIAL, lasting], total=20, number=1)
    yield "two barred", operator_view.barred_view(two)


def answers():
    """Yield what is said of what was done, or was not."""
    for job in (UNCERTAIN, replace(UNCERTAIN, state=State.REFUSED)):
        yield words.settled(job)
    yield from (words.retried(count) for count in (1, 2))
    yield from (words.opened(reason) for reason in (None, ClosedReason.KEY))
    yield words.has_barred(DENIAL)
    yield from (
        words.has_allowed(kind, 300, was=was) for kind in DeniedKind for was in (False, True)
    )
    yield words.name_one()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_operators_views_read_as_recorded(snapshot, language):
    with speaking(language):
        shown = {name: recorded(view) for name, view in views()}

        shown |= {str(number): text for number, text in enumerate(answers())}

    assert "\n".join(f"{name}: {text}" for name, text in shown.items()) == snapshot


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_fullest_views_fit_into_a_message(language):
    jobs = [replace(FULL, id=f"{number:016x}") for number in range(ON_PAGE)]
    denials = [replace(DENIAL, id=10**18 + number, reason="x" * 200) for number in range(BARS)]
    with speaking(language):
        for view in (
            *(view for _, view in views()),
            operator_view.orders_view(OrderList(jobs=jobs, state=None, number=1, more=True)),
            operator_view.order_view(FULL, "done"),
            operator_view.barred_view(DenialPage(denials=denials, total=90, number=1)),
        ):
            assert_within_limits(view)


def test_an_order_is_shown_without_its_secrets():
    text = "".join(said(operator_view.order_view(UNCERTAIN)))

    assert UNCERTAIN.callback_token not in text
    assert str(UNCERTAIN.reply.interaction_token) not in text


def test_only_what_can_be_done_about_an_order_is_offered():
    def offered(**changes: Any) -> set[str]:
        view = operator_view.order_view(a_job(**changes))
        return {custom_id.split(":")[1] for custom_id in buttons(view)}

    always = {"orders", "status"}
    assert offered(state=State.UNCERTAIN) == always | {"settle"}
    assert offered(state=State.EXPIRED) == always | {"settle", "retry"}
    assert offered(state=State.COMPLETED, next_try_at=NOW) == always | {"retry"}
    assert offered(state=State.DELIVERED) == offered(state=State.WAITING) == always


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"charged": ["no"], "request_id": "r-1"}, None),
        ({"charged": ["yes"], "request_id": " r-1 "}, "r-1"),
        ({"charged": ["yes"], "request_id": ""}, ""),
        ({"charged": ["yes"]}, ""),
    ],
)
def test_the_form_says_whether_an_order_was_charged(sent, read):
    assert operator_view.read(_components(sent)) == read


@pytest.mark.parametrize("charged", [None, [], ["maybe"], ["no", "yes"], "no"])
def test_a_crafted_form_settles_nothing(charged):
    with pytest.raises(UnreadableInteraction):
        operator_view.read(_components({"charged": charged}))


def _components(sent: dict[str, Any]) -> list[Any]:
    return [
        {"component": {"custom_id": name, "values" if isinstance(value, list) else "value": value}}
        for name, value in sent.items()
    ]


@pytest.mark.parametrize("subject", ["x", "server", "server-", "server-0", "other-5", f"x{2**64}"])
def test_what_a_crafted_button_is_about_is_refused(subject):
    with pytest.raises(UnknownComponent):
        operator_view.barred_of(subject)
    with pytest.raises(UnknownComponent):
        operator_view.state_of(subject)


def test_pages_beyond_what_the_store_can_count_are_no_buttons():
    assert OperatorButton.with_id("operator:orders::99999") is not None
    assert OperatorButton.with_id("operator:orders::100000") is None


# Who they are.


def member(id_: int, role: str, state: int = 2) -> dict[str, Any]:
    return {"user": {"id": str(id_)}, "role": role, "membership_state": state}


TEAM = {
    "owner_user_id": "1",
    "members": [
        member(1, "admin"),
        member(2, "admin"),
        member(3, "developer"),
        member(4, "read_only"),
        member(5, "admin", state=1),  # invited, and has not accepted
        member(6, "something new"),
    ],
}


@pytest.mark.parametrize(
    ("application", "operators"),
    [
        ({"owner": {"id": "7"}, "team": None}, {7}),
        ({"owner": {"id": "7"}}, {7}),
        ({"owner": {"id": "99"}, "team": TEAM}, {1, 2, 3}),  # 99 stands for the team
        ({"owner": {"id": "99"}, "team": TEAM | {"members": []}}, {1}),
        ({"owner": {"id": "99"}, "team": {}}, set()),
        ({"owner": None, "team": None}, set()),
        ({"owner": {"id": "x"}}, set()),
        ({"team": TEAM | {"members": [None, {}, {"user": "x", "role": "admin"}]}}, {1}),
        ([], set()),
    ],
)
def test_operators_are_the_owner_or_who_could_take_over_the_bot(application, operators):
    assert operators_of(application) == operators
