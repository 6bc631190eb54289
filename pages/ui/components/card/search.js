// Items that look like what the person types.

import { make } from "../common/dom.js";
import { take } from "../common/keyboard.js";
import { plainButton } from "./drawing.js";

export class Search {
  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card;
    const { strings } = card.data;
    const words = { placeholder: strings.search_hint, ariaLabel: strings.search_label };
    this.field = make("input", "find", { type: "search", ...words, autocomplete: "off", spellcheck: false });
    this.field.addEventListener("blur", () => setTimeout(() => this.render()));
    this.end = plainButton(strings.search_end, () => this.find(""));
    this.box = make("div", "search", { hidden: true, role: "search" }, this.field, this.end);
  }

  open() {
    this.box.hidden = false;
    this.field.focus();
    this.field.select();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.key === "Enter") this.find(this.field.value.trim());
    else if (event.key !== "Escape") return;
    else this.field.value = this.card.data.search;
    take(event);
    this.render();
    this.card.focus();
  }

  /** @param {string} text */
  find(text) {
    const { card } = this;
    if (!card.outbox.connected()) return card.tell("search_offline");
    this.field.value = text;
    if (text !== card.data.search) card.ask({ search: text });
  }

  render() {
    const { search } = this.card.data;
    const active = Boolean(search);
    const typing = /** @type {Document | ShadowRoot} */ (this.field.getRootNode()).activeElement === this.field;
    if (!typing && this.field.value !== search) this.field.value = search;
    this.box.hidden = !active && !typing;
    this.box.classList.toggle("active", active);
    this.end.hidden = !active;
  }
}
