// Made by `make scripts` from lasso/main.js and what it imports: change those, not this file.
// sha256 5688f25e359a88bbd497eebbf70d176002bff7de9c0ad4cf9def5a01d9e2280b of build.js package.json common/decode.js common/dom.js common/events.js common/keyboard.js common/labels.js common/mount.js common/outbox.js common/storage.js lasso/bar.js lasso/hand.js lasso/keys.js lasso/legend.js lasso/list.js lasso/main.js lasso/map.js lasso/marks.js lasso/painter.js lasso/room.js lasso/scene.js lasso/selection.js lasso/stamp.js lasso/steps.js lasso/tip.js lasso/tools.js lasso/view.js and of what follows
// common/mount.js
var mounted = /* @__PURE__ */ new WeakMap();
var living = null;
function takeOver(one) {
  living?.destroy();
  living = one;
}
function giveUp(one) {
  if (living === one) living = null;
}
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
function quiet(node, act) {
  node.addEventListener("mousedown", (event) => event.preventDefault());
  node.addEventListener("click", act);
  return node;
}
function helpRows(rows) {
  return rows.map(([key, text]) => make("div", "", {}, make("kbd", "", {}, key), make("span", "", {}, text)));
}
function breakable(name) {
  return name.split(/(?<=[_/.-])/).flatMap((part, i) => i ? [make("wbr"), part] : [part]);
}
function matching(classes, text) {
  const plain = (one) => one.toLowerCase().replaceAll("_", " ");
  const typed = plain(text.trim());
  const place = (one) => plain(one.name).indexOf(typed);
  const found = classes.filter((one) => place(one) >= 0);
  return typed ? found.sort((a, b) => place(a) - place(b)) : found;
}
function clock(at, how = {}) {
  return at ? new Date(at * 1e3).toLocaleTimeString([], { hour12: false, ...how }) : "";
}

// common/events.js
var ACK = "handful-ack";
var WAKE = "handful-wake";
var POINTS = "handful-points";

// common/keyboard.js
var FIELDS = "input:not([type=radio]):not([type=checkbox])";
var TYPING = `textarea,select,[contenteditable]:not([contenteditable=false]),[role=listbox] *,${FIELDS}`;
var PRESSED = "button,a,summary,input,[role=button],[role=radio]";
function targetOf(event) {
  return (
    event.composedPath()[0]
  );
}
function keyOf(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}
function reserved(event) {
  return event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey;
}
function elsewhere(event, target, connected) {
  if (target.matches?.(TYPING) || document.querySelector('[role="dialog"]') && connected) return true;
  return Boolean((event.key === "Enter" || event.key === " ") && target.closest?.(PRESSED));
}
function take(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

// lasso/keys.js
var STEP_PX = 60;
var ZOOM = 1.35;
var ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
function onKey(map, event) {
  if (reserved(event)) return;
  const target = targetOf(event);
  if (target === map.tools.search && event.key === "Escape") return leave(map, event, () => map.selection.clear());
  if (target === map.legend.filter) return filterKey(map, event);
  if (elsewhere(event, target, map.outbox.connected()) || !map.points) return;
  const moves = movesOf(map, event, target);
  const action = actionOf(map, event) ?? moves;
  if (!action) return;
  take(event);
  if (!event.repeat || action === moves) action();
}
function leave(map, event, act) {
  take(event);
  act();
  map.focus();
}
function actionOf(map, event) {
  const { acts, classes } = map.data;
  const { steps } = map;
  const key = keyOf(event);
  if (key === acts.undo) return () => event.shiftKey ? steps.redo() : steps.undo();
  if (map.selection.size && !event.shiftKey) {
    const found = classes.find((one) => one.key === key);
    if (found) return () => steps.label(found.id);
    if (key === acts.none) return () => steps.label("none");
    if (key === "Delete" || key === "Backspace") return () => steps.label(null);
    if (key === "Enter") return () => map.bar.labelAsExpected();
  }
  if (key === "Escape") return () => escape(map);
  if (key === acts.search) return () => map.tools.search.focus();
  if (key === acts.help) return () => map.tools.toggleHelp();
  return null;
}
function movesOf(map, event, target) {
  const { view } = map;
  const move = (act) => () => {
    act();
    map.hand.moved();
  };
  const key = keyOf(event);
  if (key === "+" || key === "=") return move(() => view.zoom(ZOOM));
  if (key === "-" || key === "_") return move(() => view.zoom(1 / ZOOM));
  if (key === "0") return move(() => view.fit());
  const arrow = ARROWS[key];
  return arrow && target === map.stage ? move(() => view.pan(arrow[0] * STEP_PX, arrow[1] * STEP_PX)) : null;
}
function escape(map) {
  if (!map.tools.help.hidden) return map.tools.toggleHelp();
  map.hand.gesture = null;
  map.legend.hold(null);
  map.selection.clear();
}
function filterKey(map, event) {
  if (event.key !== "Enter" && event.key !== "Escape") return;
  const { legend } = map;
  const first = legend.matching()[0];
  leave(map, event, () => {
    const typed = legend.filter.value.trim();
    legend.filter.value = "";
    legend.renderFilter();
    if (event.key === "Enter" && typed && first) legend.choose(first.id);
  });
}

// lasso/tools.js
var LONGEST_SEARCH = 2e3;
var TOOLS = (
  ["lasso", "box", "move"]
);
var MODES = (
  ["label", "prediction", "confidence"]
);
var Tools = class {
  constructor(map) {
    this.map = map;
    const { strings, help, acts } = map.data;
    this.radios = {
      tool: new Map(TOOLS.map((one) => [one, this.radio(strings[one], () => this.pickTool(one))])),
      mode: new Map(MODES.map((one) => [one, this.radio(strings[one], () => this.pickMode(one))]))
    };
    const hint = say(strings.search, { key: acts.search });
    const words = { placeholder: hint, ariaLabel: hint };
    this.search = make("input", "find", { type: "search", ...words, autocomplete: "off", maxLength: LONGEST_SEARCH });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) this.searchFor();
    });
    const range = { type: "number", min: 1, max: map.data.most_found, value: map.kept.count };
    this.count = make("input", "count", { ...range, ariaLabel: strings.how_many });
    this.count.addEventListener("input", () => this.setCount());
    const find = mapButton(strings.find, () => this.searchFor());
    this.helpButton = mapButton(strings.help, () => this.toggleHelp(), { ariaExpanded: "false" }, acts.help);
    this.box = make(
      "div",
      "tools",
      {},
      make("div", "search", {}, this.search, this.count, find),
      make("div", "group", { role: "group", ariaLabel: strings.tool }, ...this.radios.tool.values()),
      make("div", "group", { role: "group", ariaLabel: strings.color_by }, ...this.radios.mode.values()),
      make("div", "group", {}, ...this.zooming()),
      this.helpButton
    );
    this.help = make("div", "help", { hidden: true, role: "region", ariaLabel: strings.help }, ...helpRows(help));
  }
  radio(text, act) {
    return mapButton(text, act, { ariaPressed: "false" });
  }
  zooming() {
    const { map } = this;
    const { strings } = map.data;
    const acts = [
      { sign: "+", label: strings.zoom_in, act: () => map.view.zoom(ZOOM) },
      { sign: "−", label: strings.zoom_out, act: () => map.view.zoom(1 / ZOOM) },
      { sign: "⤢", label: strings.zoom_fit, act: () => map.view.fit() }
    ];
    return acts.map(({ sign, label, act }) => mapButton(sign, () => {
      act();
      map.hand.moved();
    }, { ariaLabel: label, title: label }));
  }
  pickTool(tool) {
    this.map.kept.tool = tool;
    this.renderRadios();
  }
  pickMode(mode) {
    const { map } = this;
    map.kept.mode = mode;
    this.renderRadios();
    if (!map.points) return;
    map.legend.hold(null);
    map.restyle();
    map.repaint();
  }
  renderRadios() {
    const { kept, stage, legend } = this.map;
    for (const [value, node] of this.radios.tool) node.ariaPressed = String(value === kept.tool);
    for (const [value, node] of this.radios.mode) node.ariaPressed = String(value === kept.mode);
    stage.dataset.tool = kept.tool;
    legend.scaleBar.hidden = kept.mode !== "confidence";
  }
  searchFor() {
    const { map } = this;
    const text = this.search.value.trim();
    if (!text) return map.selection.clear();
    map.bar.notice = "";
    map.selection.ask("search", { text });
    map.bar.render();
    map.focus();
  }
  setCount() {
    const { kept, data, selection } = this.map;
    kept.count = Math.min(Math.max(Math.round(Number(this.count.value)) || 1, 1), data.most_found);
    selection.selectFound();
  }
  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.ariaExpanded = String(!this.help.hidden);
  }
};
function mapButton(text, act, props = {}, key = "") {
  const cap = key ? [make("kbd", "", { ariaHidden: "true" }, key)] : [];
  return quiet(make("button", "act", { type: "button", ...props }, ...cap, text), act);
}

