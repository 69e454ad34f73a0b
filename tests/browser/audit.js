/**
 * Checks the accessibility of the page. Evaluates to a function without arguments that returns lists of faults:
 *
 *   nameless  controls without a name
 *   broken    references to ids that do not exist
 *   faint     texts whose contrast with their background is below WCAG AA
 */
() => {
  const CONTROLS = "button, a[href], input, select, textarea, [role=button], [role=option], [role=region], dialog";
  const REFERENCES = /^(aria-(labelledby|describedby|controls|activedescendant|errormessage)|for)$/u;
  // Disabled controls are exempt; faces and badges are pictures of letters; covers hide on purpose.
  const EXEMPT =
    ".hidden, .mirror, .skip, .avatar, .badge, .spoiler, :disabled, [inert], noscript, option, .cover, .block-cover";

  const name = (element) =>
    element.getAttribute("aria-label") ||
    element.getAttribute("aria-labelledby") ||
    element.labels?.[0]?.textContent ||
    element.textContent ||
    element.querySelector("img")?.alt ||
    "";

  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const mixed = new Map(); // by both colours, because reading a pixel is slow
  /** The colour that one colour makes on another, as [r, g, b]. */
  const over = (color, ground) => {
    const both = `${color} on ${ground}`;
    if (!mixed.has(both)) {
      for (const each of [`rgb(${ground.join()})`, color]) {
        context.fillStyle = each;
        context.fillRect(0, 0, 1, 1);
      }
      mixed.set(both, [...context.getImageData(0, 0, 1, 1).data].slice(0, 3));
    }
    return mixed.get(both);
  };
  const luminance = (rgb) =>
    rgb
      .map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);

  const faint = () => {
    const faults = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      const words = node.textContent.trim();
      if (!words || element.closest(EXEMPT)) continue;
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
      const line = [];
      for (let each = element; each; each = each.parentElement) line.unshift(each);
      const ground = line.reduce((rgb, each) => over(getComputedStyle(each).backgroundColor, rgb), [255, 255, 255]);
      const { color, fontSize, fontWeight } = getComputedStyle(element);
      const [light, dark] = [luminance(over(color, ground)), luminance(ground)].sort((a, b) => b - a);
      const ratio = (light + 0.05) / (dark + 0.05);
      const large = parseFloat(fontSize) >= 24 || (parseFloat(fontSize) >= 18.66 && fontWeight >= 700);
      if (ratio < (large ? 3 : 4.5))
        faults.push(`“${words.slice(0, 40)}” ${ratio.toFixed(2)} in ${element.className || element.localName}`);
    }
    return faults;
  };

  return {
    nameless: [...document.querySelectorAll(CONTROLS)]
      .filter((each) => !name(each).trim())
      .map((each) => each.outerHTML.slice(0, 120)),
    broken: [...document.querySelectorAll("*")]
      .flatMap((element) => [...element.attributes])
      .filter(({ name }) => REFERENCES.test(name))
      .flatMap(({ name, value }) => value.split(/\s+/u).map((id) => ({ name, id })))
      .filter(({ id }) => id && !document.getElementById(id))
      .map(({ name, id }) => `${name}=${id}`),
    faint: faint(),
  };
};
