"""What an operator sees of a running bot: health, metrics, log, commands."""

import asyncio
import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.driver import accepted, delivered, downloaded, eventually, pictures, says
from tests.content_credentials import GENERATED, credentials, manifests, validity
from tests.pixazo.test_marking import packets

SOON = 15.0  # seconds


@pytest.fixture
def figures(metrics):
    """Return all metrics by name and label values."""

    async def figures():
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(await metrics())
            for sample in family.samples
        }

    return figures


async def test_a_bot_without_credit_says_so_until_an_order_went_through(
    sandbox, start, noah, readiness, figures
):
    await start(BALANCE_PROBE_SECONDS="0.1")
    sandbox.pixazo.wallet_usd = 0.0

    sent = await noah.command("imagine", prompt="a cat")
    await sent.until(says("credit"))
    await readiness(ready=False, gateway=True, lane="credit")

    sandbox.pixazo.wallet_usd = 1.0
    await asyncio.sleep(0.1)
    probe = await noah.command("imagine", prompt="a dog")
    await probe.until(delivered(1))
    await readiness(ready=True, lane="open")

    counted = await figures()
    assert counted["imagine_lane_shut_episodes_total", "credit"] == 1
    assert counted["imagine_orders_ended_total", "REFUSED", "out_of_credit"] == 1
    assert counted["imagine_vendor_call_seconds_count", "402", "submit"] == 1


async def test_one_order_shows_in_the_figures_without_names_and_in_json_records(
    sandbox, start, noah, metrics, figures, store
):
    bot = await start(LOG_FORMAT="json")
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
    assert after["imagine_asyncio_tasks",] > 1

    text = await metrics()
    places = (row[name] for name in ("guild_id", "member_id", "channel_id", "id", "request_id"))
    assert not [place for place in map(str, places) if place in text]
    assert "spaceship" not in text
    assert len([line for line in text.splitlines() if not line.startswith("#")]) < 2_000

    records = [json.loads(line) for line in bot.log if line.startswith("{")]
    about = [record for record in records if row["id"] in record["message"]]
    assert len(about) >= 2
    for record in about:
        assert (record["job"], record["guild"]) == (row["id"], str(row["guild_id"]))
    if not sandbox.by_http:  # else there are no shards
        connected = next(one for one in records if "has connected to Gateway" in one["message"])
        assert connected["shard"] == 0
        assert "job" not in connected


async def test_an_operator_settles_uncertain_orders_by_the_request_or_as_refused(
    sandbox, start, noah, store, operate
):
    """The vendor's list of requests has what the lost answer would have said."""
    await start(PUBLIC_URL="", SUBMIT_TIMEOUT_SECONDS="0.5", LEASE_SECONDS="1.5")
    orders = []
    for prompt in ("a cat", "a dog"):
        sandbox.pixazo.answer_next("silence")  # the vendor accepts and bills it
        sent = await noah.command("imagine", prompt=prompt)
        await sent.until(says("**No reply**"))
        orders.append((sent, (await store.ended(prompt, "UNCERTAIN"))["id"]))
    (cat, cat_id), (dog, dog_id) = orders
    request_id = sandbox.pixazo.accepted[0].request_id

    status, lines = await operate("jobs", "list", "--state", "UNCERTAIN")
    assert (status, {line.split()[0] for line in lines[1:]}) == (0, {cat_id, dog_id})
    status, (line,) = await operate("jobs", "settle", cat_id, "--delivered-by", request_id)
    assert (status, "QUEUED" in line) == (0, True)
    status, _ = await operate("jobs", "settle", dog_id, "--refused")
    assert status == 0

    await cat.until(delivered(1))
    await store.delivered("a cat")
    card = await dog.until(says("never received it"))
    assert says("Nothing was charged")(card)
    await store.ended("a dog", "REFUSED")
    assert len(sandbox.pixazo.accepted) == 2
    assert len(pictures(sandbox, "a cat")) == 1


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


async def test_after_a_backup_was_put_back_nothing_is_submitted_again(
    sandbox, start, noah, operate, store
):
    bot = await start(LANE_WIDTH="1")
    sandbox.pixazo.hold_states()
    dog = await noah.command("imagine", prompt="a dog")
    await store.until("a dog", lambda row: row["state"] == "QUEUED")
    cat = await noah.command("imagine", prompt="a cat")
    await store.until("a cat", lambda row: row["answered_at"])
    copy = store.path.with_name("copy.db")
    assert (await operate("backup", str(copy)))[0] == 0
    sandbox.pixazo.release_states()
    for sent in (dog, cat):
        await sent.until(delivered(1))
    await store.delivered("a cat")
    await bot.stop()

    copy.replace(store.path)
    for suffix in ("-wal", "-shm"):
        store.path.with_name(f"{store.path.name}{suffix}").unlink(missing_ok=True)
    status, lines = await operate("restored")
    assert (status, [int(line.split(": ")[1]) for line in lines[:-1]]) == (0, [1, 0, 1, 0])
    await bot.start()
    await sandbox.ready()
    await store.delivered("a dog")

    assert store.row("a cat")["cause"] == "restored"
    assert accepted(sandbox) == ["a dog", "a cat"]
    assert all(len(pictures(sandbox, prompt)) == 1 for prompt in ("a dog", "a cat"))


async def test_pictures_are_signed_as_soon_as_the_certificate_can_be_read(
    start, noah, operate, figures, store, tmp_path
):
    """Before, they are delivered without: they are paid for."""
    certificate, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    files = {"C2PA_CERTIFICATE": str(certificate), "C2PA_KEY": str(key)}
    status, lines = await operate("check", **files)
    assert status == 1
    assert "FAILED  signing: C2PA_CERTIFICATE can't be read: No such file or directory" in lines
    bot = await start(**files)

    unsigned = await (await noah.command("imagine", prompt="an unsigned cat")).until(delivered(1))
    assert GENERATED in packets(await downloaded(unsigned)).values()
    assert (await figures())["imagine_pictures_signed_total", "failed"] == 1
    await bot.wait_line("picture not signed: job=")
    await eventually(lambda: store.execute("SELECT id FROM alerts WHERE kind = 'signing'"))

    for path, content in zip((certificate, key), credentials(365), strict=True):
        path.write_bytes(content)
    signed = await (await noah.command("imagine", prompt="a signed cat")).until(delivered(1))
    content = await downloaded(signed)
    _, (manifest,) = manifests(content, "image/png")
    assert not validity(content, "image/png")
    assert GENERATED in str(manifest["assertions"])
    assert GENERATED in packets(content).values()
    assert (await figures())["imagine_pictures_signed_total", "signed"] == 1
    _, lines = await operate("check", **files)
    failed = [line for line in lines if line.startswith("FAILED")]
    assert not [line for line in failed if "bot.example" not in line]  # it leads nowhere, by HTTP
    assert any(line.startswith("ok      signing: ") for line in lines)
