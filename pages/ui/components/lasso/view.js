// Geometry of the map: where a point lies on the screen, what lies inside a line or a box, what is near.

const PAD = 22;
const MOST_ZOOM = 400;
export const NEAR_PX = 12;

/** @typedef {import("./types").XY} XY */

export class View {
  width = 1;
  height = 1;
  zoomed = false;
  /** @type {string | null} */
  key = null;
  bounds = { left: 0, right: 1, low: 0, high: 1 };
  k = 1;
  cx = 0.5;
  cy = 0.5;

  /**
   * Look at these points (x, y, x, y ...). Another layout starts with everything in sight.
   * @param {string} key
   * @param {Float32Array} xy
   */
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

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    if (!this.zoomed) this.fit();
  }

  /** Pixels a unit when everything is in sight; the same along both axes, as both mean the same. */
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

  /** @param {number} value */
  x(value) {
    return (value - this.cx) * this.k + this.width / 2;
  }

  /** @param {number} value */
  y(value) {
    return this.height / 2 - (value - this.cy) * this.k;
  }

  /**
   * @param {number} factor
   * @param {number} px
   * @param {number} py
   */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const k = Math.min(Math.max(this.k * factor, this.fitted * 0.5), this.fitted * MOST_ZOOM);
    // What is under the pointer stays there.
    this.cx += (px - this.width / 2) * (1 / this.k - 1 / k);
    this.cy -= (py - this.height / 2) * (1 / this.k - 1 / k);
    this.k = k;
    this.settle();
  }

  /**
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    this.cx -= dx / this.k;
    this.cy += dy / this.k;
    this.settle();
  }

  /** The centre never leaves the points: one cannot get lost in empty space. */
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

  /**
   * @param {Float32Array} xy
   * @param {XY} from
   * @param {XY} to
   */
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

  /** @param {Float32Array} xy */
  inSight(xy) {
    return this.inBox(xy, [0, 0], [this.width, this.height]);
  }

  /**
   * Even-odd rule; the line closes itself.
   * @param {Float32Array} xy
   * @param {XY[]} path
   */
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
        if (ys[a] > y !== ys[b] > y && x < ((xs[b] - xs[a]) * (y - ys[a])) / (ys[b] - ys[a]) + xs[a]) inside = !inside;
      }
      return inside;
    });
  }

  /**
   * @param {Float32Array} xy
   * @param {XY} place
   * @param {number} reach
   */
  nearest(xy, [px, py], reach = NEAR_PX) {
    let best = -1;
    let least = reach * reach;
    for (let i = 0; i < xy.length / 2; i++) {
      const dx = this.x(xy[2 * i]) - px;
      const dy = this.y(xy[2 * i + 1]) - py;
      const d = dx * dx + dy * dy;
      // Of points on the same spot the last one lies on top.
      if (d <= least) [best, least] = [i, d];
    }
    return best;
  }
}
