"""The real client against the vendor's stand-in, over real sockets."""

import asyncio
import json
import socket
import struct
import time
from contextlib import asynccontextmanager
from urllib.parse import quote

import pytest
from aiohttp import web

from bot.domain.job import State
from bot.pixazo import client as client_module
from bot.pixazo.bodies import LARGEST_ANSWER
from bot.pixazo.client import PixazoClient
from bot.service.health import Readiness, StoreSnapshot
from bot.service.port_errors import (
    KeyRejected,
    NotSent,
    OutcomeUnknown,
    OutOfCredit,
    PixazoError,
    RateLimited,
    RequestNotFound,
    VendorRefused,
)
from bot.service.ports.vendor import Callback
from bot.telemetry.instrumented import instrument_queue
from bot.telemetry.prometheus import PrometheusTelemetry
from sandbox.faults import Answer, Cut, Fault, Hold
from sandbox.pixazo.wire import SUBMIT_PATH
from tests.pixazo.conftest import KEY
from tests.samples import an_order

STATUS = "/v2/requests/status/*"
TICKET = b'{"request_id": "r-1", "status": "QUEUED"}'
ACCEPTED = b"HTTP/1.1 202 Accepted\r\n"


def faulty(pixazo, do, *, method="POST", path=SUBMIT_PATH, times=1):
    return pixazo.faults.add(Fault(method=method, path=path, do=do, times=times))


def submits(pixazo):
    return pixazo.journal.find("POST", "*")


async def test_an_order_is_taken_and_followed(pixazo, client):
    order = an_order(images=2, guidance=7.5, steps=30, enhance=False)

    ticket = await client.submit(order, None)
    pixazo.move(ticket.request_id, "PROCESSING")
    on_the_way = await client.status(ticket.request_id)
    pixazo.move(ticket.request_id, "COMPLETED")
    done = await client.status(ticket.request_id)

    assert [update.state for update in (ticket, on_the_way, done)] == [
        State.QUEUED,
        State.PROCESSING,
        State.COMPLETED,
    ]
    assert len(done.media) == 2
    assert json.loads(pixazo.accepted[0].body) == {
        "prompt": order.prompt,
        "num_images": 2,
        "guidance_scale": 7.5,
        "num_inference_steps": 30,
        "expand_prompt": False,
    }


async def test_what_is_sent_is_what_the_contract_names(pixazo, client):
    callback = Callback(url="https://bot.example/callbacks/1/token", mode="sync")

    await client.submit(an_order(), callback)

    (sent,) = submits(pixazo)
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["Cache-Control"] == "no-cache"
    assert sent.headers["Ocp-Apim-Subscription-Key"] == KEY
    assert sent.headers["X-Webhook-URL"] == callback.url
    assert sent.headers["X-Webhook-Mode"] == "sync"
    await client.submit(an_order(), None)
    assert "X-Webhook-URL" not in submits(pixazo)[-1].headers


async def test_the_key_travels_in_its_header_only(pixazo, client):
    ticket = await client.submit(an_order(), None)
    await client.status(ticket.request_id)

    for sent in pixazo.journal.exchanges:
        others = {
            name: value
            for name, value in sent.headers.items()
            if name.lower() != "ocp-apim-subscription-key"
        }
        assert KEY not in str(others) + sent.path + sent.query + sent.body.decode()
    assert pixazo.media_journal.exchanges == []


@pytest.mark.parametrize(
    ("answer", "retry_after", "error"),
    [
        ("400", None, VendorRefused),
        ("401", None, KeyRejected),
        ("402", None, OutOfCredit),
        ("403", None, KeyRejected),
        ("403", 60, RateLimited),
        ("429", 12, RateLimited),
        ("429-date", 40, RateLimited),
        ("500", None, OutcomeUnknown),
        ("503", None, OutcomeUnknown),
        ("503", 9, RateLimited),
        ("html", None, OutcomeUnknown),
        ("cut", None, OutcomeUnknown),
    ],
)
async def test_every_no_of_the_vendor_is_heard_after_one_submit(
    pixazo, client, answer, retry_after, error
):
    """Whatever the answer: a submit costs money, so it leaves this process once."""
    pixazo.answer_next(answer, retry_after=retry_after)

    with pytest.raises(error) as raised:
        await client.submit(an_order(), None)

    assert type(raised.value) is error
    if error is RateLimited:
        assert raised.value.retry_after == pytest.approx(retry_after, abs=2)
    assert len(submits(pixazo)) == 1


