"""Reports, and their buttons for moderators."""

import pytest

from sandbox.discord.enums import InteractionType
from sandbox.discord.models import MODERATOR_PERMISSIONS
from sandbox.faults import ALWAYS, Answer, Fault, Hold
from tests.acceptance.driver import (
    EPHEMERAL,
    Server,
    Store,
    answered,
    buttons,
    components,
    crafted,
    delivered,
    restart,
    says,
    words,
)

BLOCKS = ["block_day", "block_week", "block"]
DEEDS = ("spoiler", "delete", "dismiss", *BLOCKS)


@pytest.fixture
def server(shared):
    """A new server."""
    return Server(shared)


async def log_to(server, channel="pictures"):
    sent = await server.mira.command("limits", "log", channel=server.channel(channel))
    await sent.until(answered)


async def picture(member, prompt="a lighthouse"):
    """Order, and return the card with the picture."""
    sent = await member.command("imagine", prompt=prompt)
    return await sent.until(delivered(1))


async def report(member, card, *, reason="hate", text=""):
    """Press *Report*, and send the form; a refusal comes instead of the form."""
    sent = await member.press(card["id"], buttons(card)["report"])
    await sent.acknowledged()
    if sent.interaction.modal is not None:
        sent = await member.submit_modal(sent, {"reason": [reason], "text": text})
    return await sent.until(answered)


def moderator(server, name="Mira"):
    """Return a member in the log channel."""
    return server.member(name, "pictures")


def reports(server):
    """Count the reports in the log."""
    return sum("reported a picture" in words(one) for one in moderator(server).visible())


async def reported(server, prompt):
    """Let Ada report a picture of Noah; return its card and the report in the log."""
    card = await picture(server.noah, prompt)
    await report(server.ada, card)
    return card, await moderator(server).sees(
        lambda message: (
            "reported a picture" in words(message)
            and prompt in words(message)
            and message["attachments"]
        )
    )


async def press(server, notice, deed, *, until):
    """Let a moderator press, and confirm it, and wait until the report contains *until*."""
    pressed = await moderator(server).press(notice["id"], buttons(notice)[deed])
    if deed == "delete":
        await delete_now(server, await pressed.follow_up())
    return await moderator(server).sees(
        lambda message: message["id"] == notice["id"] and until in words(message)
    )


async def delete_now(server, question):
    """Confirm a deletion, and wait for the answer."""
    sent = await moderator(server).press(question["id"], buttons(question)["delete_now"])
    await sent.until(says("Pictures deleted."))


async def blocked(member):
    """Tell whether a member's next order is refused because of a block."""
    sent = await member.command("imagine", prompt="one more")
    message = await sent.until(words)
    return "You're blocked from ordering" in words(message)


async def test_a_report_stands_in_the_log_once_with_buttons_and_rings_nobodys_phone(shared, server):
    await log_to(server)
    card = await picture(server.noah)

    thanks = await report(server.ada, card, text="@everyone <@&1> **look** https://evil.example")
    notice = await moderator(server).sees(says("reported a picture"))

    assert thanks["content"].startswith(("Danke!", "Thanks!"))
    assert thanks["flags"] & EPHEMERAL  # Ada alone reads it
    assert f"<@{server.ada.user.id}>" in words(notice)
    assert f"<@{server.noah.user.id}>" in words(notice)
    assert f"{server.guild.id}/{server.channel('general')}/{card['id']}" in words(notice)
    assert "**Hate or harassment** · \\@everyone \\<\\@\\&1\\>" in words(notice)
    assert tuple(buttons(notice)) == DEEDS
    assert not notice["mentions"]
    assert not notice["mention_everyone"]

    await restart(shared)
    again = await report(server.mira, card, reason="person")
    assert again["content"].startswith("Thanks!")
    notice = await moderator(server).sees(says("and 1 other member"))
    assert f"<@{server.mira.user.id}>: **It shows a real person**" in words(notice)
    menu = await server.ada.message_command("Report image", card["id"])
    assert "schon" in (await menu.until(answered))["content"]
    assert menu.ephemeral
    assert reports(server) == 1


def gallery(message):
    """Return the items of a message's gallery."""
    return [item for part in components(message) for item in part.get("items", [])]


