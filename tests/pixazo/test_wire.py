"""The contract, to the letter."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.job import State, Update
from bot.pixazo import wire
from bot.service.port_errors import (
    KeyRejected,
    OutcomeUnknown,
    OutOfCredit,
    PixazoError,
    RateLimited,
    RequestNotFound,
    VendorRefused,
)
from bot.service.ports.vendor import Callback
from tests.samples import NOW, an_order

# The vendor's own page, word for word.
THE_PROMPT = (
    "Close-up portrait of a majestic iguana with vibrant blue-green scales, piercing amber eyes, "
    "and orange spiky crest. Intricate textures and details visible on scaly skin. Wrapped in dark "
    "hood, giving regal appearance. Dramatic lighting against black background. Hyper-realistic, "
    "high-resolution image showcasing the reptiles expressive features and coloration."
)
THE_ID = "auraflow-v0-3-512_019dxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
THE_REQUEST = {
    "prompt": THE_PROMPT,
    "num_images": 1,
    "guidance_scale": 3.5,
    "num_inference_steps": 50,
    "expand_prompt": True,
}
THE_TICKET = {
    "request_id": THE_ID,
    "status": "QUEUED",
    "polling_url": f"https://gateway.pixazo.ai/v2/requests/status/{THE_ID}",
}
THE_PICTURE = f"https://pub-582b7213209642b9b995c96c95a30381.r2.dev/v1/{THE_ID}/output.png"
THE_CALLBACK = {
    "request_id": THE_ID,
    "status": "COMPLETED",
    "model_id": "auraflow-v0-3-512",
    "error": None,
    "output": {"media_url": [THE_PICTURE], "media_type": "image/png"},
    "created_at": "2026-05-22T13:17:32.110Z",
    "updated_at": "2026-05-22 13:19:23",
    "completed_at": "2026-05-22 13:19:23",
}
THE_FAILURE = {
    "request_id": THE_ID,
    "status": "ERROR",
    "model_id": "auraflow-v0-3-512",
    "error": "Description of the error",
    "output": None,
    "created_at": "...",
    "updated_at": "...",
    "completed_at": "...",
}
NO_BALANCE = {
    "error": "Insufficient Balance",
    "message": "Your wallet does not have enough balance.",
}
NO_MODEL = {
    "error": "Model not found",
    "message": "Model 'auraflow-v0-3-512' not found or is disabled",
}
INVALID_KEY = {"statusCode": 401, "message": "Access denied due to invalid subscription key."}
QUOTA = {
    "statusCode": 403,
    "message": "Out of call volume quota. Quota will be replenished in 5.03:23:11.",
}
HTML = b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>"


def read(reader, status, body, headers):
    """Read an answer; a body that is not bytes is JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return reader(status, names, raw, now=NOW)


def submitted(status, body=b"", **headers):
    return read(wire.read_submit, status, body, headers)


def asked(status, body=b"", **headers):
    return read(wire.read_status, status, body, headers)


def test_a_submit_is_the_contracts_example():
    order = an_order(prompt=THE_PROMPT, images=1, guidance=3.5, steps=50, enhance=True)

    assert json.loads(wire.submit_body(order)) == THE_REQUEST
    assert wire.submit_headers("YOUR_SUBSCRIPTION_KEY", None) == {
        "Content-Type": "application/json",
        "Cache-Control": "no-cache",
        "Ocp-Apim-Subscription-Key": "YOUR_SUBSCRIPTION_KEY",
    }


def test_a_callback_is_asked_for_in_the_contracts_two_headers():
    callback = Callback(url="https://your-server.com/webhook/callback", mode="terminal")

    headers = wire.submit_headers("key", callback)

    assert headers["X-Webhook-URL"] == "https://your-server.com/webhook/callback"
    assert headers["X-Webhook-Mode"] == "terminal"


