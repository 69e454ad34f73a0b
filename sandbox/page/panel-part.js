/**
 * The frame that the panel's parts share.
 * @module panel-part
 */
import { h } from "./dom.js";

/** A card of the panel. */
export function section(title, mark, ...children) {
  return h(
    "section",
    { class: "panel-part", "aria-label": title },
    h("header", { class: "panel-head" }, h("h3", {}, title), mark),
    children,
  );
}