async def test_the_picture_is_in_the_entry_behind_a_spoiler_until_it_is_deleted(shared, server):
    """A small one, added also by the process that comes after a kill."""
    await log_to(server)
    card = await picture(server.noah, "a lamp")
    held = shared.pixazo.media_faults.add(
        Fault(method="GET", path="*", do=Hold(when="before"), times=ALWAYS)
    )
    await report(server.ada, card)
    await held.reached.wait()
    early = await moderator(server).sees(says("reported a picture"))
    assert not early["attachments"]
    held.end()
    assert shared.process is not None
    await shared.process.kill()
    held.release()
    await restart(shared)
    notice = await moderator(server).sees(lambda message: message["attachments"])

    [file], [item] = notice["attachments"], gallery(notice)
    assert notice["id"] == early["id"]
    assert item["spoiler"]
    assert item["media"]["attachment_id"] == file["id"]
    assert file["content_type"] == "image/jpeg"

    notice = await press(server, notice, "delete", until="**Deleted** by")
    assert (notice["attachments"], gallery(notice)) == ([], [])


async def test_a_picture_that_is_gone_or_may_not_be_attached_keeps_no_report_away(shared, server):
    await log_to(server)
    channel = shared.world.channel("pictures", guild=server.name)
    cards = [await picture(server.noah, prompt) for prompt in ("a cup", "a jug")]
    shared.world.deny(channel, "ATTACH_FILES")
    await report(server.ada, cards[0])
    await report(server.mira, cards[0])
    shown = await moderator(server).sees(says("and 1 other member"))
    shared.world.allow(channel)
    gone = shared.pixazo.media_faults.add(
        Fault(method="GET", path="*", do=Answer(status=404), times=ALWAYS)
    )
    await report(server.ada, cards[1])
    await report(server.mira, cards[1])
    other = await moderator(server).sees(
        lambda one: "a jug" in words(one) and "and 1 other member" in words(one)
    )
    gone.end()

    for card, notice in zip(cards, (shown, other), strict=True):
        assert not notice["attachments"]
        assert f"{server.channel('general')}/{card['id']}" in words(notice)


async def test_a_log_that_takes_nothing_is_told_and_the_report_may_be_made_later_by_the_menu(
    shared, server
):
    card = await picture(server.noah)
    nowhere = await report(server.mira, card)
    await log_to(server)
    channel = shared.world.channel("pictures", guild=server.name)
    shared.world.deny(channel, "SEND_MESSAGES")

    unread = await report(server.mira, card)
    shared.world.allow(channel)
    menu = await server.mira.message_command("Report image", card["id"])
    await menu.opened()
    await restart(shared)
    sent = await server.mira.submit_modal(menu, {"reason": ["sexual"]})
    thanks = await sent.until(answered)

    assert "Reports aren't set up here" in nowhere["content"]
    assert "</limits log:" in nowhere["content"]
    assert "may not have arrived" in unread["content"]
    assert sent.ephemeral
    assert thanks["content"].startswith("Thanks!")
    assert await moderator(server).sees(says("reported a picture"))


async def test_nobody_but_a_moderator_decides_whatever_a_client_sends(shared, server):
    await log_to(server)
    card, notice = await reported(server, "a lamp")

    for deed in DEEDS:
        for name in ("Noah", "Ada"):
            sent = await moderator(server, name).press(notice["id"], buttons(notice)[deed])
            await sent.acknowledged()
            answer = await sent.until(answered)
            assert sent.ephemeral
            assert "Manage Server" in answer["content"] or "verwalten" in answer["content"]
    source = shared.discord.messages.find(
        moderator(server).channel, notice["id"], viewer=server.mira.user.id
    )
    # Some are not offered yet.
    for deed in ("unblock", "reopen", "unspoiler", "delete_now", "restore"):
        custom_id = buttons(notice)["dismiss"].replace("dismiss", deed)
        member, data = moderator(server, "Noah"), {"custom_id": custom_id}
        sent = crafted(shared, member, InteractionType.COMPONENT, data, source)
        assert "Manage Server" in (await sent.until(answered))["content"]

    [now] = [one for one in moderator(server).visible() if one["id"] == notice["id"]]
    assert (words(now), buttons(now)) == (words(notice), buttons(notice))
    assert [one for one in server.noah.visible() if one["id"] == card["id"]] == [card]
    assert not await blocked(server.noah)


