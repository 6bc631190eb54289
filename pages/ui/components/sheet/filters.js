// The row above the table: words or meaning, class, state, person, columns of the file; how many are left.

import { make, say } from "../common/dom.js";
import { take } from "../common/keyboard.js";
import { sheetButton } from "./bar.js";
import { columnsOf } from "./line.js";
import { STATE_NAMES } from "./view.js";

/** @typedef {import("./types").SortKey} SortKey */
/** @typedef {import("./types").State} State */

const LONGEST_SEARCH = 500;
const MOST_VALUES = 500; // of a column that one can choose from
const ASK_AGAIN_MS = 6000;

export class Filters {
  /** @type {number | null} The search that has no answer yet. */
  asked = null;
  asking = "";

  /** @param {import("./sheet.js").Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    const { strings, acts } = sheet.data;
    const hint = say(strings.words, { key: acts.search });
    const props = { type: "search", placeholder: hint, ariaLabel: hint, autocomplete: "off" };
    this.words = make("input", "find", { ...props, maxLength: LONGEST_SEARCH });
    this.words.addEventListener("input", () => this.typed());
    this.meaning = sheetButton(strings.meaning, () => this.searchMeaning());
    this.state = this.select(strings.state, (value) => (sheet.view.state = /** @type {State} */ (value)));
    this.of = this.select(strings.of_class, (value) => (sheet.view.of = value === "" ? null : Number(value)));
    this.who = this.select(strings.person, (value) => (sheet.view.who = value === "" ? null : Number(value)));
    this.sort = this.select(strings.sort, (value) => {
      sheet.view.sort = /** @type {SortKey} */ (value);
      sheet.view.down = value === "doubt";
    });
    this.meta = make("div", "metas");
    this.count = make("span", "count", { role: "status" });
    this.only = make("button", "only", { type: "button" });
    this.only.addEventListener("click", () => this.dropOnly());
    this.again = sheetButton(strings.sort_again, () => sheet.rearrange());
    this.clear = sheetButton(strings.clear_filters, () => {
      sheet.view.clear();
      this.words.value = "";
      sheet.rearrange();
    });
    this.counts = [this.count, this.only, this.again, this.clear];
    this.box = make(
      "div", "filters", { role: "search" },
      make("div", "search", {}, this.words, this.meaning),
      this.state, this.of, this.who, this.meta, this.sort,
    );
  }

  /**
   * @param {string} label
   * @param {(value: string) => void} set
   */
  select(label, set) {
    const node = make("select", "", { ariaLabel: label, title: label });
    node.addEventListener("change", () => {
      set(node.value);
      this.sheet.rearrange();
    });
    return node;
  }

  /** Classes, people or columns are others. */
  rebuild() {
    const { sheet } = this;
    const { strings, classes, authors } = sheet.data;
    options(this.state, STATE_NAMES.map((one) => [one, strings[`state_${one}`]]));
    options(this.of, [["", strings.any_class], ...classes.map((one) => pair(one.id, one.name))]);
    const people = authors.map((one, i) => pair(i, one === sheet.data.me ? strings.you : one));
    options(this.who, [["", strings.anybody], ...people]);
    this.who.hidden = authors.length < 2;
    const sorts = columnsOf(sheet).map((one) => pair(one.sort, say(strings.sort_by, { name: one.title })));
    sorts.unshift(["order", say(strings.sort_by, { name: strings.file_order })]);
    options(this.sort, [...sorts, ["found", say(strings.sort_by, { name: strings.meaning })]]);
    this.meta.replaceChildren(...sheet.rows.meta.filter((one) => one.values.length <= MOST_VALUES).map((one) => {
      const node = this.select(one.name, (value) => {
        if (value === "") sheet.view.meta.delete(one.name);
        else sheet.view.meta.set(one.name, one.values[Number(value)]);
      });
      const values = one.values.map((value, i) => pair(i, value || "–"));
      values.sort((a, b) => a[1].localeCompare(b[1], undefined, { numeric: true }));
      /** @param {string} value */
      const of = (value) => `${one.name}: ${value}`;
      options(node, [["", of(strings.any)], ...values.map(([i, value]) => pair(i, of(value)))]);
      node.dataset.name = one.name;
      return node;
    }));
    for (const name of [...sheet.view.meta.keys()]) {
      if (!sheet.rows.meta.some((one) => one.name === name)) sheet.view.meta.delete(name);
    }
  }

  // -- words and meaning -------------------------------------------------------------------------

  typed() {
    const { view } = this.sheet;
    view.words = this.words.value;
    if (view.sort === "found") this.dropOnly();
    else this.sheet.rearrange();
  }

  searchMeaning() {
    const { sheet } = this;
    const text = this.words.value.trim();
    if (!text) return this.words.focus();
    this.asking = text;
    this.asked = Date.now();
    const { asked } = this;
    sheet.send({ project: sheet.project, kind: "search", nonce: asked, text });
    setTimeout(() => this.asked === asked && this.searchMeaning(), ASK_AGAIN_MS);
    sheet.bar.tell(sheet.data.strings.searching);
  }

  /** @param {import("./types").Said} said */
  answered({ search }) {
    if (!search || search.nonce !== this.asked) return;
    const { sheet } = this;
    this.asked = null;
    sheet.view.words = "";
    this.words.value = "";
    this.show(say(sheet.data.strings.like, { text: this.asking }), search.ids, "found");
    sheet.bar.tell(search.ids.length ? "" : sheet.data.strings.nothing_found);
  }

  /**
   * Show these items and no others.
   * @param {string} title
   * @param {number[]} ids
   * @param {SortKey} sort
   */
  show(title, ids, sort = "doubt") {
    const { view } = this.sheet;
    view.clear();
    Object.assign(view, { only: { title, ids }, sort, down: sort === "doubt" });
    this.words.value = "";
    this.sheet.room.current = null;
    this.sheet.rearrange();
  }

  dropOnly() {
    const { view } = this.sheet;
    view.only = null;
    if (view.sort === "found") Object.assign(view, { sort: "doubt", down: true });
    this.sheet.rearrange();
  }

  /**
   * Keys in the field: whether they were ours.
   * @param {KeyboardEvent} event
   * @param {Partial<Element>} target
   */
  key(event, target) {
    if (target !== this.words || (event.key !== "Enter" && event.key !== "Escape")) return false;
    take(event);
    if (event.key === "Enter" && this.words.value.trim()) this.searchMeaning();
    if (event.key === "Escape") {
      this.words.value = "";
      this.typed();
    }
    this.sheet.focus();
    return true;
  }

  // -- on screen ---------------------------------------------------------------------------------

  render() {
    const { view, rows } = this.sheet;
    this.state.value = view.state;
    this.of.value = view.of === null ? "" : String(view.of);
    this.who.value = view.who === null ? "" : String(view.who);
    this.sort.value = view.sort;
    for (const node of this.meta.querySelectorAll("select")) {
      const column = rows.meta.find((one) => one.name === node.dataset.name);
      const value = view.meta.get(node.dataset.name ?? "");
      node.value = value === undefined || !column ? "" : String(column.values.indexOf(value));
    }
    this.renderCount();
  }

  renderCount() {
    const { sheet } = this;
    const { view, rows, data } = sheet;
    const { strings } = data;
    const [n, of] = [view.order.length, rows.ids.length];
    const words = n === of ? (of === 1 ? strings.items_one : strings.items_many) : strings.items_of;
    const cut = view.words.trim() && rows.cut ? ` (${say(strings.words_cut, { n: sheet.number(rows.cut) })})` : "";
    const text = say(words, { n: sheet.number(n), of: sheet.number(of) }) + cut;
    if (this.count.textContent !== text) this.count.textContent = text;
    this.only.hidden = !view.only;
    this.only.textContent = view.only ? `${view.only.title} ✕` : "";
    this.only.ariaLabel = view.only ? say(strings.drop, { name: view.only.title }) : "";
    this.again.hidden = !view.stale;
    this.clear.hidden = !view.narrowed;
  }
}

/**
 * @param {unknown} value
 * @param {string} text
 * @returns {[string, string]}
 */
function pair(value, text) {
  return [String(value), text];
}

/**
 * @param {HTMLSelectElement} node
 * @param {[string, string][]} list
 */
function options(node, list) {
  node.replaceChildren(...list.map(([value, text]) => make("option", "", { value }, text)));
}