@pytest.mark.parametrize("answer", ["FAILED", "ERROR"])
async def test_what_will_fail_is_taken_all_the_same(pixazo, client, answer):
    pixazo.answer_next(answer)

    assert (await client.submit(an_order(), None)).state is State.QUEUED


async def test_pictures_at_once_are_taken_as_done(pixazo, client):
    pixazo.answer_next("images")

    update = await client.submit(an_order(images=3), None)

    assert (update.state, update.request_id) == (State.COMPLETED, None)
    assert len(update.media) == 3


@pytest.mark.parametrize("held", [False, True], ids=["silence", "held back"])
async def test_no_answer_leaves_open_what_runs(pixazo, held):
    """The vendor took the order, and bills it; the client must not say otherwise."""
    if held:
        faulty(pixazo, Hold(when="after"))
    else:
        pixazo.answer_next("silence")
    async with a_client(pixazo.origin, submit_timeout=1.0) as client:
        with pytest.raises(OutcomeUnknown):
            await client.submit(an_order(), None)

    assert len(pixazo.accepted) == 1


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_cut_connection_is_silence(pixazo, client, when):
    """From outside nobody can tell whether the vendor had heard it."""
    faulty(pixazo, Cut(when=when))

    with pytest.raises(OutcomeUnknown):
        await client.submit(an_order(), None)

    assert len(submits(pixazo)) == 1


async def test_a_cut_on_a_kept_connection_sends_nothing_again(pixazo, client):
    """HTTP clients repeat a request when a kept connection turns out dead: never this one."""
    await client.submit(an_order(), None)
    faulty(pixazo, Cut(when="before"))

    with pytest.raises(OutcomeUnknown):
        await client.submit(an_order(), None)

    assert len(submits(pixazo)) == 2


@pytest.mark.parametrize("place", ["no listener", "no name", "no handshake"])
async def test_without_a_connection_nothing_was_sent(pixazo, place):
    url = {
        "no listener": f"http://127.0.0.1:{_free_port()}",
        "no name": "http://no-such-host.invalid",
        "no handshake": pixazo.origin.replace("http://", "https://"),
    }[place]

    async with a_client(url) as client:
        with pytest.raises(NotSent):
            await client.submit(an_order(), None)

    assert pixazo.accepted == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(pixazo, client, status):
    """Followed, it would carry the key and the order wherever the answer says."""
    away = f"{pixazo.media_origin}/v1/elsewhere/output.png"
    faulty(pixazo, Answer(status=status, headers={"Location": away}))
    faulty(pixazo, Answer(status=status, headers={"Location": away}), method="GET", path=STATUS)

    with pytest.raises(OutcomeUnknown):
        await client.submit(an_order(), None)
    with pytest.raises(OutcomeUnknown):
        await client.status("some-request")

    assert pixazo.media_journal.exchanges == []
    assert len(pixazo.journal.exchanges) == 2


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=202, body=b" " * (LARGEST_ANSWER + 1)),
        Answer(status=202, body=b"no gzip", headers={"Content-Encoding": "gzip"}),
        Answer(status=202, body=TICKET[:17]),
    ],
    ids=["without end", "not what its header says", "cut"],
)
async def test_a_body_that_cannot_be_read_is_silence(pixazo, client, answer):
    faulty(pixazo, answer)
    faulty(pixazo, answer, method="GET", path=STATUS)

    with pytest.raises(OutcomeUnknown):
        await client.submit(an_order(), None)
    with pytest.raises(OutcomeUnknown):
        await client.status("some-request")


