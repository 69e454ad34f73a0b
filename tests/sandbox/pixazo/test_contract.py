"""The vendor's contract, line by line."""

import asyncio
import json
import re
from email.utils import parsedate_to_datetime

import aiohttp
import pytest

from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.pixazo import Pixazo, Settings, Status
from sandbox.pixazo.queue import Order
from tests.sandbox.pixazo.conftest import KEY, STATUS, SUBMIT

REQUEST_ID = (
    r"auraflow-v0-3-512_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
ZULU = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


async def test_a_submit_is_taken_with_202(submit, pixazo):
    code, body = await submit(
        num_images=2, guidance_scale=3.5, num_inference_steps=50, expand_prompt=True
    )

    assert code == 202
    assert list(body) == ["request_id", "status", "polling_url"]
    assert re.fullmatch(REQUEST_ID, body["request_id"])
    assert body["status"] == "QUEUED"
    assert body["polling_url"] == f"{pixazo.origin}{STATUS}{body['request_id']}"
    (accepted,) = pixazo.accepted
    assert accepted.request_id == body["request_id"]
    assert json.loads(accepted.body)["num_images"] == 2


async def test_the_status_has_the_universal_shape(submit, status, pixazo):
    _, ticket = await submit(num_images=2)
    request_id = ticket["request_id"]

    queued = await status(request_id)
    pixazo.move(request_id, "PROCESSING")
    processing = await status(request_id)
    pixazo.move(request_id, "COMPLETED")
    completed = await status(request_id)

    for body in (queued, processing, completed):
        assert list(body) == [
            *("request_id", "status", "model_id", "error", "output"),
            *("created_at", "updated_at", "completed_at"),
        ]
        assert (body["request_id"], body["model_id"]) == (request_id, "auraflow-v0-3-512")
        assert body["error"] is None
        assert re.fullmatch(ZULU, body["created_at"])
    assert (queued["status"], queued["output"], queued["completed_at"]) == ("QUEUED", None, None)
    assert (processing["status"], processing["output"]) == ("PROCESSING", None)
    assert re.fullmatch(ZULU, completed["completed_at"])
    folder = f"{pixazo.media_origin}/v1/{request_id}"
    assert completed["output"] == {
        "media_url": [f"{folder}/output.png", f"{folder}/output_2.png"],
        "media_type": "image/png",
    }


@pytest.mark.parametrize("outcome", ["FAILED", "ERROR"])
async def test_a_failed_request_has_an_error_and_no_output(submit, status, pixazo, outcome):
    _, ticket = await submit()

    pixazo.move(ticket["request_id"], outcome, error="The model tripped")

    body = await status(ticket["request_id"])
    assert (body["status"], body["error"], body["output"]) == (outcome, "The model tripped", None)


async def test_undocumented_states_are_possible(submit, status, pixazo):
    _, ticket = await submit()

    pixazo.move(ticket["request_id"], "RESTING")

    assert (await status(ticket["request_id"]))["status"] == "RESTING"


@pytest.mark.parametrize(
    ("headers", "word"), [({}, "missing"), ({"Ocp-Apim-Subscription-Key": "other"}, "invalid")]
)
@pytest.mark.parametrize("path", [SUBMIT, STATUS + "x", "/anything"])
async def test_without_the_right_key_every_path_answers_401(pixazo, headers, word, path):
    async with (
        aiohttp.ClientSession(base_url=pixazo.origin, headers=headers) as other,
        other.request("POST" if path == SUBMIT else "GET", path) as response,
    ):
        body = await response.json()

    assert response.status == body["statusCode"] == 401
    assert body["message"].startswith(f"Access denied due to {word} subscription key.")
    assert pixazo.accepted == []


@pytest.mark.parametrize(
    "body",
    [
        *("{", "[]", "{}", '{"prompt": ""}', '{"prompt": 7}'),
        *(
            f'{{"prompt": "x", "{name}": {value}}}'
            for name, values in {
                "num_images": ('"2"', "true", "1.5", "0", "5"),
                "guidance_scale": ('"high"', "-1"),
                "num_inference_steps": ("20.5", "0"),
                "expand_prompt": ("1", "null"),
            }.items()
            for value in values
        ),
    ],
)
async def test_a_malformed_body_is_refused_unbilled(client, pixazo, body):
    pixazo.wallet_usd = 1.0

    async with client.post(
        SUBMIT, data=body, headers={"Content-Type": "application/json"}
    ) as response:
        assert response.status == 400
        assert set(await response.json()) == {"error", "message"}

    assert (pixazo.accepted, pixazo.wallet_usd) == ([], 1.0)


async def test_only_json_is_taken(client, pixazo):
    async with client.post(SUBMIT, data=b'{"prompt": "x"}') as response:
        assert response.status == 400


async def test_options_may_be_left_out_or_whole_numbers(submit):
    assert (await submit())[0] == 202
    assert (await submit(guidance_scale=4))[0] == 202


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Webhook-URL": "http://bot.example/callbacks/1"},
        {"X-Webhook-URL": "https://bot.example/callbacks/1", "X-Webhook-Mode": "often"},
    ],
)
async def test_webhooks_are_https_and_of_a_known_mode(submit, pixazo, headers):
    code, _ = await submit(headers)

    assert code == 400
    assert pixazo.accepted == []


