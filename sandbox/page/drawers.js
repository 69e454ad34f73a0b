/**
 * The side columns: beside the messages where there is room, else drawers that open over them.
 * @module drawers
 */

/**
 * @typedef {object} Drawer
 * @property {HTMLElement} column
 * @property {HTMLElement} button
 * @property {MediaQueryList} wide matches where the column has room beside the messages
 */

export class Drawers {
  /** @type {Drawer | null} the drawer that is open over the messages */
  #open = null;
  /** @type {Set<Drawer>} columns that are hidden although there is room */
  #folded = new Set();

  /** @param {Drawer[]} drawers @param {HTMLElement} scrim @param {HTMLElement} main the content behind the drawers */
  constructor(drawers, scrim, main) {
    this.drawers = drawers;
    this.scrim = scrim;
    this.main = main;
    for (const drawer of this.drawers) {
      drawer.button.addEventListener("click", () => this.#toggle(drawer));
      drawer.wide.addEventListener("change", () => this.close());
    }
    document.addEventListener("keydown", (event) => {
      const above = document.querySelector(":popover-open, dialog[open]"); // these close first
      if (event.key === "Escape" && !above && this.#open) this.close(true);
    });
    scrim.addEventListener("click", () => this.close(true));
    this.#update();
  }

  /** Close the open drawer. @param {boolean} [returnFocus] to the button that opened it */
  close(returnFocus = false) {
    const closed = this.#open;
    this.#open = null;
    this.#update();
    if (returnFocus) closed?.button.focus();
  }

  /** @param {Drawer} drawer */
  #toggle(drawer) {
    if (!drawer.wide.matches) this.#open = this.#open === drawer ? null : drawer;
    else if (!this.#folded.delete(drawer)) this.#folded.add(drawer);
    this.#update();
    if (this.#open !== drawer) return;
    const controls = /** @type {NodeListOf<HTMLElement>} */ (
      drawer.column.querySelectorAll("button, input, select, [tabindex='0']")
    );
    [...controls].find((control) => control.checkVisibility())?.focus();
  }

  #update() {
    for (const drawer of this.drawers) {
      const beside = drawer.wide.matches;
      const shown = beside ? !this.#folded.has(drawer) : this.#open === drawer;
      drawer.column.dataset.state = beside ? (shown ? "beside" : "folded") : shown ? "open" : "shut";
      drawer.column.inert = !shown;
      drawer.button.setAttribute("aria-expanded", String(shown));
    }
    const covering = this.#open !== null && !this.#open.wide.matches;
    this.scrim.hidden = !covering;
    this.main.inert = covering;
  }
}
