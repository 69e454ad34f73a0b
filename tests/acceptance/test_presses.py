"""The buttons of cards, pressed at once and after the bot was killed."""

import asyncio
import json
import time

import pytest

from bot.domain.order import IMAGES
from bot.ui.ideas import all_ideas
from sandbox.discord.client import ActionUnavailable
from sandbox.discord.enums import InteractionType
from tests.acceptance.driver import (
    EPHEMERAL,
    SUBMIT,
    Server,
    Store,
    button,
    buttons,
    crafted,
    delivered,
    eventually,
    pictures,
    restart,
    says,
    set_limits,
    submitted,
    words,
)

MODAL_FIELDS = ["prompt", "style", "images", "guidance", "steps"]


@pytest.fixture(scope="module")
def bot_settings():
    return {"LANE_WIDTH": "1"}


@pytest.fixture
async def sandbox(shared):
    """The sandbox of the shared bot; afterwards no order is open."""
    yield shared
    shared.pixazo.release_states()
    open_orders = "owner IS NOT NULL OR state = 'WAITING'"
    await eventually(lambda: not Store(shared).count(open_orders))


@pytest.fixture
async def server(sandbox):
    """A new server without limits."""
    server = Server(sandbox)
    await set_limits(server.mira, member_per_day=0, member_at_once=0)
    return server


@pytest.fixture
def noah(server):
    return server.noah


@pytest.fixture(params=["at once", "after a kill"])
def pause(sandbox, request):
    """Do nothing, or kill the bot and start it again."""

    async def pause():
        if request.param == "after a kill":
            # After five edits in two seconds discord.py returns only when the limit is over.
            delivering = "state = 'COMPLETED' AND owner IS NOT NULL"
            await eventually(lambda: not Store(sandbox).count(delivering))
            await restart(sandbox)

    return pause


async def press(member, message, what):
    return await member.press(message["id"], buttons(message)[what])


async def told(invocation):
    """Return the private answer to a press."""
    await invocation.acknowledged()
    private = invocation.stored is not None and invocation.stored.ephemeral_for is not None
    follows = invocation.stored is None or invocation.stored is invocation.interaction.source
    message = await invocation.follow_up() if follows else await invocation.until(words)
    assert private or message["flags"] & EPHEMERAL
    return words(message)


async def asked(pressed):
    """Return the private question that follows a press."""
    question = await pressed.follow_up()
    assert question["flags"] & EPHEMERAL
    return question


def filled(form):
    """Return what the texts of a form are filled with."""
    fields = [label["component"] for label in form["components"]]
    return {field["custom_id"]: field.get("value") for field in fields}


def job_of(message, what):
    return buttons(message)[what].split(":")[1]


@pytest.fixture
def picture(noah):
    """Order, and return the card with its picture."""

    async def picture(prompt="a lighthouse", member=noah, **options):
        sent = await member.command("imagine", prompt=prompt, **options)
        return await sent.until(delivered(options.get("images", 1)))

    return picture


@pytest.fixture
def queued(sandbox, noah):
    """Order, and keep the order QUEUED at the vendor."""

    async def queued(prompt="a lighthouse", member=noah):
        sandbox.pixazo.hold_states()
        sent = await member.command("imagine", prompt=prompt)
        await sent.until(says("**Queued**"))
        return sent

    return queued


# Cancel.


@pytest.fixture
def waiting(noah, queued):
    """Order, and keep the order WAITING behind another."""

    async def waiting(prompt):
        await queued("the one before")
        sent = await noah.command("imagine", prompt=prompt)
        await sent.until(says("in line"))
        return sent

    return waiting


async def test_what_is_cancelled_as_it_waits_is_never_sent_but_can_be_tried_again(
    sandbox, noah, waiting, pause
):
    """Nothing reaches the vendor, nothing is charged, and the card says so."""
    order = await waiting("a storm")
    await pause()

    pressed = await press(noah, order.message, "cancel")
    card = await order.until(says("**Cancelled**"))

    assert await told(pressed) == "Cancelled. Nothing was charged."
    assert "Nothing was charged." in words(card)
    assert buttons(card).keys() == {"again", "edit"}
    await pause()
    calm = await noah.command("imagine", prompt="a calm")
    await calm.until(says("in line"))
    again = await press(noah, card, "again")
    sandbox.pixazo.release_states()
    await again.until(delivered(1))
    assert submitted(sandbox) == ["the one before", "a calm", "a storm"]


