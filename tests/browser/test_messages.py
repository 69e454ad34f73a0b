"""What the list of messages shows, and what its controls send."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser import samples
from tests.browser.samples import ADA, BOT, EPHEMERAL, GENERAL, LOADING, MIRA, NOAH, V2

pytestmark = pytest.mark.browser


async def test_a_command_goes_from_thinking_to_a_card(page, backend):
    """One message all the way: the deferred answer, its edits, its pictures."""
    answer = samples.message(**samples.used(NOAH, "imagine"), flags=LOADING)
    await backend.post(answer)
    shown = page.get_by_test_id("message")
    await expect(shown).to_have_attribute("data-loading", "true")
    await expect(shown).to_contain_text("Imagine is thinking…")
    await expect(shown.get_by_test_id("used")).to_have_text("NNoah used /imagine")  # N: the avatar

    queued = samples.container(samples.text("**Queued**"))
    await backend.edit({**answer, "flags": V2, "components": [queued]})
    await expect(shown.get_by_test_id("container")).to_have_text("Queued")
    await expect(shown).to_have_attribute("data-loading", "false")

    done = samples.container(samples.text("Done"), samples.gallery(4))
    edited = {"components": [done], "edited_timestamp": "2026-05-22T13:20:00+00:00"}
    await backend.edit({**answer, "flags": V2, **edited})
    await expect(shown.get_by_alt_text("Boat 3")).to_be_visible()
    await expect(shown.get_by_test_id("picture")).to_have_count(4)
    await expect(shown.get_by_test_id("edited")).to_be_visible()


async def test_private_answers_are_marked_and_can_be_dismissed(page, backend):
    message = samples.message(content="for you", flags=EPHEMERAL, ephemeral_for=MIRA)
    await backend.post(message)

    await expect(page.get_by_text("Only you can see this")).to_be_visible()
    await page.get_by_test_id("dismiss").click()

    frame = await backend.frame("delete")
    assert (frame["channel_id"], frame["message_id"]) == (GENERAL, message["id"])
    await backend.send({"type": "message_delete", "channel_id": GENERAL, "id": message["id"]})
    await expect(page.get_by_test_id("message")).to_have_count(0)
    await expect(page.get_by_test_id("empty")).to_be_visible()


async def test_a_button_sends_its_custom_id_and_shows_a_failure(page, backend):
    backend.on("component", {"type": "failed", "text": "The application did not respond"})
    buttons = samples.button("Again", 1), samples.button("Off", disabled=True)
    message = samples.card_message(samples.row(*buttons))
    await backend.post(message)

    await page.get_by_role("button", name="Again").click()

    expected = {"channel_id": GENERAL, "message_id": message["id"]}
    expected |= {"custom_id": "press:Again", "component_type": 2}
    assert expected.items() <= (await backend.frame("component")).items()
    await expect(page.get_by_test_id("failure")).to_have_text("The application did not respond")
    await expect(page.get_by_role("button", name="Off")).to_be_disabled()


async def test_an_edit_of_a_card_keeps_the_focus(page, backend):
    """Cards are edited every few seconds; a keyboard user must keep the place."""
    message = samples.card_message(samples.row(samples.button("One"), samples.button("Two")))
    await backend.post(message)
    await page.get_by_role("button", name="Two").focus()

    await backend.edit({**message, "components": [samples.text("news"), *message["components"]]})

    await expect(page.get_by_test_id("message")).to_contain_text("news")
    await expect(page.get_by_role("button", name="Two")).to_be_focused()


async def test_an_open_list_stays_open_when_its_card_is_edited(page, backend):
    message = samples.message(components=[samples.row(samples.select())])
    await backend.post(message)
    await page.get_by_test_id("select").click()
    await backend.edit({**message, "content": "news"})
    await expect(page.get_by_test_id("message")).to_contain_text("news")

    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")

    assert (await backend.frame("component"))["values"] == ["images"]
    await expect(page.get_by_test_id("select")).to_be_focused()


async def test_every_select_sends_what_was_chosen(page, backend):
    chosen = {3: "Images", 5: "Noah", 6: "@Patrons", 7: "@Moderators", 8: "sketches"}
    values = {3: "images", 5: NOAH, 6: "110002", 7: "110001", 8: samples.SKETCHES}
    rows = [samples.row(samples.select(kind)) for kind in chosen]
    await backend.post(samples.message(components=rows))

    for count, kind in enumerate(chosen, 1):
        await page.get_by_test_id("select").nth(count - 1).click()
        await page.get_by_role("listbox").get_by_role("option", name=chosen[kind]).click()

        frame = await backend.frame("component", count=count)
        assert (frame["component_type"], frame["values"]) == (kind, [values[kind]])


async def test_a_select_of_several_sends_once_it_closes(page, backend):
    preset = [{"id": GENERAL, "type": "channel"}]
    select = samples.select(8, min_values=1, max_values=2, default_values=preset)
    await backend.post(samples.message(components=[samples.row(select)]))
    await page.get_by_test_id("select").click()
    await page.get_by_role("option", name="sketches").click()
    await page.get_by_role("option", name="after-dark").click()  # one too many: nothing happens
    assert backend.frames == []

    await page.keyboard.press("Escape")

    assert (await backend.frame("component"))["values"] == [GENERAL, samples.SKETCHES]


async def test_pictures_enlarge_and_spoilers_stay_covered(page, backend):
    await backend.post(samples.card_message(samples.gallery(2, spoiler=True)))

    await page.get_by_role("button", name="Show a spoiler picture").first.click()
    await page.get_by_role("button", name="Enlarge: Boat 0").click()

    viewer = page.get_by_test_id("viewer")
    await expect(viewer.get_by_alt_text("Boat 0")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(viewer).to_contain_text("2 of 2")
    await page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)
    await expect(page.get_by_role("button", name="Show a spoiler picture")).to_have_count(1)


async def test_nothing_of_a_message_becomes_markup(page, backend):
    evil = "<img src=x onerror=document.title='owned'>"
    url = "javascript:document.title='owned'"
    components = [samples.row(samples.button(evil), samples.link(evil, url))]
    author = {**samples.author(BOT), "username": evil}
    parts: dict[str, Any] = {"components": components, "author": author}
    await backend.post(samples.message(content=evil, **parts))

    message = page.get_by_test_id("message")
    await expect(message).to_be_visible()
    assert await message.locator("img, script").count() == 0
    protocols = "links => links.map((link) => link.protocol)"
    assert await message.locator("a").evaluate_all(protocols) == ["about:"]
    assert "owned" not in await page.title()


async def test_the_menu_of_a_message_offers_the_registered_commands(page, backend):
    message = samples.message(NOAH, "a boat at dawn")
    await backend.post(message)
    await page.get_by_test_id("message").hover()
    await page.get_by_test_id("message-menu").click()
    await expect(page.get_by_role("menu")).to_contain_text("Sent Friday")

    await page.get_by_role("menuitem", name="Imagine this").click()

    frame = await backend.frame("message_command")
    expected = {"command_id": "500006", "target_id": message["id"], "guild_id": "1"}
    assert expected.items() <= frame.items()


async def test_a_member_has_a_menu_while_there_are_commands_for_it(page, backend):
    await backend.post(samples.message(ADA, "hi"))
    await page.get_by_role("button", name="Ada", exact=True).click()

    await page.get_by_role("menuitem", name="Greet").click()

    assert (await backend.frame("user_command"))["target_id"] == ADA


async def test_every_kind_of_message_is_drawn(page, backend):
    messages = samples.every_kind()
    for message in messages:
        await backend.post(message)

    await expect(page.get_by_test_id("message")).to_have_count(len(messages))
    await expect(page.get_by_text("which this page does not draw")).to_have_count(0)
    quoted = "Hello @Noah, see #sketches, @Patrons, code, bold, (spoiler)"
    await expect(page.get_by_test_id("reply").first).to_contain_text(quoted)
    await expect(page.get_by_test_id("file").first).to_contain_text("11.7 KB")


async def test_news_elsewhere_marks_the_channel(page, backend):
    await backend.post(samples.message(NOAH, "over here", channel_id=samples.SKETCHES))
    channel = page.get_by_test_id("channel").filter(has_text="sketches")
    await expect(channel).to_contain_text("new messages")

    await channel.click()

    await expect(page.get_by_test_id("channel-title")).to_have_text("sketches")
    await expect(page.get_by_test_id("message")).to_have_text("NNoah13:19over here")
    await expect(channel).not_to_contain_text("new messages")


async def test_screen_readers_get_each_news_once(page, backend):
    """An edit that changes no text is not announced."""
    message = samples.card_message(samples.text("**Queued**"))
    await backend.post(message)
    live = page.get_by_test_id("live")
    await expect(live).to_have_text("Imagine: Queued")

    await backend.edit(message)
    await backend.edit({**message, "components": [samples.text("**Done**")]})

    await expect(live).to_have_text("Imagine: QueuedImagine: Done")


async def test_a_dropped_connection_is_restored(page, backend):
    await backend.drop()
    await backend.connected(2)

    await expect(page.get_by_test_id("reconnecting")).to_be_hidden()
    await backend.post(samples.message(NOAH, "still here"))
    await expect(page.get_by_test_id("message")).to_contain_text("still here")


async def test_another_user_sees_other_commands(page, backend):
    await page.get_by_test_id("user-switch").click()
    await page.get_by_role("menuitemradio", name="Noah").click()
    await backend.connected(2)

    await expect(page.get_by_test_id("user-switch")).to_contain_text("Noah")
    await page.get_by_test_id("composer").fill("/li")
    await expect(page.get_by_test_id("suggestion")).to_have_count(0)  # Noah is no moderator


async def test_an_error_of_the_server_becomes_a_toast(page, backend):
    await backend.send({"type": "error", "text": "You cannot delete this message"})

    await expect(page.get_by_test_id("toast")).to_have_text("You cannot delete this message")


async def test_a_mention_elsewhere_is_marked_until_it_is_read(page, backend):
    """A new message notifies; an edit, a private answer or a silent mention does not."""
    elsewhere = {"channel_id": samples.SKETCHES}
    mira: dict[str, Any] = {"mentions": [samples.author(MIRA)]}
    quiet = samples.message(content=f"<@{MIRA}>", **elsewhere)
    await backend.post(quiet)
    await backend.post(samples.message(flags=EPHEMERAL, **elsewhere, **mira))
    await backend.post(samples.message(mentions=[samples.author(NOAH)], **elsewhere))
    await backend.edit({**quiet, **mira})
    channel = page.get_by_test_id("channel").filter(has_text="sketches")
    await expect(channel).to_contain_text("new messages")
    await expect(page.get_by_test_id("calls")).to_have_count(0)

    card = samples.container(samples.text(f"Done, <@{MIRA}>"))
    await backend.post(samples.card_message(card, **elsewhere, **mira))

    await expect(channel.get_by_test_id("calls")).to_have_text("1")
    await expect(channel).to_have_accessible_name(re.compile("sketches ?, 1 mention"))
    await expect(page).to_have_title("(1) #general · Lighthouse Club · Imagine sandbox")
    await expect(page.get_by_test_id("live")).to_have_text("Imagine mentioned you in #sketches")
    await channel.click()
    await expect(page.get_by_test_id("message").last).to_have_attribute("data-mentions-you", "true")
    await expect(page.get_by_test_id("message").last).to_contain_text("This message mentions you.")
    await expect(page.get_by_test_id("calls")).to_have_count(0)
    await expect(page).to_have_title("#sketches · Lighthouse Club · Imagine sandbox")
    assert [frame["channel_id"] for frame in backend.reads] == [samples.SKETCHES]


async def test_a_channel_read_in_another_window_is_read_here(page, backend):
    await backend.send({**backend.world, "you": MIRA, "unread": {samples.SKETCHES: 3}})
    await expect(page.get_by_test_id("calls")).to_have_text("3")
    await backend.send({"type": "read", "channel_id": samples.SKETCHES})
    await expect(page.get_by_test_id("calls")).to_have_count(0)


async def test_jump_links_lead_to_their_message(page, backend):
    """They open the channel, scroll to the message, highlight and focus it."""
    elsewhere = {"channel_id": samples.SKETCHES}
    first = samples.message(NOAH, "the very first", **elsewhere)
    others = (samples.message(ADA, f"line {n}\n" * 3, **elsewhere) for n in range(30))
    backend.world["messages"] = {samples.SKETCHES: [first, *others]}
    await backend.send({**backend.world, "you": MIRA})
    address = samples.address(first)
    link = samples.link("Original", address)
    gone = address.replace(first["id"], "42")
    content = f"{address} or [this one](<{address}>) or [a lost one]({gone}) or "
    content += "[nowhere](https://discord.com/channels/9/9/9)"
    await backend.post(samples.message(content=content, components=[samples.row(link)]))
    links = page.get_by_test_id("jump-link")
    place = "#sketches \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} message"
    await expect(links).to_have_text([place, "this one", "a lost one", "nowhere"])

    for opener in (links.nth(0), links.nth(1), page.get_by_role("button", name="Original")):
        await page.get_by_test_id("channel").filter(has_text="general").click()
        await opener.click()
        lit = page.locator(".message.flash")
        await expect(lit).to_contain_text("the very first")
        await expect(lit).to_be_focused()
        await expect(lit).to_be_in_viewport()

    await page.get_by_test_id("channel").filter(has_text="general").click()
    await links.nth(3).click()
    await expect(page.get_by_test_id("toast")).to_have_text("You cannot see that channel.")
    await links.nth(2).click()
    await expect(page.get_by_test_id("toast").last).to_contain_text("That message is gone")


async def test_a_reply_leads_to_what_it_answers_until_that_is_deleted(page, backend):
    said = samples.message(NOAH, "a boat")
    await backend.post(said)
    answered = {"message_id": said["id"]}
    reference: dict[str, Any] = {"message_reference": answered, "referenced_message": said}
    await backend.post(samples.message(content="Done", type=19, **reference))

    await page.get_by_test_id("reply").get_by_role("button").click()
    await expect(page.locator(".message.flash")).to_have_attribute("data-message-id", said["id"])

    await backend.send({"type": "message_delete", "channel_id": GENERAL, "id": said["id"]})
    await expect(page.get_by_test_id("message")).to_have_count(1)
    await expect(page.get_by_test_id("message")).to_contain_text("original message was deleted")


async def test_the_focus_stays_on_the_button_for_the_next_page(page, backend):
    """Its custom_id has the page number, so it changes; on the last page it is disabled."""

    def book(number: int, *, last: bool = False):
        back = samples.button("Back", custom_id=f"page:{number - 1}", disabled=number == 1)
        after = samples.button("Next", custom_id=f"page:{number + 1}", disabled=last)
        shown = [samples.text(f"Page {number}"), samples.row(back, after)]
        return {**message, "components": shown}

    message = samples.message(flags=V2 | EPHEMERAL, ephemeral_for=MIRA)
    await backend.post(book(1))
    forward = page.get_by_role("button", name="Next")
    await forward.focus()
    await page.keyboard.press("Enter")
    await backend.edit(book(2))
    await expect(page.get_by_test_id("message")).to_contain_text("Page 2")
    await expect(forward).to_be_focused()

    await backend.edit(book(3, last=True))
    await expect(forward).to_be_disabled()
    await expect(page.get_by_role("button", name="Back", exact=True)).to_be_focused()


async def test_a_picture_of_another_site_is_shown_beside_its_text(page, backend):
    """The content policy allows thumbnails of other sites."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'
    outside = "https://cdn.example/boat.svg"
    await page.route(outside, lambda route: route.fulfill(body=svg, content_type="image/svg+xml"))
    thumbnail = samples.thumbnail({"url": outside}, "A boat at dawn")
    await backend.post(samples.card_message(samples.section("Yesterday", thumbnail)))

    picture = page.get_by_alt_text("A boat at dawn")
    await expect(picture).to_be_visible()
    await expect(page.get_by_role("button", name="Enlarge: A boat at dawn")).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 8