def test_a_status_call_carries_the_key_and_nothing_else():
    assert wire.status_headers("YOUR_API_KEY") == {"Ocp-Apim-Subscription-Key": "YOUR_API_KEY"}


@pytest.mark.parametrize("enhance", [True, False])
def test_expand_prompt_follows_enhance(enhance):
    """The key is sent in either case: the gateway's default is not documented."""
    assert json.loads(wire.submit_body(an_order(enhance=enhance)))["expand_prompt"] is enhance


@given(
    prompt=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=50),
    images=st.integers(1, 4),
    guidance=st.floats(1, 10),
    steps=st.integers(20, 50),
)
def test_every_order_arrives_as_it_was_meant(prompt, images, guidance, steps):
    sent = json.loads(
        wire.submit_body(an_order(prompt=prompt, images=images, guidance=guidance, steps=steps))
    )

    assert sent == {
        "prompt": prompt,
        "num_images": images,
        "guidance_scale": guidance,
        "num_inference_steps": steps,
        "expand_prompt": True,
    }


@pytest.mark.parametrize("status", [200, 201, 202])
def test_the_contracts_ticket_is_read(status):
    assert submitted(status, THE_TICKET) == Update(state=State.QUEUED, request_id=THE_ID)


def test_pictures_may_come_at_once():
    """Another page of the vendor shows this answer for the same model."""
    update = submitted(200, {"images": [{"url": THE_PICTURE}, {"url": "https://b.r2.dev/2"}]})

    assert update == Update(state=State.COMPLETED, media=(THE_PICTURE, "https://b.r2.dev/2"))


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", HTML, b"OK", b'{"images": []}', b'{"status": "QUEUED"}', b"\xff"],
)
def test_a_success_that_cannot_be_read_leaves_open_what_runs(body):
    with pytest.raises(OutcomeUnknown):
        submitted(202, body)


@pytest.mark.parametrize(
    "request_id", ["", "../../secret", "a b", "a/b", "a?b", "é", "x" * 129, "a\n", 7, None]
)
def test_a_request_id_that_could_lead_elsewhere_is_none(request_id):
    """It becomes a part of an address that the key is sent to."""
    with pytest.raises(OutcomeUnknown):
        submitted(202, THE_TICKET | {"request_id": request_id})


def test_the_contracts_callback_is_read_with_its_naive_times():
    update = wire.read_update(json.dumps(THE_CALLBACK).encode())

    assert update == Update(
        state=State.COMPLETED,
        request_id=THE_ID,
        media=(THE_PICTURE,),
        ended_at=datetime(2026, 5, 22, 13, 19, 23, tzinfo=UTC).timestamp(),
    )


@pytest.mark.parametrize(
    "odd",
    [
        {"status": None},
        {"status": 7},
        {"output": []},
        {"output": {"media_url": [None, 7]}},
        {"output": "none"},
        {"completed_at": {}},
        {"completed_at": "0001-01-01 00:00:00"},
    ],
)
def test_a_request_id_is_never_dropped_for_what_stands_beside_it(odd):
    """It is what a paid order is found by."""
    update = submitted(202, {"request_id": THE_ID, "status": "QUEUED"} | odd)

    assert update.request_id == THE_ID


def test_the_contracts_failure_is_read_with_its_words():
    update = wire.read_update(json.dumps(THE_FAILURE).encode())

    assert update == Update(state=State.ERROR, request_id=THE_ID, error="Description of the error")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("QUEUED", State.QUEUED),
        ("PROCESSING", State.PROCESSING),
        ("COMPLETED", State.COMPLETED),
        ("FAILED", State.FAILED),
        ("ERROR", State.ERROR),
        ("processing", State.PROCESSING),
        ("IN_PROGRESS", None),
        ("DELIVERED", None),
        ("WAITING", None),
        ("", None),
    ],
)
def test_the_five_states_are_read_and_others_are_none(word, state):
    """Our own states must not come in from outside."""
    assert asked(200, THE_CALLBACK | {"status": word}).state is state


