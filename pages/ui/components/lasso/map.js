// The map: what the server answers, what is painted, and the parts around it.

import { make } from "../common/dom.js";
import { ACK, POINTS } from "../common/events.js";
import { giveUp, placeIn, takeOver } from "../common/mount.js";
import { Bar } from "./bar.js";
import { Hand } from "./hand.js";
import { onKey } from "./keys.js";
import { Labels } from "../common/labels.js";
import { Legend } from "./legend.js";
import { ItemList } from "./list.js";
import { Painter } from "./painter.js";
import { roomOf } from "./room.js";
import { Scene } from "./scene.js";
import { Selection } from "./selection.js";
import { Steps } from "./steps.js";
import { Tip } from "./tip.js";
import { Tools } from "./tools.js";

/** @typedef {import("./types").MapData} MapData */

export class LassoMap {
  /** @type {(question: object) => void} */
  send = () => {};
  /** @type {import("./types").Points | null} */
  points = null;
  /** @type {string | undefined} The classes as they were last drawn. */
  shape = undefined;
  /** @type {number | undefined} The last sentence of the server that was told. */
  noticed = undefined;
  /** @type {number | null} */
  frame = null;
  stops = new AbortController();

  /**
   * @param {HTMLElement | ShadowRoot} root
   * @param {MapData} data
   */
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
      "div", "stage", { tabIndex: 0, role: "application", ariaLabel: strings.stage },
      this.canvas, this.overlay, this.tip.box, loading, this.bar.status,
    );
    this.box = make(
      "section", "map", { ariaLabel: strings.map }, this.tools.box, this.bar.box,
      make("div", "body", {}, this.stage, this.legend.box), this.tools.help, this.list.box,
    );
    // Where an item lies in the window: for a guided tour, for tests.
    Object.assign(this.box, { locate: (/** @type {number} */ id) => this.locate(id) });
    placeIn(root).append(this.box);
    this.tools.renderRadios();
    this.painter = new Painter(this.canvas, this.overlay);
    this.hand = new Hand(this);
    this.sized = new ResizeObserver(() => this.resize());
    this.listen();
  }

  listen() {
    const { signal } = this.stops;
    // Capturing: the app's own single-letter shortcuts must not see a key that labels.
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

  /** @param {number} id */
  locate(id) {
    const [x, y] = this.placeOf(this.points?.rowOf.get(id) ?? -1);
    const at = this.stage.getBoundingClientRect();
    return [at.left + x, at.top + y];
  }

  /**
   * Where a row lies on the stage.
   * @param {number} row
   */
  placeOf(row) {
    const { xy } = this.scene;
    return [this.view.x(xy[2 * row]), this.view.y(xy[2 * row + 1])];
  }

  /**
   * Those of the items that are points.
   * @param {number[]} ids
   */
  known(ids) {
    return ids.filter((id) => this.points?.rowOf.has(id));
  }

  // -- the server's answers --------------------------------------------------------------------

  /** @param {MapData} data */
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

  /** Points and labels of the same version: put them together, labels on their way on top. */
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

  /** @param {number} n */
  number(n) {
    return n.toLocaleString();
  }

  /** The labels, the predictions or the colours are others. */
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

  /** Paint with the next frame of the browser. */
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
}