@pytest.mark.parametrize("stale", [False, True], ids=["hide", "an old cancel"])
async def test_what_was_sent_already_is_hidden_goes_on_and_is_in_the_history(
    sandbox, server, noah, queued, pause, stale
):
    """It is paid for, so its member can get it; the others no longer see it.

    A card that still offers *Cancel*, of a moment ago or of an earlier version, asks first.
    """
    prompt = f"hidden in {server.name}"
    order = await queued(prompt)
    assert buttons(order.message).keys() == {"hide"}
    await pause()

    if stale:
        data = {"custom_id": f"cancel:{job_of(order.message, 'hide')}"}
        source = sandbox.discord.messages.find(
            noah.channel, order.message["id"], viewer=noah.user.id
        )
        late = crafted(sandbox, noah, InteractionType.COMPONENT, data, source)
        question = await asked(late)
        assert words(question).startswith("Too late to cancel. It's already being drawn and counts")
        assert "**Queued**" in words(order.message)
        await pause()
        pressed = await press(noah, question, "hide_now")
        answer = words(await pressed.until(says("Hidden.")))
        assert buttons(pressed.message) == {}
    else:
        answer = await told(await press(noah, order.message, "hide"))
    card = await order.until(says("**Hidden**"))

    assert "counts toward the limit. The pictures will be in </history:" in answer
    assert prompt not in words(card)
    assert f"Ordered by <@{noah.user.id}>" in words(card)
    assert buttons(card) == {}
    sandbox.pixazo.release_states()
    await Store(sandbox).kept(prompt)
    assert pictures(sandbox, prompt) == []
    assert order.message["attachments"] == []
    assert "**Hidden**" in words(order.message)

    history = await noah.command("history")
    handed = await history.until(delivered(1))
    assert prompt in words(handed)
    assert history.ephemeral
    assert pictures(sandbox, prompt) == [handed]
    page = await history.follow_up()
    assert words(page).startswith("Here are the pictures of an order you hid.")
    assert " · hidden" in words(page)


STRANGERS = "Das kann nur, wer den Auftrag gegeben hat, oder die Moderation."


async def test_nobody_hides_what_is_not_theirs_but_moderators(sandbox, server, queued, pause):
    order = await queued("a wolf")
    source = sandbox.discord.messages.find(
        server.ada.channel, order.message["id"], viewer=server.ada.user.id
    )
    await pause()

    for action in ("cancel", "hide", "hide_now"):
        data = {"custom_id": f"{action}:{job_of(order.message, 'hide')}"}
        tried = crafted(sandbox, server.ada, InteractionType.COMPONENT, data, source)
        assert await told(tried) == STRANGERS
    assert "**Queued**" in words(order.message)

    by_mira = await press(server.mira, order.message, "hide")
    await order.until(says("**Hidden** by a moderator"))
    assert "Only the member can get the pictures" in await told(by_mira)


async def test_what_two_cancel_at_once_is_cancelled_once(sandbox, server, noah, waiting):
    order = await waiting("a storm")

    both = await asyncio.gather(
        press(noah, order.message, "cancel"), press(server.mira, order.message, "cancel")
    )

    answers = sorted([await told(one) for one in both])
    assert answers[0].startswith("Cancelled. Nothing")
    assert answers[1].startswith("This order has ended")
    assert buttons(await order.until(says("**Cancelled**"))).keys() == {"again", "edit"}


# Again.


async def test_again_is_an_own_order_of_whoever_presses(sandbox, server, noah, picture, pause):
    card = await picture("a lighthouse", steps=33, images=2)
    await pause()

    again = await press(server.ada, card, "again")
    other = await again.until(delivered(2))

    assert other["id"] != card["id"]
    assert not again.ephemeral
    assert other["id"] in [message["id"] for message in noah.visible()]
    assert f"Ordered by <@{server.ada.user.id}>" in words(other)
    assert other["mentions"] == []
    row = Store(sandbox).row(buttons(other)["delete"].removeprefix("delete:"))
    assert row is not None
    assert row["member_id"] == int(server.ada.user.id)
    first, second = (json.loads(one.body) for one in sandbox.pixazo.journal.find("POST", SUBMIT))
    assert first == second


