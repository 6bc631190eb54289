// The map: what is shown and selected, and what the person does. Items are known by their id; rows are
// only places in the arrays of one version of the points, which come by a component of their own.

const LOOK_MS = 250; // a selection that stays this long is looked up in the full space
const ASK_AGAIN_MS = 5000;
const MOST_LOOKED = 2000;
const TAP_PX = 5;

function decode(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
}

function pairs(text) {
  const flat = decode(text, Float32Array);
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}

// What outlives one mount: zoom, selection, undo, labels on their way. One for each project.
const rooms = new Map();

class LassoMap {
  constructor(root, data) {
    this.root = root;
    this.project = data.project;
    this.data = data;
    if (!rooms.has(data.project)) {
      rooms.set(data.project, {
        outbox: new Outbox(`map:${data.project}`), view: new View(), history: [], future: [],
        kept: { selected: new Set(), listed: [], tool: "lasso", mode: "prediction", count: 50, found: null, answered: 0 },
      });
    }
    Object.assign(this, rooms.get(data.project));
    alive?.destroy();
    alive = this;
    this.asked = new Map();
    this.hover = -1;
    this.only = null; // the code of the class that the legend holds up
    this.pinned = null;
    this.offered = undefined; // the class whose effect the bar shows, when it is not the one the model expects
    this.notice = "";
    this.scene = { n: 0, view: this.view, xy: new Float32Array(), styles: [], order: [], labeled: [], selectedRows: [], stars: [], crosses: [] };
    this.outbox.changed = () => this.renderStatus();
    this.build(data.strings);
    this.painter = new Painter(this.canvas, this.overlay);
    this.listen();
  }

  listen() {
    this.stops = new AbortController();
    const { signal } = this.stops;
    // Capturing: the app's own single-letter shortcuts must not see a key that labels.
    window.addEventListener("keydown", (event) => this.key(event), { capture: true, signal });
    window.addEventListener("handful-points", () => this.refresh(), { signal });
    window.addEventListener("handful-ack", (event) => {
      if (event.detail.map !== this.project) return;
      this.outbox.acknowledge(event.detail.acks, event.detail.saved_at);
      this.renderStatus();
    }, { signal });
    this.gestures(this.stage, signal);
    this.clock = setInterval(() => this.tick(), 500);
    this.sized = new ResizeObserver(() => this.resize());
    this.sized.observe(this.stage);
  }

  destroy() {
    if (alive === this) alive = null;
    this.stops.abort();
    this.sized.disconnect();
    clearInterval(this.clock);
    clearTimeout(this.looking);
    cancelAnimationFrame(this.frame);
    this.outbox.stop();
    this.box.remove();
  }

  tick() {
    this.outbox.tick();
    this.renderStatus();
    if (this.points && this.painter.theme(this.box)) {
      this.paintSwatches();
      this.repaint();
    }
    for (const [kind, one] of this.asked) {
      if (Date.now() - one.at > ASK_AGAIN_MS && one.tries++ < 3) this.post(kind, one);
    }
  }

  resize() {
    const { width, height } = this.stage.getBoundingClientRect();
    if (!width || !height) return;
    this.view.resize(width, height);
    const before = this.painter.dpr;
    this.painter.resize(width, height);
    if (before !== this.painter.dpr && this.points) this.paintSwatches();
    this.repaint(true);
  }

  // -- the server's answers --------------------------------------------------------------------

  update(data) {
    this.data = data;
    this.outbox.acknowledge(data.acks, data.saved_at);
    this.outbox.reflect(data.acks);
    const shape = JSON.stringify(data.classes);
    if (shape !== this.shape) {
      this.shape = shape;
      this.buildLegend();
    }
    const notice = data.notices?.at(-1);
    if (notice && notice.nonce !== this.noticed) [this.noticed, this.notice] = [notice.nonce, notice.text];
    this.refresh();
    for (const kind of ["search", "look"]) if (data[kind] && data[kind].nonce === this.asked.get(kind)?.nonce) this.asked.delete(kind);
    if (data.search && data.search.nonce > this.kept.answered && this.points) {
      this.kept.answered = data.search.nonce;
      this.kept.found = data.search;
      this.selectFound();
    }
    this.renderBar();
  }

