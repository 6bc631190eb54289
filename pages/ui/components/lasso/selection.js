// What is selected, and what is asked about it.

/** @typedef {import("./types").How} How */
/** @typedef {{ nonce: number, tries: number, at: number, question: object }} Asked */

const LOOK_MS = 250; // a selection that stays this long is looked up in the full space
const MOST_LOOKED = 2000;
const ASK_AGAIN_MS = 5000;
const MOST_TRIES = 3;

export class Selection {
  /** @type {Map<"search" | "look", Asked>} Questions without an answer yet. */
  asked = new Map();
  /** @type {number | undefined} */
  looking = undefined;

  /** @param {import("./map.js").LassoMap} map */
  constructor(map) {
    this.map = map;
    this.kept = map.kept;
  }

  get size() {
    return this.kept.selected.size;
  }

  /**
   * The list keeps what it shows when it was used to select.
   * @param {number[]} ids
   * @param {How} [how]
   * @param {boolean} [keepList]
   */
  select(ids, how = "set", keepList = false) {
    const { map, kept } = this;
    const now = how === "set" ? new Set(ids) : new Set(kept.selected);
    if (how === "add") ids.forEach((id) => now.add(id));
    if (how === "remove") ids.forEach((id) => now.delete(id));
    kept.selected = now;
    if (!keepList) map.list.show([...now]);
    map.bar.notice = "";
    map.bar.offered = undefined;
    map.renderSelection();
    this.look();
  }

  /**
   * @param {number[]} rows
   * @param {How} [how]
   */
  selectRows(rows, how) {
    const { points } = this.map;
    if (points) this.select(rows.map((row) => points.ids[row]), how);
  }

  clear() {
    this.forgetSearch();
    this.select([]);
  }

  forgetSearch() {
    this.kept.found = null;
    this.map.tools.search.value = "";
  }

  selectFound() {
    const { found, count } = this.kept;
    if (found) this.select(this.map.known(found.ids).slice(0, count));
  }

  /** Forget what is no point any more. */
  refresh() {
    const { kept, map } = this;
    const known = map.known([...kept.selected]);
    if (known.length !== kept.selected.size) kept.selected = new Set(known);
  }

  // -- asking ------------------------------------------------------------------------------------

  /** Ask how many of the selection are neighbours in the full space, once the hand rests. */
  look() {
    clearTimeout(this.looking);
    this.asked.delete("look");
    const ids = [...this.kept.selected];
    if (ids.length < 2) return;
    const step = Math.ceil(ids.length / MOST_LOOKED);
    const question = { ids: ids.filter((_, i) => i % step === 0), total: ids.length };
    this.looking = setTimeout(() => this.ask("look", question), LOOK_MS);
  }

  /**
   * @param {"search" | "look"} kind
   * @param {object} question
   */
  ask(kind, question) {
    this.post(kind, { nonce: Date.now(), tries: 0, at: 0, question });
  }

  /**
   * @param {"search" | "look"} kind
   * @param {Asked} one
   */
  post(kind, one) {
    this.asked.set(kind, Object.assign(one, { at: Date.now() }));
    this.map.send({ project: this.map.project, kind, nonce: one.nonce, ...one.question });
  }

  /** What has had no answer for long is asked again. */
  tick() {
    for (const [kind, one] of this.asked) {
      if (Date.now() - one.at > ASK_AGAIN_MS && one.tries++ < MOST_TRIES) this.post(kind, one);
    }
  }

  /** @param {import("./types").MapData} data */
  answered(data) {
    const { kept, asked, map } = this;
    for (const kind of /** @type {const} */ (["search", "look"])) {
      if (data[kind] && data[kind].nonce === asked.get(kind)?.nonce) asked.delete(kind);
    }
    if (data.search && data.search.nonce > kept.answered && map.points) {
      kept.answered = data.search.nonce;
      kept.found = data.search;
      this.selectFound();
    }
  }

  stop() {
    clearTimeout(this.looking);
  }
}
