/** An event target whose events carry a detail. */
export class Emitter extends EventTarget {
  /** @param {string} types separated by spaces @param {(detail: any) => void} listener */
  on(types, listener) {
    for (const type of types.split(" "))
      this.addEventListener(type, (/** @type {any} */ event) => listener(event.detail));
  }

  /** @param {string} type @param {unknown} [detail] */
  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
