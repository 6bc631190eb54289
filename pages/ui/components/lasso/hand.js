// The hand on the map: mouse, touch and pen.

import { NEAR_PX } from "./view.js";

/** @typedef {import("./types").Gesture} Gesture */
/** @typedef {import("./types").XY} XY */

const TAP_PX = 5;
const REST_MS = 300;
const LINE_PX = 16; // a wheel that counts in lines

export class Hand {
  /** @type {Map<number, XY>} */
  fingers = new Map();
  /** @type {Gesture | null} */
  gesture = null;
  /** @type {number | undefined} */
  resting = undefined;

  /** @param {import("./map.js").LassoMap} map */
  constructor(map) {
    this.map = map;
    this.view = map.view;
  }

  /** @param {AbortSignal} signal */
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

  /**
   * @param {MouseEvent} event
   * @returns {XY}
   */
  at(event) {
    const box = this.map.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  /** @param {PointerEvent} event */
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
    // A second finger makes it a pinch, whatever the first one had begun.
    if (this.fingers.size > 1) this.gesture.kind = "pinch";
  }

  /** @param {PointerEvent} event */
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

  /** @param {WheelEvent} event */
  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    // A pinch on a touchpad arrives as a wheel with ctrl, in small steps.
    this.view.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), ...this.at(event));
    this.moved();
  }

  /**
   * @param {PointerEvent} event
   * @returns {Pick<Gesture, "kind" | "how">}
   */
  begin(event) {
    const { tool } = this.map.kept;
    const how = event.altKey ? "remove" : event.ctrlKey || event.metaKey ? "add" : "set";
    if (tool === "move" && !event.shiftKey && how === "set") return { kind: "move", how };
    if (event.button === 1 || event.button === 2) return { kind: "move", how };
    return { kind: (tool === "box") !== event.shiftKey ? "box" : "lasso", how };
  }

  /** The middle of two fingers and how far they are apart. */
  spread() {
    const [a, b] = [...this.fingers.values()];
    if (!b) return null;
    return { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2, d: Math.hypot(a[0] - b[0], a[1] - b[1]) };
  }

  /** @param {ReturnType<Hand["spread"]>} before */
  pinch(before) {
    const after = this.spread();
    if (!after || !before) return;
    this.view.pan(after.x - before.x, after.y - before.y);
    this.view.zoom(after.d / Math.max(before.d, 1), after.x, after.y);
    this.moved();
  }

  /**
   * @param {Gesture} gesture
   * @param {XY} now
   */
  drag(gesture, now) {
    gesture.moved ||= Math.hypot(now[0] - gesture.from[0], now[1] - gesture.from[1]) > TAP_PX;
    if (!gesture.moved) return;
    if (gesture.kind === "move") {
      this.view.pan(now[0] - gesture.last[0], now[1] - gesture.last[1]);
      gesture.last = now;
      return this.moved();
    }
    if (gesture.kind === "box") gesture.box = [gesture.from, now];
    else gesture.path.push(...(gesture.path.length ? [now] : [gesture.from, now]));
    this.map.repaintOver();
  }

  /**
   * @param {PointerEvent} event
   * @param {boolean} [cancelled]
   */
  lift(event, cancelled = false) {
    const { map, gesture } = this;
    if (!this.fingers.delete(event.pointerId)) return;
    if (!gesture || (gesture.kind === "pinch" && this.fingers.size)) return;
    this.gesture = null;
    if (cancelled || gesture.kind === "pinch" || !map.points) return map.repaintOver();
    const { xy } = map.scene;
    const { selection } = map;
    if (!gesture.moved) this.tap(gesture, event.pointerType);
    else if (gesture.box) selection.selectRows(this.view.inBox(xy, ...gesture.box), gesture.how);
    else if (gesture.kind === "lasso") selection.selectRows(this.view.inLasso(xy, gesture.path), gesture.how);
    map.repaintOver();
  }

  /**
   * @param {Gesture} gesture
   * @param {string} pointer
   */
  tap({ from, how }, pointer) {
    const { map } = this;
    const row = this.view.nearest(map.scene.xy, from, pointer === "mouse" ? NEAR_PX : 2 * NEAR_PX);
    const id = map.points?.ids[row];
    if (id === undefined) {
      if (how === "set") map.selection.clear();
      return;
    }
    map.selection.select([id], how === "add" && map.kept.selected.has(id) ? "remove" : how);
    map.tip.point(row);
  }

  /** The view changed: paint it, and list what is in sight now once it rests. */
  moved() {
    const { map } = this;
    map.tip.point(-1);
    map.repaint();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => !map.kept.listed.length && map.list.render(), REST_MS);
  }
}
