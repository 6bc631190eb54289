// The sheet: what the server answers, where the cursor is, and the parts around the rows.

import { make } from "../common/dom.js";
import { ACK, ROWS, SAID } from "../common/events.js";
import { giveUp, placeIn, takeOver } from "../common/mount.js";
import { Answers } from "./answers.js";
import { Bar } from "./bar.js";
import { Filters } from "./filters.js";
import { Grid } from "./grid.js";
import { onKey } from "./keys.js";
import { Panel } from "./panel.js";
import { Pictures } from "./pictures.js";
import { Report } from "./report.js";
import { roomOf } from "./room.js";
import { Steps } from "./steps.js";

/** @typedef {import("./types").SheetData} SheetData */
/** @typedef {import("./types").Rows} Rows */

/** @type {Rows} */
const NOTHING = { ids: [], rowOf: new Map(), texts: [], whole: true, cut: null, meta: [] };

export class Sheet {
  /** @type {(question: object) => void} */
  send = () => {};
  rows = NOTHING;
  /** @type {string | undefined} The classes, authors and columns as they were last drawn. */
  shape = undefined;
  /** @type {number | undefined} The last sentence of the server that was told. */
  noticed = undefined;
  stops = new AbortController();

  /**
   * @param {HTMLElement | ShadowRoot} root
   * @param {SheetData} data
   */
  constructor(root, data) {
    this.root = root;
    this.project = data.project;
    this.data = data;
    this.room = roomOf(data);
    this.view = this.room.view;
    this.outbox = this.room.outbox;
    takeOver(this);
    this.outbox.changed = () => this.bar.renderStatus();
    this.answers = new Answers(data);
    this.answers.idOf = (row) => this.rows.ids[row] ?? -1;
    this.steps = new Steps(this);
    this.report = new Report(this);
    this.filters = new Filters(this);
    this.bar = new Bar(this);
    this.pictures = new Pictures(this);
    this.grid = new Grid(this);
    this.panel = new Panel(this);
    this.box = make(
      "section", data.pictures ? "sheet pictures" : "sheet", { ariaLabel: data.strings.sheet },
      this.filters.box, this.bar.box, this.bar.help, this.report.box,
      make("div", "counts", {}, ...this.filters.counts, this.bar.words, this.bar.status),
      make("div", "body", {}, this.grid.box, this.panel.box),
    );
    placeIn(root).append(this.box);
    this.listen();
    if (!document.activeElement || document.activeElement === document.body) this.focus();
  }

  listen() {
    const { signal } = this.stops;
    // Capturing: the app's own single-letter shortcuts must not see a key that labels.
    window.addEventListener("keydown", (event) => onKey(this, event), { capture: true, signal });
    window.addEventListener(ROWS, () => this.refresh(), { signal });
    window.addEventListener(SAID, ({ detail }) => {
      if (detail.sheet === this.project) this.said(detail);
    }, { signal });
    window.addEventListener(ACK, ({ detail }) => {
      if (detail.sheet !== this.project) return;
      this.outbox.acknowledge(detail.acks, detail.saved_at);
      this.bar.renderStatus();
    }, { signal });
    this.clock = setInterval(() => this.tick(), 500);
  }

  destroy() {
    giveUp(this);
    this.stops.abort();
    clearInterval(this.clock);
    this.grid.stop();
    this.outbox.stop();
    this.box.remove();
  }

  tick() {
    this.outbox.tick();
    this.bar.renderStatus();
    this.panel.tick();
  }

  focus() {
    this.grid.box.focus({ preventScroll: true });
  }

  // -- the server's answers --------------------------------------------------------------------

  /** @param {SheetData} data */
  update(data) {
    this.data = data;
    this.answers.take(data);
    this.outbox.acknowledge(data.acks, data.saved_at);
    this.outbox.reflect(data.acks);
    this.steps.took(data.accepted);
    const notice = data.notices.at(-1);
    if (notice && notice.nonce !== this.noticed) {
      this.noticed = notice.nonce;
      this.bar.notice = notice.text;
    }
    this.refresh();
    this.report.render();
  }

  /** Rows and answers of the same version: put them together, labels on their way on top. */
  refresh() {
    const { data, view, room } = this;
    const rows = window.handfulRows?.get(data.version);
    this.box.classList.toggle("waiting", !rows);
    if (!rows) return;
    const fresh = this.rows !== rows;
    this.rows = rows;
    this.answers.read(rows.rowOf);
    for (const event of this.outbox.log) this.replay(event);
    const shape = JSON.stringify([data.classes, data.authors, rows.meta.map((one) => one.name)]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.filters.rebuild();
      this.grid.rebuild();
      this.panel.rebuild();
    }
    const wished = data.wish && data.wish.nonce !== room.wished;
    if (data.wish && wished) {
      room.wished = data.wish.nonce;
      view.clear();
      Object.assign(view, { state: data.wish.state, sort: "doubt", down: true });
    }
    if (fresh || wished) this.arrange();
    else view.stale = true;
    this.render();
  }

