// One row in full: its text, its columns, what the model says and why; and the classes as buttons.

import { breakable, make, matching, quiet, say } from "../common/dom.js";
import { take } from "../common/keyboard.js";
import { sheetButton } from "./bar.js";
import { percentOf } from "./line.js";

/** @typedef {import("./types").Why} Why */

const WAIT_MS = 120;
const ASK_AGAIN_MS = 6000;
const LONG = 900; // signs of a text that folds

export class Panel {
  /** @type {{ nonce: number, id: number, at: number, words: boolean } | null} The question that has no answer yet. */
  asked = null;
  /** @type {Why | null} */
  why = null;
  /** @type {number | undefined} */
  timer = undefined;
  /** @type {number | null} The item whose long text is shown whole. */
  open = null;

  /** @param {import("./sheet.js").Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    const { strings, acts } = sheet.data;
    this.close = sheetButton(strings.close, () => this.toggle(), acts.why);
    this.content = make("div", "content", { ariaLive: "polite" });
    const hint = say(strings.find_class, { key: acts.filter });
    const props = { type: "search", placeholder: hint, ariaLabel: hint, autocomplete: "off", spellcheck: false };
    this.filter = make("input", "find", props);
    this.filter.addEventListener("input", () => this.renderClasses());
    this.classes = make("div", "classes", { role: "group", ariaLabel: strings.classes });
    this.box = make(
      "aside", "panel", { ariaLabel: strings.why, hidden: true },
      make("header", "", {}, make("h2", "", {}, strings.why), this.close), this.content, this.filter, this.classes,
    );
  }

  /** The classes are others. */
  rebuild() {
    const { sheet } = this;
    const { classes, few } = sheet.data;
    this.buttons = new Map(classes.map((one) => {
      const key = make("kbd", "", { ariaHidden: "true", hidden: !one.key }, one.key);
      const chip = make("i", "chip", { ariaHidden: "true" });
      chip.style.setProperty("--class", one.color);
      const name = make("span", "name", { dir: "auto" }, ...breakable(one.name));
      const node = make("button", "class", { type: "button", title: one.description || one.name }, key, chip, name);
      return [one.id, quiet(node, () => sheet.steps.label(one.id))];
    }));
    this.classes.replaceChildren(...this.buttons.values());
    this.filter.hidden = classes.length <= few;
    this.renderClasses();
  }

  toggle() {
    const { room } = this.sheet;
    room.why = !room.why;
    this.moved();
    this.render();
    this.sheet.grid.resized();
    this.sheet.grid.show(this.sheet.view.rank[this.sheet.row] ?? -1);
    if (!room.why) this.sheet.focus();
  }

  focusClasses() {
    const { room } = this.sheet;
    if (!room.why) this.toggle();
    (this.filter.hidden ? this.classes.querySelector("button") : this.filter)?.focus();
  }

  /**
   * Keys in the field of the classes: whether they were ours.
   * @param {KeyboardEvent} event
   * @param {Partial<Element>} target
   */
  key(event, target) {
    if (target !== this.filter || (event.key !== "Enter" && event.key !== "Escape")) return false;
    take(event);
    const first = matching(this.sheet.data.classes, this.filter.value)[0];
    const typed = this.filter.value.trim();
    this.filter.value = "";
    this.renderClasses();
    this.sheet.focus();
    if (event.key === "Enter" && typed && first) this.sheet.steps.label(first.id);
    return true;
  }

  // -- asking --------------------------------------------------------------------------------------

