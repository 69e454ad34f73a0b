/** The vendor's part of the panel: how long it takes, what it answers next, its troubles, the wallet, and the latest requests. */
import { fill, h, isNew, setText, shorten, uid } from "./dom.js";
import { group, switchLine } from "./panel-controls.js";

/** What the next orders can get: the value on the wire, and its label. */
const ANSWERS = [
  ["429", "429 too many requests"],
  ["429-date", "429 with a date to wait for"],
  ["402", "402 wallet is empty"],
  ["400", "400 bad request"],
  ["401", "401 key is refused"],
  ["403", "403 quota is used up"],
  ["500", "500 server error"],
  ["503", "503 unavailable"],
  ["html", "a web page instead of JSON"],
  ["silence", "silence, but billed"],
  ["cut", "a cut line, but billed"],
  ["FAILED", "accepted, then FAILED"],
  ["ERROR", "accepted, then ERROR"],
  ["images", "the pictures at once"],
];
/** The answers that may carry Retry-After. */
const WITH_RETRY_AFTER = new Set(["429", "429-date", "403", "503"]);
const PACES = [
  { label: "Instant", queued: [0, 0.2], processing: [0.2, 0.5] },
  { label: "Lively", queued: [1, 3], processing: [4, 8] },
  { label: "Like the real service", queued: [8, 20], processing: [60, 100] },
];
/** Troubles that last: the name on the wire, the label, what it does, and for how many seconds (null: until it is ended). */
const TROUBLES = [
  ["media_away", "Pictures away", "The host of the pictures cuts every connection", null],
  ["media_moved", "Pictures moved", "They come from an origin that the bot does not list", null],
  ["output_late", "Output late", "COMPLETED comes 20 seconds before the pictures' addresses", null],
  ["bad_gateway", "502 for a minute", "Every call gets a web page instead of JSON", 60],
  ["key_refused", "Key refused", "Every call gets 401", null],
];
const TONES = { COMPLETED: "good", FAILED: "bad", ERROR: "bad" };

const LONGEST_PROMPT = 90; // characters; the title of the row has the whole prompt

export class VendorPart {
  /** @param {(path: string, body: object) => Promise<void>} post */
  constructor(post) {
    this.post = post;
    const set = (settings) => post("vendor", settings);
    const chip = (label, settings, props) => h("button.chip", { ...props, onClick: () => set(settings) }, label);
    this.ranges = [range("Queue", "queued_seconds", set), range("Drawing", "processing_seconds", set)];
    this.paces = PACES.map(({ label, queued, processing }) =>
      chip(label, { queued_seconds: queued, processing_seconds: processing }, { "aria-pressed": "false" }),
    );
    this.troubles = TROUBLES.map(([name, label, about, seconds]) => {
      const lasts = () => button.getAttribute("aria-pressed") === "true";
      const onClick = () => post("vendor/trouble", { name, seconds: lasts() ? 0 : seconds });
      const props = { "aria-pressed": "false", title: about, testid: `trouble-${name}`, onClick };
      const button = h("button.chip", props, label);
      return button;
    });
    this.queue = h("div.next-queue", { role: "status", testid: "next-queue" });
    const clear = () => post("vendor/next", { answer: "clear" });
    this.clear = h("button.text-button", { hidden: true, testid: "next-clear", onClick: clear }, "Clear");
    this.wallet = numberInput("wallet", {
      min: 0,
      step: 0.001,
      "aria-label": "Wallet, in US dollars",
      placeholder: "endless",
      onChange: () => set({ wallet_usd: this.wallet.value === "" ? null : Number(this.wallet.value) }),
    });
    const empty = chip("Empty", { wallet_usd: 0 }, { testid: "wallet-empty" });
    const endless = chip("Endless", { wallet_usd: null }, { testid: "wallet-endless" });
    const dollar = h("label.range-word", { for: this.wallet.id }, "$");
    this.worth = h("p.panel-facts", { testid: "wallet-worth" });
    this.callbacks = switchLine("Send callbacks", "callbacks", (callbacks) => set({ callbacks }));
    this.counts = h("dl.counts");
    this.requests = h("ol.requests", { role: "list", "aria-label": "Latest requests", testid: "requests" });
    this.body = [
      group("Pace", h("div.chips", this.paces), ...this.ranges.map(({ element }) => element)),
      group("Next orders will get", this.#nextForm(), h("div.next-waiting", this.queue, this.clear)),
      group("Troubles", h("div.chips", this.troubles)),
      group("Wallet", h("div.range", dollar, this.wallet, empty, endless), this.worth),
      this.callbacks.element,
      h("div.panel-group", h("h4.panel-label", "Requests"), this.counts, this.requests),
    ];
  }

  /** The form that adds answers to the queue of the next orders. */
  #nextForm() {
    const options = ANSWERS.map(([value, label]) => h("option", { value }, label));
    const mayWait = () => WITH_RETRY_AFTER.has(answer.value);
    const onChange = () => waitField.toggleAttribute("hidden", !mayWait());
    const answer = h("select.input", { id: uid("next"), testid: "next-answer", onChange }, options);
    const wait = numberInput("next-wait", { min: 0, max: 86400, value: 10 });
    const count = numberInput("next-count", { min: 1, max: 50, value: 1 });
    const waitField = inlineField("Retry after (s)", wait);
    const onClick = () => {
      const retryAfter = mayWait() ? { retry_after: Number(wait.value) || 0 } : {};
      this.post("vendor/next", { answer: answer.value, count: Math.max(1, Number(count.value) || 1), ...retryAfter });
    };
    const add = h("button.button.secondary", { testid: "next-add", onClick }, "Add");
    const label = h("label.hidden", { for: answer.id }, "Answer");
    return [label, answer, h("div.next-line", inlineField("Times", count), waitField, add)];
  }

