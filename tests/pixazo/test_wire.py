"""The contract, to the letter."""

import gzip
import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.job import State, Update
from bot.pixazo import refusals, request_ids, wire
from bot.pixazo.sent import Sent
from bot.service.port_errors import (
    ContentRefused,
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
OTHER = "https://b.r2.dev/v1/other.png"
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
        (" Completed\n", State.COMPLETED),
        ("IN_PROGRESS", State.PROCESSING),
        ("in progress", State.PROCESSING),
        ("running", State.PROCESSING),
        ("starting", State.QUEUED),
        ("in_queue", State.QUEUED),
        ("pending", State.QUEUED),
        ("RETRYING", None),
        ("DELIVERED", None),
        ("WAITING", None),
        ("canceled", None),
        ("success", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_word_alone_is_no_end_unless_the_contract_names_it(word, state):
    """Our own states must not come in from outside."""
    answer = THE_CALLBACK | {"status": word, "output": None, "completed_at": None}

    assert asked(200, answer).state is state


@pytest.mark.parametrize(
    ("word", "facts", "state"),
    [
        ("canceled", {"error": "by the vendor"}, State.FAILED),
        ("CANCELLED", {"completed_at": "2026-05-22 13:19:23"}, State.FAILED),
        ("aborted", {"completed_at": 1779455852000}, State.FAILED),
        ("timed_out", {"error": {"message": "too long"}}, State.FAILED),
        ("Rejected", {"error": ["no"]}, State.FAILED),
        ("rejected", {"error": "", "completed_at": "..."}, None),
        ("canceled", {"output": [THE_PICTURE]}, State.COMPLETED),
        ("succeeded", {"output": THE_PICTURE}, State.COMPLETED),
        ("done", {"completed_at": "2026-05-22 13:19:23"}, State.COMPLETED),  # pictures may follow
        ("success", {"error": "no"}, State.FAILED),
        ("generated", {"output": THE_PICTURE}, State.COMPLETED),
        ("RETRYING", {"error": "the first try failed"}, None),
        ("UPLOADING", {"output": THE_PICTURE}, None),
        ("COMPLETED", {}, State.COMPLETED),
        (200, {"state": "COMPLETED"}, State.COMPLETED),
    ],
)
def test_a_word_outside_the_contract_ends_a_request_if_the_rest_says_so(word, facts, state):
    bare = THE_CALLBACK | {"output": None, "completed_at": None}

    assert asked(200, bare | {"status": word} | facts).state is state


@pytest.mark.parametrize(
    ("output", "media"),
    [
        (None, ()),
        ({}, ()),
        ({"media_url": None}, ()),
        ({"media_url": []}, ()),
        ({"media_url": THE_PICTURE}, (THE_PICTURE,)),
        ({"media_url": [THE_PICTURE], "media_type": None}, (THE_PICTURE,)),
        (THE_PICTURE, (THE_PICTURE,)),
        ([THE_PICTURE, OTHER], (THE_PICTURE, OTHER)),
        ([[THE_PICTURE], [OTHER]], (THE_PICTURE, OTHER)),
        ([{"url": THE_PICTURE, "thumbnail_url": OTHER}], (THE_PICTURE,)),
        ([{"media_url": THE_PICTURE}, {"image": {"uri": OTHER}}], (THE_PICTURE, OTHER)),
        ({"media_url": {"0": THE_PICTURE, "1": {"url": OTHER}}}, (THE_PICTURE, OTHER)),
        ({"images": [{"image": THE_PICTURE}]}, (THE_PICTURE,)),
        ({"media_url": json.dumps([THE_PICTURE, OTHER])}, (THE_PICTURE, OTHER)),
        ({"result": {"outputs": [THE_PICTURE, THE_PICTURE]}}, (THE_PICTURE,)),
        ({"media_url": f"{THE_PICTURE},\n{OTHER}"}, (THE_PICTURE, OTHER)),
        ({"media_url": [f"  {THE_PICTURE}\n"]}, (THE_PICTURE,)),
        (
            {"media_url": ["https://a.r2.dev/my picture.png"]},
            ("https://a.r2.dev/my%20picture.png",),
        ),
        ({"media_url": [OTHER.removeprefix("https:")]}, (OTHER,)),
        ({"media_url": [OTHER.removeprefix("https://")]}, (OTHER,)),
        ({"media_url": ["/v1/output.png", "output.png", "ftp://a.r2.dev/1", 7, None]}, ()),
        ({"media_url": ["data:image/png;base64,AAAA", OTHER]}, (OTHER,)),
    ],
)
def test_the_output_may_be_missing_or_have_other_shapes(output, media):
    update = asked(200, THE_CALLBACK | {"output": output})

    assert (update.state, update.media) == (State.COMPLETED, media)
    assert asked(200, {"data": THE_CALLBACK | {"output": output}}).media == media


@pytest.mark.parametrize("name", ["outputs", "images", "result", "mediaUrl", "data"])
def test_the_output_may_have_another_name(name):
    renamed = {key: value for key, value in THE_CALLBACK.items() if key != "output"}

    assert asked(200, renamed | {name: {"media_url": [OTHER]}}).media == (OTHER,)


def test_other_addresses_of_an_answer_are_no_pictures():
    """What is taken for a finished picture makes an order paid for and delivered."""
    docs = {"data": {"docs": "https://docs.pixazo.ai/v1"}, "url": "https://status.pixazo.ai/"}

    with pytest.raises(OutcomeUnknown):
        submitted(200, docs)
    assert asked(200, THE_TICKET | docs).media == ()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (None, None),
        ("", None),
        ("  two\n lines ", "two lines"),
        ({"code": 7}, "code: 7"),
        (["a", {"message": "b"}], "a; b"),
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
        ({"error": {"code": "x", "detail": [1]}}, "code: x, detail: 1"),
        ({"detail": "Bad prompt"}, "Bad prompt"),
        ({"title": "Invalid", "detail": "Bad prompt"}, "Invalid: Bad prompt"),
        ({"detail": [{"loc": ["body", "num_images"], "msg": "too many"}]}, "num_images: too many"),
        ({"errors": [{"message": "Bad prompt"}, {"message": "Bad size"}]}, "Bad prompt; Bad size"),
        ({"error": {"error": {"message": "Bad prompt"}}}, "Bad prompt"),
        ({"error": '{"message": "Bad prompt"}'}, "Bad prompt"),
        (b'{"message": "Bad prompt", "cut": "o', "Bad prompt"),
        (b"<error><message>Bad prompt</message></error>", "Bad prompt"),
        (gzip.compress(b'{"message": "Bad prompt"}', mtime=0), "Bad prompt"),
        (b"plain words [1]", "plain words [1]"),
        (b"", ""),
        (HTML, ""),
        (["a"], "a"),
        (b"caf\xe9", "caf\ufffd"),
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
    with pytest.raises(RateLimited) as nonsense:
        submitted(503, b"", Retry_After="0")
    with pytest.raises(OutcomeUnknown):
        submitted(503, b"")

    assert (busy.value.retry_after, nonsense.value.retry_after) == (7, None)


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
        ("30 s", 30),
        ("0", None),
        ("-5", None),
        ("1.5", 1.5),
        ("86400", 86400),
        ("86401", None),
        ("30000", None),  # milliseconds
        ("3600", 3600),
        (str(int(NOW) + 30), None),  # an epoch
        (_date(90), 90),
        (_date(90).replace("GMT", "+0000"), 90),
        (_date(-90), None),
        (_date(90_000), None),
        ("99999999999", None),
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
    assert refusals.retry_after({"Retry-After": header}, now=NOW) == seconds


@pytest.mark.parametrize(("days", "seconds"), [(1, 86400), (5, 86400), (31, 86400), (32, None)])
def test_of_a_quotas_pause_a_day_is_believed(days, seconds):
    """Then one order tries, and the vendor may say the same again."""
    with pytest.raises(RateLimited) as busy:
        submitted(403, QUOTA, Retry_After=str(days * 86400))

    assert busy.value.retry_after == seconds


@pytest.mark.parametrize("clock", [NOW - 86400, NOW, NOW + 300])
def test_a_date_to_retry_after_is_measured_by_the_answers_own(clock):
    headers = {"Retry-After": _date(90), "Date": _date(0)}

    assert refusals.retry_after(headers, now=clock) == 90


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
    assert refusals.parse_timestamp(text) == (None if seconds is None else pytest.approx(seconds))


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
    assert request_ids.valid(update.request_id) == update.request_id


@pytest.mark.parametrize("name", ["brackets", "braces", "digits"])
def test_a_body_made_to_break_parsers_is_a_refusal_like_any_other(name):
    deep = {"brackets": b"[" * 50_000, "braces": b'{"a":' * 50_000, "digits": b"9" * 50_000}[name]

    with pytest.raises(VendorRefused):
        submitted(400, deep)
    with pytest.raises(OutcomeUnknown):
        submitted(202, deep)
    with pytest.raises(OutcomeUnknown):
        wire.read_update(deep)


PROMPT = "a credit card on a wallet, nsfw"
NO_CREDIT, NO_CONTENT, REFUSED = OutOfCredit, ContentRefused, VendorRefused


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (402, b"", NO_CREDIT),
        (402, {"message": "content policy"}, NO_CREDIT),
        (403, NO_BALANCE, NO_CREDIT),
        (400, {"error": {"code": "insufficient_funds"}}, NO_CREDIT),
        (422, {"detail": [{"loc": ["body"], "msg": "No credits left"}]}, NO_CREDIT),
        (403, {"detail": "Please top up"}, NO_CREDIT),
        (403, "Your wallet is empty", NO_CREDIT),
        (403, {"errors": ["billing: payment is overdue"]}, NO_CREDIT),
        (409, {"title": "Not enough balance"}, NO_CREDIT),
        (401, {"message": "Insufficient credits"}, NO_CREDIT),
        (429, {"message": "Insufficient balance"}, NO_CREDIT),
        (429, {"message": "You exceeded your quota, check your billing details"}, RateLimited),
        (429, {"message": "Too many requests for your credit plan"}, RateLimited),
        (403, {"message": "Quota of credits exceeded"}, RateLimited),
        (400, {"error": "The prompt violates our content policy"}, NO_CONTENT),
        (422, {"detail": [{"loc": ["body", "prompt"], "msg": "NSFW content"}]}, NO_CONTENT),
        (403, {"error": {"code": "content_policy_violation", "message": "Rejected"}}, NO_CONTENT),
        (451, {"message": "Flagged by moderation"}, NO_CONTENT),
        (400, {"message": "Inappropriate prompt"}, NO_CONTENT),
        (400, {"error": {"type": "SafetyError", "message": "blocked"}}, NO_CONTENT),
        (400, {"message": "Your prompt has sensitive words"}, NO_CONTENT),
        (403, {"message": "Access to this API is prohibited"}, KeyRejected),
        (403, {"message": "Your account was flagged"}, KeyRejected),
        (401, {"message": "Content policy"}, KeyRejected),
        (400, {"message": "This name is case-sensitive"}, REFUSED),
        (415, {"message": "Content-Type not allowed"}, REFUSED),
        (400, {"message": f"Bad prompt: {PROMPT}"}, REFUSED),
        (400, {"message": "Bad prompt: A credit card on a wal…"}, REFUSED),
        (400, {"message": "The word 'wallet' has no picture"}, REFUSED),
        (400, {"message": "The word wallet has no picture"}, REFUSED),
        (400, {"message": "Bad prompt", "input": {"prompt": "nsfw credit"}}, REFUSED),
        (400, {"message": f"Insufficient balance for: {PROMPT}"}, NO_CREDIT),
        (408, {"message": "wallet"}, OutcomeUnknown),
        (500, NO_BALANCE, OutcomeUnknown),
        (202, NO_BALANCE, OutcomeUnknown),
    ],
)
def test_a_refusal_is_what_its_words_say(status, body, error):
    """A prompt that is quoted must not shut the lane."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = Sent.of(an_order(prompt=PROMPT, sent=f"{PROMPT}, oil"), "key", None)

    with pytest.raises(PixazoError) as raised:
        wire.read_submit(status, {}, raw, now=NOW, sent=sent)

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("error", "refused"),
    [("NSFW content detected", True), ({"code": "content_filter"}, True), ("GPU lost", False)],
)
def test_an_end_says_whether_the_content_was_refused(error, refused):
    for where in ({"error": error}, {"error": None, "message": error}):
        update = asked(200, THE_FAILURE | {"status": "FAILED"} | where)

        assert (update.state, update.content_refused) == (State.FAILED, refused)


def test_what_stays_unreadable_is_told_without_secrets():
    """It is all that is left of an order that may be paid for."""
    callback = Callback(url="https://bot.example/callbacks/1/t0ken", mode="sync")
    sent = Sent.of(an_order(prompt="a cat"), "s3cret", callback)
    body = json.dumps({"welcome": f"s3cret {callback.url} t0ken", "prompt": "a cat"}) + "x" * 999

    for raw in (body.encode(), body.encode("utf-16"), gzip.compress(body.encode())):
        with pytest.raises(OutcomeUnknown) as unknown:
            wire.read_submit(202, {}, raw, now=NOW, sent=sent)

        words = str(unknown.value)
        assert "welcome" in words
        assert not [secret for secret in ("s3cret", "t0ken", "a cat") if secret in words]
        assert len(words) < 400


# The documented form is read by a short way, with the result of the search.

ODD = st.sampled_from(["", "0", "QUEUED", "done", THE_ID, THE_PICTURE, "{}", " x ", "2026-05-22"])
VALUES = ODD | st.none() | st.booleans() | st.integers() | st.lists(ODD, max_size=2)
OUTPUTS = VALUES | st.dictionaries(st.sampled_from(["media_url", "media_type", "url"]), VALUES)


@given(
    st.sampled_from([THE_TICKET, THE_CALLBACK, THE_FAILURE]),
    st.dictionaries(st.sampled_from([*THE_CALLBACK, "polling_url", "id"]), OUTPUTS, max_size=3),
    st.sets(st.sampled_from([*THE_CALLBACK]), max_size=2),
)
def test_the_short_way_says_what_the_search_says(answer, changes, left_out):
    body = {key: value for key, value in (answer | changes).items() if key not in left_out}

    def outcome():
        try:
            return asked(200, body)
        except PixazoError as error:
            return str(error)

    short = outcome()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "_documented", lambda _: None)
        assert short == outcome()


@pytest.mark.parametrize("answer", [THE_TICKET, THE_CALLBACK])
def test_what_is_documented_is_not_searched(answer, monkeypatch):
    monkeypatch.setattr(wire, "_Answer", None)
    assert asked(200, answer).request_id == THE_ID
    assert submitted(202, answer).request_id == THE_ID