async def test_unknown_requests_and_paths_are_404(client):
    for path in (STATUS + "auraflow-v0-3-512_0", "/v1/balance"):
        async with client.get(path) as response:
            assert response.status == 404


async def test_an_empty_wallet_answers_402(submit, pixazo):
    pixazo.wallet_usd = 0.003

    assert (await submit(num_images=2))[0] == 202
    code, body = await submit(num_images=2)

    assert code == 402
    assert body == {
        "error": "Insufficient Balance",
        "message": "Your wallet does not have enough balance.",
    }
    assert pixazo.wallet_usd == 0.001
    assert (await submit())[0] == 202
    assert pixazo.wallet_usd == 0.0


@pytest.mark.parametrize(("outcome", "left"), [("ERROR", 0.01), ("FAILED", 0.008)])
async def test_only_error_is_not_charged(submit, pixazo, outcome, left):
    pixazo.wallet_usd = 0.01
    _, ticket = await submit(num_images=2)

    pixazo.move(ticket["request_id"], outcome)
    pixazo.move(ticket["request_id"], outcome)

    assert pixazo.wallet_usd == left


async def test_states_change_by_time(settings, submit, status, pixazo):
    settings.queued_seconds = settings.processing_seconds = (0.0, 0.0)

    _, ticket = await submit()

    assert (await status(ticket["request_id"]))["status"] == "COMPLETED"


async def test_a_held_queue_changes_no_state_by_time(settings, submit, status, pixazo):
    settings.queued_seconds = settings.processing_seconds = (0.0, 0.0)
    pixazo.hold_states()

    _, ticket = await submit()

    assert (await status(ticket["request_id"]))["status"] == "QUEUED"
    pixazo.release_states()
    assert (await status(ticket["request_id"]))["status"] == "COMPLETED"


async def test_an_enqueued_order_runs_without_a_submit(settings, status, pixazo):
    """Like an order of an earlier process, which knows its request id."""
    settings.queued_seconds = settings.processing_seconds = (0.0, 0.0)

    taken = pixazo.enqueue(Order(prompt="a lighthouse"))

    assert (await status(taken.request_id))["status"] == "COMPLETED"
    assert pixazo.accepted == []


GATEWAY = {"statusCode", "message"}
QUEUE = {"error", "message"}


