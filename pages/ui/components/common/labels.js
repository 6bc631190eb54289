// What each item is labelled with and predicted to be. Of several labels the code is that of the first class.

import { decode } from "./decode.js";

/** @typedef {import("../common/types").Label} Label */
/** @typedef {import("./types").Labelled} Labelled */

export const UNLABELED = -1;
export const NONE = -2;
const CERTAIN = 255;

export class Labels {
  /** @type {Map<Label, number>} Class id -> its place. */
  place = new Map();
  /** @type {Map<number, number>} Item -> its row. */
  rowOf = new Map();
  codes = new Int16Array();
  predicted = new Int16Array();
  confidence = new Uint8Array();
  /** @type {Map<number, Label>} Item -> its label, where there may be several. */
  sets = new Map();

  /** @param {Labelled} data */
  constructor(data) {
    this.data = data;
    this.know(data);
  }

  /**
   * The classes may be others.
   * @param {Labelled} data
   */
  know(data) {
    this.data = data;
    this.place = new Map(data.classes.map((one, i) => [one.id, i]));
  }

  /**
   * Labels and predictions in the order of these points.
   * @param {Map<number, number>} rowOf
   */
  read(rowOf) {
    const { data } = this;
    this.rowOf = rowOf;
    this.codes = decode(data.labels, Int16Array);
    this.predicted = decode(data.predicted, Int16Array);
    this.confidence = decode(data.confidence, Uint8Array);
    this.sets = new Map(Object.entries(data.sets ?? {}).map(([id, label]) => [Number(id), label]));
  }

  /**
   * An act as the server will see it: ``ids`` get ``label``, or each its own from ``to``.
   * @param {{ ids?: number[], label?: Label, to?: Label[] }} act
   */
  apply({ ids, label = null, to }) {
    ids?.forEach((id, i) => {
      const row = this.rowOf.get(id);
      if (row === undefined) return;
      const now = to ? to[i] : label;
      this.codes[row] = this.codeOf(now);
      if (this.data.multi) this.sets.set(id, now);
    });
  }

  /**
   * The code that colours a label.
   * @param {Label} label
   */
  codeOf(label) {
    if (label === "none") return NONE;
    const places = (Array.isArray(label) ? label : [label]).map((id) => this.place.get(id) ?? Infinity);
    const first = Math.min(...places);
    return first === Infinity ? UNLABELED : first;
  }

  /** @param {number} id */
  codeAt(id) {
    return this.codes[this.rowOf.get(id) ?? -1];
  }

  /**
   * A class id, "none", or null; in a project with several labels an item a list of class ids.
   * @param {number} id
   * @returns {Label}
   */
  labelOf(id) {
    if (this.data.multi) return this.sets.get(id) ?? null;
    const code = this.codeAt(id);
    return code === NONE ? "none" : (this.data.classes[code]?.id ?? null);
  }

  /**
   * @param {Label} label
   * @returns {string}
   */
  nameOf(label) {
    const { strings, classes } = this.data;
    if (Array.isArray(label)) return label.map((id) => this.nameOf(id)).join(", ");
    if (label === "none") return strings.none;
    return label === null ? strings.unlabeled : (classes[this.place.get(label) ?? -1]?.name ?? "");
  }

  /**
   * Where to look whether a row belongs to a class: in the predictions where they give the colours, else in the labels.
   * @param {number} code
   * @param {string} mode
   */
  carriers(code, mode) {
    return code >= 0 && mode === "prediction" ? this.predicted : this.codes;
  }

  /**
   * How sure the model is of a row, from 0 to 1.
   * @param {number} row
   */
  certainty(row) {
    return this.confidence[row] / CERTAIN;
  }

  /**
   * What the model takes a row for.
   * @param {number} row
   */
  guess(row) {
    const name = this.data.classes[this.predicted[row]]?.name;
    if (name === undefined) return "–"; // nothing can be predicted yet
    return `${name} (${Math.round(this.certainty(row) * 100)}\u00a0%)`;
  }

  /**
   * The class the model expects for most of these items.
   * @param {Iterable<number>} ids
   */
  expected(ids) {
    /** @type {Map<number, number>} */
    const votes = new Map();
    for (const id of ids) {
      const code = this.predicted[this.rowOf.get(id) ?? -1];
      votes.set(code, (votes.get(code) ?? 0) + 1);
    }
    const best = [...votes].sort((a, b) => b[1] - a[1])[0];
    return best ? (this.data.classes[best[0]]?.id ?? null) : null;
  }

  /**
   * How many of these items carry which label, most first; an item with several counts for each.
   * @param {Iterable<number>} ids
   * @returns {[Label, number][]}
   */
  tally(ids) {
    /** @type {Map<Label, number>} */
    const counts = new Map();
    for (const id of ids) {
      for (const one of [this.labelOf(id)].flat()) counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]);
  }

  /**
   * What each of the items would have after this key: in a project with several labels a class comes on top.
   * @param {number[]} ids
   * @param {Label} label
   * @returns {Label[]}
   */
  after(ids, label) {
    if (!this.data.multi || typeof label !== "number") return ids.map(() => label);
    const sets = ids.map((id) => [this.labelOf(id)].flat().filter((one) => typeof one === "number"));
    const everywhere = sets.every((set) => set.includes(label));
    return sets.map((set) => {
      if (!everywhere) return [...new Set([...set, label])].sort((a, b) => a - b);
      const left = set.filter((one) => one !== label);
      return left.length ? left : null;
    });
  }
}
