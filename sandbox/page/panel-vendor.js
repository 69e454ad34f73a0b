/**
 * The vendor's part of the panel: how long it takes, what it answers next, what is left in the wallet.
 * @module panel-vendor
 */
import { fill, h, setText, uid } from "./dom.js";
import { section } from "./panel-part.js";
import { Requests } from "./panel-requests.js";

/** What the next submits may get, in words. */
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
const WAITS = new Set(["429", "429-date", "403", "503"]);
const PACES = [
  { label: "Instant", queued: [0, 0.2], processing: [0.2, 0.5] },
  { label: "Lively", queued: [1, 3], processing: [4, 8] },
  { label: "As measured", queued: [8, 20], processing: [60, 100] },
];

export class VendorPart {
  /** @param {(path: string, body: object) => Promise<boolean>} post */
  constructor(post) {
    this.post = post;
    this.queue = h("div", { class: "next-queue", role: "status", dataset: { testid: "next-queue" } });
    this.requests = new Requests();
    this.element = section(
      "Vendor",
      null,
      this.#pace(),
      this.#next(),
      this.#wallet(),
      this.#callbacks(),
      this.requests.element,
    );
  }

  #pace() {
    this.queued = this.#range("Queue", "queued_seconds");
    this.processing = this.#range("Drawing", "processing_seconds");
    this.paces = PACES.map(({ label, queued, processing }) =>
      h(
        "button",
        {
          type: "button",
          class: "chip",
          "aria-pressed": "false",
          onClick: () => this.post("vendor", { queued_seconds: queued, processing_seconds: processing }),
        },
        label,
      ),
    );
    return h(
      "fieldset",
      { class: "panel-group" },
      h("legend", {}, "Pace"),
      h("div", { class: "chips" }, this.paces),
      this.queued.element,
      this.processing.element,
    );
  }

  #range(label, field) {
    const inputs = ["from", "to"].map((edge) =>
      h(
        "input",
        {
          class: "input number",
          type: "number",
          min: 0,
          max: 600,
          step: 0.1,
          inputmode: "decimal",
          "aria-label": `${label}, ${edge}, in seconds`,
          dataset: { testid: `${field}-${edge}` },
        },
      ),
    );
    const send = () => {
      const [low, high] = inputs.map((input) => Number(input.value));
      this.post("vendor", { [field]: [low, Math.max(low, high)] });
    };
    for (const input of inputs) input.addEventListener("change", send);
    const element = h(
      "div",
      { class: "range" },
      h("span", { class: "range-label" }, label),
      inputs[0],
      h("span", { class: "range-word" }, "to"),
      inputs[1],
      h("span", { class: "range-word" }, "s"),
    );
    return { element, show: (values) => inputs.forEach((input, index) => keep(input, values[index])) };
  }

  #next() {
    const [id, waitId, countId] = [uid("next"), uid("wait"), uid("count")];
    const answer = h(
      "select",
      { class: "input", id, dataset: { testid: "next-answer" } },
      ANSWERS.map(([value, words]) => h("option", { value }, words)),
    );
    const wait = h(
      "input",
      {
        class: "input number",
        type: "number",
        id: waitId,
        min: 0,
        max: 86400,
        value: 10,
        dataset: { testid: "next-wait" },
      },
    );
    const count = h(
      "input",
      {
        class: "input number",
        type: "number",
        id: countId,
        min: 1,
        max: 50,
        value: 1,
        dataset: { testid: "next-count" },
      },
    );
    const waitField = h("div", { class: "inline-field" }, h("label", { for: waitId }, "Retry after (s)"), wait);
    const show = () => {
      waitField.hidden = !WAITS.has(answer.value);
    };
    answer.addEventListener("change", show);
    show();
    const order = () => {
      const wanted = { answer: answer.value, count: Math.max(1, Number(count.value) || 1) };
      if (WAITS.has(answer.value)) wanted.retry_after = Number(wait.value) || 0;
      this.post("vendor/next", wanted);
    };
    const add = h(
      "button",
      { type: "button", class: "button secondary", dataset: { testid: "next-add" }, onClick: order },
      "Add",
    );
    this.clear = h(
      "button",
      {
        type: "button",
        class: "text-button",
        hidden: true,
        dataset: { testid: "next-clear" },
        onClick: () => this.post("vendor/next", { answer: "clear" }),
      },
      "Clear",
    );
    return h(
      "fieldset",
      { class: "panel-group" },
      h("legend", {}, "The next submits get"),
      h("label", { class: "hidden", for: id }, "Answer"),
      answer,
      h(
        "div",
        { class: "next-line" },
        h("div", { class: "inline-field" }, h("label", { for: countId }, "Times"), count),
        waitField,
        add,
      ),
      h("div", { class: "next-waiting" }, this.queue, this.clear),
    );
  }

  #wallet() {
    const id = uid("wallet");
    this.wallet = h(
      "input",
      {
        class: "input number",
        type: "number",
        id,
        min: 0,
        step: 0.001,
        "aria-label": "Wallet, in US dollars",
        placeholder: "endless",
        inputmode: "decimal",
        dataset: { testid: "wallet" },
      },
    );
    this.wallet.addEventListener(
      "change",
      () => this.post("vendor", { wallet_usd: this.wallet.value === "" ? null : Number(this.wallet.value) }),
    );
    this.worth = h("p", { class: "panel-facts", dataset: { testid: "wallet-worth" } });
    const set = (words, amount, testid) => h(
      "button",
      {
        type: "button",
        class: "chip",
        dataset: { testid },
        onClick: () => this.post("vendor", { wallet_usd: amount }),
      },
      words,
    );
    return h(
      "fieldset",
      { class: "panel-group" },
      h("legend", {}, "Wallet"),
      h(
        "div",
        { class: "range" },
        h("label", { class: "range-word", for: id }, "$"),
        this.wallet,
        set("Empty", 0, "wallet-empty"),
        set("Endless", null, "wallet-endless"),
      ),
      this.worth,
    );
  }

  #callbacks() {
    const id = uid("callbacks");
    this.callbacks = h(
      "input",
      { type: "checkbox", role: "switch", id, class: "switch", dataset: { testid: "callbacks" } },
    );
    this.callbacks.addEventListener("change", () => this.post("vendor", { callbacks: this.callbacks.checked }));
    return h("div", { class: "switch-line" }, h("label", { for: id }, "Send callbacks"), this.callbacks);
  }

  show({ vendor }) {
    this.queued.show(vendor.queued_seconds);
    this.processing.show(vendor.processing_seconds);
    PACES.forEach(({ queued, processing }, index) => {
      const same = String([...queued, ...processing]) === String([
        ...vendor.queued_seconds,
        ...vendor.processing_seconds,
      ]);
      this.paces[index].setAttribute("aria-pressed", String(same));
    });
    keep(this.wallet, vendor.wallet_usd ?? "");
    setText(this.worth, worth(vendor));
    this.callbacks.checked = vendor.callbacks;
    this.#showNext(vendor.next ?? []);
    this.requests.show(vendor);
  }

  #showNext(next) {
    const text = next.join(" ");
    this.clear.hidden = next.length === 0;
    if (this.queue.dataset.text === text) return;
    this.queue.dataset.text = text;
    fill(
      this.queue,
      next.length
        ? next.map((answer) => h("span", { class: "tag bad" }, answer))
        : h("span", { class: "panel-facts" }, "Whatever the contract says."),
    );
  }
}

/** Show a value, unless somebody is just typing another one. */
function keep(input, value) {
  if (document.activeElement === input) return;
  const text = String(value);
  if (input.value !== text) input.value = text;
}

function worth({ wallet_usd: wallet, price_usd: price }) {
  if (wallet === null || wallet === undefined) return `Endless. One picture costs $${price}.`;
  const left = price > 0 ? Math.floor(wallet / price + 1e-9) : 0;
  return left === 0
    ? `Not enough for a picture ($${price}).`
    : `Enough for ${left.toLocaleString("en")} ${left === 1 ? "picture" : "pictures"} at $${price}.`;
}
