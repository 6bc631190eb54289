// Painting the map. Two layers: the points, and above them what moves with the hand (line, box, the point
// under the pointer).

import { GREYS, SHADES, cross, mark, mix, star } from "./marks.js";
import { Stamp, pen } from "./stamp.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {Pick<Scene, "mode" | "greys" | "scale" | "classes">} Colors */
/** @typedef {"" | "labeled" | "selected"} Ring */

const DIM = 0.16;
/** @type {Ring[]} */
const RINGS = ["", "labeled", "selected"];

export class Painter {
  /** @type {Map<string, Stamp>} */
  stamps = new Map();
  dpr = 1;
  ink = "";
  paper = "";
  primary = "";
  dark = false;
  /** @type {ImageData | null} */
  image = null;
  /** The colour of the page as one pixel, and of which colour it was made. */
  pixel = 0;
  groundOf = "";

  /**
   * @param {HTMLCanvasElement} points
   * @param {HTMLCanvasElement} overlay
   */
  constructor(points, overlay) {
    this.points = points;
    this.overlay = overlay;
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.dpr = Math.min(window.devicePixelRatio || 1, 3);
    for (const canvas of [this.points, this.overlay]) {
      canvas.width = Math.round(width * this.dpr);
      canvas.height = Math.round(height * this.dpr);
    }
    this.stamps.clear();
  }

  /**
   * Colours of the page's theme, read anew: it may have changed. A map that its page has left has none.
   * @param {HTMLElement} box
   */
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

  /**
   * Colour and shape of a style.
   * @param {Colors} scene
   * @param {number} style
   */
  look(scene, style) {
    const greys = scene.greys[this.dark ? "dark" : "light"];
    if (style < GREYS) return { fill: greys[style], shape: style ? "x" : "circle" };
    if (scene.mode === "confidence") {
      const at = ((style - GREYS) / (SHADES - 1)) * (scene.scale.length - 1);
      const low = Math.min(Math.floor(at), scene.scale.length - 2);
      return { fill: mix(scene.scale[low], scene.scale[low + 1], at - low), shape: "circle" };
    }
    const one = scene.classes[style - GREYS];
    return { fill: one?.color ?? greys[0], shape: one?.symbol ?? "circle" };
  }

  /**
   * A mark as a small canvas: for the legend, and as the source of the pixels of a stamp.
   * @param {Colors} scene
   * @param {number} style
   * @param {number} size
   * @param {Ring} ring
   */
  picture(scene, style, size, ring) {
    const { fill, shape } = this.look(scene, style);
    const edge = Math.ceil(((size + (ring ? 5 : 3)) * this.dpr) / 2) * 2;
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

  /**
   * The same as pixels to copy.
   * @param {Colors} scene
   * @param {number} style
   * @param {number} size
   * @param {Ring} ring
   * @param {number} alpha
   */
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

  /** @param {Scene} scene */
  size(scene) {
    const n = scene.n;
    const base = n <= 500 ? 9 : n <= 3000 ? 7 : n <= 10000 ? 6 : 5;
    return Math.round(base * Math.min(2, Math.max(1, scene.view.level ** 0.3)));
  }

  /**
   * The points layer: dimmed ones first, then the rest, the selection on top, then stars and crosses.
   * @param {Scene} scene
   */
  draw(scene) {
    const { selected, only } = scene;
    const g = pen(this.points, { alpha: false });
    const { width, height } = this.points;
    if (!width || !height) return;
    const kept = this.image?.width === width && this.image.height === height ? this.image : null;
    const image = (this.image = kept ?? g.createImageData(width, height));
    // Own pixels, copied in one go: as fast without a graphics card as with one.
    new Uint32Array(image.data.buffer).fill(this.ground());
    const size = this.size(scene);
    if (selected.size > 0 || only !== null) {
      this.pass(scene, image, size, DIM, (row) => !this.raised(scene, row));
      this.pass(scene, image, size + 1, 1, (row) => this.raised(scene, row));
    } else this.pass(scene, image, size, scene.mode === "prediction" ? 0.85 : 0.95, null);
    g.putImageData(image, 0, 0);
    this.landmarks(g, scene);
  }

  /** The colour of the page as one pixel. */
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

  /**
   * @param {Scene} scene
   * @param {number} row
   */
  raised(scene, row) {
    return scene.selectedRows[row] === 1 || (scene.only !== null && scene.onlyOf?.[row] === scene.only);
  }

  /**
   * @param {Scene} scene
   * @param {ImageData} image
   * @param {number} size
   * @param {number} alpha
   * @param {((row: number) => boolean) | null} wanted
   */
  pass(scene, image, size, alpha, wanted) {
    const { view, xy, styles, order, labeled, selectedRows, mode } = scene;
    const { dpr } = this;
    const { width, height, data } = image;
    const [ax, bx] = [view.k * dpr, (view.width / 2 - view.cx * view.k) * dpr];
    const [ay, by] = [-view.k * dpr, (view.height / 2 + view.cy * view.k) * dpr];
    let last = -1;
    /** @type {Stamp | null} */
    let stamp = null;
    for (const row of order) {
      if (wanted && !wanted(row)) continue;
      const ring = selectedRows[row] ? 2 : labeled[row] && mode !== "label" ? 1 : 0;
      const kind = styles[row] * 3 + ring;
      if (!stamp || kind !== last) {
        last = kind;
        // In the colours of the labels a labelled point is larger; elsewhere it has an edge.
        const larger = mode === "label" && styles[row] >= GREYS ? 2 : ring ? 1 : 0;
        stamp = this.stamp(scene, styles[row], size + larger, RINGS[ring], alpha);
      }
      const x = Math.round(xy[2 * row] * ax + bx);
      const y = Math.round(xy[2 * row + 1] * ay + by);
      const { reach } = stamp;
      if (x >= reach && y >= reach && x < width - reach && y < height - reach) stamp.blend(data, y * width + x);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} g
   * @param {Scene} scene
   */
  landmarks(g, scene) {
    const { view, stars, crosses, classes, only } = scene;
    g.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    const radius = classes.length <= 20 ? 10 : 6;
    const { ink, paper } = this;
    stars.forEach(([x, y], i) => {
      if ((only !== null && only !== i) || Number.isNaN(x)) return; // nothing tells yet where the class lies
      star(g, view.x(x), view.y(y), radius, { fill: classes[i]?.color ?? ink, ink, paper });
    });
    for (const [x, y] of crosses) cross(g, view.x(x), view.y(y), { ink, paper });
  }

  /**
   * The layer above: the line or box being drawn, and a ring around the point under the pointer.
   * @param {Scene} scene
   * @param {import("./types").Above} above
   */
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
      else path.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
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
}
