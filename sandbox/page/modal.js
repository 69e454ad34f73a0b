/**
 * A modal that the bot asked for.
 * @module modal
 */
import { fill, h, successor } from "./dom.js";
import { buildFields } from "./fields.js";
import { icon } from "./icons.js";

/**
 * Open a form. It stays open, with what was typed, until the bot took it or the member leaves.
 *
 * @param {{title: string, components: object[]}} form
 * @param {(components: object[]) => Promise<{type: string, text?: string}>} submit
 * @param {import("./select.js").Directory} directory
 * @param {import("./richtext.js").Names} names
 */
export function openModal(form, submit, directory, names) {
  const back = document.activeElement;
  const fields = buildFields(form.components, directory, names);
  const failure = h("p", { class: "failure", role: "alert", hidden: true, dataset: { testid: "modal-failure" } });
  const send = h(
    "button",
    { type: "submit", class: "button primary", dataset: { testid: "modal-submit" } },
    "Submit",
  );
  const cancel = h(
    "button",
    { type: "button", class: "button secondary", dataset: { testid: "modal-cancel" }, onClick: () => dialog.close() },
    "Cancel",
  );
  const title = h("h2", { id: "modal-title" }, form.title);
  const body = h(
    "form",
    { novalidate: true, "aria-labelledby": "modal-title" },
    h(
      "header",
      { class: "modal-head" },
      title,
      h(
        "button",
        { type: "button", class: "round", "aria-label": "Close the form", onClick: () => dialog.close() },
        icon("close"),
      ),
    ),
    h("div", { class: "modal-body" }, fields.map((field) => field.element), failure),
    h("footer", { class: "modal-foot" }, cancel, send),
  );
  const dialog = h(
    "dialog",
    { class: "modal", "aria-labelledby": "modal-title", dataset: { testid: "modal" } },
    body,
  );

  body.addEventListener("submit", async (event) => {
    event.preventDefault();
    failure.hidden = true;
    const wrong = fields.filter((field) => field.problem());
    if (wrong.length) return wrong[0].focus();
    send.disabled = true;
    send.classList.add("busy");
    const answer = await submit(fields.map((field) => field.answer()).filter(Boolean));
    send.disabled = false;
    send.classList.remove("busy");
    if (answer.type !== "failed" && answer.type !== "error") return dialog.close();
    fill(failure, icon("warning"), answer.text ?? "Something went wrong. Try again.");
    failure.hidden = false;
    send.focus();
  });
  keepFocusInside(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    (successor(back) ?? document.getElementById("composer-input"))?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  (fields.find(
    (field) => field.element.querySelector("input, textarea, button"),
  ) ?? { focus: () => send.focus() }).focus();
}

/** The browser keeps the page behind out of reach; this also keeps Tab from leaving for the browser's own bar. */
function keepFocusInside(dialog) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key !== "Tab") return;
    const all = [...dialog.querySelectorAll(
      "button, input, textarea, a[href], [tabindex='0']",
    )].filter((item) => !item.disabled && item.checkVisibility());
    const edge = event.shiftKey ? all[0] : all.at(-1);
    if (document.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? all.at(-1) : all[0]).focus();
  });
}
