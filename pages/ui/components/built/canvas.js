// Made by `make scripts` from canvas/main.js and what it imports: change those, not this file.
// sha256 cf4446b0f67955a7e3e26b685523f32fab7eba3c0c11ab72276b021d81c99d98 of build.js package.json canvas/main.js canvas/sheet.js canvas/strokes.js common/dom.js common/keyboard.js common/mount.js and of what follows
// common/mount.js
var mounted = /* @__PURE__ */ new WeakMap();
var living = null;
function mount(Kind, root, data, connect) {
  let one = (
    mounted.get(root)
  );
  if (one && one.project !== data.project) {
    one.destroy();
    one = void 0;
  }
  if (!one || living !== one && !Kind.many) {
    one = new Kind(root, data);
    mounted.set(root, one);
  }
  connect(one);
  one.update(data);
  const made = one;
  return () => setTimeout(() => {
    const host = root instanceof ShadowRoot ? root.host : root;
    if (host.isConnected || mounted.get(root) !== made) return;
    made.destroy();
    mounted.delete(root);
  });
}
function placeIn(root) {
  return root.querySelector(".mount") ?? root;
}

// common/dom.js
function make(tag, className, props = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(props)) {
    if (name in node) Reflect.set(node, name, value);
    else node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}
function say(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => name in values ? String(values[name]) : whole);
}

// common/keyboard.js
var FIELDS = "input:not([type=radio]):not([type=checkbox])";
var TYPING = `textarea,select,[contenteditable]:not([contenteditable=false]),[role=listbox] *,${FIELDS}`;
function keyOf(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

// canvas/strokes.js
var PAPER = "#ffffff";
var INK = "#111111";
var MOST_SHEETS = 50;
var Drawn = class {
  strokes = [];
  past = [];
  future = [];
  client = crypto.randomUUID();
  acts = 0;
  sent = null;
  constructor(width) {
    this.width = width;
  }
  get revision() {
    return `${this.client}:${this.acts}`;
  }
};
var sheets = /* @__PURE__ */ new Map();
function drawnOn(data) {
  const found = sheets.get(data.project) ?? new Drawn(data.width);
  sheets.set(data.project, found);
  for (const old of [...sheets.keys()].slice(0, -MOST_SHEETS)) sheets.delete(old);
  return found;
}
function trace(pen, { points, width }) {
  pen.lineWidth = width;
  pen.beginPath();
  pen.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [x2, y2] = points[i];
    pen.quadraticCurveTo(x2, y2, (x2 + points[i + 1][0]) / 2, (y2 + points[i + 1][1]) / 2);
  }
  const [x, y] = points[points.length - 1];
  pen.lineTo(x + 0.01, y);
  pen.stroke();
}
function paint(canvas, strokes, side) {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const scale = canvas.width / side;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, side, side);
  Object.assign(pen, { strokeStyle: INK, lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) trace(pen, stroke);
}
function png(strokes, side) {
  if (!strokes.length) return "";
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  paint(canvas, strokes, side);
  return canvas.toDataURL("image/png").split(",")[1];
}

// canvas/sheet.js
var QUIET_MS = 120;
var PALM_MS = 1500;
var Sheet = class {
  static many = true;
  send = () => {
  };
  stroke = null;
  pointer = -1;
  penAt = -Infinity;
  waiting = false;
  timer = void 0;
  frame = null;
  met = false;
  stops = new AbortController();
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
      "div",
      "sheet",
      { role: "group", ariaLabel: label },
      make("div", "frame", {}, this.canvas, this.hint),
      make("div", "tools", {}, this.undoButton, this.redoButton, this.clearButton, brush),
      this.news
    );
    placeIn(root).replaceChildren(this.box);
    this.sized = new ResizeObserver(() => this.resize());
    this.listen();
    this.refresh();
  }
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
  update(data) {
    this.data = data;
    this.box.ariaLabel = data.label;
    if (!this.met && this.sheet.strokes.length && data.seen !== this.sheet.sent) this.later();
    this.met = true;
    this.refresh();
  }
  // -- the hand --------------------------------------------------------------------------------
  place(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const { side } = this.data;
    return [(event.clientX - left) / width * side, (event.clientY - top) / height * side];
  }
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
  cancel(event) {
    if (!this.stroke || event.pointerId !== this.pointer) return;
    this.stroke = null;
    this.repaint();
    if (this.sheet.sent !== this.sheet.revision) this.later();
  }
  key(event) {
    if (event.isComposing || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    const key = keyOf(event);
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
    const before = this.stroke ? void 0 : this.sheet.past.pop();
    if (!before) return;
    this.sheet.future.push(this.sheet.strokes);
    this.become(before);
  }
  redo() {
    const after = this.stroke ? void 0 : this.sheet.future.pop();
    if (!after) return;
    this.sheet.past.push(this.sheet.strokes);
    this.become(after);
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
};

// canvas/main.js
var main_default = ({ data, parentElement, setStateValue }) => mount(Sheet, parentElement, data, (one) => {
  one.send = (drawing) => setStateValue("drawing", drawing);
});
export {
  main_default as default
};
