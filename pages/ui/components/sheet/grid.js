// The rows in sight: all of one height, so that a hundred thousand of them scroll like fifty.

import { make } from "../common/dom.js";
import { Line, columnsOf } from "./line.js";

/** @typedef {import("./types").SortKey} SortKey */

const BEYOND = 4; // rows above and below what is in sight

export class Grid {
  /** @type {Line[]} Reused as one scrolls: the line of a place is that of its number. */
  lines = [];
  height = 60;
  /** @type {number | null} */
  frame = null;

  /** @param {import("./sheet.js").Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    const { strings } = sheet.data;
    this.head = make("div", "head", { role: "row" });
    this.probe = make("div", "probe", { ariaHidden: "true" });
    this.space = make("div", "space", { role: "presentation" });
    this.empty = make("p", "empty", { hidden: true }, strings.nothing_here);
    const props = { role: "grid", tabIndex: 0, ariaLabel: strings.rows, "aria-multiselectable": "true" };
    this.box = make("div", "grid", props, this.head, this.probe, this.space, this.empty);
    this.box.addEventListener("scroll", () => this.repaint(), { passive: true });
    this.sized = new ResizeObserver(() => this.resized());
    this.sized.observe(this.box);
    this.space.addEventListener("mousedown", (event) => {
      if (event.shiftKey) event.preventDefault(); // no text is to be marked
    });
    this.space.addEventListener("click", (event) => this.clicked(event));
  }

  stop() {
    this.sized.disconnect();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }

  // -- the head ----------------------------------------------------------------------------------

  /** The columns are others. */
  rebuild() {
    const { sheet } = this;
    const columns = columnsOf(sheet);
    this.box.style.setProperty("--meta", String(sheet.rows.meta.length));
    this.all = make("span", "box", { ariaHidden: "true" });
    const all = make("button", "pick", { type: "button", title: sheet.data.strings.select_all }, this.all);
    all.ariaLabel = sheet.data.strings.select_all;
    all.addEventListener("click", () => sheet.toggleAll());
    const heads = columns.map(({ name, title, sort }) => {
      const button = make("button", "sort", { type: "button", title }, title);
      button.addEventListener("click", () => {
        sheet.view.sortBy(sort);
        sheet.rearrange();
      });
      return make("div", name, { role: "columnheader" }, button);
    });
    this.heads = columns.map(({ sort }, i) => ({ sort, node: heads[i] }));
    this.head.replaceChildren(make("div", "pick", { role: "columnheader" }, all), ...heads);
    for (const line of this.lines) line.node.remove();
    this.lines = [];
    this.resized();
  }

  renderHead() {
    const { view, room } = this.sheet;
    for (const { sort, node } of this.heads ?? []) {
      // The greatest doubt is the least probability, which the column shows.
      node.ariaSort = view.sort !== sort ? "none" : view.down === (sort !== "doubt") ? "descending" : "ascending";
    }
    const some = room.selected.size > 0;
    this.all?.classList.toggle("on", some && room.selected.size >= view.order.length);
    this.all?.classList.toggle("part", some && room.selected.size < view.order.length);
  }

  // -- places ------------------------------------------------------------------------------------

  get fitting() {
    return Math.floor((this.box.clientHeight - this.head.offsetHeight) / this.height);
  }

  resized() {
    const height = this.probe.offsetHeight;
    const changed = height && height !== this.height;
    if (height) this.height = height;
    this.space.style.height = `${this.sheet.view.order.length * this.height}px`;
    this.paint(Boolean(changed));
  }

  /**
   * Scroll so far that a place is in sight.
   * @param {number} rank
   */
  show(rank) {
    if (rank < 0) return;
    const { box, height } = this;
    const head = this.head.offsetHeight;
    const top = rank * height;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + height > box.scrollTop + box.clientHeight - head) {
      box.scrollTop = top + height - (box.clientHeight - head);
    }
  }

  /** @param {number} id */
  inSight(id) {
    return this.lines.some((line) => line.id === id && !line.node.hidden);
  }

  // -- painting ----------------------------------------------------------------------------------

  /** Paint with the next frame of the browser. */
  repaint() {
    this.frame ??= requestAnimationFrame(() => this.paint());
  }

  /** @param {boolean} [fresh] Whether labels or answers are others. */
  paint(fresh = false) {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
    const { sheet, box, height } = this;
    const { view, room } = sheet;
    const n = view.order.length;
    this.empty.hidden = n > 0 || sheet.box.classList.contains("waiting");
    this.renderHead();
    const first = Math.max(0, Math.floor(box.scrollTop / height) - BEYOND);
    const last = Math.min(n, Math.ceil((box.scrollTop + box.clientHeight) / height) + BEYOND);
    const wanted = Math.max(0, last - first);
    while (this.lines.length < wanted) this.add();
    const count = this.lines.length;
    const used = new Set();
    for (let rank = first; rank < last; rank++) {
      const line = this.lines[rank % count];
      used.add(line);
      line.paint(rank, view.order[rank], fresh);
    }
    for (const line of this.lines) if (!used.has(line)) line.hide();
    box.ariaRowCount = String(n + 1);
    const here = sheet.row < 0 ? -1 : view.rank[sheet.row];
    const current = here >= first && here < last ? this.lines[here % count] : null;
    if (current) box.setAttribute("aria-activedescendant", current.node.id);
    else box.removeAttribute("aria-activedescendant");
    for (const line of this.lines) line.mark(line.id !== -1 && line.id === room.current, room.selected.has(line.id));
  }

  /** One more line; how a place finds its line changes with that, so all are painted anew. */
  add() {
    const line = new Line(this.sheet, this.lines.length);
    this.lines.push(line);
    this.space.append(line.node);
    for (const one of this.lines) one.forget();
  }

  // -- the mouse ---------------------------------------------------------------------------------

  /** @param {MouseEvent} event */
  clicked(event) {
    const { sheet } = this;
    const target = /** @type {Element} */ (event.target);
    const node = target.closest(".row");
    const line = this.lines.find((one) => one.node === node);
    if (!line || line.id < 0) return;
    sheet.focus();
    if (event.shiftKey) return sheet.goToRank(line.rank, true);
    if (target.closest(".pick") || event.ctrlKey || event.metaKey) {
      sheet.room.current = line.id;
      return sheet.toggle(line.id);
    }
    const again = sheet.room.current === line.id;
    sheet.goToRank(line.rank);
    if (!sheet.room.why || again) sheet.panel.toggle();
  }
}
