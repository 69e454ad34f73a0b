/**
 * The vendor's part of the panel: how long it takes, what it answers next, the wallet, and the latest requests.
 * @module panel-vendor
 */
import { fill, h, setText, shorten, uid } from "./dom.js";

/** What the next submits can get: the value on the wire, and its label. */
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
  { label: "As measured", queued: [8, 20], processing: [60, 100] },
];

const LONGEST_PROMPT = 90; // characters; the title of the row has the whole prompt

export class VendorPart {
  #shownNext = "";
  #shownRequests = "";

  /** @param {Backstage.Post} post */
  constructor(post) {
    this.post = post;
    this.queued = this.#range("Queue", "queued_seconds");
    this.processing = this.#range("Drawing", "processing_seconds");
    this.paces = PACES.map(({ label, queued, processing }) =>
      this.#chip(label, { queued_seconds: queued, processing_seconds: processing }, { "aria-pressed": "false" }),
    );
    this.queue = h("div.next-queue", { role: "status", testid: "next-queue" });
    const clear = () => this.post("vendor/next", { answer: "clear" });
    this.clear = h("button.text-button", { hidden: true, testid: "next-clear", onClick: clear }, "Clear");
    this.wallet = numberInput("wallet", {
      id: uid("wallet"),
      min: 0,
      step: 0.001,
      "aria-label": "Wallet, in US dollars",
      placeholder: "endless",
      inputmode: "decimal",
      onChange: () => this.#set({ wallet_usd: this.wallet.value === "" ? null : Number(this.wallet.value) }),
    });
    this.worth = h("p.panel-facts", { testid: "wallet-worth" });
    this.callbacks = h("input.switch", {
      type: "checkbox",
      role: "switch",
      id: uid("callbacks"),
      testid: "callbacks",
      onChange: () => this.#set({ callbacks: this.callbacks.checked }),
    });
    this.counts = h("dl.counts");
    this.requests = h("ol.requests", { role: "list", "aria-label": "Latest requests", testid: "requests" });
    this.body = [
      group("Pace", h("div.chips", this.paces), this.queued.element, this.processing.element),
      group("The next submits get", this.#nextForm(), h("div.next-waiting", this.queue, this.clear)),
      group(
        "Wallet",
        h(
          "div.range",
          h("label.range-word", { for: this.wallet.id }, "$"),
          this.wallet,
          this.#chip("Empty", { wallet_usd: 0 }, { testid: "wallet-empty" }),
          this.#chip("Endless", { wallet_usd: null }, { testid: "wallet-endless" }),
        ),
        this.worth,
      ),
      h("div.switch-line", h("label", { for: this.callbacks.id }, "Send callbacks"), this.callbacks),
      h("div.panel-group", h("h4.panel-label", "Requests"), this.counts, this.requests),
    ];
  }

  /** @param {Partial<Backstage.Vendor>} settings */
  #set(settings) {
    this.post("vendor", settings);
  }

  /** A button that sets settings. @param {string} label @param {Partial<Backstage.Vendor>} settings @param {Props} props */
  #chip(label, settings, props) {
    return h("button.chip", { ...props, onClick: () => this.#set(settings) }, label);
  }

  /** Two inputs for the shortest and the longest time. @param {string} label @param {"queued_seconds" | "processing_seconds"} field */
  #range(label, field) {
    const onChange = () => {
      const [low, high] = inputs.map((input) => Number(input.value));
      this.#set({ [field]: [low, Math.max(low, high)] });
    };
    const inputs = ["from", "to"].map((edge) =>
      numberInput(`${field}-${edge}`, {
        min: 0,
        max: 600,
        step: 0.1,
        inputmode: "decimal",
        "aria-label": `${label}, ${edge}, in seconds`,
        onChange,
      }),
    );
    const [from, to] = inputs;
    const word = (/** @type {string} */ text) => h("span.range-word", text);
    const element = h("div.range", h("span.range-label", label), from, word("to"), to, word("s"));
    const show = (/** @type {number[]} */ values) => {
      inputs.forEach((input, index) => {
        setValue(input, values[index]);
      });
    };
    return { element, show };
  }

