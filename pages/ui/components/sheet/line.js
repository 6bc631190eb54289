// One row of the sheet. Its nodes are made once and filled again for whatever item comes into sight.

import { breakable, clock, make, say } from "../common/dom.js";
import { FLAGS, MODEL, SOURCES } from "./answers.js";

/** @typedef {import("./types").SortKey} SortKey */
/** @typedef {import("./sheet.js").Sheet} Sheet */

const DAY_S = 86_400;
const LONGEST = 600; // signs of a text that two lines can show at most

/**
 * The columns of the sheet: their class, title and what a click on it sorts by.
 * @param {Sheet} sheet
 * @returns {{ name: string, title: string, sort: SortKey }[]}
 */
export function columnsOf(sheet) {
  const { strings, pictures } = sheet.data;
  return [
    { name: "what", title: pictures ? strings.picture : strings.text, sort: "text" },
    ...sheet.rows.meta.map((one, i) => ({ name: "extra", title: one.name, sort: metaKey(i) })),
    { name: "label", title: strings.label, sort: "label" },
    { name: "said", title: strings.prediction, sort: "prediction" },
    { name: "chance", title: strings.probability, sort: "doubt" },
    { name: "second", title: strings.second, sort: "second" },
    { name: "who", title: strings.who, sort: "who" },
  ];
}

/**
 * @param {number} i
 * @returns {SortKey}
 */
function metaKey(i) {
  return `meta:${i}`;
}

export class Line {
  id = -1;
  rank = -1;

  /**
   * @param {Sheet} sheet
   * @param {number} number
   */
  constructor(sheet, number) {
    this.sheet = sheet;
    this.picture = make("img", "thumbnail", { alt: "", hidden: true });
    this.text = make("span", "text", { dir: "auto" });
    this.extras = sheet.rows.meta.map(() => make("span", "", { dir: "auto" }));
    this.chip = make("i", "chip", { ariaHidden: "true" });
    this.label = make("span", "name", { dir: "auto" });
    this.guess = make("i", "chip", { ariaHidden: "true" });
    this.said = make("span", "name", { dir: "auto" });
    this.percent = make("span", "percent");
    this.level = make("i");
    this.note = make("span", "note");
    this.near = make("span", "near", { dir: "auto" });
    this.second = make("span", "name", { dir: "auto" });
    this.secondPercent = make("span", "percent");
    this.who = make("span", "author", { dir: "auto" });
    this.when = make("span", "when");
    /**
     * @param {string} kind
     * @param {...Node} parts
     */
    const cell = (kind, ...parts) => make("div", kind, { role: "gridcell" }, ...parts);
    const bar = make("span", "share", { ariaHidden: "true" }, this.level);
    this.node = make(
      "div", "row", { role: "row", id: `row-${number}`, hidden: true },
      cell("pick", make("span", "box", { ariaHidden: "true" })),
      cell("what", this.picture, this.text),
      ...this.extras.map((one) => cell("extra", one)),
      cell("label", this.chip, this.label),
      cell("said", this.guess, this.said, this.near),
      cell("chance", make("span", "figure", {}, this.percent, this.note), bar),
      cell("second", this.second, this.secondPercent),
      cell("who", this.who, this.when),
    );
  }

  forget() {
    this.rank = -1;
  }

  hide() {
    this.node.hidden = true;
    this.id = this.rank = -1;
  }

  /**
   * @param {boolean} current
   * @param {boolean} selected
   */
  mark(current, selected) {
    this.node.classList.toggle("current", current);
    this.node.ariaSelected = String(selected);
  }

  /**
   * @param {number} rank
   * @param {number} row
   * @param {boolean} fresh
   */
  paint(rank, row, fresh) {
    const { sheet, node } = this;
    const id = sheet.rows.ids[row];
    if (!fresh && this.rank === rank && this.id === id) return;
    this.rank = rank;
    this.id = id;
    node.hidden = false;
    node.ariaRowIndex = String(rank + 2);
    node.dataset.id = String(id);
    node.style.transform = `translateY(${rank * sheet.grid.height}px)`;
    node.classList.toggle("odd", rank % 2 === 1);
    node.classList.toggle("flagged", sheet.answers.is(row, FLAGS.flagged));
    this.paintItem(row, id);
    this.paintLabel(row, id);
    this.paintAnswer(row);
  }

  /**
   * @param {number} row
   * @param {number} id
   */
  paintItem(row, id) {
    const { rows, data, pictures } = this.sheet;
    put(this.text, (rows.texts[row] ?? data.strings.loading).slice(0, LONGEST));
    this.extras.forEach((one, i) => put(one, rows.meta[i].values[rows.meta[i].codes[row]] ?? ""));
    this.picture.hidden = !data.pictures;
    if (!data.pictures) return;
    const src = pictures.of(id);
    if (this.picture.getAttribute("src") !== src) {
      if (src) this.picture.src = src;
      else this.picture.removeAttribute("src");
    }
  }

