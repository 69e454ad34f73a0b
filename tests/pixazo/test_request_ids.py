"""A request id that a person could read in the answer to a submit is found."""

import gzip
import html
import json
import zlib
from typing import Any

import brotli
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.job import State
from bot.pixazo import bodies, wire
from bot.pixazo.sent import Sent
from bot.service.port_errors import OutcomeUnknown
from tests.samples import NOW

ID = "auraflow-v0-3-512_019d4f2a-1c2d-7abc-8def-0123456789ab"
STATUS_URL = "https://gateway.pixazo.ai/v2/requests/status/"


def read(body, headers=None, **options):
    raw = body if isinstance(body, bytes) else body.encode()
    return wire.read_submit(202, headers or {}, raw, now=NOW, **options).request_id


def _deflate(raw):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(raw) + packer.flush()


NAMED: dict[str, Any] = {
    "contract": lambda name: {"request_id": name, "status": "QUEUED", "polling_url": "https://x/y"},
    "camel case": lambda name: {"requestId": name, "model_id": "auraflow-v0-3-512"},
    "hyphen": lambda name: {"request-id": name, "error": None},
    "in a list": lambda name: {"request_id": [name]},
    "in an object": lambda name: {"request_id": {"value": name}},
    "id": lambda name: {"id": name, "model": {"id": "m-1"}, "user_id": "u-1"},
    "task": lambda name: {"task": {"id": name}},
    "beside an id": lambda name: {"id": "event-1", "requestId": name},
}
WRAPPED: dict[str, Any] = {
    "bare": lambda answer: answer,
    "list": lambda answer: [answer],
    "data": lambda answer: {"data": answer, "message": "größe"},
    "deep": lambda answer: {"response": {"payload": [{"result": answer}]}},
    "string": json.dumps,
    "body": lambda answer: {"statusCode": 202, "body": json.dumps(answer)},
}
WRITTEN: dict[str, Any] = {
    "json": lambda text: text,
    "comments": lambda text: f"/* ok */ {text[:-1]} // ok\n, # ok\n{text[-1]}",
    "callback": lambda text: f"callback({text});",
    "guard": lambda text: f")]}}',\n{text}",
    "html": lambda text: f"<html><pre>{html.escape(text)}</pre></html>",
    "script": lambda text: f"<script>let it = {text}</script>",
    "event": lambda text: f"event: queued\ndata: {text}\n\n",
    "twice": lambda text: f"{text}\n{text}",
    "not a number": lambda text: f'[{text}, {{"eta": NaN,}}]',
    "cut off": lambda text: f'[{text}, {{"message": "wait',
}
ENCODED: dict[str, Any] = {
    "utf-8": str.encode,
    "bom": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16 without bom": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "latin-1": lambda text: text.encode("latin-1", "replace"),
    "invalid": lambda text: b"\xff\x80 " + text.encode() + b"\xc3",
    "large": lambda text: text.encode() + b" " * bodies.LARGEST_ANSWER,
}
PACKED: dict[str, Any] = {
    "plain": lambda raw: raw,
    "gzip": gzip.compress,
    "gzip cut off": lambda raw: gzip.compress(raw)[:-8],
    "gzip twice": lambda raw: gzip.compress(gzip.compress(raw)),
    "zlib": zlib.compress,
    "deflate": _deflate,
    "brotli": brotli.compress,
}
some: Any = st.sampled_from
ids = st.just(ID) | st.from_regex(r"[a-z0-9]{1,9}[_.~-][A-Za-z0-9_.~-]{1,200}[0-9]", fullmatch=True)


@given(
    ids,
    some(sorted(NAMED)),
    some(sorted(WRAPPED)),
    some(sorted(WRITTEN)),
    some(sorted(ENCODED)),
    some(sorted(PACKED)),
    some(["", "gzip", "br", "nonsense"]),
)
@example(ID, "contract", "string", "html", "utf-16", "brotli", "gzip")
def test_an_id_is_found_in_every_wrapping(
    name, named, wrapped, written, encoded, packed, announced
):
    text = json.dumps(WRAPPED[wrapped](NAMED[named](name)), ensure_ascii=False)
    body = PACKED[packed](ENCODED[encoded](WRITTEN[written](text)))

    assert read(body, {"Content-Encoding": announced, "Content-Type": "text/html"}) == name


