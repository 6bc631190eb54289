// Labels and flags for rows, and the way back.

import { say } from "../common/dom.js";
import { FLAGS } from "./answers.js";

/** @typedef {import("../common/types").Label} Label */
/** @typedef {import("./types").Step} Step */

export class Steps {
  /** @type {string | undefined} The last act of an earlier visit that was undone or redone here. */
  reached = undefined;

  /** @param {import("./sheet.js").Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    this.outbox = sheet.outbox;
    this.room = sheet.room;
  }

  get canUndo() {
    return this.room.history.length > 0 || Boolean(this.sheet.data.undo);
  }

  get canRedo() {
    return this.room.future.length > 0 || Boolean(this.sheet.data.redo);
  }

  // -- what a key does -------------------------------------------------------------------------

  /**
   * A label for the selection, or without one for the row of the cursor, which then goes on.
   * @param {Label} label
   */
  label(label) {
    const { sheet } = this;
    const ids = sheet.chosen();
    if (!ids.length) return;
    const to = sheet.answers.after(ids, label);
    const one = ids.length === 1;
    // Of several labels an item each key adds or takes one: the cursor stays.
    const stay = !one || (sheet.data.multi && typeof label === "number");
    this.give({ ids, to, answered: [] }, { one, bulk: false, stay, name: sheet.answers.nameOf(one ? to[0] : label) });
  }

  /** What the model says becomes the label: of one row by a person who looked, of many without. */
  accept() {
    const { sheet } = this;
    const { answers, data } = sheet;
    const ids = sheet.chosen();
    if (!ids.length) return;
    const plan = sheet.bar.plan(ids);
    if (ids.length > 1) return this.give(plan, { one: false, bulk: true, stay: true, name: "" });
    if (plan.answered.length) return sheet.bar.tell(data.strings.hidden_one);
    if (!plan.ids.length) return sheet.bar.tell(data.strings.no_answer);
    this.give(plan, { one: true, bulk: false, stay: false, name: answers.nameOf(plan.to[0]) });
  }

  /**
   * @param {{ ids: number[], to: Label[], answered: number[] }} what
   * @param {{ one: boolean, bulk: boolean, stay: boolean, name: string }} how
   */
  give({ ids, to, answered }, { one, bulk, stay, name }) {
    const { sheet } = this;
    const { answers, data } = sheet;
    const { strings } = data;
    const was = ids.map((id) => answers.labelOf(id));
    // A person may say of one item again what stands there: then it is theirs.
    const moved = ids.map((_, i) => i).filter((i) => one || String(to[i]) !== String(was[i]));
    const n = moved.length + answered.length;
    if (!n) return sheet.bar.tell(strings.no_change);
    const [their, now, then] = [ids, to, was].map((list) => moved.map((i) => list[i]));
    /** @type {Omit<Step, "seq">} */
    const step = { ids: /** @type {number[]} */ (their), to: now, was: then, answered, one, bulk };
    answers.applyAct(step);
    const seq = this.outbox.push(eventOf(step));
    this.room.history.push({ ...step, seq });
    this.room.future.length = 0;
    if (!one) sheet.select([]);
    else if (!stay) sheet.goOn();
    const done = bulk ? strings.accepted_many : one ? strings.labeled_one : strings.labeled_many;
    sheet.bar.tell(say(to[0] === null ? strings.unlabeled_many : done, { n: sheet.number(n), name }));
    sheet.acted();
  }

  flag() {
    const { sheet } = this;
    const row = sheet.row;
    if (row < 0) return;
    const id = sheet.rows.ids[row];
    const flag = !sheet.answers.is(row, FLAGS.flagged);
    /** @type {Omit<Step, "seq">} */
    const step = { ids: [id], to: [], was: [], answered: [], one: true, bulk: false, flag };
    sheet.answers.applyAct(step);
    this.room.history.push({ ...step, seq: this.outbox.push({ op: "flag", of: "flag", id, on: flag }) });
    this.room.future.length = 0;
    sheet.bar.tell(flag ? sheet.data.strings.flagged_now : sheet.data.strings.unflagged);
    sheet.acted();
  }

  /**
   * What the page itself did is the last act now.
   * @param {number | null} entry
   */
  took(entry) {
    if (entry === null || entry === this.room.accepted) return;
    this.room.accepted = entry;
    this.room.history.push({ ids: [], to: [], was: [], answered: [], one: false, bulk: true, entry });
    this.room.future.length = 0;
  }

  // -- back and forth --------------------------------------------------------------------------

  undo() {
    const { strings } = this.sheet.data;
    const step = this.room.history.pop();
    if (!step) return this.reachBack("undo", strings.undone_last, strings.nothing_to_undo);
    this.outbox.push({ ...backOf(step), op: "undo", ...(step.entry ? {} : { to: step.was }) });
    this.room.future.push(step);
    const { flag } = step;
    this.showAgain(flag === undefined ? { ...step, to: step.was } : { ...step, flag: !flag }, strings.undone);
  }

  redo() {
    const { strings } = this.sheet.data;
    const step = this.room.future.pop();
    if (!step) return this.reachBack("redo", strings.redone_last, strings.nothing_to_redo);
    const again = step.entry ? {} : step.flag === undefined ? eventOf(step) : { id: step.ids[0], on: step.flag };
    this.outbox.push({ ...again, ...backOf(step), op: "redo" });
    this.room.history.push(step);
    this.showAgain(step, strings.redone);
  }

  /**
   * What an earlier visit did is known to the server alone: it says which entry comes next.
   * @param {"undo" | "redo"} op
   * @param {string} done
   * @param {string} nothing
   */
  reachBack(op, done, nothing) {
    const next = this.sheet.data[op];
    const entry = next && this.reached !== `${op}${next}` ? next : null;
    if (entry) {
      this.reached = `${op}${entry}`;
      this.outbox.push({ op, of: "label", entry });
    }
    this.sheet.bar.tell(entry ? done : nothing);
  }

  /**
   * @param {Step} step
   * @param {string} words
   */
  showAgain(step, words) {
    const { sheet } = this;
    sheet.answers.applyAct(step);
    const id = step.ids[0] ?? step.answered[0];
    const n = step.ids.length + step.answered.length;
    if (sheet.rows.rowOf.has(id)) sheet.goTo(id);
    sheet.bar.tell(n ? say(words, { n: sheet.number(n) }) : sheet.data.strings.undone_last);
    sheet.acted();
  }
}

/**
 * @param {Omit<Step, "seq">} step
 * @returns {import("../common/outbox.js").Act}
 */
function eventOf({ ids, to, was, answered, one, bulk }) {
  if (one) return { op: "label", of: "label", id: ids[0], label: to[0], was: was[0] };
  return { op: "label", of: "label", ids, to, was, answered, bulk };
}

/** @param {Step} step */
function backOf({ flag, seq, entry, one, ids }) {
  if (entry !== undefined) return { of: "label", entry };
  return { of: flag === undefined ? "label" : "flag", target: seq, ...(one ? { id: ids[0] } : { ids }) };
}
