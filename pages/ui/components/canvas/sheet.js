// The sheet: what the hand does, what can be taken back, what goes to the server.

import { make, say } from "../common/dom.js";
import { keyOf } from "../common/keyboard.js";
import { placeIn } from "../common/mount.js";
import { drawnOn, paint, png } from "./strokes.js";

/** @typedef {import("./types").SheetData} SheetData */
/** @typedef {import("./types").Stroke} Stroke */

const QUIET_MS = 120; // the next stroke within this time goes to the server together with the last one
const PALM_MS = 1500; // a hand that rests near a pen does not draw

export class Sheet {
  static many = true;

  /** @type {(drawing: import("./types").Drawing) => void} */
  send = () => {};
  /** @type {Stroke | null} The one that is being drawn. */
  stroke = null;
  pointer = -1;
  penAt = -Infinity;
  /** Whether something waits to be sent. */
  waiting = false;
  /** @type {number | undefined} */
  timer = undefined;
  /** @type {number | null} */
  frame = null;
  met = false;
  stops = new AbortController();

  /**
   * @param {HTMLElement | ShadowRoot} root
   * @param {SheetData} data
   */
  constructor(root, data) {
    this.project = data.project;
    this.data = data;
    this.sheet = drawnOn(data);
    const { strings, label, least, most } = data;
    this.canvas = make("canvas", "paper", { tabIndex: 0, role: "img" });
    this.hint = make("span", "hint", { ariaHidden: "true" }, strings.hint);
    this.undoButton = this.button(strings.undo, () => this.undo());
    this.redoButton = this.button(strings.redo, () => this.redo());
    this.clearButton = this.button(strings.clear, () => this.clear());
    const range = { type: "range", min: least, max: most, step: 1, ariaLabel: strings.width };
    this.range = make("input", "", { ...range, value: this.sheet.width });
    this.dot = make("i", "dot", { ariaHidden: "true" });
    this.news = make("span", "news", { role: "status" });
    const brush = make("label", "brush", {}, this.dot, this.range);
    this.box = make(
      "div", "sheet", { role: "group", ariaLabel: label },
      make("div", "frame", {}, this.canvas, this.hint),
      make("div", "tools", {}, this.undoButton, this.redoButton, this.clearButton, brush),
      this.news,
    );
    placeIn(root).replaceChildren(this.box);
    this.sized = new ResizeObserver(() => this.resize());
    this.listen();
    this.refresh();
  }

  /**
   * @param {string} text
   * @param {() => void} act
   */
  button(text, act) {
    const node = make("button", "", { type: "button" }, text);
    node.addEventListener("click", act);
    return node;
  }

  listen() {
    const { signal } = this.stops;
    this.canvas.addEventListener("pointerdown", (event) => this.down(event), { signal });
    this.canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    this.canvas.addEventListener("pointerup", (event) => this.up(event), { signal });
    this.canvas.addEventListener("pointercancel", (event) => this.cancel(event), { signal });
    this.range.addEventListener("input", () => this.brush(Number(this.range.value)), { signal });
    this.box.addEventListener("keydown", (event) => this.key(event), { signal });
    // What a key sets off must see the last stroke.
    window.addEventListener("keydown", () => this.flush(), { capture: true, signal });
    this.sized.observe(this.canvas);
  }

  destroy() {
    this.flush();
    this.stops.abort();
    this.sized.disconnect();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.box.remove();
  }

  /** @param {SheetData} data */
  update(data) {
    this.data = data;
    this.box.ariaLabel = data.label;
    // A page that was left and comes back has forgotten the drawing that is still here.
    if (!this.met && this.sheet.strokes.length && data.seen !== this.sheet.sent) this.later();
    this.met = true;
    this.refresh();
  }

  // -- the hand --------------------------------------------------------------------------------