@pytest.mark.parametrize(
    "text",
    [
        f"<response><request_id>{ID}</request_id><status>QUEUED</status></response>",
        f"<job requestId='{ID}'/>",
        f"<tr><td>request_id</td><td>{ID}</td></tr>",
        f"Your request id is {ID}.",
        f"request_id={ID}&status=QUEUED",
        f"request_id: {ID}\nstatus: QUEUED",
        f"{{request_id: {ID}, status: QUEUED}}",
        str({"request_id": ID, "status": None}),
        f'{{"request_id": "{ID}" "status": "QUEUED"}}',
        f'{{"request_id": "{ID}"',
        f'{{"request_id": null, "request_id": "{ID}"}}',
        f'{{"request_id": "{ID}", "request_id": null}}',
        f'"{{\\"request_id\\": \\"{ID}\\", ',
        json.dumps({"polling_url": STATUS_URL + ID, "id": "event-1"}),
        json.dumps({"id": "event-1", "data": {"id": ID}}),
        json.dumps({"request_id": "a/b", "polling_url": f"{STATUS_URL}{ID}?wait=1"}),
        json.dumps({"status_url": f"https://x/requests/{ID}/status"}),
        json.dumps({"links": [f"{STATUS_URL}{ID}"]}).replace("/", "\\/"),
        f"look at {STATUS_URL}{ID}",
        f"accepted {ID}",
    ],
)
def test_an_id_is_found_in_other_texts(text):
    assert read(text) == ID


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (7, "7"),
        (2**70, str(2**70)),
        ("a b?é#%&=+:@", "a b?é#%&=+:@"),
        (f" {ID}\n", ID),
        ("x" * 255, "x" * 255),
    ],
)
def test_what_can_stand_as_one_part_of_a_path_is_an_id(value, name):
    assert read(json.dumps({"request_id": value})) == name


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", "null", ".", "..", "../../secret", "a/b", "a\\b", "a\nb", "\ufffd", "\ud800"),
        *("x" * 256, 1.5, None, True, [], {}, ["a", "b"]),
    ],
)
def test_what_could_lead_elsewhere_is_no_id(value):
    """It becomes a part of an address that the key is sent to."""
    with pytest.raises(OutcomeUnknown):
        read(json.dumps({"request_id": value, "status": "QUEUED"}))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"model_id": ID, "model": {"id": "m-1"}}),
        json.dumps({"user": {"id": "u-1"}, "images": [{"id": "i-1"}], "trace_id": "t-1"}),
        json.dumps({"error": {"request_id": "r-1", "message": "no"}}),
        json.dumps({"error": "no", "id": "e-1"}),
        json.dumps({"status": "error", "id": "e-1"}),
        json.dumps({"success": False, "data": None, "id": "e-1"}),
        '{"request_id": "", "status": "x1"}',
        "<request_id></request_id><status>QUEUED1</status>",
        "<html>Internal error. Request ID: e-123</html>",
        "request id not found",
        "OK",
    ],
)
def test_other_ids_are_not_taken_for_it(text):
    with pytest.raises(OutcomeUnknown):
        read(text)


@given(st.integers(1, len(ID) - 1), some(["json", "number", "url", "text"]))
def test_a_part_of_an_id_is_none(length, form):
    """Another request would be asked for, or none, and the right id never be learned."""
    cut = {
        "json": '{"request_id": "' + ID[:length],
        "number": '{"request_id": ' + ("1234567890" * 6)[:length],
        "url": f'{{"polling_url": "{STATUS_URL}' + ID[:length],
        "text": "request_id: " + ID[:length],
    }[form]
    with pytest.raises(OutcomeUnknown):
        read(cut, complete=False)


def test_a_prompt_that_comes_back_names_no_id():
    prompt = '{"request_id": "another-1"}'
    sent = Sent(prompts=(prompt,))

    with pytest.raises(OutcomeUnknown):
        read(json.dumps({"prompt": prompt}), sent=sent)
    assert read(json.dumps({"prompt": prompt, "data": {"id": ID}}), sent=sent) == ID


def test_an_address_in_a_header_is_the_last_resort():
    assert read("", {"Location": f"/v2/requests/status/{ID}"}) == ID


def test_pictures_beside_an_id_are_finished():
    update = wire.read_submit(
        200, {}, json.dumps({"id": ID, "images": [{"url": "https://a.r2.dev/1"}]}).encode(), now=NOW
    )

    assert (update.state, update.request_id) == (State.COMPLETED, ID)
    assert update.media == ("https://a.r2.dev/1",)


CHUNKED = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "received",
    [
        b"HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\n" + b'{"request_id": "r-1"',
        b"HTTP/1.1 202\nno colon\n\n" + b'{"request_id": "r-1"}',
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n" + b'{"request_id": "r-1"}',
        CHUNKED + b'a\r\n{"request_\r\n8\r\nid": "r-\r\n2\r\n1"',
        CHUNKED + b'{"request_id": "r-1"}',
    ],
)
def test_an_answer_is_split_as_far_as_it_came(received):
    status, headers, body = bodies.split_answer(received) or (0, {}, b"")

    assert (status, read(body, headers, complete=False)) == (202, "r-1")


@pytest.mark.parametrize("received", [b"", b"HTTP/1.1 202 Accepted\r\nX: y", b"no\r\n\r\n{}"])
def test_without_its_head_there_is_no_answer(received):
    assert bodies.split_answer(received) is None
