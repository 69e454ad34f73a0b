/**
 * Pictures: the gallery in a message and the large view.
 * @module gallery
 */
import { fill, h, successor } from "./dom.js";
import { icon } from "./icons.js";

/**
 * @typedef {{url: string, alt: string, width?: number, height?: number, spoiler?: boolean, name?: string}} Picture
 */

/**
 * Lay out one to ten pictures.
 * @param {Picture[]} pictures
 * @param {Set<string>} revealed addresses whose cover was lifted; grows
 */
export function gallery(pictures, revealed) {
  return h(
    "div",
    {
      class: `gallery count-${Math.min(pictures.length, 5)}`,
      dataset: { testid: "gallery", count: String(pictures.length) },
    },
    pictures.map((picture, index) => tile(
      picture,
      revealed,
      () => openViewer(pictures, index),
      pictures.length === 1,
    )),
  );
}

/** A small picture beside a text. @param {Picture} picture */
export function thumbnail(picture, revealed) {
  const box = tile(picture, revealed, () => openViewer([picture], 0), false);
  box.classList.add("thumbnail");
  return box;
}

function tile(picture, revealed, open, alone) {
  const covered = Boolean(picture.spoiler) && !revealed.has(picture.url);
  const image = h(
    "img",
    { src: picture.url, alt: picture.alt || "Picture without a description", decoding: "async", draggable: "false" },
  );
  const button = h(
    "button",
    {
      type: "button",
      class: `tile${covered ? " covered" : ""}`,
      dataset: { key: picture.url, testid: "picture" },
      "aria-label": label(),
    },
    image,
    covered ? h("span", { class: "cover" }, icon("eye"), h("span", {}, "Spoiler")) : null,
  );
  if (alone && picture.width && picture.height) {
    button.style.setProperty("--ratio", `${picture.width} / ${picture.height}`);
    button.style.setProperty("--natural", `${picture.width}px`);
  }
  watch(image, button);
  button.addEventListener("click", () => {
    if (!button.classList.contains("covered")) return open();
    revealed.add(picture.url);
    button.classList.remove("covered");
    button.querySelector(".cover")?.remove();
    button.setAttribute("aria-label", label());
  });
  return button;

  function label() {
    const words = picture.alt || "picture";
    return picture.spoiler && !revealed.has(picture.url) ? "Show a spoiler picture" : `Enlarge: ${words}`;
  }
}

/** A shimmer until the picture is there, plain words if it never comes. */
function watch(image, box) {
  if (image.complete && image.naturalWidth) return;
  box.classList.add("loading");
  image.addEventListener("load", () => box.classList.remove("loading"), { once: true });
  image.addEventListener("error", () => {
    box.classList.remove("loading");
    box.classList.add("broken");
    image.hidden = true;
    box.append(h("span", { class: "tile-note" }, icon("warning"), "This picture did not load."));
  }, { once: true });
}

/**
 * Show pictures large. Arrow keys move, Escape closes, the focus goes back.
 * @param {Picture[]} pictures
 * @param {number} start
 */
export function openViewer(pictures, start) {
  let at = start;
  const back = document.activeElement;
  const image = h("img", { class: "viewer-image" });
  const caption = h("p", { class: "viewer-caption", "aria-live": "polite" });
  const original = h(
    "a",
    { class: "button secondary", target: "_blank", rel: "noopener noreferrer" },
    icon("link"),
    "Open original",
  );
  const step = (by) => () => show((at + by + pictures.length) % pictures.length);
  const side = (name, words, by) => (pictures.length > 1 ? h(
    "button",
    { type: "button", class: "round", "aria-label": words, onClick: step(by) },
    icon(name),
  ) : null);
  const closer = h(
    "button",
    { type: "button", class: "round viewer-close", "aria-label": "Close the picture", onClick: () => dialog.close() },
    icon("close"),
  );
  const dialog = h(
    "dialog",
    { class: "viewer", "aria-label": "Picture", dataset: { testid: "viewer" } },
    closer,
    h(
      "div",
      { class: "viewer-stage" },
      side("left", "Previous picture", -1),
      image,
      side("right", "Next picture", 1),
    ),
    h("div", { class: "viewer-foot" }, caption, original),
  );

  function show(index) {
    at = index;
    const picture = pictures[at];
    const words = picture.alt || "Picture without a description";
    image.src = picture.url;
    image.alt = words;
    original.href = picture.url;
    fill(
      caption,
      pictures.length > 1 ? h("span", { class: "viewer-count" }, `${at + 1} of ${pictures.length}`) : null,
      words,
    );
  }

  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1)();
    if (event.key === "ArrowRight") step(1)();
  });
  dialog.addEventListener(
    "click",
    (event) => (event.target === dialog || event.target.classList.contains("viewer-stage")) && dialog.close(),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    successor(back)?.focus();
  });
  show(start);
  document.body.append(dialog);
  dialog.showModal();
  closer.focus();
}
