/** Three experiments that an empty channel suggests. Each leads to where it begins; nothing is sent. */
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { say } from "./words.js";

const LINE = "/imagine prompt: a lighthouse in a storm images: 2";

/** Whether the command for orders is among *entries*. @param {Discord.Command[]} entries */
export const takesOrders = (entries) => entries.some(({ name }) => name === "imagine");

/**
 * Draw them, if the command for orders is there.
 * @param {HTMLElement} box
 * @param {{entries: Discord.Command[], write: (line: string) => void, backstage: (testid: string) => void}} page
 */
export function drawExperiments(box, { entries, write, backstage }) {
  const choice = (sign, title, detail, onClick) =>
    h(
      "button.experiment",
      { testid: "experiment", onClick },
      icon(sign),
      h("span.menu-text", h("b", title), h("span.menu-detail", detail)),
    );
  const choices = [
    choice("slash", say("Order two"), say("The command is written for you; Enter sends it."), () => write(LINE)),
    choice("bolt", say("Press Kill while it draws"), say("Order, press Kill, then Start: nothing is lost."), () =>
      backstage("bot-kill"),
    ),
    choice("warning", say("Empty the wallet"), say("Then order, and read what the bot says."), () =>
      backstage("wallet-empty"),
    ),
  ];
  fill(box, takesOrders(entries) && [h("h3.menu-heading", say("Three experiments")), choices]);
}
