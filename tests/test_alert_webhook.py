"""What the operator's receiver gets, and that its address shows nowhere."""

import pytest

from bot.alert_webhook import AlertWebhook
from bot.domain.alerts import AlertMessage, AlertState, harmless
from bot.log import redactor
from bot.service.port_errors import AlertNotTaken
from sandbox.alerts import TOKEN, AlertReceiver
from sandbox.faults import Answer, Cut, Fault, Faults, Redirect
from sandbox.journal import Journal
from tests.samples import NOW

KEY = "key-very-secret"


@pytest.fixture
async def receiver():
    async with AlertReceiver(Journal(), Faults()) as opened:
        yield opened


@pytest.fixture(params=["json", "discord"])
async def webhook(request, receiver):
    url = receiver.url(request.param)
    redact = redactor([KEY])
    async with AlertWebhook.open(url, instance="here", redact=redact) as opened:
        yield opened


def a_message(state=AlertState.OPEN, text="The wallet at the vendor is empty."):
    return AlertMessage(
        id="a-1",
        kind="lane",
        subject="credit",
        state=state,
        text=text,
        opened_at=NOW,
        closed_at=NOW + 60 if state is AlertState.OVER else None,
    )


@pytest.mark.parametrize("webhook", ["json"], indirect=True)
async def test_a_receiver_gets_json_that_slack_and_ntfy_can_show(receiver, webhook):
    for state in AlertState:
        await webhook.send(a_message(state))

    opened, over, event = receiver.taken
    assert opened["text"] == "Imagine: trouble. The wallet at the vendor is empty."
    assert over["text"].startswith("Imagine: over. ")
    assert event["text"] == "Imagine: The wallet at the vendor is empty."
    assert (opened["title"], opened["message"]) == (
        "Imagine: trouble",
        "The wallet at the vendor is empty.",
    )
    assert opened.keys() == over.keys()
    assert (opened["kind"], opened["subject"], opened["state"]) == ("lane", "credit", "open")
    assert (opened["id"], opened["instance"]) == (over["id"], "here")
    assert (opened["opened_at"], opened["closed_at"]) == ("2026-02-02T02:40:00+00:00", None)
    assert over["closed_at"] == "2026-02-02T02:41:00+00:00"


@pytest.mark.parametrize("webhook", ["discord"], indirect=True)
async def test_discord_gets_a_message_that_pings_nobody(receiver, webhook):
    await webhook.send(a_message(text=harmless("Look, @everyone <@7> <!channel>\n\nnow")))

    (body,) = receiver.taken
    assert body["allowed_mentions"] == {"parse": []}
    assert "lane, credit" in body["content"]
    assert f"<t:{int(NOW)}:f>" in body["content"]
    assert not {"@", "<!"} & set(body["content"])
    assert receiver.journal.exchanges[0].query == "wait=true"


async def test_a_text_is_cut_and_has_no_secret(receiver, webhook):
    await webhook.send(a_message(text=harmless(f"{KEY} " + "x" * 5000)))

    assert KEY not in receiver.texts[0]
    assert "[redacted]" in receiver.texts[0]
    assert len(receiver.texts[0]) < 1200


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Answer(status=404), "answered 404"),
        (Answer(status=500, body=TOKEN), "answered 500"),
        (Answer(status=302, headers={"Location": "/elsewhere"}), "answered 302"),
        (Redirect(origin="http://localhost:1"), "answered 302"),
        (Cut(), "not reached (ServerDisconnectedError)"),
    ],
)
async def test_what_is_not_taken_is_said_without_the_address(receiver, webhook, trouble, words):
    receiver.faults.add(Fault(do=trouble))

    with pytest.raises(AlertNotTaken) as refusal:
        await webhook.send(a_message())

    assert str(refusal.value) == words
    assert refusal.value.__cause__ is None


async def test_a_receiver_that_is_not_there_is_not_reached(receiver, webhook):
    await receiver.close()

    with pytest.raises(AlertNotTaken, match="not reached"):
        await webhook.send(a_message())


@pytest.mark.parametrize(("header", "seconds"), [("30", 30.0), ("1.5", 1.5), ("soon", 0.0)])
async def test_the_pause_that_a_receiver_asks_for_is_read(receiver, webhook, header, seconds):
    receiver.faults.add(Fault(do=Answer(status=429, headers={"Retry-After": header})))

    with pytest.raises(AlertNotTaken) as refusal:
        await webhook.send(a_message())

    assert refusal.value.retry_after == seconds


@pytest.mark.parametrize(
    ("path", "is_discord"),
    [
        ("https://discord.com/api/webhooks/1/a-b_c", True),
        ("https://canary.discord.com/api/v10/webhooks/1/a?thread_id=7", True),
        ("https://discord.com/api/webhooks/1/a/slack", False),
        ("https://hooks.slack.com/services/T/B/x", False),
        ("https://ntfy.sh/topic?tpl=yes&m={{.message}}", False),
    ],
)
async def test_a_webhook_of_discords_is_known_by_its_path(path, is_discord):
    async with AlertWebhook.open(path, instance="here", redact=str) as opened:
        assert opened.is_discord is is_discord