// lasso/bar.js
var SPELLED_OUT = 3;
var Bar = class {
  notice = "";
  offered = void 0;
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
  selectedWords(n) {
    const { map } = this;
    const { strings } = map.data;
    const part = (count, name) => say(strings.part, { n: map.number(count), name });
    const shown = map.labels.tally(map.kept.selected);
    const parts = shown.slice(0, SPELLED_OUT).map(([label, count]) => part(count, label === null ? strings.without : map.labels.nameOf(label)));
    if (shown.length > SPELLED_OUT) parts.push(part(total(shown.slice(SPELLED_OUT)), strings.others));
    return `${say(n === 1 ? strings.items_one : strings.items_many, { n: map.number(n) })}: ${parts.join(", ")}`;
  }
  renderFull(n) {
    const { map } = this;
    const { strings, look } = map.data;
    const known = n > 1 && look && !map.selection.asked.has("look") && look.total === n ? look : null;
    const words = known ? say(strings.full, { n: map.number(known.n), of: map.number(known.of) }) : strings.looking;
    this.full.textContent = n > 1 ? words : "";
    this.full.classList.toggle("low", Boolean(known && known.n < known.of / 2));
  }
  renderWill() {
    const { map } = this;
    const { strings, multi } = map.data;
    const n = map.selection.size;
    if (!n || !map.points) return;
    const expected = map.labels.expected(map.kept.selected);
    const label = this.offered === void 0 ? expected : this.offered;
    const has = map.labels.tally(map.kept.selected);
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
};
function total(counts) {
  return counts.reduce((sum, one) => sum + one[1], 0);
}

// lasso/view.js
var PAD = 22;
var MOST_ZOOM = 400;
var NEAR_PX = 12;
var View = class {
  width = 1;
  height = 1;
  zoomed = false;
  key = null;
  bounds = { left: 0, right: 1, low: 0, high: 1 };
  k = 1;
  cx = 0.5;
  cy = 0.5;
  take(key, xy) {
    if (this.key === key) return;
    this.key = key;
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < xy.length; i += 2) {
      if (xy[i] < left) left = xy[i];
      if (xy[i] > right) right = xy[i];
      if (xy[i + 1] < low) low = xy[i + 1];
      if (xy[i + 1] > high) high = xy[i + 1];
    }
    if (left > right) [left, right, low, high] = [0, 1, 0, 1];
    this.bounds = { left, right, low, high };
    this.zoomed = false;
    this.fit();
  }
  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    if (!this.zoomed) this.fit();
  }
  get fitted() {
    const { left, right, low, high } = this.bounds;
    const across = (this.width - 2 * PAD) / Math.max(right - left, 1e-9);
    const up = (this.height - 2 * PAD) / Math.max(high - low, 1e-9);
    return Math.max(Math.min(across, up), 1e-9);
  }
  fit() {
    const { left, right, low, high } = this.bounds;
    this.k = this.fitted;
    this.cx = (left + right) / 2;
    this.cy = (low + high) / 2;
    this.zoomed = false;
  }
  x(value) {
    return (value - this.cx) * this.k + this.width / 2;
  }
  y(value) {
    return this.height / 2 - (value - this.cy) * this.k;
  }
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const k = Math.min(Math.max(this.k * factor, this.fitted * 0.5), this.fitted * MOST_ZOOM);
    this.cx += (px - this.width / 2) * (1 / this.k - 1 / k);
    this.cy -= (py - this.height / 2) * (1 / this.k - 1 / k);
    this.k = k;
    this.settle();
  }
  pan(dx, dy) {
    this.cx -= dx / this.k;
    this.cy += dy / this.k;
    this.settle();
  }
  settle() {
    const { left, right, low, high } = this.bounds;
    this.cx = Math.min(Math.max(this.cx, left), right);
    this.cy = Math.min(Math.max(this.cy, low), high);
    this.zoomed = true;
  }
  get level() {
    return this.k / this.fitted;
  }
  // -- what is where: all answers are row numbers ----------------------------------------------
  inBox(xy, [x0, y0], [x1, y1]) {
    const [left, right] = [Math.min(x0, x1), Math.max(x0, x1)];
    const [top, bottom] = [Math.min(y0, y1), Math.max(y0, y1)];
    const rows = [];
    for (let i = 0; i < xy.length / 2; i++) {
      const x = this.x(xy[2 * i]);
      const y = this.y(xy[2 * i + 1]);
      if (x >= left && x <= right && y >= top && y <= bottom) rows.push(i);
    }
    return rows;
  }
  inSight(xy) {
    return this.inBox(xy, [0, 0], [this.width, this.height]);
  }
  inLasso(xy, path) {
    if (path.length < 3) return [];
    const xs = path.map((point) => point[0]);
    const ys = path.map((point) => point[1]);
    const near = this.inBox(xy, [Math.min(...xs), Math.min(...ys)], [Math.max(...xs), Math.max(...ys)]);
    return near.filter((row) => {
      const x = this.x(xy[2 * row]);
      const y = this.y(xy[2 * row + 1]);
      let inside = false;
      for (let a = 0, b = path.length - 1; a < path.length; b = a++) {
        if (ys[a] > y !== ys[b] > y && x < (xs[b] - xs[a]) * (y - ys[a]) / (ys[b] - ys[a]) + xs[a]) inside = !inside;
      }
      return inside;
    });
  }
  nearest(xy, [px, py], reach = NEAR_PX) {
    let best = -1;
    let least = reach * reach;
    for (let i = 0; i < xy.length / 2; i++) {
      const dx = this.x(xy[2 * i]) - px;
      const dy = this.y(xy[2 * i + 1]) - py;
      const d = dx * dx + dy * dy;
      if (d <= least) [best, least] = [i, d];
    }
    return best;
  }
};