def tall(lines: int) -> samples.Frame:
    """A card that is higher than the window."""
    shown = samples.container(samples.text("\n".join(f"line {n}" for n in range(lines))))
    return samples.card_message(shown)


DISTANCE = "box => box.scrollHeight - box.scrollTop - box.clientHeight"  # px from the end


async def at_end(page) -> None:
    """Wait until the newest message is in view, and see that it stays there."""
    scroller = page.locator("#scroller")
    for _ in range(3):
        await page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
        )
    assert await scroller.evaluate(DISTANCE) <= 1
    await expect(page.get_by_test_id("jump")).to_be_hidden()


@pytest.mark.parametrize("growth", [10, 48, 49, 640])
async def test_an_answer_is_in_view_unless_the_reader_scrolled_up(open_page, backend, growth):
    """Whatever moves the list: answers, cards that grow and shrink, the hints, the window."""
    backend.world["messages"] = {GENERAL: [tall(60)]}
    page = await open_page(width=1280, height=900)
    await at_end(page)
    composer, answer = page.get_by_test_id("composer"), tall(40)
    for command in ("/usage", "/imagine prompt: a boat", "/limits show"):
        await composer.fill(command)  # the hints make the list shorter
        await composer.press("Enter")
        await expect(composer).to_have_value("")
        answer = tall(40)
        await backend.post(answer)
        await expect(page.get_by_test_id("message").last).to_have_attribute(
            "data-message-id", answer["id"]
        )
        await at_end(page)
    await backend.edit({**answer, "components": []})
    await at_end(page)
    scroller = page.locator("#scroller")
    grow = "(row, by) => row.style.setProperty('margin-bottom', `${by}px`)"  # as a late picture
    for by in (growth, 0, growth):
        await page.get_by_test_id("message").last.evaluate(grow, by)
        await at_end(page)
    for height in (700, 900):
        await page.set_viewport_size({"width": 1280, "height": height})
        await at_end(page)

    await scroller.hover()
    await page.mouse.wheel(0, -300)
    await expect(page.get_by_test_id("jump")).to_be_visible()
    await backend.post(tall(20))
    await expect(page.get_by_test_id("message")).to_have_count(5)
    assert await scroller.evaluate(DISTANCE) > 300


