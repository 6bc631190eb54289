// What the painter paints: points with their styles, and what lies on top.

import { decode } from "../common/decode.js";
import { UNLABELED } from "../common/labels.js";
import { GREYS, SHADES } from "./marks.js";

/** @typedef {import("./types").MapData} MapData */
/** @typedef {import("./types").XY} XY */

export class Scene {
  n = 0;
  /** @type {Float32Array} */
  xy = new Float32Array();
  /** Of each row, which stamp it gets. */
  styles = new Int16Array();
  /** The rows in the order in which they are painted. */
  order = new Int32Array();
  labeled = new Uint8Array();
  selectedRows = new Uint8Array();
  /** @type {XY[]} */
  stars = [];
  /** @type {XY[]} */
  crosses = [];
  /** @type {import("./types").Mode} */
  mode = "prediction";
  /** @type {Set<number>} */
  selected = new Set();
  /** @type {number | null} The code of the class that is held up, and where to look who belongs to it. */
  only = null;
  /** @type {Int16Array | null} */
  onlyOf = null;

  /**
   * @param {MapData} data
   * @param {import("./view.js").View} view
   */
  constructor(data, view) {
    this.view = view;
    this.greys = data.greys;
    this.scale = data.scale;
    this.classes = data.classes;
  }

  /**
   * @param {MapData} data
   * @param {import("./types").Points} points
   */
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

  /**
   * Which stamp each row gets, and in which order they are painted: labelled ones on top.
   * @param {import("../common/labels.js").Labels} labels
   * @param {import("./types").Mode} mode
   */
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
}

/**
 * The stamp of a label in the colours of the labels.
 * @param {number} code
 */
export function styleOf(code) {
  return code < 0 ? -1 - code : GREYS + code;
}

/**
 * @param {string} text
 * @returns {import("./types").XY[]}
 */
function pairs(text) {
  const flat = decode(text, Float32Array);
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}
