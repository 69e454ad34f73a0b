/**
 * What the vendor was asked so far: how often, and the latest orders.
 * @module panel-requests
 */
import { fill, h, shorten } from "./dom.js";

const LONGEST_PROMPT = 90; // letters; the whole one is the row's title

export class Requests {
  #shown = "";

  constructor() {
    this.counts = h("dl", { class: "counts" });
    this.list = h("ol", {
      class: "requests",
      role: "list",
      "aria-label": "Latest requests",
      dataset: { testid: "requests" },
    });
    this.element = h(
      "div",
      { class: "panel-group" },
      h("h4", { class: "panel-label" }, "Requests"),
      this.counts,
      this.list,
    );
  }

  /** @param {object} vendor the vendor's part of the state */
  show({ submitted, status_calls: statusCalls, callbacks_sent: callbacks, requests = [] }) {
    const state = JSON.stringify([submitted, statusCalls, callbacks, requests]);
    if (state === this.#shown) return;
    this.#shown = state;
    fill(
      this.counts,
      drawCount("submitted", submitted),
      drawCount("status calls", statusCalls),
      drawCount("callbacks", callbacks),
    );
    const rows = requests.map(drawRequest).reverse();
    fill(this.list, rows.length ? rows : h("li", { class: "panel-facts" }, "Nobody has ordered anything yet."));
  }
}

function drawCount(name, value) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, String(value ?? 0)));
}

function drawRequest({ request_id: id, status, prompt }) {
  return h(
    "li",
    { title: `${id}: ${prompt}` },
    h("span", { class: `tag ${tone(status)}` }, status.toLowerCase()),
    h("span", { class: "request-prompt" }, shorten(prompt ?? "", LONGEST_PROMPT)),
  );
}

function tone(status) {
  if (status === "COMPLETED") return "good";
  return status === "FAILED" || status === "ERROR" ? "bad" : "going";
}