@pytest.mark.parametrize(
    "deeds",
    [
        {
            "delete": ["restore", *BLOCKS],
            "block": ["restore", "unblock"],
            "unblock": ["restore", *BLOCKS],
            "restore": list(DEEDS),
        },
        {"spoiler": ["unspoiler", "delete", *BLOCKS], "unspoiler": list(DEEDS)},
        {"block_day": ["spoiler", "delete", "unblock"], "delete": ["restore", "unblock"]},
        {"dismiss": ["reopen"], "reopen": list(DEEDS)},
    ],
    ids=["delete and block", "spoiler", "block and delete", "dismiss"],
)
async def test_a_report_says_what_a_moderator_did_and_offers_the_rest_after_each_kill(
    shared, server, deeds
):
    """The state of a report is not in the bot's memory."""
    await log_to(server)
    card, notice = await reported(server, "a lamp")
    by = f"by <@{server.mira.user.id}>"
    results = {
        "spoiler": f"**Hidden behind a spoiler** {by}",
        "unspoiler": f"**Spoiler removed** {by}",
        "delete": f"**Deleted** {by}",
        "restore": f"**Deletion undone** {by}",
        "block": f"**Blocked permanently** {by}",
        "block_day": "**Blocked** until",
        "block_week": "**Blocked** until",
        "unblock": f"**Unblocked** {by}",
        "dismiss": f"**Dismissed** {by}",
        "reopen": f"**Dismissal undone** {by}",
    }

    seen = [card]
    for deed, rest in deeds.items():
        await restart(shared)
        notice = await press(server, notice, deed, until=results[deed])
        assert list(buttons(notice)) == rest
        seen = [message for message in server.noah.visible() if message["attachments"]]
        assert len(seen) == ("restore" not in rest)
        covered = "unspoiler" in rest
        assert all(item["spoiler"] is covered for one in seen for item in gallery(one))

    assert all(results[deed] in words(notice) for deed in deeds)
    assert not notice["mentions"]

    for one in seen:
        assert list(buttons(one)) == list(buttons(card))
        assert words(one) == words(card)
        assert len(one["attachments"]) == len(gallery(one)) == 1
        assert f"{server.channel('general')}/{one['id']}" in words(notice)
    assert await blocked(server.noah) == ("unblock" in buttons(notice))
    ada = shared.discord.member("Ada")  # she reported it

    def is_outcome(message):
        return server.name in words(message) and "report" in words(message)

    await ada.sees(is_outcome)
    assert sum(map(is_outcome, ada.visible())) == 1
    assert not await blocked(server.ada)


async def log_ping(server, **options):
    """Use ``/limits log``, and return the answer."""
    sent = await server.mira.command("limits", "log", **options)
    return words(await sent.until(answered))


async def test_a_role_is_pinged_once_for_each_reported_picture(shared, server):
    """Not when the entry is drawn anew, and nobody else is, whatever the reporter writes."""
    world, role = shared.world, server.patrons
    other = world.add_role(server.guild, "Guests", mentionable=True)
    asked = await log_ping(server, channel=server.channel("pictures"), ping=role.id)
    assert f"pings <@&{role.id}> once" in asked
    assert f"Reports can't ping <@&{role.id}>" in asked
    world.change_role(server.guild, role, mentionable=True)
    assert "can't ping" not in await log_ping(server)

    card = await picture(server.noah, "a lamp")
    await report(server.ada, card, text=f"<@&{other.id}> @everyone")
    await report(server.mira, card)
    notice = await moderator(server).sees(says("and 1 other member"))
    await press(server, notice, "dismiss", until="**Dismissed**")

    stored = shared.discord.messages.find(
        moderator(server).channel, notice["id"], viewer=server.mira.user.id
    )
    assert [shown["mention_roles"] for shown in stored.versions] == [
        [role.id],
        *[[]] * (len(stored.versions) - 1),
    ]
    assert all(f"· <@&{role.id}>" in words(shown) for shown in stored.versions)
    assert "pings" not in await log_ping(server, no_ping=True)
    _, notice = await reported(server, "a cup")
    assert f"<@&{role.id}>" not in words(notice)


async def test_an_entry_that_a_moderator_deleted_comes_again_with_the_next_report(server):
    await log_to(server)
    card, notice = await reported(server, "a lamp")
    await moderator(server).delete(notice["id"])

    await report(server.mira, card)

    again = await moderator(server).sees(
        lambda one: "and 1 other member" in words(one) and one["attachments"]
    )
    assert list(buttons(again)) == list(DEEDS)
    await press(server, again, "dismiss", until="**Dismissed**")


