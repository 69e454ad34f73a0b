/** The composition root of the page: makes every part and connects them. */
import { Actions } from "./actions.js";
import { Composer } from "./composer.js";
import { fill, part, setText } from "./dom.js";
import { Drawers } from "./drawers.js";
import { drawExperiments, takesOrders } from "./experiments.js";
import { brandMark, icon } from "./icons.js";
import { Messages } from "./messages.js";
import { openModal } from "./modal.js";
import { Notices } from "./notices.js";
import { Panel } from "./panel.js";
import { mentionCount, Sidebar } from "./sidebar.js";
import { Socket } from "./socket.js";
import { Store } from "./store.js";
import { themeSwitch } from "./theme.js";
import { startClock } from "./time.js";
import { say } from "./words.js";

const store = new Store();
const socket = new Socket();
const notices = new Notices(part("toasts"), part("live"));
/** @type {Names} */
const names = {
  user: (id) => store.user(id),
  role: (id) => store.role(id),
  place: (id) => store.place(id),
  openChannel,
  useCommand: (name) => composer.begin(name),
  go: (target) => messages.go(target),
};
const actions = new Actions(store, socket, notices, (modal, submit) =>
  openModal(modal, submit, store.directory, names),
);
const messages = new Messages(store, actions, notices, names);
const composer = new Composer(store, actions);
const drawers = new Drawers({ sidebar: "(min-width: 800px)", panel: "(min-width: 1180px)" });
new Sidebar(store, { openChannel, switchUser });
const panel = new Panel(store, notices);

function openChannel(id) {
  store.open(id);
  drawers.close();
  if (matchMedia("(pointer: fine)").matches) composer.input.focus();
}

function switchUser(id) {
  socket.connect(id);
  drawers.close();
}

function drawHead() {
  const place = store.place();
  if (!place) return;
  const { guild, channel } = place;
  setText(part("channel-title"), channel.name);
  fill(part("channel-mark"), icon(guild ? "hash" : "at"));
  setText(part("channel-topic"), channel.topic || (guild ? guild.name : ""));
  part("channel-age").hidden = !channel.nsfw;
  part("scroller").setAttribute("aria-label", say("Messages in {channel}", { channel: channel.name }));
  setText(
    part("empty-title"),
    say(guild ? "This is the beginning of #{name}" : "You and {name}", { name: channel.name }),
  );
  drawMentions();
  drawInstall(guild ? guild.name : say("your messages with {name}", { name: channel.name }));
  drawExperiments(part("experiments"), { entries: store.commands(1), write: (line) => composer.set(line), backstage });
  // The address keeps user and channel, for a reload or a second window.
  history.replaceState(null, "", `#${new URLSearchParams({ user: store.world.you, channel: channel.id })}`);
}

/** The mentions in other channels: in the title, and on the button of the sidebar, which may be hidden. */
function drawMentions() {
  const place = store.place();
  if (!place) return;
  const { guild, channel } = place;
  const { mentions } = store;
  const title = guild ? `#${channel.name} · ${guild.name}` : channel.name;
  document.title = `${mentions ? `(${mentions}) ` : ""}${title} · Imagine sandbox`;
  part("open-sidebar").toggleAttribute("data-called", mentions > 0);
  part("open-sidebar").setAttribute(
    "aria-label",
    mentions ? `${say("Channels")}, ${mentionCount(mentions)}` : say("Channels"),
  );
}

/** Where the bot was not invited: offer to add it to your account, or to remove it. @param {string} place */
function drawInstall(place) {
  const { hasBot, installed } = store.where;
  const bot = store.world.bot.username;
  const commands = store.commands(1);
  const usable = commands.length > 0;
  const useless = "It is in your apps, but takes no orders outside of its servers: that is a switch backstage.";
  const advice = installed
    ? say(usable ? "It is in your apps: some of its commands work here." : useless)
    : say("Add it to your apps to bring it along.");
  part("stranger").hidden = hasBot;
  setText(part("stranger-text"), `${say("{bot} is not in {place}.", { bot, place })} ${advice}`);
  setText(part("install"), say(installed ? "Remove it from my apps" : "Add it to my apps"));
  part("begin").hidden = !usable;
  const uses = usable ? "The bot answers here, but takes no orders." : "You can only chat here.";
  setText(part("empty-text"), say(takesOrders(commands) ? "Say something, or let the bot draw." : uses));
}

/** Open Backstage at a control, and focus that. @param {string} testid */
function backstage(testid) {
  const control = drawers.show("panel").querySelector(`[data-testid="${testid}"]`);
  if (control instanceof HTMLElement) control.focus();
}

store.on("channel", drawHead);
store.on("unread", drawMentions);
store.on("seen", (id) => socket.notify("read", { channel_id: id }));
store.on("world bot", () => {
  part("offline").hidden = store.world.bot.online;
  panel.refresh();
});
store.on("world", () => {
  drawHead();
  socket.stayAs(store.world.you);
  document.body.classList.remove("starting");
});
socket.on("frame", (frame) => {
  if (frame.type === "error") notices.toast(say(frame.text));
  else store.receive(frame);
});
socket.on("state", (connected) => {
  part("reconnecting").hidden = connected;
});

part("install").addEventListener("click", () => socket.notify("install", { present: !store.world.installed }));
part("begin").addEventListener("click", () => composer.set("/"));
for (const holder of document.querySelectorAll("[data-icon]")) {
  holder.prepend(icon(holder.getAttribute("data-icon") ?? ""));
}
part("brand").prepend(brandMark());
store.on("world", themeSwitch(part("theme")));
startClock();

const address = new URLSearchParams(location.hash.slice(1));
store.channelId = address.get("channel");
socket.connect(address.get("user"));
