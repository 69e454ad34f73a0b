"""What an operator sees of a running bot: health, metrics, log, commands."""

import asyncio
import json
import time

import pytest
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.driver import delivered, pictures, says

SOON = 15.0  # seconds


@pytest.fixture
def ask(sandbox):
    """Get a page from the bot; return the status and the text."""

    async def ask(path):
        url = f"http://127.0.0.1:{sandbox.web_port}{path}"
        async with ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.text()

    return ask


@pytest.fixture
def readiness(ask):
    """Wait until ``/readyz`` has all of these values, and return its status."""

    async def readiness(**wanted):
        until = time.monotonic() + SOON
        while True:
            status, text = await ask("/readyz")
            if json.loads(text).items() >= wanted.items():
                return status
            assert time.monotonic() < until, text
            await asyncio.sleep(0.02)

    return readiness


@pytest.fixture
def figures(ask):
    """Return all metrics by name and label values."""

    async def figures():
        status, text = await ask("/metrics")
        assert status == 200
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return figures


@pytest.fixture
def operate(sandbox):
    """Run a command; return its exit status and its lines."""

    async def operate(*arguments):
        process = sandbox.bot(*arguments)
        await process.start()
        status = await process.wait_exit()
        return status, list(process.log)[:-1]  # the last one is the sandbox's

    return operate


async def test_a_bot_that_lost_the_gateway_says_so_until_it_is_back(sandbox, start, readiness):
    """A rolling restart waits for readiness; a supervisor restarts by liveness only."""
    await start()
    assert await readiness(ready=True, gateway=True, store=True, lane="open") == 200

    sandbox.world.refuse_gateway = True
    sandbox.discord.drop()
    assert await readiness(ready=False, gateway=False, store=True) == 503

    sandbox.world.refuse_gateway = False
    assert await readiness(ready=True, gateway=True) == 200


async def test_a_bot_without_credit_says_so_until_an_order_went_through(
    sandbox, start, noah, readiness, figures
):
    await start(BALANCE_PROBE_SECONDS="0.1")
    sandbox.pixazo.wallet_usd = 0.0

    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(says("credit"))
    assert await readiness(ready=False, gateway=True, lane="credit") == 503

    sandbox.pixazo.wallet_usd = 1.0
    await asyncio.sleep(0.1)
    probe = await noah.command("imagine", prompt="a dog")
    await probe.until(delivered(1))
    assert await readiness(ready=True, lane="open") == 200

    counted = await figures()
    assert counted["imagine_lane_shut_episodes_total", "credit"] == 1
    assert counted["imagine_orders_ended_total", "REFUSED", "out_of_credit"] == 1
    assert counted["imagine_vendor_call_seconds_count", "402", "submit"] == 1


async def test_one_order_shows_in_the_figures_and_nobody_is_named_there(
    sandbox, start, noah, ask, figures, store
):
    await start()
    before = await figures()

    sent = await noah.command("imagine", prompt="a cat in a spaceship", images=2)
    await sent.until(delivered(2))
    row = await store.ended("a cat in a spaceship", "DELIVERED")

    after = await figures()
    async with asyncio.timeout(SOON):  # it is counted after it is recorded
        while not after["imagine_visible_seconds_count",]:
            after = await figures()

    def more(*name):
        return after.get(name, 0) - before.get(name, 0)

    assert more("imagine_orders_taken_total") == 1
    assert more("imagine_orders_ended_total", "DELIVERED", "none") == 1
    assert more("imagine_images_billed_total") == 2
    assert more("imagine_spent_usd_total") == pytest.approx(0.002)
    assert more("imagine_answer_seconds_count") == 1
    assert more("imagine_visible_seconds_count") == 1
    assert more("imagine_vendor_call_seconds_count", "2xx", "submit") == 1
    assert more("imagine_vendor_call_seconds_count", "2xx", "media") == 2
    assert more("imagine_discord_call_seconds_count", "2xx", "ack") == 1
    assert more("imagine_discord_call_seconds_count", "2xx", "edit") >= 2
    assert after["imagine_gateway_connected",] == 1
    assert after["imagine_store_up",] == 1

    _, page = await ask("/metrics")
    places = (row[name] for name in ("guild_id", "member_id", "channel_id", "id", "request_id"))
    assert not [place for place in map(str, places) if place in page]
    assert "spaceship" not in page
    assert len([line for line in page.splitlines() if not line.startswith("#")]) < 2_000


async def test_each_record_in_json_says_which_job_and_guild_it_is_about(
    sandbox, start, noah, store
):
    bot = await start(LOG_FORMAT="json")
    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(delivered(1))
    row = await store.ended("a cat", "DELIVERED")

    records = [json.loads(line) for line in bot.log if line.startswith("{")]
    about = [record for record in records if row["id"] in record["message"]]
    assert len(about) >= 2
    for record in about:
        assert (record["job"], record["guild"]) == (row["id"], str(row["guild_id"]))
    connected = next(one for one in records if "has connected to Gateway" in one["message"])
    assert connected["shard"] == 0
    assert "job" not in connected


async def an_uncertain_order(sandbox, start, noah, store):
    """Let the vendor accept and bill an order without an answer."""
    sandbox.pixazo.answer_next("silence")
    await start(PUBLIC_URL="", SUBMIT_TIMEOUT_SECONDS="0.5", LEASE_SECONDS="1.5")
    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(says("**Could not be confirmed**"))
    row = await store.ended("a cat", "UNCERTAIN")
    return sent, row["id"]


async def test_an_uncertain_order_is_delivered_once_an_operator_names_its_request(
    sandbox, start, noah, store, operate
):
    """The vendor's list of requests has what the lost answer would have said."""
    sent, job_id = await an_uncertain_order(sandbox, start, noah, store)
    (request,) = sandbox.pixazo.latest(1)

    status, lines = await operate("jobs", "list", "--state", "UNCERTAIN")
    assert (status, [line.split()[0] for line in lines[1:]]) == (0, [job_id])
    status, (line,) = await operate("jobs", "settle", job_id, "--delivered-by", request.request_id)
    assert (status, "QUEUED" in line) == (0, True)

    await sent.until(delivered(1))
    await store.delivered("a cat")
    assert len(sandbox.pixazo.accepted) == 1
    assert len(pictures(sandbox, "a cat")) == 1


async def test_an_uncertain_order_that_an_operator_calls_refused_costs_its_member_nothing(
    sandbox, start, noah, store, operate
):
    sent, job_id = await an_uncertain_order(sandbox, start, noah, store)

    status, _ = await operate("jobs", "settle", job_id, "--refused")

    assert status == 0
    card = await sent.until(says("never took it"))
    assert says("Nothing was charged")(card)
    await store.ended("a cat", "REFUSED")


async def test_the_lane_and_an_order_are_looked_at_beside_a_running_bot(
    sandbox, start, noah, operate, store
):
    await start()
    sandbox.pixazo.hold_states()
    await noah.command("imagine", prompt="a cat")
    row = await store.until("a cat", lambda row: row["state"] == "QUEUED")

    status, (line,) = await operate("lanes")
    assert status == 0
    assert line.endswith("(of PIXAZO_API_KEY): open; 0 waiting, 1 at the vendor")

    status, lines = await operate("jobs", "show", row["id"])
    assert status == 0
    assert "prompt             'a cat'" in lines
    assert not [line for line in lines if row["callback_token"] in line]
    assert not [line for line in lines if row["interaction_token"] in line]
