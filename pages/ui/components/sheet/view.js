// Which rows are shown, and in which order. It stands still while one works: nobody's next row may jump away.

import { FLAGS, MODEL, SOURCES } from "./answers.js";

/** @typedef {import("./types").SortKey} SortKey */
/** @typedef {import("./types").State} State */
/** @typedef {import("./answers.js").Answers} Answers */
/** @typedef {import("./types").Rows} Rows */
/** @typedef {(row: number) => boolean} Test */

/** @type {Record<State, (answers: Answers) => Test>} */
const STATES = {
  all: () => () => true,
  open: (answers) => (row) => answers.unlabeled(row),
  labelled: (answers) => (row) => !answers.unlabeled(row),
  person: (answers) => (row) => !answers.unlabeled(row) && answers.source[row] !== MODEL,
  model: (answers) => (row) => !answers.unlabeled(row) && answers.source[row] === MODEL,
  work: (answers) => (row) => answers.unlabeled(row) && !answers.is(row, FLAGS.sure),
  sure: (answers) => (row) => answers.unlabeled(row) && answers.is(row, FLAGS.sure),
  unsure: (answers) => (row) => answers.unlabeled(row) && answers.is(row, FLAGS.unsure),
  none: (answers) => (row) => answers.noneOfThese(row),
  flagged: (answers) => (row) => answers.is(row, FLAGS.flagged),
  check: (answers) => (row) => answers.hidden(row),
};
export const STATE_NAMES = /** @type {State[]} */ (Object.keys(STATES));

const MOST_ROWS = 2 ** 21;
const HIGHEST = 2 ** 32 - 1;
const LOWEST_CODE = -2;
const letters = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** What is chosen; it outlives one mount. */
export class View {
  /** @type {SortKey} */
  sort = "doubt";
  down = true;
  /** @type {State} */
  state = "all";
  /** @type {number | null} A class id: the label, or without one the answer, has it. */
  of = null;
  /** @type {number | null} The place among the authors. */
  who = null;
  words = "";
  /** @type {Map<string, string>} Name of a column -> its only value. */
  meta = new Map();
  /** @type {{ title: string, ids: number[] } | null} Chosen items: of a cell, of a question. */
  only = null;
  /** Rows that are shown, in order. */
  order = new Int32Array(0);
  /** Row -> its place in the order, or -1. */
  rank = new Int32Array();
  /** Whether labels or answers have come since that the order does not know. */
  stale = false;

  get narrowed() {
    return this.state !== "all" || this.of !== null || this.who !== null || Boolean(this.words.trim()) ||
      this.meta.size > 0 || this.only !== null;
  }

  clear() {
    Object.assign(this, { state: "all", of: null, who: null, words: "", only: null });
    this.meta.clear();
    if (this.sort === "found") Object.assign(this, { sort: "doubt", down: true });
  }

  /**
   * Sort by this; once more turns it round.
   * @param {SortKey} key
   */
  sortBy(key) {
    this.down = this.sort === key ? !this.down : key === "doubt";
    this.sort = key;
  }

  /**
   * @param {Rows} rows
   * @param {Answers} answers
   */
  compute(rows, answers) {
    this.order = this.sorted(rows, answers, this.passing(rows, answers));
    this.rank = new Int32Array(rows.ids.length).fill(-1);
    this.order.forEach((row, rank) => (this.rank[row] = rank));
    this.stale = false;
  }

  /**
   * @param {Rows} rows
   * @param {Answers} answers
   */
  passing(rows, answers) {
    const tests = this.tests(rows, answers);
    const found = [];
    for (let row = 0; row < rows.ids.length; row++) {
      if (tests.every((test) => test(row))) found.push(row);
    }
    return Int32Array.from(found);
  }

