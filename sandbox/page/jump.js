/**
 * Addresses of Discord's own that mean a place here.
 * @module jump
 */

const PLACE = /^https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/channels\/(?:@me|\d+)\/(\d+)(?:\/(\d+))?\/?$/u;

/** The channel, and the message in it, that an address means; null for any other address. */
export function target(address) {
  const found = PLACE.exec(address ?? "");
  return found && { channelId: found[1], messageId: found[2] ?? null };
}