// lasso/hand.js
var TAP_PX = 5;
var REST_MS = 300;
var LINE_PX = 16;
var Hand = class {
  fingers = /* @__PURE__ */ new Map();
  gesture = null;
  resting = void 0;
  constructor(map) {
    this.map = map;
    this.view = map.view;
  }
  listen(signal) {
    const { stage } = this.map;
    const how = { signal, passive: false };
    stage.addEventListener("pointerdown", (event) => this.down(event), how);
    stage.addEventListener("pointermove", (event) => this.move(event), how);
    stage.addEventListener("pointerup", (event) => this.lift(event), how);
    stage.addEventListener("pointercancel", (event) => this.lift(event, true), how);
    stage.addEventListener("pointerleave", () => !this.gesture && this.map.tip.point(-1), how);
    stage.addEventListener("contextmenu", (event) => event.preventDefault(), how);
    stage.addEventListener("wheel", (event) => this.wheel(event), how);
  }
  at(event) {
    const box = this.map.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
  down(event) {
    const { map } = this;
    if (event.target instanceof Element && event.target.closest("button")) return;
    event.preventDefault();
    map.focus();
    map.stage.setPointerCapture(event.pointerId);
    const from = this.at(event);
    this.fingers.set(event.pointerId, from);
    map.tip.point(-1);
    this.gesture = { ...this.begin(event), from, last: from, moved: false, path: [], box: null };
    if (this.fingers.size > 1) this.gesture.kind = "pinch";
  }
  move(event) {
    const now = this.at(event);
    if (!this.gesture) {
      if (event.pointerType === "mouse") this.map.tip.point(this.view.nearest(this.map.scene.xy, now));
      return;
    }
    const before = this.spread();
    this.fingers.set(event.pointerId, now);
    if (this.gesture.kind === "pinch") this.pinch(before);
    else this.drag(this.gesture, now);
  }
  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    this.view.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 16e-4)), ...this.at(event));
    this.moved();
  }
  begin(event) {
    const { tool } = this.map.kept;
    const how = event.altKey ? "remove" : event.ctrlKey || event.metaKey ? "add" : "set";
    if (tool === "move" && !event.shiftKey && how === "set") return { kind: "move", how };
    if (event.button === 1 || event.button === 2) return { kind: "move", how };
    return { kind: tool === "box" !== event.shiftKey ? "box" : "lasso", how };
  }
  spread() {
    const [a, b] = [...this.fingers.values()];
    if (!b) return null;
    return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, d: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  }
  pinch(before) {
    const after = this.spread();
    if (!after || !before) return;
    this.view.pan(after.x - before.x, after.y - before.y);
    this.view.zoom(after.d / Math.max(before.d, 1), after.x, after.y);
    this.moved();
  }
  drag(gesture, now) {
    gesture.moved ||= Math.hypot(now[0] - gesture.from[0], now[1] - gesture.from[1]) > TAP_PX;
    if (!gesture.moved) return;
    if (gesture.kind === "move") {
      this.view.pan(now[0] - gesture.last[0], now[1] - gesture.last[1]);
      gesture.last = now;
      return this.moved();
    }
    if (gesture.kind === "box") gesture.box = [gesture.from, now];
    else gesture.path.push(...gesture.path.length ? [now] : [gesture.from, now]);
    this.map.repaintOver();
  }
  lift(event, cancelled = false) {
    const { map, gesture } = this;
    if (!this.fingers.delete(event.pointerId)) return;
    if (!gesture || gesture.kind === "pinch" && this.fingers.size) return;
    this.gesture = null;
    if (cancelled || gesture.kind === "pinch" || !map.points) return map.repaintOver();
    const { xy } = map.scene;
    const { selection } = map;
    if (!gesture.moved) this.tap(gesture, event.pointerType);
    else if (gesture.box) selection.selectRows(this.view.inBox(xy, ...gesture.box), gesture.how);
    else if (gesture.kind === "lasso") selection.selectRows(this.view.inLasso(xy, gesture.path), gesture.how);
    map.repaintOver();
  }
  tap({ from, how }, pointer) {
    const { map } = this;
    const row = this.view.nearest(map.scene.xy, from, pointer === "mouse" ? NEAR_PX : 2 * NEAR_PX);
    const id = map.points?.ids[row];
    if (id === void 0) {
      if (how === "set") map.selection.clear();
      return;
    }
    map.selection.select([id], how === "add" && map.kept.selected.has(id) ? "remove" : how);
    map.tip.point(row);
  }
  moved() {
    const { map } = this;
    map.tip.point(-1);
    map.repaint();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => !map.kept.listed.length && map.list.render(), REST_MS);
  }
};

// common/decode.js
function decode(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
}

// common/labels.js
var UNLABELED = -1;
var NONE = -2;
var CERTAIN = 255;
var Labels = class {
  place = /* @__PURE__ */ new Map();
  rowOf = /* @__PURE__ */ new Map();
  codes = new Int16Array();
  predicted = new Int16Array();
  confidence = new Uint8Array();
  sets = /* @__PURE__ */ new Map();
  constructor(data) {
    this.data = data;
    this.know(data);
  }
  know(data) {
    this.data = data;
    this.place = new Map(data.classes.map((one, i) => [one.id, i]));
  }
  read(rowOf) {
    const { data } = this;
    this.rowOf = rowOf;
    this.codes = decode(data.labels, Int16Array);
    this.predicted = decode(data.predicted, Int16Array);
    this.confidence = decode(data.confidence, Uint8Array);
    this.sets = new Map(Object.entries(data.sets ?? {}).map(([id, label]) => [Number(id), label]));
  }
  apply({ ids, label = null, to }) {
    ids?.forEach((id, i) => {
      const row = this.rowOf.get(id);
      if (row === void 0) return;
      const now = to ? to[i] : label;
      this.codes[row] = this.codeOf(now);
      if (this.data.multi) this.sets.set(id, now);
    });
  }
  codeOf(label) {
    if (label === "none") return NONE;
    const places = (Array.isArray(label) ? label : [label]).map((id) => this.place.get(id) ?? Infinity);
    const first = Math.min(...places);
    return first === Infinity ? UNLABELED : first;
  }
  codeAt(id) {
    return this.codes[this.rowOf.get(id) ?? -1];
  }
  labelOf(id) {
    if (this.data.multi) return this.sets.get(id) ?? null;
    const code = this.codeAt(id);
    return code === NONE ? "none" : this.data.classes[code]?.id ?? null;
  }
  nameOf(label) {
    const { strings, classes } = this.data;
    if (Array.isArray(label)) return label.map((id) => this.nameOf(id)).join(", ");
    if (label === "none") return strings.none;
    return label === null ? strings.unlabeled : classes[this.place.get(label) ?? -1]?.name ?? "";
  }
  carriers(code, mode) {
    return code >= 0 && mode === "prediction" ? this.predicted : this.codes;
  }
  certainty(row) {
    return this.confidence[row] / CERTAIN;
  }
  guess(row) {
    const name = this.data.classes[this.predicted[row]]?.name;
    if (name === void 0) return "–";
    return `${name} (${Math.round(this.certainty(row) * 100)} %)`;
  }
  expected(ids) {
    const votes = /* @__PURE__ */ new Map();
    for (const id of ids) {
      const code = this.predicted[this.rowOf.get(id) ?? -1];
      votes.set(code, (votes.get(code) ?? 0) + 1);
    }
    const best = [...votes].sort((a, b) => b[1] - a[1])[0];
    return best ? this.data.classes[best[0]]?.id ?? null : null;
  }
  tally(ids) {
    const counts = /* @__PURE__ */ new Map();
    for (const id of ids) {
      for (const one of [this.labelOf(id)].flat()) counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]);
  }
  after(ids, label) {
    if (!this.data.multi || typeof label !== "number") return ids.map(() => label);
    const sets = ids.map((id) => [this.labelOf(id)].flat().filter((one) => typeof one === "number"));
    const everywhere = sets.every((set) => set.includes(label));
    return sets.map((set) => {
      if (!everywhere) return [.../* @__PURE__ */ new Set([...set, label])].sort((a, b) => a - b);
      const left = set.filter((one) => one !== label);
      return left.length ? left : null;
    });
  }
};

