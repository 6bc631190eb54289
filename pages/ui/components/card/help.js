// The list of keys, with the editor of those of the classes.

import { helpRows, make } from "../common/dom.js";
import { plainButton } from "./drawing.js";
import { Editor } from "./editor.js";

export class Help {
  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card;
    const { strings, help } = card.data;
    this.edit = plainButton(strings.edit, () => this.editor.toggle(), { ariaPressed: "false" });
    this.editor = new Editor(card, this.edit);
    const rows = make("div", "rows", {}, ...helpRows(help));
    const props = { hidden: true, role: "region", ariaLabel: strings.help };
    this.box = make("div", "help", props, rows, this.edit, this.editor.box);
  }

  toggle() {
    this.box.hidden = !this.box.hidden;
    this.card.actions.help.setAttribute("aria-expanded", String(!this.box.hidden));
  }
}
