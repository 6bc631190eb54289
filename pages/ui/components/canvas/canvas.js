// A sheet to draw on: mouse, finger or pen. canvas.py joins this file behind shared.js.
// Strokes are kept as points in units of the sheet, so that any size of it shows the same drawing.

const PAPER = "#ffffff";
const INK = "#111111";
const QUIET_MS = 120; // the next stroke within this time goes to the server together with the last one
const PALM_MS = 1500; // a hand that rests near a pen does not draw

// What outlives one mount: strokes, what can be undone, the width of the brush. One for each sheet.
const sheets = new Map();

function sheetOf(data) {
  if (!sheets.has(data.project)) {
    sheets.set(data.project, { strokes: [], past: [], future: [], width: data.width, client: crypto.randomUUID(), acts: 0, sent: null });
    for (const old of [...sheets.keys()].slice(0, -50)) sheets.delete(old);
  }
  return sheets.get(data.project);
}

/** One stroke: quadratic curves from middle to middle of its points, which are their control points. */
function trace(pen, { points, width }) {
  pen.lineWidth = width;
  pen.beginPath();
  pen.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    pen.quadraticCurveTo(x, y, (x + points[i + 1][0]) / 2, (y + points[i + 1][1]) / 2);
  }
  const [x, y] = points.at(-1);
  pen.lineTo(x + 0.01, y); // a line of no length would not be drawn, and a tap is a dot
  pen.stroke();
}

function paint(canvas, strokes, side) {
  const pen = canvas.getContext("2d");
  const scale = canvas.width / side;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, side, side);
  Object.assign(pen, { strokeStyle: INK, lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) trace(pen, stroke);
}

class Sheet {
  static many = true;

  constructor(root, data) {
    this.root = root;
    this.project = data.project;
    this.data = data;
    this.sheet = sheetOf(data);
    this.penAt = -Infinity;
    this.build(data);
    this.listen();
    this.refresh();
  }

  build({ strings, label, least, most }) {
    this.canvas = make("canvas", "paper", { tabIndex: 0, role: "img" });
    this.hint = make("span", "hint", { ariaHidden: "true" }, strings.hint);
    this.undoButton = this.button(strings.undo, () => this.undo());
    this.redoButton = this.button(strings.redo, () => this.redo());
    this.clearButton = this.button(strings.clear, () => this.clear());
    this.range = make("input", "", { type: "range", min: least, max: most, step: 1, ariaLabel: strings.width });
    this.range.value = this.sheet.width;
    this.dot = make("i", "dot", { ariaHidden: "true" });
    this.news = make("span", "news", { role: "status" });
    this.box = make("div", "sheet", { role: "group", ariaLabel: label },
      make("div", "frame", {}, this.canvas, this.hint),
      make("div", "tools", {}, this.undoButton, this.redoButton, this.clearButton, make("label", "brush", {}, this.dot, this.range)),
      this.news);
    this.root.querySelector(".mount").replaceChildren(this.box);
  }

  button(text, act) {
    const node = make("button", "", { type: "button" }, text);
    node.addEventListener("click", act);
    return node;
  }

  listen() {
    this.stops = new AbortController();
    const { signal } = this.stops;
    for (const [name, act] of [["pointerdown", "down"], ["pointermove", "move"], ["pointerup", "up"], ["pointercancel", "cancel"]]) {
      this.canvas.addEventListener(name, (event) => this[act](event), { signal });
    }
    this.range.addEventListener("input", () => this.brush(Number(this.range.value)), { signal });
    this.box.addEventListener("keydown", (event) => this.key(event), { signal });
    // What a key sets off must see the last stroke.
    window.addEventListener("keydown", () => this.flush(), { capture: true, signal });
    this.sized = new ResizeObserver(() => this.resize());
    this.sized.observe(this.canvas);
  }

  destroy() {
    this.flush();
    this.stops.abort();
    this.sized.disconnect();
    cancelAnimationFrame(this.frame);
    this.box.remove();
  }

  update(data) {
    this.data = data;
    this.box.ariaLabel = data.label;
    // A page that was left and comes back has forgotten the drawing that is still here.
    if (!this.met && this.sheet.strokes.length && data.seen !== this.sheet.sent) this.later();
    this.met = true;
    this.refresh();
  }

  // -- the hand --------------------------------------------------------------------------------

  place(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const { side } = this.data;
    return [((event.clientX - left) / width) * side, ((event.clientY - top) / height) * side];
  }

  down(event) {
    if (event.pointerType === "pen") this.penAt = event.timeStamp;
    const palm = event.pointerType === "touch" && event.timeStamp - this.penAt < PALM_MS;
    if (this.stroke || event.button !== 0 || palm) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true, focusVisible: false });
    this.canvas.setPointerCapture(event.pointerId);
    clearTimeout(this.timer);
    this.pointer = event.pointerId;
    this.stroke = { points: [this.place(event)], width: this.sheet.width };
    this.repaint();
  }

  move(event) {
    if (event.pointerType === "pen") this.penAt = event.timeStamp;
    if (!this.stroke || event.pointerId !== this.pointer) return;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length ? steps : [event]) this.stroke.points.push(this.place(step));
    this.repaint();
  }

  up(event) {
    if (!this.stroke || event.pointerId !== this.pointer) return;
    const { stroke } = this;
    this.stroke = null;
    this.act([...this.sheet.strokes, stroke]);
  }

  /** The system took the pointer away (a gesture of its own): what it drew was not meant. */
  cancel(event) {
    if (!this.stroke || event.pointerId !== this.pointer) return;
    this.stroke = null;
    this.repaint();
    if (this.sheet.sent !== this.revision()) this.later();
  }

  key(event) {
    if (event.isComposing || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    event.stopPropagation();
    if (key === "y" || event.shiftKey) this.redo();
    else this.undo();
  }

  brush(width) {
    this.sheet.width = width;
    this.renderTools();
  }

  // -- what can be taken back ------------------------------------------------------------------

  act(strokes) {
    this.sheet.past.push(this.sheet.strokes);
    this.sheet.future.length = 0;
    this.become(strokes);
  }

  undo() {
    if (this.stroke || !this.sheet.past.length) return;
    this.sheet.future.push(this.sheet.strokes);
    this.become(this.sheet.past.pop());
  }

  redo() {
    if (this.stroke || !this.sheet.future.length) return;
    this.sheet.past.push(this.sheet.strokes);
    this.become(this.sheet.future.pop());
  }

  clear() {
    if (!this.stroke && this.sheet.strokes.length) this.act([]);
  }

  become(strokes) {
    this.sheet.strokes = strokes;
    this.sheet.acts += 1;
    this.refresh();
    this.news.textContent = this.told();
    this.later();
  }

  // -- to the server ---------------------------------------------------------------------------

  revision() {
    return `${this.sheet.client}:${this.sheet.acts}`;
  }

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
    this.sheet.sent = this.revision();
    this.send({ sheet: this.project, revision: this.sheet.sent, strokes: strokes.length, png: strokes.length ? this.png() : "" });
  }

  png() {
    const copy = document.createElement("canvas");
    copy.width = copy.height = this.data.side;
    paint(copy, this.sheet.strokes, this.data.side);
    return copy.toDataURL("image/png").split(",")[1];
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
    cancelAnimationFrame(this.frame);
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
    this.dot.style.setProperty("--width", width / this.data.side);
  }
}

export default ({ data, parentElement, setStateValue }) =>
  mount(Sheet, parentElement, data, (one) => {
    one.send = (drawing) => setStateValue("drawing", drawing);
  });
