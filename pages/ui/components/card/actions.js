// The row of buttons below the classes: what can be done but label.

import { make } from "../common/dom.js";
import { actButton } from "./drawing.js";

export class Actions {
  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card;
    const { strings, acts } = card.data;
    this.undo = actButton(strings.undo, acts.undo, () => card.steps.undo());
    this.redo = actButton(strings.redo, `⇧${acts.undo}`, () => card.steps.redo());
    this.help = actButton(strings.help, acts.help, () => card.help.toggle());
    this.help.setAttribute("aria-expanded", "false");
    this.flag = actButton(strings.flag, acts.flag, () => card.steps.flag());
    this.why = actButton(strings.why, acts.why, () => card.why.toggle());
    this.confirm = actButton(strings.confirm, "⏎", () => card.confirm());
    this.confirm.classList.add("confirm");
    /** Those that need an item. */
    this.ofItem = [
      this.confirm,
      actButton(strings.skip, strings.space, () => card.steps.act("skip")),
      actButton(strings.none, acts.none, () => card.label("none")),
      this.flag,
      this.why,
    ];
    const search = actButton(strings.search, acts.search, () => card.search.open());
    this.box = make("div", "acts", {}, ...this.ofItem, this.undo, this.redo, search, this.help);
  }

  render() {
    const { current, steps } = this.card;
    this.flag.setAttribute("aria-pressed", String(Boolean(current?.flag)));
    for (const node of this.ofItem) node.disabled = !current;
    this.undo.disabled = !steps.canUndo;
    this.redo.disabled = !steps.canRedo;
  }

  renderPicked() {
    this.confirm.classList.toggle("ready", this.card.picked.size > 0);
  }
}
