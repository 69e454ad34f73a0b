/**
 * The side columns: beside the messages where there is room, else drawers that open over them.
 * @module drawers
 */

export class Drawers {
  /**
   * @param {{column: HTMLElement, button: HTMLElement, wide: string, side: string}[]} drawers
   *   `wide`: the media query under which the column has room of its own
   * @param {HTMLElement} scrim
   * @param {HTMLElement} main what lies behind
   */
  constructor(drawers, scrim, main) {
    this.drawers = drawers.map(
      (drawer) => ({ ...drawer, query: matchMedia(drawer.wide), open: false, folded: false }),
    );
    this.scrim = scrim;
    this.main = main;
    for (const drawer of this.drawers) {
      drawer.button.addEventListener("click", () => this.toggle(drawer));
      drawer.query.addEventListener("change", () => this.closeAll());
    }
    document.addEventListener("keydown", (event) => {
      const above = document.querySelector(":popover-open, dialog[open]"); // what lies above closes first
      if (event.key === "Escape" && !above && this.drawers.some(({ open }) => open)) this.closeAll(true);
    });
    scrim.addEventListener("click", () => this.closeAll(true));
    this.#apply();
  }

  toggle(drawer) {
    if (drawer.query.matches) drawer.folded = !drawer.folded;
    else {
      const open = !drawer.open;
      for (const each of this.drawers) each.open = false;
      drawer.open = open;
    }
    this.#apply();
    if (!drawer.open) return;
    const controls = [...drawer.column.querySelectorAll("button, input, select, [tabindex='0']")];
    controls.find((control) => control.checkVisibility())?.focus();
  }

  closeAll(giveBack = false) {
    const opened = this.drawers.find((drawer) => drawer.open);
    for (const drawer of this.drawers) drawer.open = false;
    this.#apply();
    if (giveBack) opened?.button.focus();
  }

  #apply() {
    for (const { column, button, query, open, folded } of this.drawers) {
      const shown = query.matches ? !folded : open;
      column.dataset.state = query.matches ? (folded ? "folded" : "beside") : open ? "open" : "shut";
      column.inert = !shown;
      button.setAttribute("aria-expanded", String(shown));
    }
    const covering = this.drawers.some((drawer) => drawer.open && !drawer.query.matches);
    this.scrim.hidden = !covering;
    this.main.inert = covering;
  }
}