@pytest.mark.parametrize(
    ("output", "media"),
    [
        (None, ()),
        ({}, ()),
        ({"media_url": None}, ()),
        ({"media_url": []}, ()),
        ({"media_url": THE_PICTURE}, (THE_PICTURE,)),
        ({"media_url": [THE_PICTURE], "media_type": None}, (THE_PICTURE,)),
    ],
)
def test_the_output_may_be_missing_or_bare(output, media):
    assert asked(200, THE_CALLBACK | {"output": output}).media == media


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, None),
        ("", None),
        ("  two\n lines ", "two lines"),
        ({"code": 7}, '{"code": 7}'),
        (["a"], '["a"]'),
        ("x" * 301, "x" * 299 + "…"),
    ],
)
def test_the_vendors_words_become_one_short_line(error, words):
    assert asked(200, THE_CALLBACK | {"error": error}).error == words


def test_402_is_an_empty_wallet():
    with pytest.raises(OutOfCredit) as refusal:
        submitted(402, NO_BALANCE)

    assert refusal.value.reason == "Your wallet does not have enough balance."
    assert refusal.value.status == 402


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (NO_MODEL, "Model 'auraflow-v0-3-512' not found or is disabled"),
        ({"error": "Bad prompt"}, "Bad prompt"),
        ({"statusCode": 400, "message": "Azure's words"}, "Azure's words"),
        ({"error": {"code": "x", "detail": [1]}}, '{"code": "x", "detail": [1]}'),
        (b"plain words", "plain words"),
        (b"", ""),
        (HTML, ""),
        (["a"], '["a"]'),
        (b"\xff\xfe", "\ufffd\ufffd"),
        ({"message": "x" * 5000}, "x" * 299 + "…"),
    ],
)
def test_a_refusal_keeps_the_vendors_own_words(body, words):
    """The member reads them; a page of HTML would help nobody."""
    with pytest.raises(VendorRefused) as refusal:
        submitted(400, body)

    assert type(refusal.value) is VendorRefused
    assert refusal.value.reason == words


@pytest.mark.parametrize("status", [404, 405, 413, 415, 422])
def test_other_answers_of_4xx_are_refusals(status):
    with pytest.raises(VendorRefused) as refusal:
        submitted(status, b"no")

    assert refusal.value.status == status


def test_401_is_the_key():
    with pytest.raises(KeyRejected):
        submitted(401, INVALID_KEY)


def test_403_is_the_key_unless_it_is_a_quota():
    with pytest.raises(KeyRejected):
        submitted(403, {"statusCode": 403, "message": "Access denied"})
    with pytest.raises(RateLimited) as by_words:
        submitted(403, QUOTA)
    with pytest.raises(RateLimited) as by_header:
        submitted(403, b"", Retry_After="30")

    assert by_words.value.retry_after is None
    assert by_header.value.retry_after == 30


def test_503_is_a_clear_no_only_with_a_retry_after():
    """Without it nobody says that the order was not taken."""
    with pytest.raises(RateLimited) as busy:
        submitted(503, b"", Retry_After="7")
    with pytest.raises(OutcomeUnknown):
        submitted(503, b"")

    assert busy.value.retry_after == 7


@pytest.mark.parametrize("status", [300, 302, 304, 307, 408, 409, 425, 499, 500, 502, 504, 599])
def test_what_leaves_open_whether_an_order_runs_is_silence(status):
    with pytest.raises(OutcomeUnknown):
        submitted(status, HTML)