@pytest.mark.parametrize("how", ["wheel", "key", "script"])
async def test_the_reader_scrolls_away_and_comes_back(open_page, backend, how):
    """A script stands for the scroll bar, a search in the page and assistive technology."""
    backend.world["messages"] = {GENERAL: [tall(60)]}
    page = await open_page(width=1280, height=900)
    scroller, jump = page.locator("#scroller"), page.get_by_test_id("jump")
    await scroller.hover()

    async def move(by: int) -> None:
        if how == "wheel":
            await page.mouse.wheel(0, by)
        elif how == "key":
            await scroller.focus()
            await page.keyboard.press("PageUp" if by < 0 else "End")
        else:
            await scroller.evaluate("(box, by) => { box.scrollTop += by; }", by)

    await move(-200)
    await expect(jump).to_be_visible()
    await backend.post(tall(3))
    await expect(page.get_by_test_id("message")).to_have_count(2)
    assert await scroller.evaluate(DISTANCE) > 100
    await move(9000)
    await expect(jump).to_be_hidden()
    await backend.post(tall(30))
    await expect(page.get_by_test_id("message")).to_have_count(3)
    await at_end(page)


async def test_relative_times_are_updated(page, backend):
    soon = await page.evaluate("Math.floor(Date.now() / 1000) + 90")
    await backend.post(samples.message(content=f"goes on <t:{soon}:R> at <t:{soon}:t>"))
    moment = page.locator("time[data-relative]")
    await expect(moment).to_have_text(re.compile("in [12] minutes?"))
    await moment.evaluate("element => { element.dataset.relative -= 70; }")
    await expect(moment).to_contain_text("seconds")