@pytest.mark.parametrize("ending", ["closed", "reset", "silent"])
@pytest.mark.parametrize(
    "answer",
    [
        ACCEPTED + b"Content-Length: 999\r\n\r\n" + TICKET[:-9],
        ACCEPTED + b"Transfer-Encoding: chunked\r\n\r\n" + TICKET,
        ACCEPTED + b"Transfer-Encoding: chunked\r\n\r\n29\r\n" + TICKET,
        ACCEPTED + b"Content-Encoding: gzip\r\nContent-Length: 99\r\n\r\n" + TICKET,
        ACCEPTED + b"Content-Length: 10\r\n\r\n" + TICKET,
        ACCEPTED + b"Content-Length: many\r\n\r\n" + TICKET,
        ACCEPTED + b"a header without a colon\r\n\r\n" + TICKET,
    ],
    ids=["cut", "no chunks", "cut chunk", "no gzip", "too short", "no length", "no header"],
)
async def test_an_id_in_an_answer_that_breaks_off_is_heard(answer, ending):
    async with raw_server(answer, ending) as url, a_client(url, submit_timeout=0.3) as client:
        assert (await client.submit(an_order(), None)).request_id == "r-1"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\n",
            RateLimited,
        ),
        (b"HTTP/1.1 402 Payment Required\r\nContent-Length: 9\r\n\r\n", OutOfCredit),
        (b"HTTP/1.1 429 Too Many Requests\r\n", OutcomeUnknown),
        (ACCEPTED + b"Content-Length: 999\r\n\r\n" + TICKET[:17], OutcomeUnknown),
        (b"", OutcomeUnknown),
    ],
)
async def test_other_answers_that_break_off_say_what_had_come(answer, error):
    async with raw_server(answer, "closed") as url, a_client(url) as client:
        with pytest.raises(error) as raised:
            await client.submit(an_order(), None)

    assert type(raised.value) is error


async def test_an_id_that_came_before_the_end_of_the_process_is_logged(caplog, monkeypatch):
    arrived, handler = asyncio.Event(), client_module._RecordingHandler
    original = handler.data_received

    def data_received(self, data):
        original(self, data)
        arrived.set()

    monkeypatch.setattr(handler, "data_received", data_received)
    answer = ACCEPTED + b"Content-Length: 999\r\n\r\n" + TICKET
    async with raw_server(answer, "silent") as url, a_client(url) as client:
        submitting = asyncio.create_task(client.submit(an_order(), None))
        await arrived.wait()
        submitting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await submitting

    assert "request_id='r-1'" in caplog.text


async def test_an_answer_larger_than_the_limit_is_searched_as_far_as_that(pixazo, client):
    faulty(pixazo, Answer(status=202, body=TICKET + b" " * LARGEST_ANSWER))

    assert (await client.submit(an_order(), None)).request_id == "r-1"