def _date(seconds):
    return format_datetime(datetime.fromtimestamp(NOW + seconds, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        (" 30 ", 30),
        ("0", 0),
        ("-5", 0),
        ("1.5", 1.5),
        (_date(90), 90),
        (_date(-90), 0),
        ("99999999999", wire.LONGEST_PAUSE),
        ("soon", None),
        ("", None),
        ("inf", None),
        ("nan", None),
        ("٣٠", None),
        ("Mon, 16 Nov 2009 13:32:02 +99999999999999999999", None),
        ("Mon, 99 Nov 2009 13:32:02 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert wire.retry_after({"Retry-After": header}, now=NOW) == seconds


def test_429_tells_how_long_if_the_vendor_does():
    with pytest.raises(RateLimited) as told:
        submitted(429, {"message": "Rate limit is exceeded."}, Retry_After="12")
    with pytest.raises(RateLimited) as untold:
        submitted(429, b"")

    assert (told.value.status, told.value.retry_after) == (429, 12)
    assert untold.value.retry_after is None


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, KeyRejected),
        (403, KeyRejected),
        (429, RateLimited),
        (404, RequestNotFound),
        (410, RequestNotFound),
        (400, OutcomeUnknown),
        (402, OutcomeUnknown),
        (500, OutcomeUnknown),
        (302, OutcomeUnknown),
    ],
)
def test_a_status_call_that_fails_says_what_may_be_concluded(status, error):
    """400 to a status call says nothing of an order: it may run all the same."""
    with pytest.raises(PixazoError) as raised:
        asked(status, b"{}")

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-05-22T13:17:32.110Z", 1779455852.11),
        ("2026-05-22 13:17:32", 1779455852.0),
        ("2026-05-22T15:17:32+02:00", 1779455852.0),
        ("...", None),
        ("", None),
    ],
)
def test_a_naive_timestamp_is_in_utc(text, seconds):
    assert wire.parse_timestamp(text) == (None if seconds is None else pytest.approx(seconds))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
ENVELOPE = ("request_id", "status", "error", "message", "output", "images", "statusCode")
envelopes = st.fixed_dictionaries({}, optional=dict.fromkeys(ENVELOPE, json_values)).map(
    lambda body: json.dumps(body).encode()
)
bodies = st.binary(max_size=200) | json_values.map(lambda body: json.dumps(body).encode())
statuses = st.integers(min_value=100, max_value=599)
retry_afters = st.none() | st.text(max_size=30) | st.integers().map(str) | st.dates().map(str)


@given(statuses, st.one_of(bodies, envelopes), retry_afters)
@example(400, b'{"message": "\\ud800"}', None)
@example(202, b'{"request_id": "a", "status": "FAILED", "error": "\\ud800"}', None)
@example(202, b'{"request_id": "a", "status": "QUEUED", "error": {"\\ud800": "\\ud800"}}', None)
@example(429, b"", "Mon, 16 Nov 2009 13:32:02 +99999999999999999999")
def test_whatever_comes_is_an_update_or_one_of_our_errors(status, body, retry_after):
    """A hostile or broken answer must not end in an error that nobody expects.

    What is kept of it goes into the store and to Discord, and so must be sound text.
    """
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    for read in (wire.read_submit, wire.read_status):
        try:
            update = read(status, headers, body, now=NOW)
        except PixazoError as error:
            words = getattr(error, "reason", "")
        else:
            words = "".join([update.error or "", update.request_id or "", *update.media])
        assert words.encode().decode() == words
        assert "\x00" not in words


@given(st.one_of(bodies, envelopes))
def test_whatever_is_called_back_is_an_update_or_silence(body):
    try:
        update = wire.read_update(body)
    except OutcomeUnknown:
        return

    assert update.request_id is not None
    assert wire.REQUEST_ID.fullmatch(update.request_id)


@pytest.mark.parametrize("name", ["brackets", "braces", "digits"])
def test_a_body_made_to_break_parsers_is_a_refusal_like_any_other(name):
    deep = {"brackets": b"[" * 50_000, "braces": b'{"a":' * 50_000, "digits": b"9" * 50_000}[name]

    with pytest.raises(VendorRefused):
        submitted(400, deep)
    with pytest.raises(OutcomeUnknown):
        submitted(202, deep)
    with pytest.raises(OutcomeUnknown):
        wire.read_update(deep)
