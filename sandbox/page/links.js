/**
 * Addresses: which ones may be opened, and which Discord addresses mean a place on this page.
 * @module links
 */
import { h } from "./dom.js";

const PLACE = /^https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/channels\/(?:@me|\d+)\/(\d+)(?:\/(\d+))?\/?$/u;

/**
 * The channel, and the message in it, that a Discord address means; null for any other address.
 * @typedef {{channelId: string, messageId: string | null}} Target
 * @param {string | undefined} address
 * @returns {Target | null}
 */
export function jumpTarget(address) {
  const match = PLACE.exec(address ?? "");
  return match && { channelId: match[1], messageId: match[2] ?? null };
}

/** The address if it is a web address, else about:blank: nothing else is opened or loaded. */
export function safeAddress(/** @type {string | undefined} */ address) {
  try {
    const url = new URL(address ?? "", location.href);
    return /^https?:$/u.test(url.protocol) ? url.href : "about:blank";
  } catch {
    return "about:blank";
  }
}

/**
 * A link that opens in a new tab.
 * @param {"a" | `a.${string}`} selector
 * @param {string | undefined} address
 * @param {Props} props
 * @param {...Child} children
 */
export function externalLink(selector, address, props, ...children) {
  const href = safeAddress(address);
  return h(selector, { href, target: "_blank", rel: "noopener noreferrer", ...props }, children);
}