async def test_again_for_an_order_that_is_not_on_record_says_so(sandbox, noah, picture):
    card = await picture()
    job_id = buttons(card)["delete"].removeprefix("delete:")
    await Store(sandbox).delivered(job_id)
    Store(sandbox).execute("DELETE FROM jobs WHERE id = ?", job_id)

    again = await press(noah, card, "again")

    assert "no longer stored" in await told(again)
    assert len(submitted(sandbox)) == 1


async def test_ten_presses_of_again_make_as_many_orders_as_the_limits_let(
    sandbox, server, noah, picture, pause
):
    """A burst exceeds no limit, and each order has its own card."""
    card = await picture()
    await set_limits(server.mira, member_at_once=3)
    sandbox.pixazo.hold_states()
    await pause()
    begun = time.monotonic()

    presses = await asyncio.gather(*(press(noah, card, "again") for _ in range(10)))

    assert time.monotonic() - begun < 1.0
    answers = [await one.until(words) for one in presses]
    taken = [one for one in presses if not one.ephemeral]
    refused = [words(answer) for one, answer in zip(presses, answers, strict=True) if one.ephemeral]
    assert len(taken) == 3
    assert len({one.message["id"] for one in taken}) == 3
    assert all("You already have 3 orders running" in one for one in refused)
    sandbox.pixazo.release_states()
    for one in taken:
        await one.until(delivered(1))
    assert len(submitted(sandbox)) == 4


async def test_again_for_what_is_not_allowed_any_more_is_refused_by_that_rule(
    sandbox, server, noah, picture, pause
):
    card = await picture(images=2)
    await set_limits(server.mira, images=1)
    await pause()

    again = await press(noah, card, "again")

    assert "up to 1 image at a time here; this order has 2" in await told(again)
    assert len(submitted(sandbox)) == 1


# Edit.


async def test_an_edited_order_is_what_the_form_says_and_else_as_it_was(
    sandbox, noah, picture, pause
):
    card = await picture("a boat", steps=33, enhance=False, style="ink")

    opened = await press(noah, card, "edit")
    form = await opened.opened()
    fields = {one["component"]["custom_id"]: one["component"] for one in form["components"]}
    assert list(fields) == MODAL_FIELDS
    assert fields["prompt"]["value"] == "a boat"
    await pause()
    sent = await noah.submit_modal(opened, {"prompt": "a red boat", "images": ["2"]})
    await sent.until(delivered(2))

    first, second = (json.loads(one.body) for one in sandbox.pixazo.journal.find("POST", SUBMIT))
    assert second.pop("prompt") == first.pop("prompt").replace("a boat", "a red boat")
    assert second.pop("num_images") == first.pop("num_images") + 1
    assert second == first
    assert not sent.ephemeral
    assert "**Completed**" in words(card)
    assert f"Ordered by <@{noah.user.id}>" in words(sent.message)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"guidance": "99"}, "**Guidance** must be a number from 1 to 10."),
        ({"steps": "many"}, "**Steps** must be a whole number from 20 to 50."),
        (
            {"guidance": "x", "steps": "99"},
            "1 to 10.\n**Steps** must be a whole number from 20 to 50.",
        ),
        ({"prompt": "a wolf, in fog"}, "contains `wolf`"),
        ({"images": [str(IMAGES.high)]}, "up to 3 images at a time here; this order has 4"),
    ],
    ids=["guidance", "steps", "both", "word", "limit"],
)
async def test_a_form_that_is_refused_gives_the_prompt_back(
    sandbox, server, noah, picture, values, why
):
    """The member has typed it, and Discord does not keep forms."""
    await set_limits(server.mira, images=3)
    add = await server.mira.command("limits", "words", "add", phrase="wolf")
    await add.until(says("Blocked words"))
    card = await picture("a boat")
    prompt = values.get("prompt", "a very long story of a ``` boat")

    sent = await noah.submit_modal(await press(noah, card, "edit"), {"prompt": prompt, **values})
    answer = await told(sent)

    assert why in answer
    assert "-# Nothing was charged." in answer
    shown = prompt.replace("```", "`\u200b`\u200b`")
    assert f"```\n{shown}\n```" in answer
    assert len(submitted(sandbox)) == 1


async def refused(member, **options):
    """Order what is refused by a word of the server's, and return the answer."""
    sent = await member.command("imagine", **options)
    return await sent.answer()


@pytest.fixture
async def no_wolves(server):
    add = await server.mira.command("limits", "words", "add", phrase="wolf")
    await add.until(says("Blocked words"))


