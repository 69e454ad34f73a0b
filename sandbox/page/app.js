/**
 * The composition root of the page: makes every part and connects them.
 * @module app
 */
/** @import { Names } from "./richtext.js" */
import { Actions } from "./actions.js";
import { Composer } from "./composer.js";
import { fill, setText } from "./dom.js";
import { Drawers } from "./drawers.js";
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

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

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
const messages = new Messages(
  { scroller: part("scroller"), list: part("messages"), jump: part("jump"), empty: part("empty") },
  store,
  actions,
  notices,
  names,
);
const input = /** @type {HTMLTextAreaElement} */ (part("composer-input"));
const composer = new Composer(
  {
    form: part("composer"),
    input,
    mirror: part("mirror"),
    hints: part("hints"),
    suggestions: part("suggestions"),
    problem: part("problem"),
    count: part("suggestion-count"),
  },
  store,
  actions,
);
const drawers = new Drawers(
  [
    { column: part("sidebar"), button: part("open-sidebar"), wide: matchMedia("(min-width: 800px)") },
    { column: part("panel"), button: part("open-panel"), wide: matchMedia("(min-width: 1180px)") },
  ],
  part("scrim"),
  part("main"),
);
new Sidebar({ nav: part("channels"), you: part("you") }, store, { openChannel, switchUser });
const panel = new Panel(part("panel-body"), notices);

/** @param {string} id */
function openChannel(id) {
  store.open(id);
  drawers.close();
  if (matchMedia("(pointer: fine)").matches) input.focus();
}

/** @param {string} id */
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
  part("scroller").setAttribute("aria-label", `Messages in ${channel.name}`);
  setText(part("empty-title"), guild ? `This is the beginning of #${channel.name}` : `You and ${channel.name}`);
  drawMentions();
  drawInstall(guild ? guild.name : `your messages with ${channel.name}`);
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
  part("open-sidebar").setAttribute("aria-label", mentions ? `Channels, ${mentionCount(mentions)}` : "Channels");
}

/** Where the bot was not invited: offer to add it to your account, or to remove it. @param {string} here */
function drawInstall(here) {
  const { hasBot, installed } = store.where;
  const bot = store.world.bot.username;
  const advice = installed
    ? "You brought it along: some of its commands work here."
    : "Add it to your apps to bring it along.";
  part("stranger").hidden = hasBot;
  setText(part("stranger-text"), `${bot} is not in ${here}. ${advice}`);
  setText(part("install"), installed ? "Remove it from my apps" : "Add it to my apps");
}

store.addEventListener("channel", drawHead);
store.addEventListener("unread", drawMentions);
store.addEventListener("seen", (event) => {
  socket.notify("read", { channel_id: /** @type {CustomEvent} */ (event).detail });
});
part("install").addEventListener("click", () => socket.notify("install", { present: !store.world.installed }));
for (const type of ["world", "bot"]) {
  store.addEventListener(type, () => {
    part("offline").hidden = store.world.bot.online;
    panel.refresh();
  });
}
store.addEventListener("world", () => {
  drawHead();
  socket.stayAs(store.world.you);
  document.body.classList.remove("starting");
});
socket.addEventListener("frame", (event) => {
  const { detail } = /** @type {CustomEvent} */ (event);
  if (detail.type === "error") notices.toast(detail.text);
  else store.receive(detail);
});
socket.addEventListener("state", (event) => {
  part("reconnecting").hidden = /** @type {CustomEvent} */ (event).detail;
});

for (const button of document.querySelectorAll("[data-begin]")) {
  button.addEventListener("click", () => composer.set("/"));
}
for (const holder of document.querySelectorAll("[data-icon]")) {
  holder.prepend(icon(holder.getAttribute("data-icon") ?? ""));
}
part("brand").prepend(brandMark());
themeSwitch(part("theme"));
startClock();

const address = new URLSearchParams(location.hash.slice(1));
store.channelId = address.get("channel");
socket.connect(address.get("user"));
