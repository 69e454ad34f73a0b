/** Pictures: the gallery in a message and the large view. */
import { fill, h } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import { externalLink } from "./links.js";
import { openDialog } from "./popup.js";
import { say } from "./words.js";

/** @typedef {{url: string, alt: string, width?: number, height?: number, spoiler?: boolean}} Picture */

/** The text of a picture without a description. @param {Picture} picture */
const description = (picture) => picture.alt || say("Picture without a description");

/** Lay out one to ten pictures. @param {Picture[]} pictures @param {Set<string>} revealed uncovered spoilers; grows */
export function gallery(pictures, revealed) {
  const natural = pictures.length === 1; // in the picture's own proportions
  const count = String(pictures.length);
  const tiles = pictures.map((picture, index) =>
    tile(picture, revealed, () => openViewer(pictures, index), { natural }),
  );
  return h(
    "div.gallery",
    { class: `count-${Math.min(tiles.length, 5)}`, testid: "gallery", dataset: { count } },
    tiles,
  );
}

/** A small picture beside a text. @param {Picture} picture @param {Set<string>} revealed */
export function thumbnail(picture, revealed) {
  return tile(picture, revealed, () => openViewer([picture], 0), { class: "thumbnail" });
}

function tile(/** @type {Picture} */ picture, revealed, open, { natural = false, class: extra = "" }) {
  const covered = () => Boolean(picture.spoiler) && !revealed.has(picture.url);
  const label = () =>
    covered() ? say("Show a spoiler picture") : say("Enlarge: {picture}", { picture: picture.alt || say("picture") });
  const image = h("img", { src: picture.url, alt: description(picture), decoding: "async", draggable: "false" });
  const cover = h("span.cover", icon("eye"), h("span", say("Spoiler")));
  const { url, width, height } = picture;
  const style = natural && width && height ? { "--ratio": `${width} / ${height}`, "--natural": `${width}px` } : null;
  const attributes = { key: url, testid: "picture", "aria-label": label(), style, onClick };
  const button = h("button.tile", { ...attributes, class: [extra, covered() && "covered"] }, image, covered() && cover);
  showLoading(image, button);
  return button;

  function onClick() {
    if (!covered()) return open();
    revealed.add(url);
    button.classList.remove("covered");
    cover.remove();
    button.setAttribute("aria-label", label());
  }
}

/** Show a shimmer until the picture is loaded, and a note if it fails. */
function showLoading(image, box) {
  if (image.complete && image.naturalWidth) return;
  box.classList.add("loading");
  image.addEventListener("load", () => box.classList.remove("loading"), { once: true });
  const fail = () => {
    box.classList.replace("loading", "broken");
    image.hidden = true;
    box.append(h("span.tile-note", icon("warning"), say("This picture did not load.")));
  };
  image.addEventListener("error", fail, { once: true });
}

/** Show pictures large. Arrow keys move, Escape closes, the focus goes back. */
function openViewer(/** @type {Picture[]} */ pictures, start) {
  let index = start;
  const image = h("img.viewer-image");
  const caption = h("p.viewer-caption", { "aria-live": "polite", dir: "auto" });
  const original = externalLink("a.button.secondary", "", {}, icon("link"), say("Open original"));
  const several = pictures.length > 1;
  const arrow = (name, label, by) => several && iconButton(name, label, { onClick: () => step(by) });
  const stage = [arrow("left", say("Previous picture"), -1), image, arrow("right", say("Next picture"), 1)];
  const dialog = h(
    "dialog.viewer",
    { "aria-label": say("Picture"), testid: "viewer" },
    iconButton("close", say("Close the picture"), { class: "viewer-close", onClick: () => dialog.close() }),
    h("div.viewer-stage", stage),
    h("div.viewer-foot", caption, original),
  );

  function step(by) {
    index = (index + by + pictures.length) % pictures.length;
    show();
  }

  function show() {
    const picture = pictures[index];
    image.src = picture.url;
    image.alt = description(picture);
    original.href = picture.url;
    fill(
      caption,
      several && h("span.viewer-count", say("{index} of {count}", { index: index + 1, count: pictures.length })),
      image.alt,
    );
  }

  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.matches(".viewer, .viewer-stage")) dialog.close();
  });
  show();
  openDialog(dialog);
}
