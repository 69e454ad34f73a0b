"""Contract of the vendor's request queue: what its answers and errors mean."""

import asyncio

import pytest

from bot.domain.job import State
from bot.service.port_errors import (
    KeyRejected,
    OutcomeUnknown,
    OutOfCredit,
    PixazoError,
    RateLimited,
    RequestNotFound,
    VendorRefused,
)
from sandbox.faults import Answer, Fault, Hold
from sandbox.pixazo import Next, refusals
from tests.contracts.conftest import EACH
from tests.samples import an_order
from tests.service.fakes import PICTURE, FakeQueue

# The errors that tests of services give to the fake, and the vendor's answers that cause them.
SUBMIT_ERRORS = {
    "refused": (VendorRefused(status=400, reason="no such model"), Next.NO_MODEL),
    "no credit": (OutOfCredit(status=402, reason="the wallet is empty"), Next.NO_BALANCE),
    "key": (KeyRejected(status=401, reason="a wrong key"), Next.BAD_KEY),
    "limited": (RateLimited(status=429, retry_after=12), Next.TOO_MANY),
    "lost": (OutcomeUnknown("no answer"), Next.CUT),
}
STATUS_ERRORS = {
    "key": (KeyRejected(status=401, reason="a wrong key"), refusals.BAD_KEY),
    "limited": (
        RateLimited(status=429, retry_after=12),
        Answer(status=429, headers={"Retry-After": "12"}),
    ),
    "unknown": (RequestNotFound(status=404, reason="not found"), refusals.NO_REQUEST),
    "unusable": (
        OutcomeUnknown("a page of a proxy", status=502),
        Answer(status=502, body="<html>Bad Gateway</html>"),
    ),
}


class FakeVendor:
    def __init__(self):
        self.queue = FakeQueue()

    @property
    def received(self):
        return len(self.queue.submitted)

    def fail_submit(self, name):
        self.queue.answers.append(SUBMIT_ERRORS[name][0])

    def fail_status(self, name):
        self.queue.statuses.append(STATUS_ERRORS[name][0])

    def complete(self, request_id):
        """Nothing to do: the fake completes everything."""

    def hold_submit(self):
        self.queue.gate.close()
        return self.queue.gate.reached


class RealVendor:
    def __init__(self, pixazo, client):
        self.queue = client
        self._pixazo = pixazo

    @property
    def received(self):
        return len(self._pixazo.journal.find("POST", "*"))

    def fail_submit(self, name):
        self._pixazo.answer_next(SUBMIT_ERRORS[name][1], retry_after=12)

    def fail_status(self, name):
        self._pixazo.faults.add(Fault(method="GET", path="*", do=STATUS_ERRORS[name][1]))

    def complete(self, request_id):
        self._pixazo.move(request_id, "COMPLETED")

    def hold_submit(self):
        hold = Fault(method="POST", path="*", do=Hold(when="after"))
        return self._pixazo.faults.add(hold).reached


@pytest.fixture(params=EACH)
def vendor(request):
    if request.param == "fake":
        return FakeVendor()
    return RealVendor(request.getfixturevalue("pixazo"), request.getfixturevalue("client"))


def meaning(error):
    """Return what services read from an error: not the vendor's own words."""
    return type(error), error.status, getattr(error, "retry_after", None)


async def test_equal_orders_are_requests_of_their_own(vendor):
    """A submit has no idempotency key: to repeat it is to pay again."""
    updates = await asyncio.gather(*(vendor.queue.submit(an_order(), None) for _ in range(5)))

    assert {(update.state, update.media) for update in updates} == {(State.QUEUED, ())}
    assert len({update.request_id for update in updates} - {None}) == 5
    assert vendor.received == 5


@pytest.mark.parametrize("name", SUBMIT_ERRORS)
async def test_an_error_ends_one_submit_and_is_not_repeated(vendor, name):
    vendor.fail_submit(name)

    with pytest.raises(PixazoError) as raised:
        await vendor.queue.submit(an_order(), None)
    received = vendor.received
    following = await vendor.queue.submit(an_order(), None)

    assert meaning(raised.value) == meaning(SUBMIT_ERRORS[name][0])
    assert received == 1
    assert following.state is State.QUEUED


async def test_a_submit_that_reached_the_vendor_can_be_cancelled(vendor):
    reached = vendor.hold_submit()
    submitting = asyncio.create_task(vendor.queue.submit(an_order(), None))
    await reached.wait()

    submitting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await submitting


async def test_the_status_of_a_completed_request_stays_as_it_is(vendor):
    submitted = await vendor.queue.submit(an_order(), None)
    other = await vendor.queue.submit(an_order(), None)
    vendor.complete(submitted.request_id)
    vendor.complete(other.request_id)

    first, second = [await vendor.queue.status(submitted.request_id) for _ in range(2)]

    assert (first.state, first.request_id) == (State.COMPLETED, submitted.request_id)
    assert len(first.media) == 1
    assert first.media[0].rpartition("/")[2] == PICTURE.rpartition("/")[2]
    assert (second.state, second.media) == (first.state, first.media)
    assert (await vendor.queue.status(other.request_id)).request_id == other.request_id


@pytest.mark.parametrize("name", STATUS_ERRORS)
async def test_an_error_ends_one_status_call(vendor, name):
    submitted = await vendor.queue.submit(an_order(), None)
    vendor.complete(submitted.request_id)
    vendor.fail_status(name)

    with pytest.raises(PixazoError) as raised:
        await vendor.queue.status(submitted.request_id)

    assert meaning(raised.value) == meaning(STATUS_ERRORS[name][0])
    assert (await vendor.queue.status(submitted.request_id)).state is State.COMPLETED