  /**
   * @param {number} row
   * @param {number} id
   */
  paintLabel(row, id) {
    const { answers, data } = this.sheet;
    const label = answers.labelOf(id);
    const empty = label === null;
    const hidden = answers.hidden(row);
    name(this.label, empty ? "" : hidden ? data.strings.accepted_hidden : answers.nameOf(label));
    color(this.chip, empty || hidden ? null : this.colorOf(label));
    put(this.who, empty ? "" : whoOf(this.sheet, row));
    put(this.when, empty ? "" : whenOf(answers.at[row]));
    this.node.classList.toggle("open", empty);
    this.node.classList.toggle("bulk", !empty && answers.source[row] === MODEL);
    this.label.title = data.strings.label;
  }

  /** @param {number} row */
  paintAnswer(row) {
    const { answers, data } = this.sheet;
    const { strings } = data;
    const hidden = answers.hidden(row);
    const known = answers.predicted[row] >= 0 && !hidden;
    const answer = known ? answers.answer(row) : null;
    const unlike = known && answers.is(row, FLAGS.none);
    name(this.said, hidden ? strings.check_item : known ? answers.nameOf(answer) : "–");
    color(this.guess, known ? this.colorOf(answer) : null);
    // "None of these" has no probability of its own: the likeliest class stands as the second choice.
    const share = known && !unlike ? answers.certainty(row) : null;
    put(this.percent, share === null ? "" : percentOf(share));
    this.level.style.width = `${(share ?? 0) * 100}%`;
    this.level.style.background = (known && this.colorOf(answer)) || "currentColor";
    this.paintMarks(row, { hidden, known, unlike, answer });
    this.paintSecond(row, known, unlike);
  }

  /**
   * @param {number} row
   * @param {{ hidden: boolean, known: boolean, unlike: boolean, answer: import("../common/types").Label }} what
   */
  paintMarks(row, { hidden, known, unlike, answer }) {
    const { answers, data } = this.sheet;
    const open = answers.unlabeled(row);
    const { classList } = this.node;
    put(this.note, known && open && !unlike && answers.is(row, FLAGS.unsure) ? data.strings.unsure : "");
    classList.toggle("check", hidden);
    classList.toggle("unlike", unlike);
    classList.toggle("differs", known && !open && String(answer) !== String(answers.labelOf(this.id)));
  }

  /**
   * @param {number} row
   * @param {boolean} known
   * @param {boolean} unlike
   */
  paintSecond(row, known, unlike) {
    const { answers, data } = this.sheet;
    const next = known ? data.classes[(unlike ? answers.predicted : answers.second)[row]]?.name : undefined;
    const percent = percentOf(unlike ? answers.certainty(row) : answers.secondShare[row] / 255);
    name(this.second, next ?? "");
    put(this.secondPercent, next === undefined ? "" : percent);
    put(this.near, unlike && next !== undefined ? say(data.strings.nearest, { name: next, percent }) : "");
  }

  /** @param {import("../common/types").Label} label */
  colorOf(label) {
    const { answers, data } = this.sheet;
    const first = Array.isArray(label) ? label[0] : label;
    return data.classes[answers.place.get(first ?? null) ?? -1]?.color ?? null;
  }
}

/**
 * Who a label is from, in words.
 * @param {Sheet} sheet
 * @param {number} row
 */
export function whoOf({ answers, data }, row) {
  const { strings, authors, me } = data;
  const source = SOURCES[answers.source[row]];
  if (source === "import") return strings.from_file;
  if (source === "sample") return strings.from_sample;
  const author = authors[answers.author[row]] ?? "";
  const who = author === me ? strings.you : author;
  return source === "model" ? say(strings.accepted_by, { who }) : who;
}

/** @param {number} share */
export function percentOf(share) {
  return `${Math.round(share * 100)}\u00a0%`;
}

/**
 * The time of day, before today the date.
 * @param {number} at Seconds.
 */
export function whenOf(at) {
  if (!at) return "";
  const recent = Date.now() / 1000 - at < DAY_S / 2;
  return recent ? clock(at, { hour: "2-digit", minute: "2-digit" }) : new Date(at * 1000).toLocaleDateString();
}

/**
 * @param {HTMLElement} node
 * @param {string} text
 */
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {HTMLElement} node
 * @param {string} text
 */
function name(node, text) {
  if (node.textContent !== text) node.replaceChildren(...breakable(text));
}

/**
 * @param {HTMLElement} node
 * @param {string | null} value Without one there is no chip.
 */
function color(node, value) {
  node.hidden = value === null;
  node.style.setProperty("--class", value);
}
