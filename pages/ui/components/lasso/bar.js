// The bar: what is selected, what a key will change; and whether all is saved.

import { clock, make, say } from "../common/dom.js";
import { mapButton } from "./tools.js";

/** @typedef {import("../common/types").Label} Label */

const SPELLED_OUT = 3; // labels of a selection that are counted one by one

export class Bar {
  /** What was done last, or a sentence of the server. */
  notice = "";
  /** @type {Label | undefined} The class whose effect the bar shows, when it is not the one the model expects. */
  offered = undefined;

  /** @param {import("./map.js").LassoMap} map */
  constructor(map) {
    this.map = map;
    const { strings, acts } = map.data;
    this.what = make("p", "what");
    this.will = make("p", "will");
    this.full = make("p", "full");
    this.go = mapButton("", () => map.steps.label(map.labels.expected(map.kept.selected)));
    this.go.classList.add("primary");
    this.clear = mapButton(strings.clear, () => map.selection.clear(), {}, "esc");
    this.undo = mapButton(strings.undo, () => map.steps.undo(), {}, acts.undo);
    this.redo = mapButton(strings.redo, () => map.steps.redo(), {}, `⇧${acts.undo}`);
    const words = make("div", "words", { ariaLive: "polite" }, this.what, this.will, this.full);
    this.box = make("div", "bar", {}, words, make("div", "go", {}, this.go, this.clear, this.undo, this.redo));
    this.status = make("span", "status", { role: "status" });
  }

  labelAsExpected() {
    const label = this.map.labels.expected(this.map.kept.selected);
    if (label !== null) this.map.steps.label(label);
  }

  /** @param {string} text */
  tell(text) {
    this.notice = text;
    this.render();
  }

  render() {
    const { map } = this;
    const n = map.selection.size;
    this.box.classList.toggle("some", n > 0);
    if (!n || !map.points) {
      this.what.textContent = this.notice || this.idleWords();
      this.will.textContent = this.full.textContent = "";
    } else {
      this.what.textContent = this.what.title = [this.notice, this.selectedWords(n)].filter(Boolean).join(" · ");
      this.renderWill();
      this.renderFull(n);
    }
    this.go.hidden = this.clear.hidden = !n;
    this.undo.disabled = !map.steps.canUndo;
    this.redo.disabled = !map.steps.canRedo;
  }

  idleWords() {
    const { data, selection, kept } = this.map;
    if (selection.asked.has("search")) return data.strings.searching;
    return data.search && kept.found && !data.search.ids.length ? data.strings.nothing_found : data.strings.idle;
  }

  /** @param {number} n */
  selectedWords(n) {
    const { map } = this;
    const { strings } = map.data;
    /**
     * @param {number} count
     * @param {string} name
     */
    const part = (count, name) => say(strings.part, { n: map.number(count), name });
    const shown = map.labels.tally(map.kept.selected);
    const parts = shown.slice(0, SPELLED_OUT).map(([label, count]) =>
      part(count, label === null ? strings.without : map.labels.nameOf(label)));
    if (shown.length > SPELLED_OUT) parts.push(part(total(shown.slice(SPELLED_OUT)), strings.others));
    return `${say(n === 1 ? strings.items_one : strings.items_many, { n: map.number(n) })}: ${parts.join(", ")}`;
  }

  /**
   * How many of the selection are neighbours in the full space.
   * @param {number} n
   */
  renderFull(n) {
    const { map } = this;
    const { strings, look } = map.data;
    const known = n > 1 && look && !map.selection.asked.has("look") && look.total === n ? look : null;
    const words = known ? say(strings.full, { n: map.number(known.n), of: map.number(known.of) }) : strings.looking;
    this.full.textContent = n > 1 ? words : "";
    this.full.classList.toggle("low", Boolean(known && known.n < known.of / 2));
  }

  /** What the class that is offered would change. */
  renderWill() {
    const { map } = this;
    const { strings, multi } = map.data;
    const n = map.selection.size;
    if (!n || !map.points) return;
    const expected = map.labels.expected(map.kept.selected);
    const label = this.offered === undefined ? expected : this.offered;
    const has = map.labels.tally(map.kept.selected);
    /** @param {Label} one */
    const of = (one) => has.find(([was]) => was === one)?.[1] ?? 0;
    const same = of(label);
    const adds = multi && typeof label === "number";
    const fresh = adds ? n - same : label === null ? 0 : of(null);
    const changing = adds ? [] : has.filter(([was]) => was !== label && was !== null);
    const rest = total(changing.slice(1));
    const parts = [];
    if (fresh) parts.push(say(strings.get, { n: map.number(fresh) }));
    for (const [was, count] of changing.slice(0, 1)) {
      parts.push(say(strings.change, { n: map.number(count), name: map.labels.nameOf(was) }));
    }
    if (rest) parts.push(say(strings.change_others, { n: map.number(rest) }));
    if (same) parts.push(say(adds && !fresh ? strings.lose : strings.same, { n: map.number(same) }));
    this.will.textContent = this.will.title = `${map.labels.nameOf(label)}: ${parts.join(", ")}`;
    const words = say(strings.label_as, { name: map.labels.nameOf(expected) });
    this.go.replaceChildren(make("kbd", "", { ariaHidden: "true" }, "↵"), words);
  }

  renderStatus() {
    const { outbox, data } = this.map;
    const state = outbox.status();
    const text = state === "idle" ? "" : say(data.strings[state], { time: clock(outbox.savedAt) });
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.className = `status ${state}`;
    this.status.ariaLive = state === "offline" || state === "slow" ? "polite" : "off";
  }
}

/** @param {[Label, number][]} counts */
function total(counts) {
  return counts.reduce((sum, one) => sum + one[1], 0);
}
