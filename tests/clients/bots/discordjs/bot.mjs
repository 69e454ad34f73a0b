// A throw-away bot of discord.js that does what tests/clients/steps.py asks for.
import { Buffer } from 'node:buffer'
import {
  ActionRowBuilder,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  Client,
  ContainerBuilder,
  Events,
  GatewayIntentBits,
  LabelBuilder,
  MediaGalleryBuilder,
  MessageFlags,
  ModalBuilder,
  StringSelectMenuBuilder,
  TextDisplayBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js'

const PICTURE = Buffer.from(process.env.PICTURE, 'base64')
const FLAVOURS = ['ink', 'oil', 'pastel']

const commands = [
  {
    name: 'draw',
    description: 'Draw a picture',
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'style',
        description: 'How',
        required: true,
        autocomplete: true,
      },
    ],
  },
  { name: 'whisper', description: 'Answer one member' },
  { name: 'talk', description: 'Send follow-up messages' },
  { name: 'post', description: 'Write into the channel as the bot' },
  { name: 'letter', description: 'Write to the member' },
  { name: 'Describe', type: ApplicationCommandType.Message },
  { name: 'Greet', type: ApplicationCommandType.User },
]

const picture = () => new AttachmentBuilder(PICTURE, { name: 'fox.png', description: 'a fox' })

function card(text) {
  const button = (id) =>
    new ButtonBuilder().setCustomId(id).setLabel(id).setStyle(ButtonStyle.Secondary)
  const options = FLAVOURS.map((flavour) => ({ label: flavour, value: flavour }))
  return new ContainerBuilder()
    .addTextDisplayComponents(new TextDisplayBuilder().setContent(text))
    .addMediaGalleryComponents(
      new MediaGalleryBuilder().addItems({ media: { url: 'attachment://fox.png' } }),
    )
    .addActionRowComponents(new ActionRowBuilder().addComponents(button('count'), button('ask')))
    .addActionRowComponents(
      new ActionRowBuilder().addComponents(
        new StringSelectMenuBuilder().setCustomId('flavour').addOptions(options),
      ),
    )
}

const answers = {
  async draw(interaction) {
    await interaction.deferReply()
    const style = interaction.options.getString('style')
    await interaction.editReply({
      flags: MessageFlags.IsComponentsV2,
      components: [card(`drawn in ${style}`)],
      files: [picture()],
    })
  },
  async whisper(interaction) {
    await interaction.reply({ content: 'for you alone', flags: MessageFlags.Ephemeral })
    await interaction.editReply('changed')
  },
  async talk(interaction) {
    await interaction.deferReply()
    await interaction.editReply('done')
    const first = await interaction.followUp('one')
    await interaction.webhook.editMessage(first, 'two')
    const second = await interaction.followUp('three')
    await interaction.deleteReply(second)
  },
  async post(interaction) {
    await interaction.reply({ content: 'soon', flags: MessageFlags.Ephemeral })
    const message = await interaction.channel.send({ content: 'posted', files: [picture()] })
    await message.edit('edited')
    await message.delete()
  },
  async letter(interaction) {
    await interaction.reply({ content: 'soon', flags: MessageFlags.Ephemeral })
    await interaction.user.send('hello')
  },
  async Describe(interaction) {
    await interaction.reply({
      content: `it says ${interaction.targetMessage.content}`,
      flags: MessageFlags.Ephemeral,
    })
  },
  async Greet(interaction) {
    await interaction.reply({
      content: `hello ${interaction.targetUser.displayName}`,
      flags: MessageFlags.Ephemeral,
    })
  },
  async count(interaction) {
    await interaction.update({ components: [card('counted 1')] })
  },
  async flavour(interaction) {
    await interaction.deferUpdate()
    await interaction.editReply({ components: [card(`tastes of ${interaction.values[0]}`)] })
  },
  async ask(interaction) {
    const caption = new TextInputBuilder().setCustomId('text').setStyle(TextInputStyle.Short)
    const label = new LabelBuilder().setLabel('Caption').setTextInputComponent(caption)
    await interaction.showModal(
      new ModalBuilder().setCustomId('caption').setTitle('Caption').addLabelComponents(label),
    )
  },
  async caption(interaction) {
    await interaction.reply({
      content: `caption: ${interaction.fields.getTextInputValue('text')}`,
      flags: MessageFlags.Ephemeral,
    })
  },
}

const client = new Client({
  intents: [GatewayIntentBits.Guilds],
  rest: { api: process.env.API_URL.replace(/\/v10$/, '') },
})
client.once(Events.ClientReady, async () => {
  await client.application.commands.set(commands)
})
client.on(Events.InteractionCreate, async (interaction) => {
  if (interaction.isAutocomplete()) {
    const typed = interaction.options.getFocused()
    const fitting = FLAVOURS.filter((flavour) => flavour.startsWith(typed))
    await interaction.respond(fitting.map((flavour) => ({ name: flavour, value: flavour })))
  } else {
    await answers[interaction.commandName ?? interaction.customId](interaction)
  }
})
await client.login(process.env.TOKEN)