  show(vendor) {
    const seconds = [...vendor.queued_seconds, ...vendor.processing_seconds];
    const inputs = this.ranges.flatMap((range) => range.inputs);
    for (const [index, input] of inputs.entries()) setValue(input, seconds[index]);
    for (const [index, { queued, processing }] of PACES.entries()) {
      const current = String(seconds) === String([...queued, ...processing]);
      this.paces[index].setAttribute("aria-pressed", String(current));
    }
    for (const [index, [name]] of TROUBLES.entries()) {
      this.troubles[index].setAttribute("aria-pressed", String(vendor.troubles.includes(name)));
    }
    setValue(this.wallet, vendor.wallet_usd ?? "");
    setText(this.worth, worth(vendor));
    this.callbacks.input.checked = vendor.callbacks;
    const { submitted, status_calls: statusCalls, callbacks_sent: callbacks, requests = [], next = [] } = vendor;
    this.clear.hidden = next.length === 0;
    if (isNew(this.queue, next)) {
      const waiting = next.map((answer) => h("span.tag.bad", answer));
      fill(this.queue, next.length ? waiting : h("span.panel-facts", "Normal answers"));
    }
    if (!isNew(this.requests, [submitted, statusCalls, callbacks, requests])) return;
    const counts = Object.entries({ submitted, "status calls": statusCalls, callbacks });
    const facts = counts.map(([name, count]) => h("div", h("dt", name), h("dd", count)));
    fill(this.counts, facts);
    const rows = requests.map(drawRequest).reverse();
    fill(this.requests, rows.length ? rows : h("li.panel-facts", "No orders yet."));
  }
}

/** Two inputs for the shortest and the longest time. */
function range(label, field, set) {
  const onChange = () => {
    const [low, high] = inputs.map((input) => Number(input.value));
    set({ [field]: [low, Math.max(low, high)] });
  };
  const common = { min: 0, max: 600, step: 0.1, onChange };
  const inputs = ["from", "to"].map((edge) =>
    numberInput(`${field}-${edge}`, { ...common, "aria-label": `${label}, ${edge}, in seconds` }),
  );
  const [from, to] = inputs;
  const word = (text) => h("span.range-word", text);
  return { inputs, element: h("div.range", h("span.range-label", label), from, word("to"), to, word("s")) };
}

const inlineField = (label, input) => h("div.inline-field", h("label", { for: input.id }, label), input);

const numberInput = (testid, props) =>
  h("input.input.number", { type: "number", id: uid("number"), inputmode: "decimal", testid, ...props });

/** Show a value, unless the user is typing another one. */
function setValue(input, value) {
  const text = String(value);
  if (document.activeElement !== input && input.value !== text) input.value = text;
}

function worth({ wallet_usd: wallet, price_usd: price }) {
  if (wallet === null) return `Endless. One picture costs $${price}.`;
  const left = price > 0 ? Math.floor(wallet / price + 1e-9) : 0;
  if (left === 0) return `Not enough for a picture ($${price}).`;
  return `Enough for ${left.toLocaleString("en")} ${left === 1 ? "picture" : "pictures"} at $${price}.`;
}

function drawRequest({ request_id: id, status, prompt = "" }) {
  const tag = h("span.tag", { class: TONES[status] ?? "going" }, status.toLowerCase());
  return h(
    "li",
    { title: `${id}: ${prompt}` },
    tag,
    h("span.request-prompt", { dir: "auto" }, shorten(prompt, LONGEST_PROMPT)),
  );
}