  /** The form that adds answers to the queue of the next submits. */
  #nextForm() {
    const options = ANSWERS.map(([value, label]) => h("option", { value }, label));
    const update = () => {
      waitField.hidden = !WITH_RETRY_AFTER.has(answer.value);
    };
    const answer = h("select.input", { id: uid("next"), testid: "next-answer", onChange: update }, options);
    const wait = numberInput("next-wait", { id: uid("wait"), min: 0, max: 86400, value: 10 });
    const count = numberInput("next-count", { id: uid("count"), min: 1, max: 50, value: 1 });
    const waitField = h("div.inline-field", h("label", { for: wait.id }, "Retry after (s)"), wait);
    const add = () => {
      const retryAfter = WITH_RETRY_AFTER.has(answer.value) ? { retry_after: Number(wait.value) || 0 } : {};
      this.post("vendor/next", { answer: answer.value, count: Math.max(1, Number(count.value) || 1), ...retryAfter });
    };
    update();
    return [
      h("label.hidden", { for: answer.id }, "Answer"),
      answer,
      h(
        "div.next-line",
        h("div.inline-field", h("label", { for: count.id }, "Times"), count),
        waitField,
        h("button.button.secondary", { testid: "next-add", onClick: add }, "Add"),
      ),
    ];
  }

  /** @param {Backstage.Vendor} vendor */
  show(vendor) {
    this.queued.show(vendor.queued_seconds);
    this.processing.show(vendor.processing_seconds);
    const now = String([...vendor.queued_seconds, ...vendor.processing_seconds]);
    PACES.forEach(({ queued, processing }, index) => {
      this.paces[index].setAttribute("aria-pressed", String(now === String([...queued, ...processing])));
    });
    setValue(this.wallet, vendor.wallet_usd ?? "");
    setText(this.worth, worth(vendor));
    this.callbacks.checked = vendor.callbacks;
    this.#showNext(vendor.next ?? []);
    this.#showRequests(vendor);
  }

  /** @param {string[]} next */
  #showNext(next) {
    this.clear.hidden = next.length === 0;
    const nothing = h("span.panel-facts", "Whatever the contract says.");
    const shown = next.join(" ") || nothing.textContent;
    if (this.#shownNext === shown) return;
    this.#shownNext = shown;
    fill(this.queue, next.length ? next.map((answer) => h("span.tag.bad", answer)) : nothing);
  }

  /** @param {Backstage.Vendor} vendor */
  #showRequests({ submitted, status_calls: statusCalls, callbacks_sent: callbacks, requests = [] }) {
    const shown = JSON.stringify([submitted, statusCalls, callbacks, requests]);
    if (shown === this.#shownRequests) return;
    this.#shownRequests = shown;
    const counts = Object.entries({ submitted, "status calls": statusCalls, callbacks });
    fill(
      this.counts,
      counts.map(([name, count]) => h("div", h("dt", name), h("dd", count))),
    );
    const rows = requests.map(drawRequest).reverse();
    fill(this.requests, rows.length ? rows : h("li.panel-facts", "Nobody has ordered anything yet."));
  }
}

/** @param {string} title @param {...Child} children */
const group = (title, ...children) => h("fieldset.panel-group", h("legend", title), children);

/** @param {string} testid @param {Props} props */
const numberInput = (testid, props) => h("input.input.number", { type: "number", testid, ...props });

/** Show a value, unless the user is typing another one. @param {HTMLInputElement} input @param {string | number} value */
function setValue(input, value) {
  const text = String(value);
  if (document.activeElement !== input && input.value !== text) input.value = text;
}

/** @param {Backstage.Vendor} vendor */
function worth({ wallet_usd: wallet, price_usd: price }) {
  if (wallet === null) return `Endless. One picture costs $${price}.`;
  const left = price > 0 ? Math.floor(wallet / price + 1e-9) : 0;
  if (left === 0) return `Not enough for a picture ($${price}).`;
  return `Enough for ${left.toLocaleString("en")} ${left === 1 ? "picture" : "pictures"} at $${price}.`;
}

/** @param {Backstage.Request} request */
function drawRequest({ request_id: id, status, prompt = "" }) {
  const failed = status === "FAILED" || status === "ERROR";
  const tone = status === "COMPLETED" ? "good" : failed ? "bad" : "going";
  return h(
    "li",
    { title: `${id}: ${prompt}` },
    h("span.tag", { class: tone }, status.toLowerCase()),
    h("span.request-prompt", shorten(prompt, LONGEST_PROMPT)),
  );
}
