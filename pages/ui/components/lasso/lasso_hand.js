// The hand on the map: mouse, touch, pen and keys. The last part of the script: it exports the component.

const STEP_PX = 60;

Object.assign(LassoMap.prototype, {
  gestures(stage, signal) {
    const at = (event) => {
      const box = stage.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const on = (name, act) => stage.addEventListener(name, act, { signal, passive: false });
    this.fingers = new Map();
    on("pointerdown", (event) => {
      if (event.target.closest("button")) return;
      event.preventDefault();
      stage.focus({ preventScroll: true });
      stage.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, at(event));
      this.point(-1);
      // A second finger makes it a pinch, whatever the first one had begun.
      if (this.fingers.size > 1) this.gesture = { kind: "pinch", hover: -1 };
      else this.gesture = { ...this.begin(event), from: at(event), last: at(event), hover: -1, moved: false };
    });
    on("pointermove", (event) => {
      const now = at(event);
      if (!this.gesture) return event.pointerType === "mouse" && this.point(this.view.nearest(this.scene.xy, now));
      const before = this.spread();
      this.fingers.set(event.pointerId, now);
      this.drag(this.gesture, now, before, event);
    });
    on("pointerup", (event) => this.lift(event));
    on("pointercancel", (event) => this.lift(event, true));
    on("pointerleave", () => !this.gesture && this.point(-1));
    on("contextmenu", (event) => event.preventDefault());
    on("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      // A pinch on a touchpad arrives as a wheel with ctrl, in small steps.
      this.view.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), ...at(event));
      this.moved();
    });
  },

  begin(event) {
    const how = event.altKey ? "remove" : event.ctrlKey || event.metaKey ? "add" : "set";
    if (this.kept.tool === "move" && !event.shiftKey && how === "set") return { kind: "move", how };
    if (event.button === 1 || event.button === 2) return { kind: "move", how };
    const box = (this.kept.tool === "box") !== event.shiftKey;
    return box ? { kind: "box", how } : { kind: "lasso", how, path: [] };
  },

  spread() {
    const [a, b] = [...this.fingers.values()];
    if (!b) return null;
    return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, d: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  },

  drag(gesture, now, before) {
    if (gesture.kind === "pinch") {
      const after = this.spread();
      if (!after || !before) return;
      this.view.pan(after.x - before.x, after.y - before.y);
      this.view.zoom(after.d / Math.max(before.d, 1), after.x, after.y);
      return this.moved();
    }
    gesture.moved ||= Math.hypot(now[0] - gesture.from[0], now[1] - gesture.from[1]) > TAP_PX;
    if (gesture.kind === "move" && gesture.moved) {
      this.view.pan(now[0] - gesture.last[0], now[1] - gesture.last[1]);
      gesture.last = now;
      return this.moved();
    }
    if (!gesture.moved) return;
    if (gesture.kind === "box") gesture.box = [gesture.from, now];
    if (gesture.kind === "lasso") gesture.path.push(...(gesture.path.length ? [now] : [gesture.from, now]));
    this.repaintOver();
  },

  lift(event, cancelled = false) {
    if (!this.fingers.delete(event.pointerId)) return;
    const { gesture } = this;
    if (!gesture || (gesture.kind === "pinch" && this.fingers.size)) return;
    this.gesture = null;
    if (cancelled || gesture.kind === "pinch" || !this.points) return this.repaintOver();
    const { xy } = this.scene;
    if (!gesture.moved) this.tap(gesture, event.pointerType);
    else if (gesture.kind === "box") this.selectRows(this.view.inBox(xy, ...gesture.box), gesture.how);
    else if (gesture.kind === "lasso") this.selectRows(this.view.inLasso(xy, gesture.path), gesture.how);
    this.repaintOver();
  },

  tap({ from, how }, pointer) {
    const row = this.view.nearest(this.scene.xy, from, pointer === "mouse" ? NEAR_PX : 2 * NEAR_PX);
    if (row < 0) return how === "set" && this.clear();
    const id = this.points.ids[row];
    this.select([id], how === "add" && this.kept.selected.has(id) ? "remove" : how);
    this.point(row);
  },

  /** The view changed: paint it, and list what is in sight now once it rests. */
  moved() {
    this.point(-1);
    this.repaint();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => !this.kept.listed.length && this.renderList(), 300);
  },

  repaintOver() {
    this.painter.drawOver(this.scene, this.gesture ?? { hover: this.hover });
  },

  // -- keys ------------------------------------------------------------------------------------

  key(event) {
    if (reserved(event)) return;
    const target = event.composedPath()[0];
    if (target === this.search && event.key === "Escape") return this.leave(event, () => this.clear());
    if (target === this.filter) return this.filterKey(event);
    if (elsewhere(event, target, this.outbox.connected())) return;
    const action = this.points && this.actionOf(event, target);
    if (!action) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // Moving goes on while a key is held; labelling does not.
    if (!event.repeat || action.again) action();
  },

  leave(event, act) {
    event.preventDefault();
    event.stopImmediatePropagation();
    act();
    this.stage.focus({ preventScroll: true });
  },

  actionOf(event, target) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "u") return () => (event.shiftKey ? this.redo() : this.undo());
    if (this.kept.selected.size && !event.shiftKey) {
      const found = this.data.classes.find((one) => one.key === key);
      if (found) return () => this.label(found.id);
      if (key === "n") return () => this.label("none");
      if (key === "Delete" || key === "Backspace") return () => this.label(null);
      if (key === "Enter") return () => this.expected() !== null && this.label(this.expected());
    }
    if (key === "Escape") return () => this.escape();
    if (key === "/") return () => this.search.focus();
    if (key === "?") return () => this.toggleHelp();
    const again = (act) => Object.assign(() => (act(), this.moved()), { again: true });
    if (key === "+" || key === "=") return again(() => this.view.zoom(1.35));
    if (key === "-" || key === "_") return again(() => this.view.zoom(1 / 1.35));
    if (key === "0") return again(() => this.view.fit());
    const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    // Elsewhere the arrows scroll the page.
    return arrow && target === this.stage ? again(() => this.view.pan(arrow[0] * STEP_PX, arrow[1] * STEP_PX)) : null;
  },

  escape() {
    if (!this.help.hidden) return this.toggleHelp();
    if (this.gesture) this.gesture = null;
    this.pinned = this.only = null;
    this.renderPins();
    this.clear();
  },

  filterKey(event) {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    const first = this.matching()[0];
    this.leave(event, () => {
      const typed = this.filter.value.trim();
      this.filter.value = "";
      this.renderFilter();
      if (event.key === "Enter" && typed && first) this.choose(first.id);
    });
  },

  /** A class of the legend was chosen: it labels the selection, or is held up on the map. */
  choose(label) {
    if (this.kept.selected.size) return this.label(label);
    const code = this.codeOf(label);
    this.pinned = this.pinned === code ? null : code;
    this.renderPins();
    this.repaint();
  },

  styleOf(label) {
    const code = this.codeOf(label);
    return code < 0 ? -1 - code : GREYS + code;
  },

  /** The class the model expects for most of the selection. */
  expected() {
    const votes = new Map();
    for (const id of this.kept.selected) {
      const code = this.predicted[this.points.rowOf.get(id)];
      votes.set(code, (votes.get(code) ?? 0) + 1);
    }
    const best = [...votes].sort((a, b) => b[1] - a[1])[0];
    return best ? (this.data.classes[best[0]]?.id ?? null) : null;
  },
});

export default ({ parentElement, data, setTriggerValue }) =>
  mount(LassoMap, parentElement, data, (map) => {
    map.send = setTriggerValue;
    map.outbox.send = (batch) => setTriggerValue("act", batch);
  });
