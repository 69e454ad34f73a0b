"""A throw-away bot of hikari that does what ``tests/clients/steps.py`` asks for."""

import base64
import os

import hikari
from hikari.impl import special_endpoints as parts

PICTURE = base64.b64decode(os.environ["PICTURE"])
FLAVOURS = ("ink", "oil", "pastel")

bot = hikari.GatewayBot(
    os.environ["TOKEN"],
    rest_url=os.environ["API_URL"],
    intents=hikari.Intents.GUILDS,
    banner=None,
)


def picture():
    return hikari.Bytes(PICTURE, "fox.png", mimetype="image/png")


def card(text):
    container = parts.ContainerComponentBuilder()
    container.add_text_display(text)
    gallery = parts.MediaGalleryComponentBuilder()
    gallery.add_media_gallery_item(picture())  # an edit names no earlier files
    container.add_component(gallery)
    row = parts.MessageActionRowBuilder()
    for name in ("count", "ask"):
        row.add_interactive_button(hikari.ButtonStyle.SECONDARY, name, label=name)
    container.add_component(row)
    menu = parts.MessageActionRowBuilder().add_text_menu("flavour")
    for flavour in FLAVOURS:
        menu.add_option(flavour, flavour)
    container.add_component(menu.parent)
    return container


async def draw(interaction):
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
    style = interaction.options[0].value
    await interaction.edit_initial_response(component=card(f"drawn in {style}"))


async def privately(interaction, text):
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_CREATE, text, flags=hikari.MessageFlag.EPHEMERAL
    )


async def whisper(interaction):
    await privately(interaction, "for you alone")
    await interaction.edit_initial_response("changed")


async def talk(interaction):
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
    await interaction.edit_initial_response("done")
    first = await interaction.execute("one")
    await interaction.edit_message(first, "two")
    second = await interaction.execute("three")
    await interaction.delete_message(second)


async def post(interaction):
    await privately(interaction, "soon")
    channel = interaction.channel_id
    message = await bot.rest.create_message(channel, "posted", attachment=picture())
    await bot.rest.edit_message(channel, message, "edited")
    await bot.rest.delete_message(channel, message)


async def letter(interaction):
    await privately(interaction, "soon")
    await interaction.user.send("hello")


async def describe(interaction):
    message = interaction.resolved.messages[interaction.target_id]
    await privately(interaction, f"it says {message.content}")


async def greet(interaction):
    user = interaction.resolved.users[interaction.target_id]
    await privately(interaction, f"hello {user.global_name or user.username}")


async def count(interaction):
    await interaction.create_initial_response(
        hikari.ResponseType.MESSAGE_UPDATE, component=card("counted 1")
    )


async def flavour(interaction):
    await interaction.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_UPDATE)
    chosen = interaction.values[0]
    await interaction.edit_initial_response(component=card(f"tastes of {chosen}"))


async def ask(interaction):
    row = parts.ModalActionRowBuilder().add_text_input("text", "Caption")
    await interaction.create_modal_response("Caption", "caption", component=row)


async def caption(interaction):
    await privately(interaction, f"caption: {interaction.components[0][0].value}")


ANSWERS = {
    "draw": draw,
    "whisper": whisper,
    "talk": talk,
    "post": post,
    "letter": letter,
    "Describe": describe,
    "Greet": greet,
    "count": count,
    "flavour": flavour,
    "ask": ask,
    "caption": caption,
}


@bot.listen()
async def register(_: hikari.StartedEvent) -> None:
    rest = bot.rest
    slash = [
        rest.slash_command_builder(name, description)
        for name, description in (
            ("draw", "Draw a picture"),
            ("whisper", "Answer one member"),
            ("talk", "Send follow-up messages"),
            ("post", "Write into the channel as the bot"),
            ("letter", "Write to the member"),
        )
    ]
    slash[0].add_option(
        hikari.CommandOption(
            type=hikari.OptionType.STRING,
            name="style",
            description="How",
            is_required=True,
            autocomplete=True,
        )
    )
    menus = [
        rest.context_menu_command_builder(hikari.CommandType.MESSAGE, "Describe"),
        rest.context_menu_command_builder(hikari.CommandType.USER, "Greet"),
    ]
    application = await rest.fetch_application()
    await rest.set_application_commands(application, [*slash, *menus])


@bot.listen()
async def answer(event: hikari.InteractionCreateEvent) -> None:
    interaction = event.interaction
    if isinstance(interaction, hikari.AutocompleteInteraction):
        typed = str(interaction.options[0].value)
        await interaction.create_response(
            [
                parts.AutocompleteChoiceBuilder(name=flavour, value=flavour)
                for flavour in FLAVOURS
                if flavour.startswith(typed)
            ]
        )
        return
    name = getattr(interaction, "command_name", None) or interaction.custom_id
    await ANSWERS[name](interaction)


bot.run(check_for_updates=False)