  /** The cursor is on another row: ask about it once it rests. */
  moved() {
    const { room } = this.sheet;
    clearTimeout(this.timer);
    if (!room.why || room.current === null || this.why?.id === room.current) return;
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  /** @param {boolean} [words] Whether to find the words that moved the answer. */
  ask(words = false) {
    const { sheet } = this;
    const id = sheet.room.current;
    if (id === null || !sheet.room.why) return;
    this.asked = { nonce: Date.now(), id, at: Date.now(), words };
    sheet.send({ project: sheet.project, kind: "why", nonce: this.asked.nonce, id, words });
  }

  /** What has had no answer for long is asked again. */
  tick() {
    if (this.asked && Date.now() - this.asked.at > ASK_AGAIN_MS) this.ask(this.asked.words);
  }

  /** @param {import("./types").Said} said */
  answered({ why }) {
    if (!why || (this.asked && why.nonce !== this.asked.nonce)) return;
    this.asked = null;
    this.why = why;
    this.render();
  }

  // -- on screen -----------------------------------------------------------------------------------

  render() {
    const { sheet } = this;
    const { room } = sheet;
    const row = sheet.row;
    this.box.hidden = !room.why || row < 0;
    sheet.box.classList.toggle("asking", !this.box.hidden);
    if (this.box.hidden) return;
    const id = sheet.rows.ids[row];
    const why = this.why?.id === id ? this.why : null;
    const hidden = sheet.answers.hidden(row);
    this.content.replaceChildren(...this.itemNodes(row, id, why), ...(why ? this.reasonNodes(row, why) : []));
    for (const [one, node] of this.buttons ?? []) node.ariaPressed = String(!hidden && sheet.answers.carries(row, one));
  }

  /**
   * @param {number} row
   * @param {number} id
   * @param {Why | null} why
   */
  itemNodes(row, id, why) {
    const { rows, data, answers } = this.sheet;
    const { strings } = data;
    const text = why?.text ?? rows.texts[row] ?? strings.loading;
    const folds = text.length > LONG && this.open !== id;
    const shown = folds ? `${text.slice(0, LONG).trimEnd()}…` : text;
    const nodes = [];
    if (why?.image) nodes.push(make("img", "picture", { src: why.image, alt: text }));
    nodes.push(make("p", "text", { dir: "auto" }, ...marked(shown, why?.words ?? [])));
    if (folds) {
      const more = sheetButton(strings.show_all, () => {
        this.open = id;
        this.render();
      });
      nodes.push(more);
    }
    if (why) nodes.push(...this.moreNodes(why));
    const label = answers.labelOf(id);
    const name = label !== null && answers.hidden(row) ? strings.accepted_hidden : answers.nameOf(label);
    nodes.push(make("p", "now", { dir: "auto" }, say(strings.label_is, { name })));
    return nodes;
  }

  /** @param {Why} why */
  moreNodes(why) {
    const { strings } = this.sheet.data;
    const nodes = [];
    if (why.asked_words) nodes.push(make("p", "soft", {}, why.words.length ? strings.words_marked : strings.no_words));
    else if (why.can_words) nodes.push(sheetButton(strings.mark_words, () => this.ask(true)));
    const meta = why.meta.flatMap(([name, value]) =>
      [make("dt", "", {}, name), make("dd", "", { dir: "auto" }, value)]);
    if (meta.length) nodes.push(make("dl", "", {}, ...meta));
    return nodes;
  }

  /**
   * @param {number} row
   * @param {Why} why
   */
  reasonNodes(row, why) {
    const { answers, data } = this.sheet;
    const { strings } = data;
    if (answers.hidden(row)) return [make("p", "soft", {}, strings.hidden_one)];
    const bars = why.top.map(([id, share]) => this.barOf(id, share));
    const pulls = why.pulls.map((one) => this.pullOf(one));
    return [
      make("div", "bars", {}, ...bars),
      ...(why.said ? [make("p", "soft", {}, why.said)] : []),
      make("p", "soft", {}, pulls.length ? strings.pulls : strings.no_pulls),
      make("ul", "", {}, ...pulls),
    ];
  }

  /**
   * @param {number} id
   * @param {number} share
   */
  barOf(id, share) {
    const one = this.classOf(id);
    const level = make("i");
    level.style.width = `${share * 100}%`;
    level.style.background = one?.color ?? "currentColor";
    const name = make("span", "name", { dir: "auto" }, ...breakable(one?.name ?? ""));
    return make("div", "", {}, name, make("span", "percent", {}, percentOf(share)), make("span", "share", {}, level));
  }

  /** @param {Why["pulls"][number]} pull */
  pullOf({ text, image, label, weight }) {
    const one = this.classOf(label);
    const chip = make("i", "chip", { ariaHidden: "true" });
    chip.style.setProperty("--class", one?.color ?? "transparent");
    const level = make("i");
    level.style.width = `${weight * 100}%`;
    const what = image ? make("img", "small", { src: image, alt: text }) : make("span", "quote", { dir: "auto" }, text);
    const head = make("span", "", {}, chip, make("strong", "", { dir: "auto" }, one?.name ?? ""));
    return make("li", "", {}, head, what, make("span", "share", { ariaHidden: "true" }, level));
  }

  /** @param {number} id */
  classOf(id) {
    return this.sheet.data.classes.find((one) => one.id === id);
  }

  renderClasses() {
    const found = new Set(matching(this.sheet.data.classes, this.filter.value).map((one) => one.id));
    for (const [id, node] of this.buttons ?? []) node.hidden = !found.has(id);
  }
}

/**
 * A text whose words are marked by how much they moved the answer.
 * @param {string} text
 * @param {[number, number, number][]} words In order, from where to where, from -1 to 1.
 */
function marked(text, words) {
  /** @type {(Node | string)[]} */
  const nodes = [];
  let at = 0;
  for (const [start, end, weight] of words) {
    if (start < at || end > text.length) continue;
    const mark = make("mark", weight < 0 ? "against" : "for", {}, text.slice(start, end));
    mark.style.setProperty("--weight", String(Math.abs(weight)));
    nodes.push(text.slice(at, start), mark);
    at = end;
  }
  return [...nodes, text.slice(at)];
}