@pytest.mark.parametrize(
    ("answer", "retry_after", "code", "keys", "header"),
    [
        ("429", 7, 429, GATEWAY, "7"),
        ("402", None, 402, QUEUE, None),
        ("400", None, 400, QUEUE, None),
        ("401", None, 401, GATEWAY, None),
        ("403", None, 403, GATEWAY, None),
        ("403", 444191, 403, GATEWAY, "444191"),
        ("500", None, 500, GATEWAY, None),
        ("503", None, 503, GATEWAY, None),
        ("503", 5, 503, GATEWAY, "5"),
    ],
)
async def test_error_responses_can_be_planned(
    client, pixazo, answer, retry_after, code, keys, header
):
    pixazo.wallet_usd = 1.0
    pixazo.answer_next(answer, retry_after=retry_after)

    async with client.post(SUBMIT, json={"prompt": "x"}) as response:
        body = await response.json()

    assert (response.status, set(body)) == (code, keys)
    assert response.headers.get("Retry-After") == header
    assert (pixazo.accepted, pixazo.wallet_usd) == ([], 1.0)


async def test_a_quota_names_its_end_in_dotnet_format(submit, pixazo):
    pixazo.answer_next("403", retry_after=5 * 86400 + 3 * 3600 + 23 * 60 + 11)

    _, body = await submit()

    assert body["message"].endswith("replenished in 5.03:23:11.")


async def test_retry_after_may_be_a_date(client, pixazo):
    pixazo.answer_next("429-date", retry_after=60)

    async with client.post(SUBMIT, json={"prompt": "x"}) as response:
        until = parsedate_to_datetime(response.headers["Retry-After"])
        now = parsedate_to_datetime(response.headers["Date"])

    assert 58 <= (until - now).total_seconds() <= 61


async def test_a_refusal_may_be_a_web_page(client, pixazo):
    pixazo.answer_next("html")

    async with client.post(SUBMIT, json={"prompt": "x"}) as response:
        assert (response.status, response.content_type) == (502, "text/html")


async def test_planned_answers_come_in_order_and_once(submit, pixazo):
    pixazo.answer_next("500")
    pixazo.answer_next("429", count=2)

    assert [(await submit())[0] for _ in range(4)] == [500, 429, 429, 202]


@pytest.mark.parametrize("outcome", ["FAILED", "ERROR"])
async def test_a_failure_can_be_planned(settings, submit, status, pixazo, outcome):
    settings.queued_seconds = settings.processing_seconds = (0.0, 0.0)
    pixazo.answer_next(outcome)

    code, ticket = await submit()

    assert code == 202
    body = await status(ticket["request_id"])
    assert body["status"] == outcome
    assert body["error"]


async def test_a_cut_submit_is_billed(submit, pixazo):
    """So a retry after a lost answer pays twice."""
    pixazo.wallet_usd = 1.0
    pixazo.answer_next("cut")

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await submit()

    assert len(pixazo.accepted) == 1
    assert pixazo.wallet_usd == 0.999


async def test_silence_is_billed_and_never_answered():
    async with Pixazo(Settings(wallet_usd=1.0), Journal(), Faults()) as pixazo:
        pixazo.answer_next("silence")
        async with aiohttp.ClientSession(base_url=pixazo.origin) as client:
            pending = asyncio.ensure_future(client.post(SUBMIT, json={"prompt": "x"}, headers=KEY))
            (accepted,) = await pixazo.wait_accepted()
            assert pixazo.wallet_usd == 0.999
            assert not pending.done()
            assert pixazo.request(accepted.request_id).status == Status.QUEUED
            await pixazo.__aexit__()

            with pytest.raises(aiohttp.ServerDisconnectedError):
                await pending


async def test_a_synchronous_answer_holds_the_pictures(client, pixazo):
    """Documented on another page of the vendor for the same model."""
    pixazo.answer_next("images")

    async with client.post(SUBMIT, json={"prompt": "x", "num_images": 2}) as response:
        body = await response.json()

    assert response.status == 200
    for image in body["images"]:
        async with client.get(image["url"]) as picture:
            assert picture.status == 200