  /**
   * @param {Rows} rows
   * @param {Answers} answers
   * @returns {Test[]}
   */
  tests(rows, answers) {
    const { of, who, only } = this;
    const tests = this.state === "all" ? [] : [STATES[this.state](answers)];
    if (of !== null) {
      const place = answers.place.get(of) ?? -1;
      tests.push((row) => !answers.hidden(row) && (answers.unlabeled(row)
        ? !answers.is(row, FLAGS.none) && answers.has(row, place)
        : answers.carries(row, of)));
    }
    if (who !== null) {
      tests.push((row) => !answers.unlabeled(row) && answers.author[row] === who && own(answers, row));
    }
    for (const [name, value] of this.meta) {
      const column = rows.meta.find((one) => one.name === name);
      const code = column?.values.indexOf(value);
      if (column) tests.push((row) => column.codes[row] === code);
    }
    if (only) {
      const wanted = new Set(only.ids);
      tests.push((row) => wanted.has(rows.ids[row]));
    }
    const words = this.words.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) {
      tests.push((row) => {
        const text = (rows.texts[row] ?? "").toLowerCase();
        return words.every((word) => text.includes(word));
      });
    }
    return tests;
  }

  /**
   * @param {Rows} rows
   * @param {Answers} answers
   * @param {Int32Array<ArrayBuffer>} passing Rows in their own order.
   */
  sorted(rows, answers, passing) {
    if (this.sort === "order") return this.down ? passing.reverse() : passing;
    if (this.sort === "text") {
      const turn = this.down ? -1 : 1;
      return passing.sort((a, b) => turn * letters.compare(rows.texts[a] ?? "", rows.texts[b] ?? "") || a - b);
    }
    // Value and row in one number each sort as fast as numbers do; equals keep their order either way.
    const value = this.value(rows, answers);
    const keys = Float64Array.from(passing, (row) => (this.down ? HIGHEST - value(row) : value(row)) * MOST_ROWS + row);
    return Int32Array.from(keys.sort(), (key) => key % MOST_ROWS);
  }

  /**
   * What rows are sorted by: a whole number from 0 to HIGHEST.
   * @param {Rows} rows
   * @param {Answers} answers
   * @returns {(row: number) => number}
   */
  value(rows, answers) {
    const { sort } = this;
    if (sort === "second") return (row) => answers.secondShare[row];
    if (sort === "who") return (row) => answers.at[row];
    if (sort === "label") return (row) => answers.codes[row] - LOWEST_CODE;
    if (sort === "prediction") return (row) => shown(answers, row);
    if (sort === "found") {
      const place = new Map((this.only?.ids ?? []).map((id, i) => [id, i]));
      return (row) => place.get(rows.ids[row]) ?? HIGHEST;
    }
    const column = sort.startsWith("meta:") ? rows.meta[Number(sort.slice("meta:".length))] : undefined;
    if (!column) return (row) => answers.doubt[row];
    const ranked = column.values.map((_, i) => i).sort((a, b) => letters.compare(column.values[a], column.values[b]));
    const place = new Int32Array(ranked.length);
    ranked.forEach((code, i) => (place[code] = i));
    return (row) => place[column.codes[row]];
  }

  /**
   * The next row without a label after this one: below it where doubt orders the list, else the next in doubt.
   * @param {number} row
   * @param {Answers} answers
   */
  nextDoubtful(row, answers) {
    const { order } = this;
    const open = Array.from(order).filter((one) => answers.unlabeled(one) || one === row);
    if (!(this.sort === "doubt" && this.down)) open.sort((a, b) => answers.doubt[b] - answers.doubt[a] || a - b);
    const rest = open.filter((one) => one !== row);
    if (!rest.length) return -1;
    const at = open.indexOf(row);
    return at < 0 ? rest[0] : (open[at + 1] ?? rest[0]);
  }
}

/**
 * Whether the author is a person who decided, not the file.
 * @param {Answers} answers
 * @param {number} row
 */
function own(answers, row) {
  const source = SOURCES[answers.source[row]];
  return source === "person" || source === "model";
}

/**
 * The place of the class that a row shows as its answer; hidden ones and none of these at the end.
 * @param {Answers} answers
 * @param {number} row
 */
function shown(answers, row) {
  if (answers.hidden(row)) return 1e6;
  return answers.is(row, FLAGS.none) ? 1e5 : answers.predicted[row] + 1;
}