async def test_a_refused_order_is_changed_with_all_that_was_asked_for(
    sandbox, noah, no_wolves, pause
):
    prompt = "a ``` wolf <@7>, " + "fog " * 200
    options = {"guidance": 4.25, "steps": 33, "style": "ink", "enhance": False, "private": True}
    answer = await refused(noah, prompt=prompt, images=2, **options)
    assert "contains `wolf`" in answer["content"]
    await pause()

    opened = await noah.press(answer["id"], button(answer, "Change and try again"))
    form = await opened.opened()
    fields = {one["component"]["custom_id"]: one["component"] for one in form["components"]}
    assert fields["prompt"]["value"] == prompt.strip()
    await pause()
    sent = await noah.submit_modal(opened, {"prompt": "a fox"})
    await sent.until(delivered(2))

    (ordered,) = (json.loads(one.body) for one in sandbox.pixazo.journal.find("POST", SUBMIT))
    assert ordered["prompt"].startswith("a fox, ")
    assert (ordered["guidance_scale"], ordered["num_inference_steps"]) == (4.25, 33)
    assert ordered["expand_prompt"] is False
    assert sent.ephemeral


async def test_the_help_opens_a_form_empty_or_filled_and_lists_the_styles(
    sandbox, server, noah, pause
):
    asked = await noah.command("help")
    shown = await asked.until(says("How to order pictures"))
    await pause()

    opened = await noah.press(shown["id"], button(shown, "Order a picture"))
    tried = await noah.press(shown["id"], button(shown, "help:try:private"))
    example = filled(await tried.opened())
    ideas = [await noah.press(shown["id"], button(shown, "Surprise me")) for _ in range(3)]
    surprises = [filled(await idea.opened())["prompt"] for idea in ideas]
    assert submitted(sandbox) == []
    ordered = await noah.submit_modal(opened, {"prompt": "a first fox"})
    await ordered.until(delivered(1))
    surprise = await noah.submit_modal(ideas[2], {"steps": "20"})
    await surprise.until(delivered(1))
    private = await noah.submit_modal(tried, {})
    await private.until(delivered(1))
    styles = await noah.press(shown["id"], button(shown, "help:styles"))
    await styles.until(says("**Watercolour**: watercolour painting"))
    source = sandbox.discord.messages.find(noah.channel, shown["id"], viewer=noah.user.id)
    data = {"custom_id": button(shown, "Order a picture")}
    pressed = crafted(sandbox, server.ada, InteractionType.COMPONENT, data, source)

    assert styles.ephemeral
    assert "gehört jemand anderem" in await told(pressed)
    assert example["prompt"] == "a birthday card"
    assert len(set(surprises)) == 3
    assert {*surprises} <= {idea.prompt for idea in all_ideas()}
    assert private.ephemeral
    assert not surprise.ephemeral
    assert submitted(sandbox) == ["a first fox", surprises[2], "a birthday card"]


async def test_the_form_of_a_refused_order_opens_for_nobody_else(
    sandbox, server, noah, no_wolves, pause
):
    answer = await refused(noah, prompt="a wolf")
    await pause()

    data = {"custom_id": button(answer, "Change and try again")}
    source = sandbox.discord.messages.find(noah.channel, answer["id"], viewer=noah.user.id)
    pressed = crafted(sandbox, server.ada, InteractionType.COMPONENT, data, source)

    assert "gehört jemand anderem" in await told(pressed)
    assert submitted(sandbox) == []


async def test_who_is_blocked_is_offered_no_other_try(server, noah):
    block = await server.mira.command("limits", "block", member=noah.user.id)
    await block.acknowledged()

    answer = await refused(noah, prompt="a cat")

    assert not answer["components"]


async def test_a_private_order_is_private_when_it_is_repeated_or_edited(
    server, noah, picture, pause
):
    card = await picture("a secret", private=True)
    opened = await press(noah, card, "edit")
    await opened.opened()
    await pause()

    edited = await noah.submit_modal(opened, {"prompt": "another secret"})
    again = await press(noah, card, "again")

    for sent in (edited, again):
        await sent.until(delivered(1))
        assert sent.ephemeral
    assert not [message for message in server.ada.visible() if "secret" in words(message)]


# Delete.


async def gone(member, message):
    """Wait until a member does not see a message any more."""
    await eventually(lambda: message["id"] not in [one["id"] for one in member.visible()])