  /** @param {import("../common/outbox.js").Event} event */
  replay(event) {
    const { op, of, id, ids, to, label, on, bulk } = event;
    if ((op === "undo" || op === "redo") && of === "flag") return;
    if (op === "flag" && id != null) this.answers.applyAct({ ids: [id], flag: on });
    else if (ids && to) this.answers.applyAct({ ids, to, bulk });
    else if (id != null && op === "undo") this.answers.applyAct({ ids: [id], to: to ?? [null] });
    else if (id != null) this.answers.applyAct({ ids: [id], to: [label ?? null] });
  }

  /** @param {import("./types").Said} said */
  said(said) {
    this.pictures.take(said.pictures);
    this.filters.answered(said);
    this.panel.answered(said);
  }

  // -- where one is ----------------------------------------------------------------------------

  /** The row of the cursor, or -1. */
  get row() {
    const { current } = this.room;
    return current === null ? -1 : (this.rows.rowOf.get(current) ?? -1);
  }

  /** What a key is about: the selected items, or the one of the cursor. */
  chosen() {
    const { selected, current } = this.room;
    if (selected.size) return [...selected];
    return current === null || this.row < 0 ? [] : [current];
  }

  /** @param {number} id */
  goTo(id) {
    this.room.current = id;
    this.grid.show(this.view.rank[this.row] ?? -1);
    this.panel.moved();
    this.grid.paint();
    this.bar.render();
  }

  /**
   * @param {number} rank A place in the list.
   * @param {boolean} [extend] Select from where the selection began.
   */
  goToRank(rank, extend = false) {
    const { view, room, rows } = this;
    const last = view.order.length - 1;
    if (last < 0) return;
    const to = Math.min(Math.max(rank, 0), last);
    if (extend) this.extend(to);
    else room.anchor = null;
    this.goTo(rows.ids[view.order[to]]);
  }

  /** @param {number} to */
  extend(to) {
    const { view, room, rows } = this;
    room.anchor ??= room.current;
    const from = room.anchor === null ? to : (view.rank[rows.rowOf.get(room.anchor) ?? -1] ?? to);
    const [low, high] = from < to ? [from, to] : [to, from];
    const ids = Array.from(view.order.slice(Math.max(low, 0), high + 1), (row) => rows.ids[row]);
    room.selected = new Set(ids);
  }

  /** @param {number} by */
  move(by, extend = false) {
    const rank = this.row < 0 ? -1 : this.view.rank[this.row];
    this.goToRank(rank < 0 ? 0 : rank + by, extend);
  }

  /** After one row was dealt with: the next one. */
  goOn() {
    const rank = this.view.rank[this.row];
    if (rank >= 0 && rank + 1 < this.view.order.length) this.goToRank(rank + 1);
  }

  nextDoubtful() {
    const row = this.view.nextDoubtful(this.row, this.answers);
    if (row < 0) this.bar.tell(this.data.strings.nothing_open);
    else this.goTo(this.rows.ids[row]);
  }

  // -- what is selected ------------------------------------------------------------------------

  /** @param {number[]} ids */
  select(ids) {
    this.room.selected = new Set(ids);
    this.room.anchor = null;
    this.bar.notice = "";
    this.grid.paint(true);
    this.bar.render();
  }

  /** @param {number} id */
  toggle(id) {
    const now = new Set(this.room.selected);
    if (!now.delete(id)) now.add(id);
    this.select([...now]);
    this.room.anchor = id;
  }

  /** All rows of the list, or none when they are all selected. */
  toggleAll() {
    const ids = Array.from(this.view.order, (row) => this.rows.ids[row]);
    this.select(ids.every((id) => this.room.selected.has(id)) ? [] : ids);
  }

  // -- on screen -------------------------------------------------------------------------------

  number = (/** @type {number} */ n) => n.toLocaleString();

  /** Sort and filter anew; the cursor stays with its item where that is still there. */
  arrange() {
    const { view, rows, room } = this;
    if (view.of !== null && !this.answers.place.has(view.of)) view.of = null;
    view.compute(rows, this.answers);
    const rank = this.row < 0 ? -1 : view.rank[this.row];
    if (rank < 0) room.current = view.order.length ? rows.ids[view.order[0]] : null;
    for (const id of [...room.selected]) {
      const row = rows.rowOf.get(id);
      if (row === undefined || view.rank[row] < 0) room.selected.delete(id);
    }
    room.anchor = null;
    this.grid.resized();
    this.grid.show(rank < 0 ? 0 : rank);
    this.panel.moved();
  }

  /** The order or the filters are others. */
  rearrange() {
    this.arrange();
    this.render();
  }

  /** A label or a flag has changed here. */
  acted() {
    this.view.stale = true;
    this.grid.paint(true);
    this.panel.render();
    this.bar.render();
    this.filters.renderCount();
  }

  render() {
    this.filters.render();
    this.bar.render();
    this.bar.renderStatus();
    this.grid.paint(true);
    this.panel.render();
  }
}
