/**
 * Checks the layout of the page as it is now:
 *
 *   cut       text that a box hides, or that leaves the window
 *   sideways  a box that must be scrolled sideways (code blocks may)
 *   sticks    text that sticks out of its own control
 *   overlap   two texts or controls that overlap in the same layer
 *
 * Layers above the page (dialogs, popovers, fixed or z-indexed boxes) may cover it, and nothing behind an open modal
 * dialog is checked.
 *
 * Evaluates to a function without arguments that returns a list of faults.
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

  const leavesSideways = (box, frame) => box.left < frame.left - SLACK || box.right > frame.right + SLACK;
  const leavesUpOrDown = (box, frame) => box.top < frame.top - SLACK || box.bottom > frame.bottom + SLACK;
  /** Whether a box is outside the window until it is needed, as a skip link is. */
  const parked = (box) => box.bottom <= 0 || box.right <= 0;
  const visible = (element) => {
    const options = { opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true };
    if (!element.checkVisibility(options)) return false;
    if (element.closest("[inert], noscript, script, style, option, title")) return false;
    return [...ancestors(element)].every((each) => style(each).clipPath === "none"); // else for screen readers only
  };
  const name = (element) => {
    const classes = [...element.classList].map((each) => `.${each}`).join("");
    const testid = element.closest("[data-testid]")?.dataset.testid;
    return `<${element.localName}${classes}>${testid ? ` in ${testid}` : ""}`;
  };

  /** The part of a box that scroll containers show; null: none of it. */
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

  /** The element that hides a part of a box and cannot be scrolled; the body for the sides of the window. */
  const hidden = (box, element) => {
    for (const each of ancestors(element)) {
      const { overflowX, overflowY, position } = style(each);
      const frame = each.getBoundingClientRect();
      if (/hidden|clip/u.test(overflowX) && leavesSideways(box, frame)) return each;
      if (/hidden|clip/u.test(overflowY) && leavesUpOrDown(box, frame)) return each;
      if (position === "fixed") break;
    }
    return leavesSideways(box, { left: 0, right: innerWidth }) ? document.body : null;
  };

  /** The layer in which an element is drawn: its nearest ancestor above the rest of the page. */
  const layer = (element) => {
    for (const each of ancestors(element)) {
      const { position, zIndex } = style(each);
      const raised = position === "absolute" && zIndex !== "auto";
      if (raised || /fixed|sticky/u.test(position) || each.matches("dialog, [popover]")) return each;
    }
    return document.body;
  };

  // Leaves: each line of each text, and each control.
  const leaves = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const words = node.textContent.trim();
    if (!words || !visible(element) || /^rgba\(.*, 0\)$/u.test(style(element).color)) continue;
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
        const sticks = leavesSideways(rect, frame) || leavesUpOrDown(rect, frame);
        if (sticks) faults.push(`sticks: “${words}” out of ${name(control)}`);
      }
      leaves.push({ element, box, what: `“${words.slice(0, 60)}” ${name(element)}`, layer: layer(element) });
    }
  }
  for (const element of root.querySelectorAll(CONTROLS)) {
    if (!visible(element) || style(element).display === "inline") continue; // an inline link is its text
    const box = scrolled(element.getBoundingClientRect(), element);
    if (!box || parked(box)) continue;
    const by = hidden(box, element.parentElement);
    if (by) faults.push(`cut: ${name(element)} by ${name(by)}`);
    leaves.push({ element, box, what: name(element), layer: layer(element) });
  }

  for (const element of root.querySelectorAll("*")) {
    if (!visible(element) || element.closest("pre") || element.namespaceURI !== "http://www.w3.org/1999/xhtml")
      continue;
    const { overflowX, textOverflow } = style(element);
    const wide = element.scrollWidth > element.clientWidth + SLACK && element.clientWidth > 0;
    if (wide && textOverflow === "ellipsis") faults.push(`cut: ${name(element)} ends in an ellipsis`);
    else if (wide && /auto|scroll/u.test(overflowX) && !element.matches("input, textarea"))
      faults.push(`sideways: ${name(element)}`);
    if (element.matches("input[type=number]") && wide) faults.push(`cut: the number in ${name(element)}`);
    if (element.matches("select") && selectIsTight(element)) faults.push(`cut: the choice in ${name(element)}`);
    const high = element.scrollHeight > element.clientHeight + SLACK;
    if (high && element.matches("textarea:placeholder-shown")) faults.push(`cut: the placeholder of ${name(element)}`);
  }

  leaves.sort((a, b) => a.box.top - b.box.top);
  for (let i = 0; i < leaves.length; i += 1) {
    for (let j = i + 1; j < leaves.length && leaves[j].box.top < leaves[i].box.bottom; j += 1) {
      const [a, b] = [leaves[i], leaves[j]];
      if (a.layer !== b.layer || a.element.contains(b.element) || b.element.contains(a.element)) continue;
      const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (width > OVERLAP && height > OVERLAP)
        faults.push(`overlap: ${a.what} and ${b.what} by ${width.toFixed(0)} × ${height.toFixed(0)}`);
    }
  }
  return [...new Set(faults)];

  function selectIsTight(element) {
    const { font, paddingLeft, paddingRight } = style(element);
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = font;
    const { width } = pen.measureText(element.selectedOptions[0]?.textContent ?? "");
    const arrow = 20; // px
    return width + parseFloat(paddingLeft) + parseFloat(paddingRight) + arrow > element.clientWidth + SLACK;
  }
};
