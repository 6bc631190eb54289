// What the person did with items, one step after the other: there, back, and there again.

/** @typedef {import("./types").Step} Step */
/** @typedef {import("../common/types").Label} Label */

const TOLD = /** @type {const} */ ({ skip: "skipped", label: "labeled_as", flag: "redone" });

export class Steps {
  /** @type {number | null} The last entry of an earlier visit that was redone here. */
  redone = null;

  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card;
    this.outbox = card.outbox;
    this.desk = card.desk;
  }

  /**
   * What is done anew cannot be redone over.
   * @param {Step} step
   */
  did(step) {
    this.desk.history.push(step);
    this.desk.future.length = 0;
  }

  /**
   * Label or skip the item on screen, and show the next one.
   * @param {"label" | "skip"} op
   * @param {Label} [label]
   */
  act(op, label = null) {
    const { card } = this;
    const item = card.current;
    if (!item) return;
    const what = op === "label" ? { op, id: item.id, label, was: item.label ?? null } : { op, id: item.id };
    this.did({ op, item, label, seq: this.outbox.push(what) });
    card.head.notice = "";
    card.tell(TOLD[op], label);
    card.advance();
  }

  flag() {
    const { card } = this;
    const item = card.current;
    if (!item) return;
    const on = !item.flag;
    this.did({ op: "flag", item, on, seq: this.outbox.push({ op: "flag", id: item.id, on }) });
    card.current = { ...item, flag: on };
    card.tell(on ? "flagged" : "unflagged");
    card.face.render();
    card.actions.render();
  }

  get canUndo() {
    return this.desk.history.length > 0 || this.card.data.recent.some((one) => this.undoable(one));
  }

  get canRedo() {
    const { redo } = this.card.data;
    return this.desk.future.length > 0 || Boolean(redo && redo !== this.redone);
  }

  undo() {
    const { card } = this;
    let step = this.desk.history.pop();
    if (step) {
      this.outbox.push({ op: "undo", id: step.item.id, of: step.op, ...reference(step) });
    } else {
      const found = card.data.recent.find((one) => this.undoable(one));
      if (!found) return card.tell("nothing_to_undo");
      const { entry, item, label } = found;
      this.desk.recentUndone.add(entry);
      step = { op: "label", item, label, entry };
      this.outbox.push({ op: "undo", id: item.id, of: "label", entry });
    }
    this.desk.future.push(step);
    card.tell("undone");
    card.open(step.item);
    // Several labels: what was chosen stays chosen, to be mended and confirmed.
    if (Array.isArray(step.label)) card.picked = new Set(step.label);
    card.render();
  }

  /**
   * Whether one of the server's last labels is neither undone by this page nor about to be.
   * @param {import("./types").Recent} one
   */
  undoable(one) {
    return !this.desk.recentUndone.has(one.entry) && !this.desk.future.some((step) => step.item.id === one.item.id);
  }

  redo() {
    const { card } = this;
    const step = this.desk.future.pop();
    if (!step) {
      // What an earlier visit undid is known to the server alone.
      const entry = card.data.redo !== this.redone ? card.data.redo : null;
      if (entry) this.outbox.push({ op: "redo", id: null, of: "label", entry });
      this.redone = entry ?? this.redone;
      return card.tell(entry ? "redone" : "nothing_to_redo");
    }
    const { op, item, label, on } = step;
    this.outbox.push({ op: "redo", id: item.id, of: op, label, on, was: item.label ?? null, ...reference(step) });
    this.desk.history.push(step);
    card.tell(TOLD[op], label);
    if (op === "flag") card.open({ ...item, flag: on });
    else if (card.current?.id === item.id) return card.advance();
    card.render();
  }
}

/**
 * A step keeps the number (or entry) of the act it is about, however often it is undone and redone.
 * @param {Step} step
 */
function reference(step) {
  return step.entry ? { entry: step.entry } : { target: step.seq };
}