async def test_an_entry_that_is_not_on_record_is_changed_by_its_buttons_all_the_same(
    shared, server
):
    """A crash came between its message and the record, or an older version wrote it."""
    await log_to(server)
    card, notice = await reported(server, "a lamp")
    [_, job_id] = buttons(card)["report"].split(":")
    Store(shared).execute("DELETE FROM deeds WHERE job_id = ?", job_id)

    notice = await press(server, notice, "block", until="**Blocked permanently** by")
    assert f"<@{server.ada.user.id}> reported a picture" in words(notice)
    notice = await press(server, notice, "delete", until="**Blocked permanently** by")
    await press(server, notice, "unblock", until="**Deleted** by")


async def test_a_role_that_is_deleted_is_pinged_no_more(shared, server):
    role = server.patrons
    await log_ping(server, channel=server.channel("pictures"), ping=role.id)
    shared.world.remove_role(server.guild, role)
    await server.noticed()
    await moderator(server).sees(says("a role or channel was deleted"))

    assert "pings" not in await log_ping(server)


@pytest.mark.parametrize("change", ["delete", "spoiler", "report", "card"])
async def test_killed_between_a_deed_and_the_entry_both_are_there_in_the_end(
    shared, server, change
):
    """What is told, and how many reported it, is in the transaction of the deed itself."""
    await log_to(server)
    card, notice = await reported(server, "a lamp")
    held = shared.discord.faults.add(
        Fault(
            method="PATCH",
            path=f"/api/v10/channels/*/messages/{notice['id']}",
            do=Hold(when="before"),
            times=ALWAYS,
        )
    )
    if change == "report":
        await report(server.mira, card, reason="person")
    elif change == "card":
        asked = await server.noah.press(card["id"], buttons(card)["delete"])
        question = await asked.follow_up()
        await server.noah.press(question["id"], buttons(question)["delete_now"])
    else:
        pressed = await moderator(server).press(notice["id"], buttons(notice)[change])
        if change == "delete":
            await delete_now(server, await pressed.follow_up())
    await held.reached.wait()
    assert shared.process is not None
    await shared.process.kill()
    held.end()
    held.release()

    await restart(shared)
    done = {
        "delete": "**Deleted** by <@",
        "card": "**Deleted** by the member who ordered it",
        "spoiler": "**Hidden behind a spoiler** by <@",
        "report": "It shows a real person",
    }
    await moderator(server).sees(says(done[change]))
    told = "removed the picture that you" if change == "delete" else "hid the picture that you"
    if change in {"delete", "spoiler"}:
        ada = shared.discord.member("Ada")
        await ada.sees(lambda one: told in words(one) and server.name in words(one))
        await restart(shared)
        await picture(server.noah, "another lamp")
        assert sum(told in words(one) and server.name in words(one) for one in ada.visible()) == 1


async def test_two_moderators_at_once_are_both_named_and_nothing_is_done_twice(shared, server):
    """Each client still shows the buttons of before the other's press."""
    role = shared.world.add_role(server.guild, "Moderators", permissions=MODERATOR_PERMISSIONS)
    server.guild.members[server.ada.user.id] = [role.id]
    await log_to(server)
    _card, notice = await reported(server, "a lamp")
    mira, ada = moderator(server), moderator(server, "Ada")
    ids, confirm = buttons(notice), []
    for one in (mira, ada):
        question = await (await one.press(notice["id"], ids["delete"])).follow_up()
        confirm.append((question["id"], buttons(question)["delete_now"]))
    held = shared.discord.faults.add(
        Fault(method="DELETE", path="/api/v10/channels/*/messages/*", do=Hold(when="before"))
    )
    await mira.press(*confirm[0])
    await held.reached.wait()
    presses = [
        await ada.press(*confirm[1]),
        await ada.press(notice["id"], ids["block"]),
        await ada.press(notice["id"], ids["dismiss"]),
    ]
    for press in presses:
        await press.acknowledged()
    dismissed = presses[-1]
    held.release()

    told = await dismissed.follow_up()
    assert "schon erledigt" in told["content"]
    notice = await moderator(server).sees(
        lambda one: one["id"] == notice["id"] and "**Blocked permanently** by" in words(one)
    )
    assert words(notice).count("Deleted") == 1
    assert f"**Deleted** by <@{server.mira.user.id}>" in words(notice)
    assert f"by <@{server.ada.user.id}>" in words(notice)
    assert [*buttons(notice)] == ["restore", "unblock"]
    assert "Dismissed" not in words(notice)
    assert told["flags"] & EPHEMERAL  # Ada alone reads it
    assert server.ada.channel.id != told["channel_id"]


