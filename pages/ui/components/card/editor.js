// Keys and colours of the classes.

import { make, quiet, say } from "../common/dom.js";
import { keyOf } from "../common/keyboard.js";
import { plainButton } from "./drawing.js";

/** @typedef {import("../common/types").ClassInfo} ClassInfo */

export class Editor {
  open = false;
  /** @type {ClassInfo | null} The class that gets another key or colour. */
  edited = null;

  /**
   * @param {import("./card.js").Card} card
   * @param {HTMLElement} button What opens it.
   */
  constructor(card, button) {
    this.card = card;
    this.button = button;
    this.box = make("div", "editor", { hidden: true });
  }

  toggle() {
    this.open = !this.open;
    this.edited = null;
    this.render();
    this.card.focus();
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {(() => void) | null}
   */
  actionOf(event) {
    const key = keyOf(event);
    if (key === "Escape") return () => this.edit(null);
    if (key === "Backspace" || key === "Delete") return () => this.change({ key: "" });
    if (key === "Tab" || key === "Enter" || event.shiftKey || key.length > 1) return null;
    if (this.card.data.keys.includes(key)) return () => this.change({ key });
    return () => this.card.tell("key_taken");
  }

  /** @param {ClassInfo | null} one */
  edit(one) {
    this.edited = one;
    this.render();
    this.card.focus();
  }

  /** @param {{ key?: string, color?: string }} what */
  change(what) {
    if (!this.edited) return;
    this.card.outbox.push({ op: "class", id: null, class: this.edited.id, ...what });
    this.card.tell("class_changed", this.edited.id);
    this.edit(null);
  }

  render() {
    this.card.box.classList.toggle("editing", this.open);
    this.button.setAttribute("aria-pressed", String(this.open));
    this.box.hidden = !this.open;
    if (this.open) this.box.replaceChildren(...this.parts());
  }

  parts() {
    const { strings, palette } = this.card.data;
    const one = this.edited;
    if (!one) return [make("p", "", { role: "status" }, strings.edit_choose)];
    const swatches = palette.map((color) => {
      const props = { type: "button", title: color, ariaLabel: say(strings.edit_color_to, { color }) };
      const node = make("button", "swatch", props);
      node.style.setProperty("--class", color);
      return quiet(node, () => this.change({ color }));
    });
    const own = make("input", "own", { type: "color", value: one.color, ariaLabel: strings.edit_own_color });
    own.addEventListener("change", () => this.change({ color: own.value }));
    const auto = plainButton(strings.edit_auto, () => this.change({ key: "", color: "" }));
    const close = plainButton(strings.edit_done, () => this.edit(null));
    return [
      make("p", "", { role: "status" }, say(strings.edit_press, { name: one.name })),
      make("div", "swatches", { role: "group", ariaLabel: strings.edit_colors }, ...swatches, own),
      make("div", "acts", {}, auto, close),
    ];
  }
}
