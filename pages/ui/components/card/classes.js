// The classes as buttons; with many of them the likeliest ones first, and a field to find one by name.

import { breakable, make, say } from "../common/dom.js";
import { take } from "../common/keyboard.js";
import { classButton, percentOf } from "./drawing.js";

/** @typedef {import("../common/types").ClassInfo} ClassInfo */
/** @typedef {ReturnType<typeof classButton>} ClassButton */

export class Classes {
  few = true;
  /** @type {Map<number, ClassInfo>} */
  byId = new Map();
  /** @type {Map<number, ClassButton>} */
  buttons = new Map();
  /** @type {ClassButton[]} Among many classes the likeliest ones, best first. */
  ranks = [];

  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card;
    const { strings, acts } = card.data;
    this.suggestions = make("div", "suggestions", { role: "group", ariaLabel: strings.suggestions });
    this.restTitle = make("summary");
    this.restList = make("div", "suggestions");
    this.rest = make("details", "rest", {}, this.restTitle, this.restList);
    this.guess = make("div", "guess", {}, this.suggestions, this.rest);
    const hint = say(strings.filter, { key: acts.filter });
    const field = { type: "search", placeholder: hint, ariaLabel: hint, autocomplete: "off", spellcheck: false };
    this.filter = make("input", "filter", field);
    this.filter.addEventListener("input", () => this.renderFilter());
    this.list = make("div", "classes", { role: "group", ariaLabel: strings.classes });
    this.noMatch = make("p", "nomatch", { hidden: true }, strings.no_match);
    this.box = make("div", "choose", {}, this.guess, make("div", "all", {}, this.filter, this.list, this.noMatch));
  }

  /** The classes are others, or look otherwise. */
  rebuild() {
    const { card } = this;
    const { classes, few, suggestions, shifted } = card.data;
    this.few = classes.length <= few;
    card.box.classList.toggle("many", !this.few);
    this.byId = new Map(classes.map((one) => [one.id, one]));
    const { editor } = card.help;
    this.buttons = new Map(classes.map((one) => {
      const act = () => (editor.open ? editor.edit(one) : card.label(one.id));
      return [one.id, classButton(one, act)];
    }));
    this.list.replaceChildren(...[...this.buttons.values()].map((button) => button.node));
    this.filter.hidden = this.guess.hidden = this.few;
    card.actions.confirm.hidden = !card.multi;
    this.ranks = Array.from({ length: this.few ? 0 : suggestions }, (_, rank) =>
      classButton({ name: "", key: rank < shifted ? `⇧${rank + 1}` : "" }, () => this.take(rank)));
    this.suggestions.replaceChildren(...this.ranks.slice(0, shifted).map((row) => row.node));
    this.restList.replaceChildren(...this.ranks.slice(shifted).map((row) => row.node));
    this.renderFilter();
  }

  /**
   * Label with the suggestion of this rank.
   * @param {number} rank
   */
  take(rank) {
    const found = this.card.current?.top[rank];
    if (found) this.card.label(found[0]);
  }

  /** @param {KeyboardEvent} event */
  filterKey(event) {
    const { card, filter } = this;
    if (event.key === "Enter") {
      const first = card.matching(filter.value)[0];
      if (first && filter.value.trim()) card.label(first.id);
    } else if (event.key !== "Escape") return;
    take(event);
    filter.value = "";
    this.renderFilter();
    card.focus();
  }

  render() {
    const { card } = this;
    const top = card.current?.top ?? [];
    for (const button of this.buttons.values()) button.node.disabled = !card.current && !card.help.editor.open;
    if (this.few) this.renderShares(top);
    else this.renderRanks(top);
  }

  /** @param {import("./types").Share[]} top */
  renderShares(top) {
    const shares = new Map(top);
    for (const [id, button] of this.buttons) {
      button.paint(this.byId.get(id) ?? {}, shares.get(id) ?? null);
      button.node.classList.toggle("best", top[0]?.[0] === id && (!this.card.multi || top[0][1] >= 0.5));
    }
  }

  /** @param {import("./types").Share[]} top */
  renderRanks(top) {
    const { multi, data } = this.card;
    const { strings, classes, shifted } = data;
    this.guess.hidden = !top.length;
    this.rest.hidden = top.length <= shifted;
    this.ranks.forEach((row, rank) => {
      const one = top[rank] && this.byId.get(top[rank][0]);
      row.node.hidden = !one;
      if (!one) return;
      row.name.replaceChildren(...breakable(one.name));
      row.node.title = one.description || one.name;
      row.node.classList.toggle("best", rank === 0);
      row.paint(one, top[rank][1]);
    });
    const shown = top.slice(0, shifted).reduce((sum, one) => sum + one[1], 0);
    const left = { n: classes.length - shifted, share: percentOf(Math.max(0, 1 - shown)) };
    this.restTitle.textContent = say(multi ? strings.rest_multi : strings.rest, left);
  }

  renderFilter() {
    const found = this.card.matching(this.filter.value);
    const typed = Boolean(this.filter.value.trim());
    for (const [id, { node }] of this.buttons) {
      const place = found.findIndex((one) => one.id === id);
      node.hidden = place < 0;
      node.style.order = typed ? String(place) : "";
      node.classList.toggle("first", typed && place === 0);
    }
    this.noMatch.hidden = found.length > 0;
  }

  /** Where an item takes several classes: which are chosen. */
  renderPicked() {
    const { current, picked } = this.card;
    /**
     * @param {HTMLElement} node
     * @param {number | undefined} id
     */
    const press = (node, id) => {
      const on = id !== undefined && picked.has(id);
      node.setAttribute("aria-pressed", String(on));
      node.classList.toggle("picked", on);
    };
    for (const [id, button] of this.buttons) press(button.node, id);
    this.ranks.forEach((row, rank) => press(row.node, current?.top[rank]?.[0]));
  }
}
