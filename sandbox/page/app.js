/**
 * The page's composition root: makes every part and introduces them to one another.
 * @module app
 */
import { Actions } from "./actions.js";
import { Composer } from "./composer.js";
import { fill, setText } from "./dom.js";
import { Drawers } from "./drawers.js";
import { brandMark, icon } from "./icons.js";
import { Messages } from "./messages.js";
import { openModal } from "./modal.js";
import { Notices } from "./notices.js";
import { Panel } from "./panel.js";
import { Sidebar, callsInWords } from "./sidebar.js";
import { Socket } from "./socket.js";
import { Store } from "./store.js";
import { themeSwitch } from "./theme.js";
import { startClock } from "./time.js";

const part = (id) => document.getElementById(id);

const store = new Store();
const socket = new Socket();
const notices = new Notices(part("toasts"), part("live"));
const names = {
  user: (id) => store.user(id),
  role: (id) => store.role(id),
  place: (id) => store.place(id),
  openChannel: (id) => openChannel(id),
  useCommand: (name) => composer.begin(name),
  go: (target) => messages.go(target),
};
const actions = new Actions(
  store,
  socket,
  notices,
  (form, submit) => openModal(form, submit, messages.directory(), names),
);
const messages = new Messages(
  { scroller: part("scroller"), list: part("messages"), jump: part("jump"), empty: part("empty") },
  store, actions, notices, names,
);
const composer = new Composer(
  {
    form: part("composer"), input: part("composer-input"), mirror: part("mirror"), hints: part("hints"),
    suggestions: part("suggestions"), problem: part("problem"), count: part("suggestion-count"),
  },
  store, actions, () => messages.directory(),
);
const drawers = new Drawers(
  [
    { column: part("sidebar"), button: part("open-sidebar"), wide: "(min-width: 800px)" },
    { column: part("panel"), button: part("open-panel"), wide: "(min-width: 1180px)" },
  ],
  part("scrim"), part("main"),
);
new Sidebar({ nav: part("channels"), you: part("you") }, store, { openChannel, become });
const panel = new Panel(part("panel-body"), notices);

function openChannel(id) {
  store.open(id);
  drawers.closeAll();
  if (matchMedia("(pointer: fine)").matches) part("composer-input").focus();
}

function become(userId) {
  socket.connect(userId);
  drawers.closeAll();
}

/** The address remembers who and where, so that a reload or a second window finds its way. */
function remember() {
  const where = new URLSearchParams({ user: store.world.you, channel: store.channelId });
  history.replaceState(null, "", `#${where}`);
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
  drawCalls();
  drawStranger(place);
  setText(part("empty-title"), guild ? `This is the beginning of #${channel.name}` : `You and ${channel.name}`);
  remember();
}

/** How many calls wait elsewhere: in the title, and on the button of a sidebar that is out of sight. */
function drawCalls() {
  const place = store.place();
  if (!place) return;
  const { guild, channel } = place;
  const { calls } = store;
  const title = guild ? `#${channel.name} · ${guild.name}` : channel.name;
  document.title = `${calls ? `(${calls}) ` : ""}${title} · Imagine sandbox`;
  part("open-sidebar").toggleAttribute("data-called", calls > 0);
  part("open-sidebar").setAttribute("aria-label", calls ? `Channels, ${callsInWords(calls)}` : "Channels");
}

/** Where the bot was not invited: whether you brought it along, and how to. */
function drawStranger({ guild, channel }) {
  const { hasBot, installed } = store.where;
  const bot = store.world.bot.username;
  const here = guild ? guild.name : `your messages with ${channel.name}`;
  part("stranger").hidden = hasBot;
  setText(
    part("stranger-text"),
    installed
      ? `${bot} is not in ${here}. You brought it along: some of its commands work here.`
      : `${bot} is not in ${here}. Add it to your apps to bring it along.`,
  );
  setText(part("install"), installed ? "Remove it from my apps" : "Add it to my apps");
}

function drawOffline() {
  const offline = Boolean(store.world) && !store.world.bot.online;
  part("offline").hidden = !offline;
}

for (const type of ["world", "channel"]) store.addEventListener(type, drawHead);
store.addEventListener("unread", drawCalls);
store.addEventListener("seen", ({ detail }) => socket.tell("read", { channel_id: detail }));
part("install").addEventListener("click", () => socket.tell("install", { present: !store.world.installed }));
for (const type of ["world", "bot"]) {
  store.addEventListener(type, () => {
    drawOffline();
    panel.refresh();
  });
}
store.addEventListener("world", () => {
  socket.stayAs(store.world.you);
  document.body.classList.remove("starting");
});
socket.addEventListener(
  "frame",
  ({ detail }) => (detail.type === "error" ? notices.toast(detail.text) : store.take(detail)),
);
socket.addEventListener("state", ({ detail: open }) => {
  part("reconnecting").hidden = open;
});

for (const button of document.querySelectorAll("[data-begin]")) {
  button.addEventListener("click", () => composer.set("/"));
}
for (const holder of document.querySelectorAll("[data-icon]")) holder.prepend(icon(holder.dataset.icon));
part("brand").prepend(brandMark());
themeSwitch(part("theme"));
startClock();

const asked = new URLSearchParams(location.hash.slice(1));
store.channelId = asked.get("channel");
socket.connect(asked.get("user"));
