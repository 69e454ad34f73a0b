/** The side columns: beside the messages where there is room, else drawers that open over them. */
import { part } from "./dom.js";

export class Drawers {
  /** @type {ReturnType<typeof drawer> | null} the drawer that is open over the messages */
  #open = null;
  #folded = new Set(); // columns that are hidden although there is room

  /** @param {Record<string, string>} columns element id → media query that matches where the column has room */
  constructor(columns) {
    this.drawers = Object.entries(columns).map(([id, query]) => drawer(id, query));
    for (const drawer of this.drawers) {
      drawer.button.addEventListener("click", () => this.#toggle(drawer));
      drawer.wide.addEventListener("change", () => this.close());
      drawer.close.addEventListener("click", () => this.close(true));
    }
    document.addEventListener("keydown", (event) => {
      const above = document.querySelector(":popover-open, dialog[open]"); // these close first
      if (event.key === "Escape" && !above && this.#open) this.close(true);
    });
    part("scrim").addEventListener("click", () => this.close(true));
    this.#update();
  }

  /** Close the open drawer. @param {boolean} [returnFocus] to the button that opened it */
  close(returnFocus = false) {
    const closed = this.#open;
    this.#open = null;
    this.#update();
    if (returnFocus) closed?.button.focus();
  }

  /** Open a column, and return it. @param {string} id */
  show(id) {
    const drawer = /** @type {ReturnType<typeof drawer>} */ (this.drawers.find(({ column }) => column.id === id));
    if (!(drawer.wide.matches ? !this.#folded.has(drawer) : this.#open === drawer)) this.#toggle(drawer);
    return drawer.column;
  }

  #toggle(drawer) {
    if (!drawer.wide.matches) this.#open = this.#open === drawer ? null : drawer;
    else if (!this.#folded.delete(drawer)) this.#folded.add(drawer);
    this.#update();
    if (this.#open !== drawer) return;
    const controls = [...drawer.column.querySelectorAll("button, input, select, [tabindex='0']")];
    controls.find((control) => control !== drawer.close && control.checkVisibility())?.focus();
  }

  #update() {
    for (const drawer of this.drawers) {
      const beside = drawer.wide.matches;
      const shown = beside ? !this.#folded.has(drawer) : this.#open === drawer;
      drawer.column.dataset.state = beside ? (shown ? "beside" : "folded") : shown ? "open" : "shut";
      drawer.column.inert = !shown;
      drawer.close.hidden = beside || !shown;
      drawer.button.setAttribute("aria-expanded", String(shown));
    }
    const covering = this.#open !== null && !this.#open.wide.matches;
    part("scrim").hidden = !covering;
    part("main").inert = covering;
  }
}

const drawer = (id, query) => ({
  column: part(id),
  button: part(`open-${id}`),
  close: part(`close-${id}`),
  wide: matchMedia(query),
});
