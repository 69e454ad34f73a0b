/**
 * Pictures: the gallery in a message and the large view.
 * @module gallery
 */
import { current, fill, h } from "./dom.js";
import { icon, iconButton } from "./icons.js";
import { externalLink } from "./links.js";

/** @typedef {{url: string, alt: string, width?: number, height?: number, spoiler?: boolean}} Picture */

/** The text of a picture without a description. @param {Picture} picture */
const description = (picture) => picture.alt || "Picture without a description";

/**
 * Lay out one to ten pictures.
 * @param {Picture[]} pictures
 * @param {Set<string>} revealed addresses of spoilers that were uncovered; grows
 */
export function gallery(pictures, revealed) {
  const single = pictures.length === 1;
  return h(
    "div.gallery",
    { class: `count-${Math.min(pictures.length, 5)}`, testid: "gallery", dataset: { count: String(pictures.length) } },
    pictures.map((picture, index) => tile(picture, revealed, () => openViewer(pictures, index), { natural: single })),
  );
}

/** A small picture beside a text. @param {Picture} picture @param {Set<string>} revealed */
export function thumbnail(picture, revealed) {
  return tile(picture, revealed, () => openViewer([picture], 0), { class: "thumbnail" });
}

/**
 * @param {Picture} picture
 * @param {Set<string>} revealed
 * @param {() => void} open
 * @param {{natural?: boolean, class?: string}} options `natural`: in the picture's own proportions
 */
function tile(picture, revealed, open, options) {
  const covered = () => Boolean(picture.spoiler) && !revealed.has(picture.url);
  const label = () => (covered() ? "Show a spoiler picture" : `Enlarge: ${picture.alt || "picture"}`);
  const image = h("img", { src: picture.url, alt: description(picture), decoding: "async", draggable: "false" });
  const cover = h("span.cover", icon("eye"), h("span", "Spoiler"));
  const button = h(
    "button.tile",
    { class: options.class, key: picture.url, testid: "picture", "aria-label": label() },
    image,
    covered() && cover,
  );
  button.classList.toggle("covered", covered());
  if (options.natural && picture.width && picture.height) {
    button.style.setProperty("--ratio", `${picture.width} / ${picture.height}`);
    button.style.setProperty("--natural", `${picture.width}px`);
  }
  showLoading(image, button);
  button.addEventListener("click", () => {
    if (!covered()) return open();
    revealed.add(picture.url);
    button.classList.remove("covered");
    cover.remove();
    button.setAttribute("aria-label", label());
  });
  return button;
}

/** Show a shimmer until the picture is loaded, and a note if it fails. @param {HTMLImageElement} image @param {Element} box */
function showLoading(image, box) {
  if (image.complete && image.naturalWidth) return;
  box.classList.add("loading");
  image.addEventListener("load", () => box.classList.remove("loading"), { once: true });
  const fail = () => {
    box.classList.replace("loading", "broken");
    image.hidden = true;
    box.append(h("span.tile-note", icon("warning"), "This picture did not load."));
  };
  image.addEventListener("error", fail, { once: true });
}

/**
 * Show pictures large. Arrow keys move, Escape closes, the focus goes back.
 * @param {Picture[]} pictures
 * @param {number} start
 */
function openViewer(pictures, start) {
  let index = start;
  const opener = document.activeElement;
  const image = h("img.viewer-image");
  const caption = h("p.viewer-caption", { "aria-live": "polite" });
  const original = externalLink("a.button.secondary", "", {}, icon("link"), "Open original");
  const several = pictures.length > 1;
  const step = (/** @type {number} */ by) => {
    index = (index + by + pictures.length) % pictures.length;
    show();
  };
  const dialog = h(
    "dialog.viewer",
    { "aria-label": "Picture", testid: "viewer" },
    iconButton("close", "Close the picture", { class: "viewer-close", onClick: () => dialog.close() }),
    h(
      "div.viewer-stage",
      several && iconButton("left", "Previous picture", { onClick: () => step(-1) }),
      image,
      several && iconButton("right", "Next picture", { onClick: () => step(1) }),
    ),
    h("div.viewer-foot", caption, original),
  );

  function show() {
    const picture = pictures[index];
    image.src = picture.url;
    image.alt = description(picture);
    original.href = picture.url;
    fill(caption, several && h("span.viewer-count", `${index + 1} of ${pictures.length}`), image.alt);
  }

  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  dialog.addEventListener("click", ({ target }) => {
    if (target instanceof Element && target.matches(".viewer, .viewer-stage")) dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    current(opener)?.focus();
  });
  show();
  document.body.append(dialog);
  dialog.showModal();
}
