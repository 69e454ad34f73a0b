/**
 * Looks at the page as it stands and lists what a careful eye would object to:
 *
 *   cut       text that a box hides, or that leaves the window
 *   sideways  a box that must be scrolled sideways (code blocks may)
 *   sticks    text that sticks out of its own control
 *   overlap   two texts or controls that lie on one another in the same layer
 *
 * What is covered on purpose is left out: layers above the page (dialogs, popovers, fixed or z-indexed boxes) may
 * cover what lies below them, and behind an open modal dialog nothing counts.
 *
 * Evaluates to a function of no arguments that returns a list of strings, empty when all is well.
 */
() => {
  const SLACK = 1.5; // px: borders and rounding
  const OVERLAP = 2; // px in both directions: glyph boxes are a little higher than what is drawn
  const CONTROLS = "button, a[href], input, select, textarea, summary, [role=option], [role=menuitem], [role=button]";
  const faults = [];

  const modal = [...document.querySelectorAll("dialog:modal")].at(-1);
  const root = modal ?? document.body;
  const styles = new Map();
  const style = (element) => {
    if (!styles.has(element)) styles.set(element, getComputedStyle(element));
    return styles.get(element);
  };
  const ancestors = function* (element) {
    for (let each = element; each && each !== document.documentElement; each = each.parentElement) yield each;
  };

  /** Kept outside the window until it is needed, as a skip link is. */
  const parked = (box) => box.bottom <= 0 || box.right <= 0;
  const seen = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true }))
      return false;
    if (element.closest("[inert], noscript, script, style, option, title")) return false;
    for (const each of ancestors(element)) if (style(each).clipPath !== "none") return false; // for screen readers only
    return true;
  };
  const name = (element) => {
    const hook = element.closest("[data-testid]")?.dataset.testid;
    return `<${element.localName}${element.className && typeof element.className === "string" ? `.${element.className.trim().replace(/\s+/gu, ".")}` : ""}>${hook ? ` in ${hook}` : ""}`;
  };

  /** The part of a box that scrolling boxes leave visible; null when they hide all of it. */
  const scrolled = (box, element) => {
    let { left, top, right, bottom } = box;
    for (const each of ancestors(element.parentElement)) {
      const { overflowX, overflowY } = style(each);
      const frame = each.getBoundingClientRect();
      if (/auto|scroll/u.test(overflowY)) [top, bottom] = [Math.max(top, frame.top), Math.min(bottom, frame.bottom)];
      if (/auto|scroll/u.test(overflowX)) [left, right] = [Math.max(left, frame.left), Math.min(right, frame.right)];
      if (style(each).position === "fixed") break;
    }
    return right - left > 1 && bottom - top > 1 ? { left, top, right, bottom } : null;
  };

  /** Which edge of a box is hidden by a box that cannot be scrolled, or by the window's sides. */
  const hidden = (box, element) => {
    for (const each of ancestors(element)) {
      const { overflowX, overflowY, position } = style(each);
      const frame = each.getBoundingClientRect();
      if (/hidden|clip/u.test(overflowX) && (box.left < frame.left - SLACK || box.right > frame.right + SLACK))
        return each;
      if (/hidden|clip/u.test(overflowY) && (box.top < frame.top - SLACK || box.bottom > frame.bottom + SLACK))
        return each;
      if (position === "fixed") break;
    }
    return box.left < -SLACK || box.right > innerWidth + SLACK ? document.body : null;
  };

  /** The layer in which an element is drawn: the nearest box that lies above the rest on purpose. */
  const layer = (element) => {
    for (const each of ancestors(element)) {
      const { position, zIndex } = style(each);
      if (
        each.matches("dialog, [popover]") ||
        position === "fixed" ||
        position === "sticky" ||
        (position === "absolute" && zIndex !== "auto")
      )
        return each;
    }
    return document.body;
  };

  // Leaves: each line of each text, and each control.
  const leaves = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const words = node.textContent.trim();
    if (!words || !seen(element) || /^rgba\(.*, 0\)$/u.test(style(element).color)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const control = element.closest(CONTROLS);
    for (const rect of range.getClientRects()) {
      if (rect.width < 1 || rect.height < 1 || parked(rect)) continue;
      const box = scrolled(rect, element);
      if (!box) continue;
      const by = hidden(box, element);
      if (by) faults.push(`cut: “${words}” ${name(element)} by ${name(by)}`);
      if (control && style(control).display !== "inline") {
        const frame = control.getBoundingClientRect();
        if (
          rect.left < frame.left - SLACK ||
          rect.right > frame.right + SLACK ||
          rect.top < frame.top - SLACK ||
          rect.bottom > frame.bottom + SLACK
        ) {
          faults.push(`sticks: “${words}” out of ${name(control)}`);
        }
      }
      leaves.push({ element, box, what: `“${words.slice(0, 60)}” ${name(element)}`, layer: layer(element) });
    }
  }
  for (const element of root.querySelectorAll(CONTROLS)) {
    if (!seen(element) || style(element).display === "inline") continue; // an inline link is its text
    const box = scrolled(element.getBoundingClientRect(), element);
    if (!box || parked(box)) continue;
    const by = hidden(box, element.parentElement);
    if (by) faults.push(`cut: ${name(element)} by ${name(by)}`);
    leaves.push({ element, box, what: name(element), layer: layer(element) });
  }

  for (const element of root.querySelectorAll("*")) {
    if (!seen(element) || element.closest("pre") || element.namespaceURI !== "http://www.w3.org/1999/xhtml") continue;
    const { overflowX, textOverflow } = style(element);
    const wide = element.scrollWidth > element.clientWidth + SLACK && element.clientWidth > 0;
    if (wide && textOverflow === "ellipsis") faults.push(`cut: ${name(element)} ends in an ellipsis`);
    else if (wide && /auto|scroll/u.test(overflowX) && !element.matches("input, textarea"))
      faults.push(`sideways: ${name(element)}`);
    if (element.matches("input[type=number]") && wide) faults.push(`cut: the number in ${name(element)}`);
    if (element.matches("select") && selectIsTight(element)) faults.push(`cut: the choice in ${name(element)}`);
    if (
      element.matches("textarea") &&
      !element.value &&
      element.placeholder &&
      element.scrollHeight > element.clientHeight + SLACK
    )
      faults.push(`cut: the placeholder of ${name(element)}`);
  }

  for (let i = 0; i < leaves.length; i += 1) {
    for (let j = i + 1; j < leaves.length; j += 1) {
      const [one, other] = [leaves[i], leaves[j]];
      if (one.layer !== other.layer || one.element.contains(other.element) || other.element.contains(one.element))
        continue;
      const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (width > OVERLAP && height > OVERLAP)
        faults.push(`overlap: ${one.what} and ${other.what} by ${width.toFixed(0)} × ${height.toFixed(0)}`);
    }
  }
  return [...new Set(faults)];

  function selectIsTight(element) {
    const { font, paddingLeft, paddingRight } = style(element);
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = font;
    const arrow = 20; // px
    return (
      pen.measureText(element.selectedOptions[0]?.textContent ?? "").width +
        parseFloat(paddingLeft) +
        parseFloat(paddingRight) +
        arrow >
      element.clientWidth + SLACK
    );
  }
};
