"""A throw-away bot of py-cord that does what ``tests/clients/steps.py`` asks for."""

import base64
import io
import os

import discord
from discord import ui
from discord.http import Route

PICTURE = base64.b64decode(os.environ["PICTURE"])
FLAVOURS = ("ink", "oil", "pastel")

Route.API_BASE_URL = os.environ["API_URL"]
bot = discord.Bot(intents=discord.Intents(guilds=True))


def picture():
    return discord.File(io.BytesIO(PICTURE), filename="fox.png")


def card(text):
    buttons = [ui.Button(label=name, custom_id=name) for name in ("count", "ask")]
    options = [discord.SelectOption(label=flavour) for flavour in FLAVOURS]
    menu = ui.Select(custom_id="flavour", options=options)
    gallery = ui.MediaGallery(discord.MediaGalleryItem("attachment://fox.png"))
    container = ui.Container(
        ui.TextDisplay(text), gallery, ui.ActionRow(*buttons), ui.ActionRow(menu)
    )
    return ui.DesignerView(container, timeout=None, store=False)


def styles(context):
    return [flavour for flavour in FLAVOURS if flavour.startswith(context.value)]


@bot.slash_command(description="Draw a picture")
@discord.option("style", str, description="How", autocomplete=styles)
async def draw(context, style):
    await context.defer()
    await context.edit(view=card(f"drawn in {style}"), file=picture())


@bot.slash_command(description="Answer one member")
async def whisper(context):
    await context.respond("for you alone", ephemeral=True)
    await context.edit(content="changed")


@bot.slash_command(description="Send follow-up messages")
async def talk(context):
    await context.defer()
    await context.edit(content="done")
    first = await context.send_followup("one")
    await first.edit(content="two")
    second = await context.send_followup("three")
    await second.delete()


@bot.slash_command(description="Write into the channel as the bot")
async def post(context):
    await context.respond("soon", ephemeral=True)
    message = await context.channel.send("posted", file=picture())
    await message.edit(content="edited")
    await message.delete()


@bot.slash_command(description="Write to the member")
async def letter(context):
    await context.respond("soon", ephemeral=True)
    await context.user.send("hello")


@bot.message_command(name="Describe")
async def describe(context, message):
    await context.respond(f"it says {message.content}", ephemeral=True)


@bot.user_command(name="Greet")
async def greet(context, user):
    await context.respond(f"hello {user.display_name}", ephemeral=True)


@bot.event
async def on_interaction(interaction):
    match interaction.type, (interaction.data or {}).get("custom_id"):
        case discord.InteractionType.component, "count":
            await interaction.response.edit_message(view=card("counted 1"))
        case discord.InteractionType.component, "flavour":
            await interaction.response.defer()
            chosen = interaction.data["values"][0]
            await interaction.edit_original_response(view=card(f"tastes of {chosen}"))
        case discord.InteractionType.component, "ask":
            label = ui.Label("Caption", ui.InputText(custom_id="text"))
            modal = ui.DesignerModal(label, title="Caption", custom_id="caption")
            await interaction.response.send_modal(modal)
        case discord.InteractionType.modal_submit, "caption":
            text = interaction.data["components"][0]["component"]["value"]
            await interaction.response.send_message(f"caption: {text}", ephemeral=True)
        case _:
            await bot.process_application_commands(interaction)


bot.run(os.environ["TOKEN"])
