// Labels for the selection, and the way back.

import { say } from "../common/dom.js";

/** @typedef {import("../common/types").Label} Label */
/** @typedef {import("./types").Step} Step */

export class Steps {
  /** @type {string | undefined} The last act of an earlier visit that was undone or redone here. */
  reached = undefined;

  /** @param {import("./map.js").LassoMap} map */
  constructor(map) {
    this.map = map;
    this.outbox = map.outbox;
    this.room = map.room;
  }

  get canUndo() {
    return this.room.history.length > 0 || Boolean(this.map.data.undo);
  }

  get canRedo() {
    return this.room.future.length > 0 || Boolean(this.map.data.redo);
  }

  /** @param {Label} label */
  label(label) {
    const { map } = this;
    const { labels, selection } = map;
    const { strings, multi } = map.data;
    const picked = [...map.kept.selected];
    if (!picked.length) return;
    selection.stop();
    const wanted = labels.after(picked, label);
    const changing = picked
      .map((id, i) => ({ id, to: wanted[i], was: labels.labelOf(id) }))
      .filter(({ to, was }) => String(to) !== String(was));
    const ids = changing.map((one) => one.id);
    const to = changing.map((one) => one.to);
    const was = changing.map((one) => one.was);
    const gone = !to.some((set) => Array.isArray(set) && typeof label === "number" && set.includes(label));
    const taken = multi && typeof label === "number" && ids.length > 0 && gone;
    if (ids.length) {
      const what = { ids, was, ...(multi ? { to } : { label }) };
      labels.apply(what);
      this.room.history.push({ ...what, seq: this.outbox.push({ op: "label", of: "label", ...what }) });
      this.room.future.length = 0;
    }
    selection.clear();
    map.restyle();
    const done = label === null ? strings.unlabeled_many : taken ? strings.taken_many : strings.labeled_many;
    const values = { n: map.number(ids.length), name: labels.nameOf(label) };
    map.bar.tell(ids.length ? say(done, values) : strings.no_change);
  }

  undo() {
    const { strings } = this.map.data;
    const step = this.room.history.pop();
    if (!step) return this.reachBack("undo", strings.undone_last, strings.nothing_to_undo);
    this.outbox.push({ op: "undo", of: "label", target: step.seq, ids: step.ids, to: step.was });
    this.room.future.push(step);
    this.showAgain(step, step.was, strings.undone);
  }

  redo() {
    const { strings } = this.map.data;
    const step = this.room.future.pop();
    if (!step) return this.reachBack("redo", strings.redone_last, strings.nothing_to_redo);
    const { ids, label, to, was, seq } = step;
    this.outbox.push({ op: "redo", of: "label", target: seq, ids, label, to, was });
    this.room.history.push(step);
    this.showAgain(step, to ?? ids.map(() => label ?? null), strings.redone);
  }

  /**
   * What an earlier visit did is known to the server alone: it says which entry comes next.
   * @param {"undo" | "redo"} op
   * @param {string} done
   * @param {string} nothing
   */
  reachBack(op, done, nothing) {
    const next = this.map.data[op];
    const entry = next && this.reached !== `${op}${next}` ? next : null;
    if (entry) {
      this.reached = `${op}${entry}`;
      this.outbox.push({ op, of: "label", entry });
    }
    this.map.bar.tell(entry ? done : nothing);
  }

  /**
   * @param {Step} step
   * @param {Label[]} to
   * @param {string} words
   */
  showAgain(step, to, words) {
    const { map } = this;
    map.labels.apply({ ids: step.ids, to });
    map.restyle();
    map.selection.select(map.known(step.ids));
    map.bar.tell(say(words, { n: map.number(step.ids.length) }));
  }
}
