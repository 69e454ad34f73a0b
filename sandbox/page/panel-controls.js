/** Controls that the parts of the panel share. */
import { h, uid } from "./dom.js";

/** A labelled switch. @param {string} label @param {string} testid @param {(on: boolean) => void} onSwitch */
export function switchLine(label, testid, onSwitch, title = "") {
  const onChange = () => onSwitch(input.checked);
  const input = h("input.switch", { type: "checkbox", role: "switch", id: uid(testid), testid, onChange });
  return { input, element: h("div.switch-line", { title }, h("label", { for: input.id }, label), input) };
}

/** Controls with a title. @param {string} title @param {...Child} children */
export const group = (title, ...children) => h("fieldset.panel-group", h("legend", title), children);
