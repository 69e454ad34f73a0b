/** Addresses: which ones may be opened, and which Discord addresses mean a place on this page. */
import { h } from "./dom.js";

const PLACE = /^https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/channels\/(?:@me|\d+)\/(\d+)(?:\/(\d+))?\/?$/u;

/** The channel, and the message in it, that a Discord address means. @returns {Target | null} null: another address */
export function jumpTarget(/** @type {string | undefined} */ address) {
  const match = PLACE.exec(address ?? "");
  return match && { channelId: match[1], messageId: match[2] ?? null };
}

/** The address if it is a web address, else about:blank: nothing else is opened or loaded. */
export function safeAddress(/** @type {string | undefined} */ address) {
  const url = URL.parse(address ?? "", location.href);
  return url && /^https?:$/u.test(url.protocol) ? url.href : "about:blank";
}

/** A link that opens in a new tab. @param {string} selector @param {string | undefined} address @param {Props} props */
export function externalLink(selector, address, props, /** @type {Child[]} */ ...children) {
  const href = safeAddress(address);
  return h(/** @type {'a'} */ (selector), { href, target: "_blank", rel: "noopener noreferrer", ...props }, children);
}
