// The bar: what is selected, what a key will change; and whether all is saved.

import { clock, helpRows, make, quiet, say } from "../common/dom.js";

/** @typedef {import("../common/types").Label} Label */

const SPELLED_OUT = 4; // classes that are counted one by one

export class Bar {
  /** What was done last, or a sentence of the server. */
  notice = "";

  /** @param {import("./sheet.js").Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    const { strings, acts, help } = sheet.data;
    this.what = make("p", "what");
    this.will = make("p", "will");
    this.accept = sheetButton("", () => sheet.steps.accept());
    this.accept.classList.add("primary");
    this.none = sheetButton(strings.none, () => sheet.steps.label("none"), acts.none);
    this.clear = sheetButton(strings.clear, () => sheet.select([]), "esc");
    this.next = sheetButton(strings.next, () => sheet.nextDoubtful(), "→");
    this.undo = sheetButton(strings.undo, () => sheet.steps.undo(), acts.undo);
    this.redo = sheetButton(strings.redo, () => sheet.steps.redo(), `⇧${acts.undo}`);
    this.helpButton = sheetButton(strings.help, () => this.toggleHelp(), acts.help);
    this.helpButton.ariaExpanded = "false";
    this.status = make("span", "status", { role: "status" });
    this.words = make("div", "words", { ariaLive: "polite" }, this.what, this.will);
    const buttons = [this.accept, this.none, this.next, this.clear, this.undo, this.redo, this.helpButton];
    this.box = make("div", "bar", {}, ...buttons, sheet.report.button);
    this.help = make("div", "help", { hidden: true, role: "region", ariaLabel: strings.help }, ...helpRows(help));
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.ariaExpanded = String(!this.help.hidden);
  }

  /** @param {string} text */
  tell(text) {
    this.notice = text;
    this.render();
  }

  /**
   * What accepting would do to these items: who gets what, who keeps what a person or the file said.
   * @param {number[]} ids
   */
  plan(ids) {
    const { answers, rows } = this.sheet;
    /** @type {{ ids: number[], to: Label[], answered: number[], kept: number, silent: number }} */
    const plan = { ids: [], to: [], answered: [], kept: 0, silent: 0 };
    for (const id of ids) {
      const row = rows.rowOf.get(id) ?? -1;
      const answer = answers.answer(row);
      // Of many, only what has no label yet is accepted: a single one may be changed to the answer.
      if (ids.length > 1 && !answers.unlabeled(row)) plan.kept++;
      else if (answers.hidden(row)) plan.answered.push(id);
      else if (answer === null) plan.silent++;
      else {
        plan.ids.push(id);
        plan.to.push(answer);
      }
    }
    return plan;
  }

  render() {
    const { sheet } = this;
    const { strings, acts } = sheet.data;
    const ids = sheet.chosen();
    const many = sheet.room.selected.size > 0;
    const plan = this.plan(ids);
    const what = many ? say(strings.selected, { n: sheet.number(ids.length) }) : "";
    this.what.textContent = [this.notice, what].filter(Boolean).join(" · ") || strings.idle;
    this.will.textContent = many ? this.willWords(plan) : "";
    this.words.classList.toggle("some", many);
    const n = plan.ids.length + plan.answered.length;
    const words = many
      ? say(n === 1 ? strings.accept_one : strings.accept_n, { n: sheet.number(n) })
      : plan.ids.length ? say(strings.accept_as, { name: sheet.answers.nameOf(plan.to[0]) }) : strings.accept;
    this.accept.replaceChildren(make("kbd", "", { ariaHidden: "true" }, "↵"), make("span", "", {}, words));
    this.accept.disabled = many ? !n : !plan.ids.length;
    this.none.disabled = !ids.length;
    this.clear.hidden = !many;
    this.next.hidden = many;
    this.undo.disabled = !sheet.steps.canUndo;
    this.redo.disabled = !sheet.steps.canRedo;
    this.none.title = acts.none;
  }

  /** @param {ReturnType<Bar["plan"]>} plan */
  willWords(plan) {
    const { sheet } = this;
    const { strings } = sheet.data;
    /**
     * @param {number} n
     * @param {string} one
     * @param {string} several
     */
    const count = (n, one, several) => say(n === 1 ? one : several, { n: sheet.number(n) });
    /** @type {Map<string, number>} */
    const names = new Map();
    for (const label of plan.to) {
      const name = sheet.answers.nameOf(label);
      names.set(name, (names.get(name) ?? 0) + 1);
    }
    const sorted = [...names].sort((a, b) => b[1] - a[1]);
    const parts = sorted.slice(0, SPELLED_OUT).map(([name, n]) => say(strings.part, { n: sheet.number(n), name }));
    const rest = sorted.slice(SPELLED_OUT).reduce((sum, one) => sum + one[1], 0);
    if (rest) parts.push(say(strings.part, { n: sheet.number(rest), name: strings.of_others }));
    const { length } = plan.answered;
    if (length) parts.push(count(length, strings.check_one, strings.check_many));
    const n = plan.ids.length + length;
    const said = n ? [`${count(n, strings.get_one, strings.get_many)} ${parts.join(", ")}`] : [];
    if (plan.kept) said.push(count(plan.kept, strings.keep_one, strings.keep_many));
    if (plan.silent) said.push(count(plan.silent, strings.silent_one, strings.silent_many));
    return said.join("; ");
  }

  renderStatus() {
    const { outbox, data } = this.sheet;
    const state = outbox.status();
    const text = state === "idle" ? "" : say(data.strings[state], { time: clock(outbox.savedAt) });
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.className = `status ${state}`;
    this.status.ariaLive = state === "offline" || state === "slow" ? "polite" : "off";
  }
}

/**
 * A button, with the key that does the same before its words.
 * @param {string} text
 * @param {() => void} act
 * @param {string} [key]
 */
export function sheetButton(text, act, key = "") {
  const cap = key ? [make("kbd", "", { ariaHidden: "true" }, key)] : [];
  return quiet(make("button", "act", { type: "button" }, ...cap, make("span", "", {}, text)), act);
}