// lasso/marks.js
var GREYS = 2;
var SHADES = 16;
var SHAPES = {
  circle: (g, r) => g.arc(0, 0, r, 0, 2 * Math.PI),
  square: (g, r) => g.rect(-0.87 * r, -0.87 * r, 1.74 * r, 1.74 * r),
  diamond: (g, r) => polygon(g, 4, 1.15 * r, 0),
  "triangle-up": (g, r) => polygon(g, 3, 1.2 * r, 0),
  "triangle-down": (g, r) => polygon(g, 3, 1.2 * r, Math.PI),
  pentagon: (g, r) => polygon(g, 5, 1.08 * r, 0),
  hexagon: (g, r) => polygon(g, 6, 1.05 * r, 0),
  cross: (g, r) => {
    const [a, b] = [0.38 * r, 1.05 * r];
    const corners = [
      [-a, -b],
      [a, -b],
      [a, -a],
      [b, -a],
      [b, a],
      [a, a],
      [a, b],
      [-a, b],
      [-a, a],
      [-b, a],
      [-b, -a],
      [-a, -a]
    ];
    corners.forEach(([x, y], i) => i ? g.lineTo(x, y) : g.moveTo(x, y));
    g.closePath();
  },
  x: (g, r) => {
    g.rotate(Math.PI / 4);
    SHAPES.cross(g, r);
  }
};
function polygon(g, corners, radius, turn) {
  for (let i = 0; i < corners; i++) {
    const angle = turn - Math.PI / 2 + 2 * Math.PI * i / corners;
    g.lineTo(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  g.closePath();
}
function mark(g, shape, radius, fill, edge = null, width = 1) {
  g.save();
  g.beginPath();
  (SHAPES[shape] ?? SHAPES.circle)(g, radius);
  g.restore();
  g.fillStyle = fill;
  g.fill();
  if (!edge) return;
  g.lineWidth = width;
  g.strokeStyle = edge;
  g.stroke();
}
function mix(from, to, share) {
  const part = (hex, at) => parseInt(hex.slice(at, at + 2), 16);
  const parts = [1, 3, 5].map((at) => Math.round(part(from, at) * (1 - share) + part(to, at) * share));
  return `rgb(${parts.join(",")})`;
}
function star(g, x, y, radius, { fill, ink, paper }) {
  g.save();
  g.translate(x, y);
  g.beginPath();
  for (let corner = 0; corner < 10; corner++) {
    const angle = Math.PI * corner / 5 - Math.PI / 2;
    const reach = corner % 2 ? radius * 0.45 : radius;
    g.lineTo(reach * Math.cos(angle), reach * Math.sin(angle));
  }
  g.closePath();
  g.lineJoin = "round";
  g.lineWidth = 3.5;
  g.strokeStyle = paper;
  g.stroke();
  g.fillStyle = fill;
  g.fill();
  g.lineWidth = 1.4;
  g.strokeStyle = ink;
  g.stroke();
  g.restore();
}
function cross(g, x, y, { ink, paper }) {
  for (const { width, color } of [{ width: 6, color: paper }, { width: 3, color: ink }]) {
    g.beginPath();
    g.moveTo(x - 8, y - 8);
    g.lineTo(x + 8, y + 8);
    g.moveTo(x + 8, y - 8);
    g.lineTo(x - 8, y + 8);
    g.lineWidth = width;
    g.lineCap = "round";
    g.strokeStyle = color;
    g.stroke();
  }
}

// lasso/scene.js
var Scene = class {
  n = 0;
  xy = new Float32Array();
  styles = new Int16Array();
  order = new Int32Array();
  labeled = new Uint8Array();
  selectedRows = new Uint8Array();
  stars = [];
  crosses = [];
  mode = "prediction";
  selected = /* @__PURE__ */ new Set();
  only = null;
  onlyOf = null;
  constructor(data, view) {
    this.view = view;
    this.greys = data.greys;
    this.scale = data.scale;
    this.classes = data.classes;
  }
  take(data, points) {
    this.n = points.ids.length;
    this.xy = points.xy;
    this.greys = data.greys;
    this.scale = data.scale;
    this.classes = data.classes;
    this.stars = pairs(data.stars);
    this.crosses = pairs(data.crosses);
    this.selectedRows = new Uint8Array(this.n);
  }
  restyle(labels, mode) {
    const { n } = this;
    const { codes, predicted } = labels;
    const styles = new Int16Array(n);
    const labeled = new Uint8Array(n);
    for (let row = 0; row < n; row++) {
      labeled[row] = codes[row] === UNLABELED ? 0 : 1;
      if (mode === "label") styles[row] = styleOf(codes[row]);
      else if (mode === "prediction") styles[row] = predicted[row] < 0 ? 0 : GREYS + predicted[row];
      else styles[row] = GREYS + Math.round(labels.certainty(row) * (SHADES - 1));
    }
    const most = GREYS + Math.max(this.classes.length, SHADES);
    const starts = new Int32Array(2 * most + 1);
    for (let row = 0; row < n; row++) starts[labeled[row] * most + styles[row] + 1]++;
    for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
    const order = new Int32Array(n);
    for (let row = 0; row < n; row++) order[starts[labeled[row] * most + styles[row]]++] = row;
    Object.assign(this, { mode, styles, order, labeled });
  }
};
function styleOf(code) {
  return code < 0 ? -1 - code : GREYS + code;
}
function pairs(text) {
  const flat = decode(text, Float32Array);
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

// lasso/stamp.js
var Stamp = class {
  constructor(picture, alpha, width) {
    const edge = picture.width;
    const source = pen(picture).getImageData(0, 0, edge, edge).data;
    const pixels = [];
    for (let i = 0; i < edge * edge; i++) {
      const opacity = Math.round(source[4 * i + 3] / 255 * alpha * 256);
      if (!opacity) continue;
      const place = (Math.floor(i / edge) - edge / 2) * width + i % edge - edge / 2;
      pixels.push([place, source[4 * i], source[4 * i + 1], source[4 * i + 2], opacity]);
    }
    this.reach = edge / 2;
    this.place = Int32Array.from(pixels, (pixel) => pixel[0]);
    this.r = Uint8Array.from(pixels, (pixel) => pixel[1]);
    this.g = Uint8Array.from(pixels, (pixel) => pixel[2]);
    this.b = Uint8Array.from(pixels, (pixel) => pixel[3]);
    this.opacity = Uint16Array.from(pixels, (pixel) => pixel[4]);
  }
  blend(data, at) {
    const { place, r, g, b, opacity } = this;
    for (let i = 0; i < place.length; i++) {
      const to = at + place[i] << 2;
      const o = opacity[i];
      data[to] += (r[i] - data[to]) * o >> 8;
      data[to + 1] += (g[i] - data[to + 1]) * o >> 8;
      data[to + 2] += (b[i] - data[to + 2]) * o >> 8;
    }
  }
};
function pen(canvas, how) {
  const found = canvas.getContext("2d", how);
  if (!found) throw new Error("This browser draws on no canvas.");
  return found;
}

// lasso/legend.js
var SWATCH = 11;
var Legend = class {
  entries = /* @__PURE__ */ new Map();
  only = null;
  pinned = null;
  swatchesOf = null;
  constructor(map) {
    this.map = map;
    const { strings } = map.data;
    const words = { placeholder: strings.filter, ariaLabel: strings.filter };
    this.filter = make("input", "filter", { type: "search", ...words, autocomplete: "off" });
    this.filter.addEventListener("input", () => this.renderFilter());
    this.classes = make("div", "classes", { role: "group", ariaLabel: strings.classes });
    this.scale = make("i");
    const ends = ["0 %", "100 %"].map((text) => make("span", "", {}, text));
    this.scaleBar = make("div", "scale", { hidden: true }, ends[0], this.scale, ends[1]);
    const marks = make("p", "marks", {}, strings.marks);
    this.box = make("div", "legend", {}, this.scaleBar, this.filter, this.classes, marks);
  }
  rebuild() {
    const { classes, strings, acts, few } = this.map.data;
    const rows = [
      ...classes,
      { id: "none", name: strings.none, key: acts.none },
      { id: null, name: strings.unlabeled, key: "del" }
    ];
    this.entries = new Map(rows.map((one) => [one.id, this.entry(one)]));
    this.classes.replaceChildren(...[...this.entries.values()].map((entry) => entry.node));
    this.filter.hidden = classes.length <= few;
    this.renderFilter();
    this.swatchesOf = null;
  }
  entry(one) {
    const { map } = this;
    const swatch = make("canvas", "swatch", { ariaHidden: "true" });
    const count = make("span", "number");
    const name = make("span", "name", { dir: "auto" }, ...breakable(one.name));
    const key = make("kbd", "", { ariaHidden: "true", hidden: !one.key }, one.key);
    const props = { type: "button", title: one.description || one.name, ariaPressed: "false" };
    const node = make("button", "class", props, swatch, name, count, key);
    quiet(node, () => this.choose(one.id));
    node.addEventListener("dblclick", () => map.selection.size || this.selectClass(one.id));
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.shiftKey) leave(map, event, () => this.selectClass(one.id));
    });
    node.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.offer(one.id));
    node.addEventListener("pointerleave", () => this.offer(void 0));
    node.addEventListener("focus", () => node.matches(":focus-visible") && this.offer(one.id));
    node.addEventListener("blur", () => this.offer(void 0));
    return { node, swatch, count };
  }
  offer(label) {
    const { map } = this;
    const on = label !== void 0;
    this.only = on && !map.selection.size ? map.labels.codeOf(label) : null;
    map.bar.offered = on && map.selection.size ? label : void 0;
    map.bar.renderWill();
    map.repaint();
  }
  choose(label) {
    const { map } = this;
    if (map.selection.size) return map.steps.label(label);
    const code = map.labels.codeOf(label);
    this.pinned = this.pinned === code ? null : code;
    this.renderPins();
    map.repaint();
  }
  hold(code) {
    this.pinned = this.only = code;
    this.renderPins();
  }
  selectClass(label) {
    const { labels, kept, selection } = this.map;
    const code = labels.codeOf(label);
    this.hold(null);
    const carriers = labels.carriers(code, kept.mode);
    selection.selectRows([...carriers.keys()].filter((row) => carriers[row] === code));
  }
  matching() {
    return matching(this.map.data.classes, this.filter.value);
  }
  // -- on screen -------------------------------------------------------------------------------
  paintSwatches() {
    const { labels, painter, scene } = this.map;
    for (const [label, { swatch }] of this.entries) {
      const picture = painter.picture({ ...scene, mode: "label" }, styleOf(labels.codeOf(label)), SWATCH, "");
      [swatch.width, swatch.height] = [picture.width, picture.height];
      pen(swatch).drawImage(picture, 0, 0);
      swatch.style.width = swatch.style.height = `${picture.width / painter.dpr}px`;
    }
    this.scale.style.background = `linear-gradient(to right, ${this.map.data.scale.join(",")})`;
  }
  renderCounts() {
    const { map } = this;
    const { labels, painter } = map;
    const given = counted(labels.codes);
    const shown = map.kept.mode === "prediction" ? counted(labels.predicted) : given;
    for (const [label, entry] of this.entries) {
      const code = labels.codeOf(label);
      const n = (code < 0 ? given : shown).get(code) ?? 0;
      entry.count.textContent = map.number(n);
      entry.node.classList.toggle("nothing", !n);
    }
    const looks = JSON.stringify([map.shape, painter.dpr, map.data.scale]);
    if (this.swatchesOf === looks && painter.ink) return;
    this.swatchesOf = looks;
    painter.theme(map.box);
    this.paintSwatches();
  }
  renderPins() {
    for (const [label, { node }] of this.entries) {
      node.ariaPressed = String(this.pinned === this.map.labels.codeOf(label));
    }
  }
  renderFilter() {
    const found = new Set(this.matching().map((one) => one.id));
    for (const [label, { node }] of this.entries) node.hidden = typeof label === "number" && !found.has(label);
  }
};
function counted(codes) {
  const found = /* @__PURE__ */ new Map();
  for (const code of codes) found.set(code, (found.get(code) ?? 0) + 1);
  return found;
}