  /** Points and labels of the same version: put them together, labels on their way on top. */
  refresh() {
    const points = window.handfulPoints?.get(this.data.version);
    this.box.classList.toggle("waiting", !points);
    if (!points) return;
    const { data } = this;
    const fresh = this.points !== points;
    this.points = points;
    this.view.take(`${data.project}|${points.layout}`, points.xy);
    this.place = new Map(data.classes.map((one, i) => [one.id, i]));
    this.codes = decode(data.labels, Int16Array);
    this.predicted = decode(data.predicted, Int16Array);
    this.confidence = decode(data.confidence, Uint8Array);
    this.sets = new Map(Object.entries(data.sets ?? {}).map(([id, label]) => [Number(id), label]));
    for (const event of this.outbox.log) this.apply(event);
    Object.assign(this.scene, {
      n: points.ids.length, xy: points.xy, greys: data.greys, scale: data.scale, classes: data.classes,
      stars: pairs(data.stars), crosses: pairs(data.crosses), selectedRows: new Uint8Array(points.ids.length),
    });
    const known = [...this.kept.selected].filter((id) => points.rowOf.has(id));
    if (known.length !== this.kept.selected.size) this.kept.selected = new Set(known);
    if (fresh) this.kept.listed = this.kept.listed.filter((id) => points.rowOf.has(id));
    this.restyle();
    this.renderSelection();
  }

  /** An act as the server will see it: ``ids`` get ``label``, or each its own from ``to``. */
  apply({ ids, label, to }) {
    ids?.forEach((id, i) => {
      const row = this.points.rowOf.get(id);
      if (row === undefined) return;
      const now = to ? to[i] : label;
      this.codes[row] = this.codeOf(now);
      if (this.data.multi) this.sets.set(id, now);
    });
  }

  /** The code that colours a label; of several classes that of the first one in the project. */
  codeOf(label) {
    if (label === "none") return -2;
    const places = (Array.isArray(label) ? label : [label]).map((id) => this.place.get(id) ?? Infinity);
    const first = Math.min(...places);
    return first === Infinity ? -1 : first;
  }

  /** A class id, "none", or null; in a project with several labels an item a list of class ids. */
  labelOf(id) {
    if (this.data.multi) return this.sets.get(id) ?? null;
    const code = this.codes[this.points.rowOf.get(id)];
    return code === -2 ? "none" : (this.data.classes[code]?.id ?? null);
  }

  nameOf(label) {
    if (Array.isArray(label)) return label.map((id) => this.nameOf(id)).join(", ");
    if (label === "none") return this.data.strings.none;
    return label === null ? this.data.strings.unlabeled : (this.data.classes[this.place.get(label)]?.name ?? "");
  }

  /** Where to look whether a row belongs to a class: in the predictions where they give the colours, else in the labels. */
  carriers(code) {
    return code >= 0 && this.kept.mode === "prediction" ? this.predicted : this.codes;
  }

  /** Which stamp each row gets, and in which order they are painted: labelled ones on top. */
  restyle() {
    const { mode } = this.kept;
    const n = this.points.ids.length;
    const styles = new Int16Array(n);
    const labeled = new Uint8Array(n);
    for (let row = 0; row < n; row++) {
      labeled[row] = this.codes[row] === -1 ? 0 : 1;
      if (mode === "label") styles[row] = this.codes[row] < 0 ? -1 - this.codes[row] : GREYS + this.codes[row];
      else if (mode === "prediction") styles[row] = this.predicted[row] < 0 ? 0 : GREYS + this.predicted[row];
      else styles[row] = GREYS + Math.round((this.confidence[row] / 255) * (SHADES - 1));
    }
    const most = GREYS + Math.max(this.data.classes.length, SHADES);
    const slot = (row) => labeled[row] * most + styles[row];
    const starts = new Int32Array(2 * most + 1);
    for (let row = 0; row < n; row++) starts[slot(row) + 1]++;
    for (let i = 1; i < starts.length; i++) starts[i] += starts[i - 1];
    const order = new Int32Array(n);
    for (let row = 0; row < n; row++) order[starts[slot(row)]++] = row;
    Object.assign(this.scene, { mode, styles, order, labeled });
    this.renderCounts();
  }

  repaint(now = false) {
    const draw = () => {
      this.frame = null;
      if (!this.points) return;
      this.painter.theme(this.box);
      const only = this.only ?? this.pinned;
      Object.assign(this.scene, { only, selected: this.kept.selected, onlyOf: only === null ? null : this.carriers(only) });
      this.painter.draw(this.scene);
      this.painter.drawOver(this.scene, this.gesture ?? { hover: this.hover });
    };
    if (now) draw();
    else this.frame ??= requestAnimationFrame(draw);
  }
}