@pytest.mark.parametrize(
    ("private", "name"),
    [(True, "noah"), (False, "noah"), (False, "mira")],
    ids=["private", "public", "by a moderator"],
)
async def test_a_member_or_a_moderator_deletes_after_a_question_what_others_may_not(
    sandbox, server, noah, picture, pause, private, name
):
    prompt = f"deleted in {server.name}"
    card = await picture(prompt, private=private)
    deleter = getattr(server, name)
    await Store(sandbox).delivered(prompt)
    if not private:
        source = sandbox.discord.messages.find(
            server.ada.channel, card["id"], viewer=server.ada.user.id
        )
        for action in ("delete", "delete_now", "keep"):
            data = {"custom_id": f"{action}:{job_of(card, 'delete')}"}
            tried = crafted(sandbox, server.ada, InteractionType.COMPONENT, data, source)
            assert await told(tried) == STRANGERS

    question = await asked(await press(deleter, card, "delete"))
    assert words(question).startswith("Delete these pictures? This can't be undone")
    kept = await press(deleter, question, "keep")
    assert buttons(await kept.until(says("Nothing was deleted."))) == {}
    assert card["id"] in [message["id"] for message in noah.visible()]
    question = await asked(await press(deleter, card, "delete"))
    await pause()
    pressed = await press(deleter, question, "delete_now")
    done = await pressed.until(says("Pictures deleted."))

    assert buttons(done) == {}
    assert "still there" not in words(done)
    await gone(noah, card)
    assert pictures(sandbox, prompt) == []
    row = Store(sandbox).row(prompt)
    assert row is not None
    assert row["deleted_at"] is not None
    assert row["deleted_by"] == int(deleter.user.id)
    said = "**Deleted**" if deleter is noah else "**Removed by a moderator**"
    await noah.command("history", word=prompt)
    await noah.sees(lambda message: prompt in words(message) and said in words(message))


# Post.


async def test_a_private_picture_is_posted_by_its_member(sandbox, server, noah, picture, pause):
    """All see it then, with its member's name; the private message is deleted."""
    card = await picture("a secret", private=True)
    assert buttons(card).keys() == {"again", "edit", "post", "delete"}
    await pause()

    await press(noah, card, "post")

    posted = await server.ada.sees(delivered(1))
    assert "a secret" in words(posted)
    assert f"Posted by <@{noah.user.id}>" in words(posted)
    assert not posted["mentions"]
    assert posted["attachments"][0]["description"] == "AI-generated picture: a secret"
    assert buttons(posted).keys() == {"again", "edit", "report", "delete"}
    await gone(noah, card)

    await pause()
    question = await asked(await press(server.mira, posted, "delete"))
    await press(server.mira, question, "delete_now")
    await gone(server.ada, posted)


async def test_a_private_picture_with_a_word_that_was_blocked_since_stays_private(
    sandbox, server, noah, picture, pause
):
    """Private pictures were not moderated: today's rules decide about posting them."""
    card = await picture("a wolf", private=True)
    add = await server.mira.command("limits", "words", "add", phrase="wolf")
    await add.until(says("Blocked words"))
    await pause()

    refused = await press(noah, card, "post")

    answer = await told(refused)
    assert "contains `wolf`" in answer
    assert "The pictures are still private." in answer
    assert not [one for one in server.ada.visible() if one["attachments"]]
    remove = await server.mira.command("limits", "words", "remove", phrase="wolf")
    await remove.until(says("Blocked words"))
    await press(noah, card, "post")
    await server.ada.sees(delivered(1))


async def test_private_pictures_are_posted_by_their_member_alone_and_once(
    sandbox, server, noah, picture
):
    """Discord shows the buttons to its member alone; a crafted client is refused as well."""
    card = await picture("a secret", private=True)
    ada = server.ada
    source = sandbox.discord.messages.find(noah.channel, card["id"], viewer=noah.user.id)
    for what in ("post", "delete"):
        with pytest.raises(ActionUnavailable):
            await press(ada, card, what)
        data = {"custom_id": buttons(card)[what]}
        tried = crafted(sandbox, ada, InteractionType.COMPONENT, data, source)
        assert await told(tried) == STRANGERS
    assert not [message for message in ada.visible() if message["attachments"]]
    assert card["id"] in [message["id"] for message in noah.visible()]

    await asyncio.gather(*(press(noah, card, "post") for _ in range(3)))

    await ada.sees(delivered(1))
    await gone(noah, card)
    assert len([message for message in ada.visible() if message["attachments"]]) == 1
