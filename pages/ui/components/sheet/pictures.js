// Small pictures, fetched for what is in sight.

const WAIT_MS = 60;
const MOST = 60; // in one question
const KEPT = 4000;

export class Pictures {
  /** @type {Map<number, string>} */
  known = new Map();
  /** @type {Set<number>} */
  wanted = new Set();
  /** @type {number | undefined} */
  timer = undefined;

  /** @param {import("./sheet.js").Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
  }

  /**
   * The picture of an item for `src`, or "" while it is on its way.
   * @param {number} id
   */
  of(id) {
    const found = this.known.get(id);
    if (found !== undefined) return found;
    this.wanted.add(id);
    this.timer ??= setTimeout(() => this.ask(), WAIT_MS);
    return "";
  }

  ask() {
    this.timer = undefined;
    const { grid, project, send } = this.sheet;
    const ids = [...this.wanted].filter((id) => grid.inSight(id)).slice(0, MOST);
    this.wanted.clear();
    if (ids.length) send({ project, kind: "pictures", nonce: Date.now(), ids });
  }

  /** @param {Record<string, string>} pictures */
  take(pictures) {
    const found = Object.entries(pictures);
    if (!found.length) return;
    for (const [id, picture] of found) this.known.set(Number(id), picture);
    for (const old of [...this.known.keys()].slice(0, Math.max(0, this.known.size - KEPT))) this.known.delete(old);
    this.sheet.grid.paint(true);
  }
}
