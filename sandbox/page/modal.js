/** A modal that the bot asked for. */
import { fill, h } from "./dom.js";
import { buildFields } from "./fields.js";
import { icon, iconButton } from "./icons.js";
import { openDialog } from "./popup.js";
import { isFailure } from "./socket.js";
import { say } from "./words.js";

/**
 * Open a modal. It stays open, with what was typed, until the bot accepts it or the user closes it.
 * @param {Discord.Modal} modal
 * @param {(components: object[]) => Promise<Discord.Answer>} submit
 */
export function openModal(modal, submit, /** @type {Directory} */ directory, /** @type {Names} */ names) {
  const fields = buildFields(modal.components, directory, names);
  const failure = h("p.failure", { role: "alert", hidden: true, testid: "modal-failure" });
  const send = h("button.button.primary", { type: "submit", testid: "modal-submit" }, say("Submit"));
  const onClick = () => dialog.close();
  const cancel = h("button.button.secondary", { testid: "modal-cancel", onClick }, say("Cancel"));
  const elements = fields.map((field) => field.element);
  const title = h("h2", { id: "modal-title" }, modal.title);
  const parts = [
    h("header.modal-head", title, iconButton("close", say("Close the form"), { onClick })),
    h("div.modal-body", elements, failure),
    h("footer.modal-foot", cancel, send),
  ];
  const naming = { "aria-labelledby": "modal-title" };
  const form = h("form", { novalidate: true, ...naming, onSubmit }, parts);
  const dialog = h("dialog.modal", { ...naming, testid: "modal", onKeydown: keepFocusInside }, form);

  async function onSubmit(event) {
    event.preventDefault();
    failure.hidden = true;
    const wrong = fields.filter((field) => field.check());
    if (wrong.length) return wrong[0].focus();
    send.disabled = true;
    send.classList.add("busy");
    const answer = await submit(fields.map((field) => field.answer()));
    send.disabled = false;
    send.classList.remove("busy");
    if (!isFailure(answer)) return dialog.close();
    fill(failure, icon("warning"), say(answer.text ?? "Something went wrong. Try again."));
    failure.hidden = false;
    send.focus();
  }

  openDialog(dialog);
  const first = fields.find((field) => field.element.querySelector("input, textarea, button"));
  (first ?? send).focus();
}

/** Keep Tab inside: the browser makes the page behind inert, but Tab would still reach its toolbar. */
function keepFocusInside(event) {
  if (event.key !== "Tab") return;
  const controls = event.currentTarget.querySelectorAll("button, input, textarea, a[href], [tabindex='0']");
  const usable = [...controls].filter((control) => !control.disabled && control.checkVisibility());
  const [edge, next] = event.shiftKey ? [usable[0], usable.at(-1)] : [usable.at(-1), usable[0]];
  if (document.activeElement !== edge) return;
  event.preventDefault();
  next?.focus();
}