  /**
   * Where the pointer is on the sheet.
   * @param {PointerEvent} event
   * @returns {import("./types").Point}
   */
  place(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const { side } = this.data;
    return [((event.clientX - left) / width) * side, ((event.clientY - top) / height) * side];
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.pointerType === "pen") this.penAt = event.timeStamp;
    const palm = event.pointerType === "touch" && event.timeStamp - this.penAt < PALM_MS;
    if (this.stroke || event.button !== 0 || palm) return;
    event.preventDefault();
    const unseen = { preventScroll: true, focusVisible: false };
    this.canvas.focus(unseen);
    this.canvas.setPointerCapture(event.pointerId);
    clearTimeout(this.timer);
    this.pointer = event.pointerId;
    this.stroke = { points: [this.place(event)], width: this.sheet.width };
    this.repaint();
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (event.pointerType === "pen") this.penAt = event.timeStamp;
    if (!this.stroke || event.pointerId !== this.pointer) return;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length ? steps : [event]) this.stroke.points.push(this.place(step));
    this.repaint();
  }

  /** @param {PointerEvent} event */
  up(event) {
    if (!this.stroke || event.pointerId !== this.pointer) return;
    const { stroke } = this;
    this.stroke = null;
    this.act([...this.sheet.strokes, stroke]);
  }

  /**
   * The system took the pointer away (a gesture of its own): what it drew was not meant.
   * @param {PointerEvent} event
   */
  cancel(event) {
    if (!this.stroke || event.pointerId !== this.pointer) return;
    this.stroke = null;
    this.repaint();
    if (this.sheet.sent !== this.sheet.revision) this.later();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.isComposing || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    const key = keyOf(event);
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    event.stopPropagation();
    if (key === "y" || event.shiftKey) this.redo();
    else this.undo();
  }

  /** @param {number} width */
  brush(width) {
    this.sheet.width = width;
    this.renderTools();
  }

  // -- what can be taken back ------------------------------------------------------------------

  /** @param {Stroke[]} strokes */
  act(strokes) {
    this.sheet.past.push(this.sheet.strokes);
    this.sheet.future.length = 0;
    this.become(strokes);
  }

  undo() {
    const before = this.stroke ? undefined : this.sheet.past.pop();
    if (!before) return;
    this.sheet.future.push(this.sheet.strokes);
    this.become(before);
  }

  redo() {
    const after = this.stroke ? undefined : this.sheet.future.pop();
    if (!after) return;
    this.sheet.past.push(this.sheet.strokes);
    this.become(after);
  }

  clear() {
    if (!this.stroke && this.sheet.strokes.length) this.act([]);
  }

  /** @param {Stroke[]} strokes */
  become(strokes) {
    this.sheet.strokes = strokes;
    this.sheet.acts += 1;
    this.refresh();
    this.news.textContent = this.told();
    this.later();
  }

  // -- to the server ---------------------------------------------------------------------------

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.post(), QUIET_MS);
    this.waiting = true;
  }

  flush() {
    if (this.waiting && !this.stroke) this.post();
  }

  post() {
    clearTimeout(this.timer);
    this.waiting = false;
    const { strokes } = this.sheet;
    const { revision } = this.sheet;
    this.sheet.sent = revision;
    this.send({ sheet: this.project, revision, strokes: strokes.length, png: png(strokes, this.data.side) });
  }

  // -- on screen -------------------------------------------------------------------------------

  resize() {
    const size = Math.round(this.canvas.clientWidth * window.devicePixelRatio);
    if (!size || size === this.canvas.width) return;
    this.canvas.width = this.canvas.height = size;
    this.draw();
  }

  repaint() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
    const strokes = this.stroke ? [...this.sheet.strokes, this.stroke] : this.sheet.strokes;
    paint(this.canvas, strokes, this.data.side);
    this.hint.hidden = strokes.length > 0;
  }

  refresh() {
    this.resize();
    this.repaint();
    this.renderTools();
  }

  told() {
    const n = this.sheet.strokes.length;
    const { strings } = this.data;
    return n ? say(n === 1 ? strings.one : strings.many, { n }) : strings.empty;
  }

  renderTools() {
    const { strokes, past, future, width } = this.sheet;
    this.undoButton.disabled = !past.length;
    this.redoButton.disabled = !future.length;
    this.clearButton.disabled = !strokes.length;
    this.canvas.ariaLabel = `${this.data.label}: ${this.told()}. ${this.data.strings.keys}`;
    this.dot.style.setProperty("--width", String(width / this.data.side));
  }
}
