// What is known of each row besides its text: its label, what the model says, who labelled it and when.

import { decode } from "../common/decode.js";
import { Labels, NONE, UNLABELED } from "../common/labels.js";

/** @typedef {import("../common/types").Label} Label */

export const FLAGS = { unsure: 1, none: 2, hidden: 4, flagged: 8, sure: 16 };
export const SOURCES = ["", "person", "import", "sample", "model"];
const [NOBODY, PERSON] = [0, SOURCES.indexOf("person")];
export const MODEL = SOURCES.indexOf("model");

export class Answers extends Labels {
  second = new Int16Array();
  secondShare = new Uint8Array();
  doubt = new Uint16Array();
  flags = new Uint8Array();
  source = new Uint8Array();
  author = new Uint16Array();
  at = new Uint32Array();
  /** @type {Uint8Array | null} */
  members = null;

  /** @param {import("./types").SheetData} data */
  constructor(data) {
    super(data);
    this.sheet = data;
  }

  /** @param {import("./types").SheetData} data */
  take(data) {
    this.sheet = data;
    this.know(data);
  }

  /**
   * @override
   * @param {Map<number, number>} rowOf
   */
  read(rowOf) {
    super.read(rowOf);
    const { sheet } = this;
    this.second = decode(sheet.second, Int16Array);
    this.secondShare = decode(sheet.second_confidence, Uint8Array);
    this.doubt = decode(sheet.doubt, Uint16Array);
    this.flags = decode(sheet.flags, Uint8Array);
    this.source = decode(sheet.source, Uint8Array);
    this.author = decode(sheet.author, Uint16Array);
    this.at = decode(sheet.at, Uint32Array);
    this.members = sheet.members === null ? null : decode(sheet.members, Uint8Array);
  }

  /**
   * An act as the server will see it.
   * @param {{ ids?: number[], to?: Label[], bulk?: boolean, flag?: boolean }} act
   */
  applyAct({ ids = [], to = [], bulk = false, flag }) {
    const now = Math.round(Date.now() / 1000);
    ids.forEach((id, i) => {
      const row = this.rowOf.get(id);
      if (row === undefined) return;
      if (flag !== undefined) {
        this.flags[row] = flag ? this.flags[row] | FLAGS.flagged : this.flags[row] & ~FLAGS.flagged;
        return;
      }
      const empty = to[i] === null;
      this.source[row] = empty ? NOBODY : bulk ? MODEL : PERSON;
      this.author[row] = this.sheet.authors.indexOf(this.sheet.me);
      this.at[row] = now;
    });
    if (flag === undefined) this.apply({ ids, to });
  }

  /**
   * @param {number} row
   * @param {number} flag
   */
  is(row, flag) {
    return (this.flags[row] & flag) !== 0;
  }

  /** @param {number} row */
  unlabeled(row) {
    return this.codes[row] === UNLABELED;
  }

  /**
   * Whether nobody may see what the model says of a row: a check item that is still to be labelled by a person. A
   * label that was accepted in bulk is what the model said.
   * @param {number} row
   */
  hidden(row) {
    return this.is(row, FLAGS.hidden) && (this.unlabeled(row) || this.source[row] === MODEL);
  }

  /**
   * The answer as a label; null where there is none, or none to see.
   * @param {number} row
   * @returns {Label}
   */
  answer(row) {
    if (this.predicted[row] < 0 || this.hidden(row)) return null;
    if (this.is(row, FLAGS.none)) return "none";
    const { classes } = this.sheet;
    if (!this.members) return classes[this.predicted[row]]?.id ?? null;
    const found = classes.filter((_, place) => this.has(row, place)).map((one) => one.id);
    return found.length ? found.sort((a, b) => a - b) : "none";
  }

  /**
   * Whether the answer has a class, in a project with several labels an item.
   * @param {number} row
   * @param {number} place
   */
  has(row, place) {
    if (!this.members) return this.predicted[row] === place;
    const wide = Math.ceil(this.sheet.classes.length / 8);
    return (this.members[row * wide + (place >> 3)] & (128 >> (place & 7))) !== 0;
  }

  /**
   * Whether the label has a class.
   * @param {number} row
   * @param {number} id
   */
  carries(row, id) {
    const label = this.labelOf(this.idOf(row));
    return Array.isArray(label) ? label.includes(id) : label === id;
  }

  /** @type {(row: number) => number} */
  idOf = () => -1;

  /** @param {number} row */
  noneOfThese(row) {
    return this.codes[row] === NONE || (this.unlabeled(row) && this.is(row, FLAGS.none) && !this.hidden(row));
  }
}