// lasso/list.js
var LISTED = 60;
var LONGEST_NAME = 120;
var ItemList = class {
  ids = [];
  rows = LISTED;
  constructor(map) {
    this.map = map;
    const { strings } = map.data;
    this.title = make("caption");
    this.body = make("tbody");
    this.all = make("input", "", { type: "checkbox", ariaLabel: strings.check_all });
    const all = () => map.selection.select(this.ids, this.all.checked ? "add" : "remove", true);
    this.all.addEventListener("change", all);
    const columns = [this.all, strings.text, strings.label_of, strings.prediction_of];
    const head = make("tr", "", {}, ...columns.map((one) => make("th", "", { scope: "col" }, one)));
    this.more = mapButton(strings.more, () => this.render(this.rows + LISTED));
    const table = make("table", "", {}, this.title, make("thead", "", {}, head), this.body);
    this.box = make("div", "list", {}, table, this.more);
  }
  show(ids) {
    this.map.kept.listed = ids;
    this.rows = LISTED;
  }
  render(rows = this.rows) {
    const { points, kept, view, data } = this.map;
    if (!points) return;
    const { strings } = data;
    const { selected, listed } = kept;
    const used = this.focused();
    if (listed.length) this.ids = listed;
    else if (!selected.size) this.ids = view.inSight(points.xy).map((row) => points.ids[row]);
    this.rows = rows;
    const words = listed.length || selected.size ? strings.list_selected : strings.list_view;
    const counts = { n: this.map.number(this.ids.length), picked: this.map.number(selected.size) };
    this.title.textContent = say(words, counts);
    this.all.checked = selected.size > 0 && this.ids.every((id) => selected.has(id));
    this.body.replaceChildren(...this.ids.slice(0, rows).map((id) => this.line(points, id)));
    this.more.hidden = this.ids.length <= rows;
    const again = used && this.body.querySelector(`[data-id="${used}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }
  focused() {
    const { root } = this.map;
    const node = root instanceof ShadowRoot ? root.activeElement : null;
    return node instanceof HTMLElement && this.box.contains(node) ? node.dataset.id : void 0;
  }
  line({ rowOf, texts, images }, id) {
    const { labels, selection, kept, data } = this.map;
    const { strings } = data;
    const row = rowOf.get(id) ?? -1;
    const name = texts[row].slice(0, LONGEST_NAME);
    const box = make("input", "", { type: "checkbox", checked: kept.selected.has(id), ariaLabel: name });
    box.dataset.id = String(id);
    box.addEventListener("change", () => selection.select([id], box.checked ? "add" : "remove", true));
    const text = make("div", "", { dir: "auto" }, texts[row]);
    text.addEventListener("click", () => text.classList.toggle("open"));
    const image = images?.[row];
    const picture = image ? [make("img", "thumbnail", { src: image, alt: "", loading: "lazy" })] : [];
    const label = labels.labelOf(id);
    const line = make(
      "tr",
      "",
      {},
      make("td", "", {}, box),
      make("td", "text", {}, ...picture, text),
      cell(label === null ? "" : labels.nameOf(label), strings.label_of),
      cell(labels.guess(row), strings.prediction_of)
    );
    line.addEventListener("pointerenter", () => this.ringAt(row));
    line.addEventListener("pointerleave", () => this.ringAt(-1));
    return line;
  }
  ringAt(row) {
    this.map.painter.drawOver(this.map.scene, { hover: row });
  }
};
function cell(words, name) {
  return make("td", "", { "data-name": name }, ...words ? [words] : []);
}

// lasso/painter.js
var DIM = 0.16;
var RINGS = ["", "labeled", "selected"];
var Painter = class {
  stamps = /* @__PURE__ */ new Map();
  dpr = 1;
  ink = "";
  paper = "";
  primary = "";
  dark = false;
  image = null;
  pixel = 0;
  groundOf = "";
  constructor(points, overlay) {
    this.points = points;
    this.overlay = overlay;
  }
  resize(width, height) {
    this.dpr = Math.min(window.devicePixelRatio || 1, 3);
    for (const canvas of [this.points, this.overlay]) {
      canvas.width = Math.round(width * this.dpr);
      canvas.height = Math.round(height * this.dpr);
    }
    this.stamps.clear();
  }
  theme(box) {
    if (!box.isConnected) return false;
    const style = getComputedStyle(box);
    const ink = style.color;
    const paper = style.getPropertyValue("--st-background-color").trim() || "#fff";
    const primary = style.getPropertyValue("--st-primary-color").trim() || ink;
    const changed = ink !== this.ink || paper !== this.paper;
    if (changed) {
      Object.assign(this, { ink, paper, primary });
      const [r, g, b] = (ink.match(/[\d.]+/g) ?? []).map(Number);
      this.dark = r + g + b > 382;
      this.stamps.clear();
    }
    return changed;
  }
  look(scene, style) {
    const greys = scene.greys[this.dark ? "dark" : "light"];
    if (style < GREYS) return { fill: greys[style], shape: style ? "x" : "circle" };
    if (scene.mode === "confidence") {
      const at = (style - GREYS) / (SHADES - 1) * (scene.scale.length - 1);
      const low = Math.min(Math.floor(at), scene.scale.length - 2);
      return { fill: mix(scene.scale[low], scene.scale[low + 1], at - low), shape: "circle" };
    }
    const one = scene.classes[style - GREYS];
    return { fill: one?.color ?? greys[0], shape: one?.symbol ?? "circle" };
  }
  picture(scene, style, size, ring) {
    const { fill, shape } = this.look(scene, style);
    const edge = Math.ceil((size + (ring ? 5 : 3)) * this.dpr / 2) * 2;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = edge;
    const g = pen(canvas, { willReadFrequently: true });
    g.translate(edge / 2, edge / 2);
    g.scale(this.dpr, this.dpr);
    if (ring === "selected") mark(g, shape, size / 2 + 1.6, this.ink);
    if (ring) mark(g, shape, size / 2 + 0.5, fill, ring === "selected" ? this.paper : this.ink, 1.1);
    else mark(g, shape, size / 2, fill, size > 6 ? this.paper : null, 0.6);
    return canvas;
  }
  stamp(scene, style, size, ring, alpha) {
    const { fill, shape } = this.look(scene, style);
    const key = `${fill}|${shape}|${size}|${ring}|${alpha}`;
    let found = this.stamps.get(key);
    if (!found) {
      found = new Stamp(this.picture(scene, style, size, ring), alpha, this.points.width);
      this.stamps.set(key, found);
    }
    return found;
  }
  size(scene) {
    const n = scene.n;
    const base = n <= 500 ? 9 : n <= 3e3 ? 7 : n <= 1e4 ? 6 : 5;
    return Math.round(base * Math.min(2, Math.max(1, scene.view.level ** 0.3)));
  }
  draw(scene) {
    const { selected, only } = scene;
    const g = pen(this.points, { alpha: false });
    const { width, height } = this.points;
    if (!width || !height) return;
    const kept = this.image?.width === width && this.image.height === height ? this.image : null;
    const image = this.image = kept ?? g.createImageData(width, height);
    new Uint32Array(image.data.buffer).fill(this.ground());
    const size = this.size(scene);
    if (selected.size > 0 || only !== null) {
      this.pass(scene, image, size, DIM, (row) => !this.raised(scene, row));
      this.pass(scene, image, size + 1, 1, (row) => this.raised(scene, row));
    } else this.pass(scene, image, size, scene.mode === "prediction" ? 0.85 : 0.95, null);
    g.putImageData(image, 0, 0);
    this.landmarks(g, scene);
  }
  ground() {
    if (this.groundOf !== this.paper) {
      const one = document.createElement("canvas");
      one.width = one.height = 1;
      const g = pen(one);
      g.fillStyle = this.paper;
      g.fillRect(0, 0, 1, 1);
      this.groundOf = this.paper;
      this.pixel = new Uint32Array(g.getImageData(0, 0, 1, 1).data.buffer)[0];
    }
    return this.pixel;
  }
  raised(scene, row) {
    return scene.selectedRows[row] === 1 || scene.only !== null && scene.onlyOf?.[row] === scene.only;
  }
  pass(scene, image, size, alpha, wanted) {
    const { view, xy, styles, order, labeled, selectedRows, mode } = scene;
    const { dpr } = this;
    const { width, height, data } = image;
    const [ax, bx] = [view.k * dpr, (view.width / 2 - view.cx * view.k) * dpr];
    const [ay, by] = [-view.k * dpr, (view.height / 2 + view.cy * view.k) * dpr];
    let last = -1;
    let stamp = null;
    for (const row of order) {
      if (wanted && !wanted(row)) continue;
      const ring = selectedRows[row] ? 2 : labeled[row] && mode !== "label" ? 1 : 0;
      const kind = styles[row] * 3 + ring;
      if (!stamp || kind !== last) {
        last = kind;
        const larger = mode === "label" && styles[row] >= GREYS ? 2 : ring ? 1 : 0;
        stamp = this.stamp(scene, styles[row], size + larger, RINGS[ring], alpha);
      }
      const x = Math.round(xy[2 * row] * ax + bx);
      const y = Math.round(xy[2 * row + 1] * ay + by);
      const { reach } = stamp;
      if (x >= reach && y >= reach && x < width - reach && y < height - reach) stamp.blend(data, y * width + x);
    }
  }
  landmarks(g, scene) {
    const { view, stars, crosses, classes, only } = scene;
    g.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    const radius = classes.length <= 20 ? 10 : 6;
    const { ink, paper } = this;
    stars.forEach(([x, y], i) => {
      if (only !== null && only !== i || Number.isNaN(x)) return;
      star(g, view.x(x), view.y(y), radius, { fill: classes[i]?.color ?? ink, ink, paper });
    });
    for (const [x, y] of crosses) cross(g, view.x(x), view.y(y), { ink, paper });
  }
  drawOver(scene, { path = [], box = null, hover = -1 }) {
    const g = pen(this.overlay);
    g.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    g.clearRect(0, 0, scene.view.width, scene.view.height);
    g.lineWidth = 2;
    g.strokeStyle = this.primary;
    g.fillStyle = this.primary;
    if (path.length > 1 || box) {
      g.beginPath();
      if (box) g.rect(box[0][0], box[0][1], box[1][0] - box[0][0], box[1][1] - box[0][1]);
      else path.forEach(([x, y], i) => i ? g.lineTo(x, y) : g.moveTo(x, y));
      g.globalAlpha = 0.12;
      g.fill();
      g.globalAlpha = 1;
      g.setLineDash(box ? [] : [5, 4]);
      g.stroke();
      g.setLineDash([]);
    }
    if (hover >= 0) {
      g.beginPath();
      const [x, y] = [scene.view.x(scene.xy[2 * hover]), scene.view.y(scene.xy[2 * hover + 1])];
      g.arc(x, y, this.size(scene) / 2 + 5, 0, 2 * Math.PI);
      g.strokeStyle = this.ink;
      g.stroke();
    }
  }
};

// common/storage.js
function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}
function write(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
  }
}
function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
  }
}
function keysWith(prefix) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

// common/outbox.js
var RESEND_MS = 3e3;
var STALE_MS = 8e3;
var HOLD_MS = 900;
var UNSEEN_MS = 100;
var MOST_CLIENTS = 20;
function afterPaint(act) {
  let due = true;
  const once = () => {
    if (due) act();
    due = false;
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, UNSEEN_MS);
}
var Outbox = class {
  send = null;
  changed = () => {
  };
  client = Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");
  seq = 0;
  log = [];
  saved = 0;
  // own events up to here are committed
  reflected = 0;
  // ... and up to here the items from the server know about them
  orphans = /* @__PURE__ */ new Map();
  sent = 0;
  sentAt = 0;
  flying = false;
  woken = false;
  up = true;
  savedAt = null;
  timer = void 0;
  constructor(project) {
    this.prefix = `handful:outbox:${project}:`;
    this.project = project;
    const earlier = read(sessionStorage, `${this.prefix}clients`) ?? [];
    write(sessionStorage, `${this.prefix}clients`, [...earlier, this.client].slice(-MOST_CLIENTS));
    this.adopt(new Set(earlier));
  }
  push(event) {
    this.log.push({ ...event, seq: ++this.seq, at: Date.now() });
    this.keep();
    afterPaint(() => this.pump());
    return this.seq;
  }
  unsaved() {
    return this.log.filter((event) => event.seq > this.saved);
  }
  waiting() {
    return [...this.orphans.values()].flat().concat(this.unsaved());
  }
  taken() {
    const ids = /* @__PURE__ */ new Set();
    for (const event of [...[...this.orphans.values()].flat(), ...this.log]) {
      if (!["label", "skip"].includes(event.of ?? event.op)) continue;
      if (event.op === "undo") ids.delete(event.id);
      else ids.add(event.id);
    }
    return ids;
  }
  acknowledge(acks, at) {
    const own = acks[this.client] ?? 0;
    if (own > this.saved) {
      this.saved = own;
      this.savedAt = at;
    }
    for (const [client, events] of this.orphans) {
      const left = events.filter((event) => event.seq > (acks[client] ?? 0));
      if (left.length === events.length) continue;
      this.savedAt = at;
      if (left.length) this.orphans.set(client, left);
      else {
        this.orphans.delete(client);
        forget(this.prefix + client);
      }
    }
    if (this.saved >= this.sent && !this.orphans.size) this.flying = false;
    this.keep();
  }
  reflect(acks) {
    this.reflected = Math.max(this.reflected, acks[this.client] ?? this.saved);
    this.log = this.log.filter((event) => event.seq > this.reflected || event.seq > this.saved);
    if (this.woken) this.again();
    this.pump();
  }
  pump() {
    clearTimeout(this.timer);
    if (!this.send || !this.waiting().length || !this.connected()) return;
    const since = Date.now() - this.sentAt;
    let delay = 0;
    if (this.flying) delay = RESEND_MS - since;
    else if (this.sent > this.reflected) delay = HOLD_MS - since;
    if (delay > 0) this.timer = setTimeout(() => this.pump(), delay);
    else this.ship();
  }
  wake() {
    this.woken = true;
    window.dispatchEvent(new CustomEvent(WAKE));
  }
  again() {
    this.woken = false;
    this.flying = false;
    this.sentAt = 0;
  }
  ship() {
    if (this.flying) this.wake();
    const batches = [...this.orphans].map(([client, events]) => ({ client, events }));
    const own = this.unsaved();
    if (own.length) batches.push({ client: this.client, events: own });
    this.sent = this.seq;
    this.sentAt = Date.now();
    this.flying = true;
    this.send?.({ project: this.project, batches });
    this.timer = setTimeout(() => this.pump(), RESEND_MS);
    this.changed();
  }
  tick() {
    const up = this.connected();
    if (up && this.up === false) {
      this.again();
      this.wake();
    }
    this.up = up;
    if (this.unsaved().length) this.keep();
    this.adopt(/* @__PURE__ */ new Set());
    this.pump();
  }
  connected() {
    const app = document.querySelector('[data-testid="stApp"]');
    const state = app?.dataset.testConnectionState;
    return state === void 0 || state === "CONNECTED";
  }
  status() {
    const waiting = this.waiting();
    if (!waiting.length) return this.savedAt ? "saved" : "idle";
    if (!this.connected()) return "offline";
    return Date.now() - Math.min(...waiting.map((event) => event.at)) > RESEND_MS ? "slow" : "saving";
  }
  adopt(mine) {
    for (const key of keysWith(this.prefix)) {
      const client = key.slice(this.prefix.length);
      if (client === this.client || this.orphans.has(client)) continue;
      const left = read(localStorage, key);
      if (!left?.events?.length) forget(this.prefix + client);
      else if (mine.has(client) || Date.now() - left.beat > STALE_MS) this.orphans.set(client, left.events);
    }
  }
  keep() {
    const events = this.unsaved();
    if (events.length) write(localStorage, this.prefix + this.client, { beat: Date.now(), events });
    else forget(this.prefix + this.client);
  }
  stay(item) {
    for (const storage of [sessionStorage, localStorage]) write(storage, `handful:here:${this.project}`, item);
  }
  here() {
    const name = `handful:here:${this.project}`;
    return read(sessionStorage, name) ?? read(localStorage, name);
  }
  stop() {
    clearTimeout(this.timer);
    this.keep();
  }
};

// lasso/room.js
var Kept = class {
  selected = /* @__PURE__ */ new Set();
  listed = [];
  tool = "lasso";
  mode = "prediction";
  count = 50;
  found = null;
  answered = 0;
};
var Room = class {
  view = new View();
  kept = new Kept();
  history = [];
  future = [];
  constructor(queue) {
    this.outbox = new Outbox(queue);
  }
};
var rooms = /* @__PURE__ */ new Map();
function roomOf(data) {
  const found = rooms.get(data.project) ?? new Room(data.queue);
  rooms.set(data.project, found);
  return found;
}

// lasso/selection.js
var LOOK_MS = 250;
var MOST_LOOKED = 2e3;
var ASK_AGAIN_MS = 5e3;
var MOST_TRIES = 3;
var Selection = class {
  asked = /* @__PURE__ */ new Map();
  looking = void 0;
  constructor(map) {
    this.map = map;
    this.kept = map.kept;
  }
  get size() {
    return this.kept.selected.size;
  }
  select(ids, how = "set", keepList = false) {
    const { map, kept } = this;
    const now = how === "set" ? new Set(ids) : new Set(kept.selected);
    if (how === "add") ids.forEach((id) => now.add(id));
    if (how === "remove") ids.forEach((id) => now.delete(id));
    kept.selected = now;
    if (!keepList) map.list.show([...now]);
    map.bar.notice = "";
    map.bar.offered = void 0;
    map.renderSelection();
    this.look();
  }
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
  refresh() {
    const { kept, map } = this;
    const known = map.known([...kept.selected]);
    if (known.length !== kept.selected.size) kept.selected = new Set(known);
  }
  // -- asking ------------------------------------------------------------------------------------
  look() {
    clearTimeout(this.looking);
    this.asked.delete("look");
    const ids = [...this.kept.selected];
    if (ids.length < 2) return;
    const step = Math.ceil(ids.length / MOST_LOOKED);
    const question = { ids: ids.filter((_, i) => i % step === 0), total: ids.length };
    this.looking = setTimeout(() => this.ask("look", question), LOOK_MS);
  }
  ask(kind, question) {
    this.post(kind, { nonce: Date.now(), tries: 0, at: 0, question });
  }
  post(kind, one) {
    this.asked.set(kind, Object.assign(one, { at: Date.now() }));
    this.map.send({ project: this.map.project, kind, nonce: one.nonce, ...one.question });
  }
  tick() {
    for (const [kind, one] of this.asked) {
      if (Date.now() - one.at > ASK_AGAIN_MS && one.tries++ < MOST_TRIES) this.post(kind, one);
    }
  }
  answered(data) {
    const { kept, asked, map } = this;
    for (
      const kind of
      ["search", "look"]
    ) {
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
};

// lasso/steps.js
var Steps = class {
  reached = void 0;
  constructor(map) {
    this.map = map;
    this.outbox = map.outbox;
    this.room = map.room;
  }
  get canUndo() {
    return this.room.history.length > 0 || Boolean(this.map.data.undo);
  }
  get canRedo() {
    return this.room.future.length > 0 || Boolean(this.map.data.redo);
  }
  label(label) {
    const { map } = this;
    const { labels, selection } = map;
    const { strings, multi } = map.data;
    const picked = [...map.kept.selected];
    if (!picked.length) return;
    selection.stop();
    const wanted = labels.after(picked, label);
    const changing = picked.map((id, i) => ({ id, to: wanted[i], was: labels.labelOf(id) })).filter(({ to: to2, was: was2 }) => String(to2) !== String(was2));
    const ids = changing.map((one) => one.id);
    const to = changing.map((one) => one.to);
    const was = changing.map((one) => one.was);
    const gone = !to.some((set) => Array.isArray(set) && typeof label === "number" && set.includes(label));
    const taken = multi && typeof label === "number" && ids.length > 0 && gone;
    if (ids.length) {
      const what = { ids, was, ...multi ? { to } : { label } };
      labels.apply(what);
      this.room.history.push({ ...what, seq: this.outbox.push({ op: "label", of: "label", ...what }) });
      this.room.future.length = 0;
    }
    selection.clear();
    map.restyle();
    const done = label === null ? strings.unlabeled_many : taken ? strings.taken_many : strings.labeled_many;
    const values = { n: map.number(ids.length), name: labels.nameOf(label) };
    map.bar.tell(ids.length ? say(done, values) : strings.no_change);
  }
  undo() {
    const { strings } = this.map.data;
    const step = this.room.history.pop();
    if (!step) return this.reachBack("undo", strings.undone_last, strings.nothing_to_undo);
    this.outbox.push({ op: "undo", of: "label", target: step.seq, ids: step.ids, to: step.was });
    this.room.future.push(step);
    this.showAgain(step, step.was, strings.undone);
  }
  redo() {
    const { strings } = this.map.data;
    const step = this.room.future.pop();
    if (!step) return this.reachBack("redo", strings.redone_last, strings.nothing_to_redo);
    const { ids, label, to, was, seq } = step;
    this.outbox.push({ op: "redo", of: "label", target: seq, ids, label, to, was });
    this.room.history.push(step);
    this.showAgain(step, to ?? ids.map(() => label ?? null), strings.redone);
  }
  reachBack(op, done, nothing) {
    const next = this.map.data[op];
    const entry = next && this.reached !== `${op}${next}` ? next : null;
    if (entry) {
      this.reached = `${op}${entry}`;
      this.outbox.push({ op, of: "label", entry });
    }
    this.map.bar.tell(entry ? done : nothing);
  }
  showAgain(step, to, words) {
    const { map } = this;
    map.labels.apply({ ids: step.ids, to });
    map.restyle();
    map.selection.select(map.known(step.ids));
    map.bar.tell(say(words, { n: map.number(step.ids.length) }));
  }
};

// lasso/tip.js
var EDGE_PX = 4;
var AWAY_PX = 14;
var Tip = class {
  row = -1;
  constructor(map) {
    this.map = map;
    this.box = make("div", "tip", { hidden: true });
  }
  point(row) {
    if (row === this.row) return;
    this.row = row;
    this.box.hidden = row < 0;
    this.map.repaintOver();
    if (row < 0) return;
    this.box.replaceChildren(...this.lines(row));
    this.place(row);
  }
  lines(row) {
    const { points, labels, data } = this.map;
    if (!points) return [];
    const { strings } = data;
    const label = labels.labelOf(points.ids[row]);
    const image = points.images?.[row];
    const lines = [make("p", "text", { dir: "auto" }, points.texts[row])];
    if (label !== null) lines.push(make("p", "fact", {}, `${strings.label_of}: ${labels.nameOf(label)}`));
    lines.push(make("p", "fact", {}, `${strings.prediction_of}: ${labels.guess(row)}`));
    return image ? [make("img", "thumbnail", { src: image, alt: "" }), ...lines] : lines;
  }
  place(row) {
    const { view } = this.map;
    const [x, y] = this.map.placeOf(row);
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const left = Math.min(Math.max(x - width / 2, EDGE_PX), Math.max(view.width - width - EDGE_PX, EDGE_PX));
    const above = y - height - AWAY_PX;
    const below = Math.min(y + AWAY_PX, Math.max(view.height - height - EDGE_PX, EDGE_PX));
    this.box.style.transform = `translate(${left}px, ${above >= EDGE_PX ? above : below}px)`;
  }
};

// lasso/map.js
var LassoMap = class {
  send = () => {
  };
  points = null;
  shape = void 0;
  noticed = void 0;
  frame = null;
  stops = new AbortController();
  constructor(root, data) {
    this.root = root;
    this.project = data.project;
    this.data = data;
    this.room = roomOf(data);
    this.outbox = this.room.outbox;
    this.view = this.room.view;
    this.kept = this.room.kept;
    takeOver(this);
    const { strings } = data;
    this.labels = new Labels(data);
    this.scene = new Scene(data, this.view);
    this.outbox.changed = () => this.bar.renderStatus();
    this.selection = new Selection(this);
    this.steps = new Steps(this);
    this.tools = new Tools(this);
    this.bar = new Bar(this);
    this.legend = new Legend(this);
    this.list = new ItemList(this);
    this.tip = new Tip(this);
    this.canvas = make("canvas", "", { ariaHidden: "true" });
    this.overlay = make("canvas", "", { ariaHidden: "true" });
    const loading = make("p", "loading", {}, strings.loading);
    this.stage = make(
      "div",
      "stage",
      { tabIndex: 0, role: "application", ariaLabel: strings.stage },
      this.canvas,
      this.overlay,
      this.tip.box,
      loading,
      this.bar.status
    );
    this.box = make(
      "section",
      "map",
      { ariaLabel: strings.map },
      this.tools.box,
      this.bar.box,
      make("div", "body", {}, this.stage, this.legend.box),
      this.tools.help,
      this.list.box
    );
    Object.assign(this.box, { locate: (id) => this.locate(id) });
    placeIn(root).append(this.box);
    this.tools.renderRadios();
    this.painter = new Painter(this.canvas, this.overlay);
    this.hand = new Hand(this);
    this.sized = new ResizeObserver(() => this.resize());
    this.listen();
  }
  listen() {
    const { signal } = this.stops;
    window.addEventListener("keydown", (event) => onKey(this, event), { capture: true, signal });
    window.addEventListener(POINTS, () => this.refresh(), { signal });
    window.addEventListener(ACK, ({ detail }) => {
      if (detail.map !== this.project) return;
      this.outbox.acknowledge(detail.acks, detail.saved_at);
      this.bar.renderStatus();
    }, { signal });
    this.hand.listen(signal);
    this.clock = setInterval(() => this.tick(), 500);
    this.sized.observe(this.stage);
  }
  destroy() {
    giveUp(this);
    this.stops.abort();
    this.sized.disconnect();
    clearInterval(this.clock);
    this.selection.stop();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.outbox.stop();
    this.box.remove();
  }
  tick() {
    this.outbox.tick();
    this.bar.renderStatus();
    if (this.points && this.painter.theme(this.box)) {
      this.legend.paintSwatches();
      this.repaint();
    }
    this.selection.tick();
  }
  resize() {
    const { width, height } = this.stage.getBoundingClientRect();
    if (!width || !height) return;
    this.view.resize(width, height);
    const before = this.painter.dpr;
    this.painter.resize(width, height);
    if (before !== this.painter.dpr && this.points) this.legend.paintSwatches();
    this.paint();
  }
  focus() {
    this.stage.focus({ preventScroll: true });
  }
  locate(id) {
    const [x, y] = this.placeOf(this.points?.rowOf.get(id) ?? -1);
    const at = this.stage.getBoundingClientRect();
    return [at.left + x, at.top + y];
  }
  placeOf(row) {
    const { xy } = this.scene;
    return [this.view.x(xy[2 * row]), this.view.y(xy[2 * row + 1])];
  }
  known(ids) {
    return ids.filter((id) => this.points?.rowOf.has(id));
  }
  // -- the server's answers --------------------------------------------------------------------
  update(data) {
    this.data = data;
    this.labels.know(data);
    this.outbox.acknowledge(data.acks, data.saved_at);
    this.outbox.reflect(data.acks);
    const shape = JSON.stringify(data.classes);
    if (shape !== this.shape) {
      this.shape = shape;
      this.legend.rebuild();
    }
    const notice = data.notices.at(-1);
    if (notice && notice.nonce !== this.noticed) {
      this.noticed = notice.nonce;
      this.bar.notice = notice.text;
    }
    this.refresh();
    this.selection.answered(data);
    this.bar.render();
  }
  refresh() {
    const { data, kept } = this;
    const points = window.handfulPoints?.get(data.version);
    this.box.classList.toggle("waiting", !points);
    if (!points) return;
    const fresh = this.points !== points;
    this.points = points;
    this.view.take(`${data.project}|${points.layout}`, points.xy);
    this.labels.read(points.rowOf);
    for (const event of this.outbox.log) this.labels.apply(event);
    this.scene.take(data, points);
    this.selection.refresh();
    if (fresh) kept.listed = this.known(kept.listed);
    this.restyle();
    this.renderSelection();
  }
  // -- on screen -------------------------------------------------------------------------------
  number(n) {
    return n.toLocaleString();
  }
  restyle() {
    this.scene.restyle(this.labels, this.kept.mode);
    this.legend.renderCounts();
  }
  renderSelection() {
    const { points, kept, scene } = this;
    if (!points) return;
    scene.selectedRows = new Uint8Array(scene.n);
    for (const id of this.known([...kept.selected])) scene.selectedRows[points.rowOf.get(id) ?? 0] = 1;
    this.bar.render();
    this.list.render();
    this.repaint();
  }
  repaint() {
    this.frame ??= requestAnimationFrame(() => this.paint());
  }
  paint() {
    this.frame = null;
    if (!this.points) return;
    this.painter.theme(this.box);
    const only = this.legend.only ?? this.legend.pinned;
    const onlyOf = only === null ? null : this.labels.carriers(only, this.kept.mode);
    Object.assign(this.scene, { only, onlyOf, selected: this.kept.selected });
    this.painter.draw(this.scene);
    this.repaintOver();
  }
  repaintOver() {
    this.painter.drawOver(this.scene, this.hand.gesture ?? { hover: this.tip.row });
  }
};

// lasso/main.js
var main_default = ({ parentElement, data, setTriggerValue }) => mount(LassoMap, parentElement, data, (map) => {
  map.send = (question) => setTriggerValue("ask", question);
  map.outbox.send = (batch) => setTriggerValue("act", batch);
});
export {
  main_default as default
};