async def test_an_answer_that_came_while_the_process_was_busy_is_heard():
    """The time-out is over, and the answer lies in the socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with a_client(url, submit_timeout=0.5) as client:
            submitting = asyncio.create_task(client.submit(an_order(), None))
            connection, _ = await asyncio.to_thread(listener.accept)
            with connection:
                await asyncio.to_thread(connection.recv, 65536)
                length = b"Content-Length: %d\r\n\r\n" % len(TICKET)
                connection.sendall(ACCEPTED + length + TICKET)
                time.sleep(0.6)  # noqa: ASYNC251 - nothing is read meanwhile
                assert (await submitting).request_id == "r-1"


@pytest.mark.parametrize("request_id", ["a b?é#%41&=+:@", "x" * 255])
async def test_an_odd_id_stays_one_part_of_the_address(request_id):
    async def answer(request):
        assert request.rel_url.raw_path == "/v2/requests/status/" + quote(request_id, safe="")
        return web.json_response({"request_id": request_id, "status": "PROCESSING"})

    async with serving(answer) as origin, a_client(origin) as client:
        assert (await client.status(request_id)).state is State.PROCESSING


async def test_an_unknown_request_is_told_from_a_refused_key(pixazo, client):
    with pytest.raises(RequestNotFound):
        await client.status("never-heard-of")

    async with a_client(pixazo.origin, key="wrong") as stranger:
        with pytest.raises(KeyRejected):
            await stranger.status("never-heard-of")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(status=429, headers={"Retry-After": "3"}), RateLimited),
        (Answer(status=500), OutcomeUnknown),
        (Answer(status=200, body="<html>"), OutcomeUnknown),
        (Answer(status=200, body={"request_id": "another", "status": "COMPLETED"}), OutcomeUnknown),
        (Cut(), OutcomeUnknown),
    ],
)
async def test_a_status_call_that_fails_says_so(pixazo, client, answer, error):
    """An answer about another request would deliver somebody else's pictures."""
    faulty(pixazo, answer, method="GET", path=STATUS, times=9)

    with pytest.raises(error):
        await client.status("some-request")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answer(status=402), "402"),
        (Answer(status=400), "4xx"),
        (Answer(status=429), "429"),
        (Answer(status=500), "5xx"),
        (Answer(status=200, body="<html>"), "unusable"),
        (Cut(), "cut"),
        (Hold(), "timeout"),
    ],
)
async def test_the_figures_say_what_a_call_was_answered(pixazo, answer, status):
    """What is raised carries it as far as the meters, whatever else is concluded from it."""
    faulty(pixazo, answer)
    meters = PrometheusTelemetry()

    async with a_client(pixazo.origin, submit_timeout=0.5) as client:
        with pytest.raises(PixazoError):
            await instrument_queue(client, meters).submit(an_order(), None)

    page = meters.page(
        StoreSnapshot(readiness=Readiness(gateway=True, store=True, closed=None))
    ).decode()
    name = "imagine_vendor_call_seconds_count"
    assert f'{name}{{call="submit",status="{status}"}} 1.0' in page


async def test_a_status_outside_the_contract_is_handed_on_as_such(pixazo, client):
    ticket = await client.submit(an_order(), None)
    pixazo.move(ticket.request_id, "RETRYING")

    update = await client.status(ticket.request_id)

    assert (update.state, update.request_id) == (None, ticket.request_id)


async def test_an_address_in_an_answer_is_never_called():
    """``polling_url`` comes from outside; the key must not follow it."""
    asked: asyncio.Queue[str] = asyncio.Queue()

    async def answer(request):
        asked.put_nowait(request.path)
        body = {"request_id": "r-1", "status": "QUEUED", "polling_url": f"{request.url}/evil"}
        return web.json_response(body, status=202)

    async with serving(answer) as origin, a_client(origin) as client:
        await client.submit(an_order(), None)
        await client.status("r-1")

    assert [asked.get_nowait(), asked.get_nowait()] == [SUBMIT_PATH, "/v2/requests/status/r-1"]
    assert asked.empty()


async def test_a_cookie_is_not_given_back():
    cookies = []

    async def answer(request):
        cookies.append(request.headers.get("Cookie"))
        response = web.json_response({"request_id": "r-1", "status": "QUEUED"})
        response.set_cookie("tracking", "1")
        return response

    async with serving(answer) as origin, a_client(origin) as client:
        await client.status("r-1")
        await client.status("r-1")

    assert cookies == [None, None]


@asynccontextmanager
async def a_client(url, *, key=KEY, submit_timeout=5.0):
    async with PixazoClient.open(
        url=url, submit_path=SUBMIT_PATH, key=key, submit_timeout=submit_timeout
    ) as client:
        yield client


@asynccontextmanager
async def serving(handler):
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(answer, ending):
    """Answer the first request with these bytes, then close, reset or keep the connection."""

    async def answered(reader, writer):
        await reader.readuntil(b"}")
        writer.write(answer)
        await writer.drain()
        if ending == "silent":
            await reader.read()
        if ending == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()

    server = await asyncio.start_server(answered, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