async def test_what_its_member_deleted_is_said_to_be_gone(server):
    """The report still has the buttons of when it was written."""
    await log_to(server)
    card, notice = await reported(server, "a lamp")
    asked = await server.noah.press(card["id"], buttons(card)["delete"])
    question = await asked.follow_up()
    deleted = await server.noah.press(question["id"], buttons(question)["delete_now"])
    await deleted.until(says("Pictures deleted."))

    notice = await moderator(server).sees(says("**Deleted** by the member who ordered it"))

    assert list(buttons(notice)) == ["dismiss", *BLOCKS]


async def test_a_report_whose_order_was_erased_is_settled(shared, server):
    """After a member's data are deleted there is no member to block."""
    await log_to(server)
    card, notice = await reported(server, "a lamp that was forgotten")
    [_, job_id] = buttons(card)["report"].split(":")
    Store(shared).execute("UPDATE jobs SET prompt = '' WHERE id = ?", job_id)

    notice = await press(server, notice, "block", until="**Closed** ·")

    assert buttons(notice) == {}
    assert not await blocked(server.noah)


FORM = "report-form:{job}:{channel}:{message}"


async def submit_crafted(shared, member, opened, custom_id, reason="hate", text="x", **more):
    """Send a report's form that Discord did not open."""
    fields = {"reason": {"type": 3, "values": [reason]}, "text": {"type": 4, "value": text}}
    labels = [
        {"type": 18, "component": {"custom_id": name} | field} for name, field in fields.items()
    ]
    data = {"custom_id": custom_id, "components": labels}
    opened_by = opened.interaction
    kind = InteractionType.MODAL_SUBMIT
    sent = crafted(shared, member, kind, data, opened_by=opened_by, **more)
    answer = await sent.until(answered)
    assert sent.ephemeral
    return answer["content"]


async def test_a_crafted_form_reports_nothing_that_its_sender_does_not_see(shared, server):
    """Nor does it name another message, which moderators would delete."""
    await log_to(server)
    card = await picture(server.noah)
    [_, job] = buttons(card)["report"].split(":")
    place = {"channel": server.ada.channel.id, "message": card["id"]}
    other, said = Server(shared), await server.ada.say("I am no picture")
    opened = await server.ada.message_command("Report image", card["id"])
    await opened.opened()

    there = await submit_crafted(shared, other.noah, opened, FORM.format(job=job, **place))
    unknown = await submit_crafted(shared, server.ada, opened, FORM.format(job="f" * 16, **place))
    form = FORM.format(job=job, **place)
    odd = await submit_crafted(shared, server.ada, opened, form, reason="none")
    assert "no longer stored" in there
    assert "nicht mehr gespeichert" in unknown
    assert "nicht" in odd
    assert reports(server) == 0

    elsewhere = FORM.format(job=job, channel=server.ada.channel.id, message=said["id"])
    assert "Danke" in await submit_crafted(shared, server.ada, opened, elsewhere, text="y" * 4000)
    notice = await moderator(server).sees(says("reported a picture"))
    assert f"{server.channel('general')}/{card['id']}" in words(notice)
    assert "y" * 300 in words(notice)
    assert "y" * 301 not in words(notice)


async def test_a_form_opened_at_one_picture_and_sent_for_another_names_that_other(shared, server):
    """Else moderators would delete an innocent member's."""
    await log_to(server)
    innocent, own = await picture(server.noah, "innocent"), await picture(server.ada, "guilty")
    [_, job] = buttons(own)["report"].split(":")
    opened = await server.ada.press(innocent["id"], buttons(innocent)["report"])
    form = await opened.opened()
    assert form["custom_id"].startswith("report-form:")

    source = opened.interaction.source
    await submit_crafted(shared, server.ada, opened, f"report-form:{job}:0:0", source=source)
    notice = await moderator(server).sees(says("reported a picture"))
    assert f"{server.channel('general')}/{own['id']}" in words(notice)


async def test_what_is_no_picture_of_ours_is_not_reported_to_us(server):
    await log_to(server)
    card, notice = await reported(server, "a lamp")
    said = await server.ada.say("I am no picture")

    for member, message in ((server.mira, said), (moderator(server), notice)):
        menu = await member.message_command("Report image", message["id"])
        answer = await menu.answer()
        assert menu.ephemeral
        assert "no picture from this bot" in answer["content"]

    assert reports(server) == 1
    assert card["attachments"]
