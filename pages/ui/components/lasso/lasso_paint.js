// Painting the map: points as stamps of ready pixels, so that 20,000 of them take a few milliseconds.
// Two layers: the points, and above them what moves with the hand (line, box, the point under the pointer).

const GREYS = 2; // styles 0 and 1: not labelled, none of these; style 2 + c is class c
const SHADES = 16; // steps of the confidence scale
const DIM = 0.16;

const SHAPES = {
  circle: (g, r) => g.arc(0, 0, r, 0, 2 * Math.PI),
  square: (g, r) => g.rect(-0.87 * r, -0.87 * r, 1.74 * r, 1.74 * r),
  diamond: (g, r) => polygon(g, 4, 1.15 * r, 0),
  "triangle-up": (g, r) => polygon(g, 3, 1.2 * r, 0),
  "triangle-down": (g, r) => polygon(g, 3, 1.2 * r, Math.PI),
  pentagon: (g, r) => polygon(g, 5, 1.08 * r, 0),
  hexagon: (g, r) => polygon(g, 6, 1.05 * r, 0),
  cross: (g, r) => {
    const [a, b] = [0.38 * r, 1.05 * r];
    const corners = [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]];
    corners.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
    g.closePath();
  },
  x: (g, r) => {
    g.rotate(Math.PI / 4);
    SHAPES.cross(g, r);
  },
};

function polygon(g, corners, radius, turn) {
  for (let i = 0; i < corners; i++) {
    const angle = turn - Math.PI / 2 + (2 * Math.PI * i) / corners;
    g.lineTo(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  g.closePath();
}

/** One mark around the origin of ``g``. */
function mark(g, shape, radius, fill, edge, width) {
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
  return `rgb(${[1, 3, 5].map((at) => Math.round(part(from, at) * (1 - share) + part(to, at) * share)).join(",")})`;
}

/** Copy a stamp to its place, mixing where it is not opaque. */
function blend(data, at, { place, r, g, b, opacity }) {
  for (let i = 0; i < place.length; i++) {
    const to = (at + place[i]) << 2;
    const o = opacity[i];
    data[to] += ((r[i] - data[to]) * o) >> 8;
    data[to + 1] += ((g[i] - data[to + 1]) * o) >> 8;
    data[to + 2] += ((b[i] - data[to + 2]) * o) >> 8;
  }
}

class Painter {
  constructor(points, overlay) {
    this.points = points;
    this.overlay = overlay;
    this.stamps = new Map();
    this.dpr = 1;
  }

  resize(width, height) {
    this.dpr = Math.min(window.devicePixelRatio || 1, 3);
    for (const canvas of [this.points, this.overlay]) {
      canvas.width = Math.round(width * this.dpr);
      canvas.height = Math.round(height * this.dpr);
    }
    this.stamps.clear();
  }

  /** Colours of the page's theme, read anew: it may have changed. A map that its page has left has none. */
  theme(box) {
    if (!box.isConnected) return false;
    const style = getComputedStyle(box);
    const ink = style.color;
    const paper = style.getPropertyValue("--st-background-color").trim() || "#fff";
    const primary = style.getPropertyValue("--st-primary-color").trim() || ink;
    const changed = ink !== this.ink || paper !== this.paper;
    if (changed) {
      Object.assign(this, { ink, paper, primary });
      const [r, g, b] = ink.match(/[\d.]+/g).map(Number);
      this.dark = r + g + b > 382;
      this.stamps.clear();
    }
    return changed;
  }

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

  /** A mark as a small canvas: for the legend, and as the source of the pixels of a stamp. */
  picture(scene, style, size, ring) {
    const { fill, shape } = this.look(scene, style);
    const edge = Math.ceil(((size + (ring ? 5 : 3)) * this.dpr) / 2) * 2;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = edge;
    const g = canvas.getContext("2d", { willReadFrequently: true });
    g.translate(edge / 2, edge / 2);
    g.scale(this.dpr, this.dpr);
    if (ring === "selected") mark(g, shape, size / 2 + 1.6, this.ink);
    if (ring) mark(g, shape, size / 2 + 0.5, fill, ring === "selected" ? this.paper : this.ink, 1.1);
    else mark(g, shape, size / 2, fill, size > 6 ? this.paper : null, 0.6);
    return canvas;
  }

  /** The same as pixels to copy: for each its place around the centre, its colour, its opacity in 256 steps. */
  stamp(scene, style, size, ring, alpha) {
    const { fill, shape } = this.look(scene, style);
    const key = `${fill}|${shape}|${size}|${ring}|${alpha}`;
    let found = this.stamps.get(key);
    if (!found) {
      const { width } = this.points;
      const canvas = this.picture(scene, style, size, ring);
      const edge = canvas.width;
      const source = canvas.getContext("2d").getImageData(0, 0, edge, edge).data;
      const pixels = [];
      for (let i = 0; i < edge * edge; i++) {
        const opacity = Math.round((source[4 * i + 3] / 255) * alpha * 256);
        if (!opacity) continue;
        const place = (Math.floor(i / edge) - edge / 2) * width + (i % edge) - edge / 2;
        pixels.push([place, source[4 * i], source[4 * i + 1], source[4 * i + 2], opacity]);
      }
      const column = (at, Kind) => Kind.from(pixels, (pixel) => pixel[at]);
      found = { reach: edge / 2, place: column(0, Int32Array), r: column(1, Uint8Array), g: column(2, Uint8Array), b: column(3, Uint8Array), opacity: column(4, Uint16Array) };
      this.stamps.set(key, found);
    }
    return found;
  }

  size(scene) {
    const n = scene.n;
    const base = n <= 500 ? 9 : n <= 3000 ? 7 : n <= 10000 ? 6 : 5;
    return Math.round(base * Math.min(2, Math.max(1, scene.view.level ** 0.3)));
  }

  /** The points layer: dimmed ones first, then the rest, the selection on top, then stars and crosses. */
  draw(scene) {
    const { selected, only } = scene;
    const g = this.points.getContext("2d", { alpha: false });
    const { width, height } = this.points;
    if (!width || !height) return;
    if (this.image?.width !== width || this.image.height !== height) this.image = g.createImageData(width, height);
    // Own pixels, copied in one go: as fast without a graphics card as with one.
    new Uint32Array(this.image.data.buffer).fill(this.ground());
    const size = this.size(scene);
    if (selected.size > 0 || only !== null) {
      this.pass(scene, size, DIM, (row) => !this.raised(scene, row));
      this.pass(scene, size + 1, 1, (row) => this.raised(scene, row));
    } else this.pass(scene, size, scene.mode === "prediction" ? 0.85 : 0.95, null);
    g.putImageData(this.image, 0, 0);
    this.landmarks(g, scene);
  }

  /** The colour of the page as one pixel. */
  ground() {
    if (this.groundOf !== this.paper) {
      const one = document.createElement("canvas");
      one.width = one.height = 1;
      const g = one.getContext("2d");
      g.fillStyle = this.paper;
      g.fillRect(0, 0, 1, 1);
      this.groundOf = this.paper;
      this.pixel = new Uint32Array(g.getImageData(0, 0, 1, 1).data.buffer)[0];
    }
    return this.pixel;
  }

  raised(scene, row) {
    return scene.selectedRows[row] === 1 || (scene.only !== null && scene.onlyOf[row] === scene.only);
  }

  pass(scene, size, alpha, wanted) {
    const { view, xy, styles, order, labeled, selectedRows, mode } = scene;
    const { dpr } = this;
    const { width, height, data } = this.image;
    const [ax, bx] = [view.k * dpr, (view.width / 2 - view.cx * view.k) * dpr];
    const [ay, by] = [-view.k * dpr, (view.height / 2 + view.cy * view.k) * dpr];
    let last = -1;
    let stamp = null;
    for (const row of order) {
      if (wanted && !wanted(row)) continue;
      const ring = selectedRows[row] ? 2 : labeled[row] && mode !== "label" ? 1 : 0;
      const kind = styles[row] * 3 + ring;
      if (kind !== last) {
        last = kind;
        // In the colours of the labels a labelled point is larger; elsewhere it has an edge.
        const larger = mode === "label" && styles[row] >= GREYS ? 2 : ring ? 1 : 0;
        stamp = this.stamp(scene, styles[row], size + larger, ["", "labeled", "selected"][ring], alpha);
      }
      const x = Math.round(xy[2 * row] * ax + bx);
      const y = Math.round(xy[2 * row + 1] * ay + by);
      const { reach } = stamp;
      if (x >= reach && y >= reach && x < width - reach && y < height - reach) blend(data, y * width + x, stamp);
    }
  }

  landmarks(g, scene) {
    const { view, stars, crosses, classes, only } = scene;
    g.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    const radius = classes.length <= 20 ? 10 : 6;
    stars.forEach(([x, y], i) => {
      if ((only !== null && only !== i) || Number.isNaN(x)) return; // nothing tells yet where the class lies
      g.save();
      g.translate(view.x(x), view.y(y));
      g.beginPath();
      for (let corner = 0; corner < 10; corner++) {
        const angle = (Math.PI * corner) / 5 - Math.PI / 2;
        const reach = corner % 2 ? radius * 0.45 : radius;
        g.lineTo(reach * Math.cos(angle), reach * Math.sin(angle));
      }
      g.closePath();
      g.lineJoin = "round";
      g.lineWidth = 3.5;
      g.strokeStyle = this.paper;
      g.stroke();
      g.fillStyle = classes[i]?.color ?? this.ink;
      g.fill();
      g.lineWidth = 1.4;
      g.strokeStyle = this.ink;
      g.stroke();
      g.restore();
    });
    for (const [x, y] of crosses) {
      const [px, py] = [view.x(x), view.y(y)];
      for (const [width, color] of [[6, this.paper], [3, this.ink]]) {
        g.beginPath();
        g.moveTo(px - 8, py - 8);
        g.lineTo(px + 8, py + 8);
        g.moveTo(px + 8, py - 8);
        g.lineTo(px - 8, py + 8);
        g.lineWidth = width;
        g.lineCap = "round";
        g.strokeStyle = color;
        g.stroke();
      }
    }
  }

  /** The layer above: the line or box being drawn, and a ring around the point under the pointer. */
  drawOver(scene, { path, box, hover }) {
    const g = this.overlay.getContext("2d");
    g.setTransform(this.dpr, 0, 0, this.dpr, 0, 0);
    g.clearRect(0, 0, scene.view.width, scene.view.height);
    g.lineWidth = 2;
    g.strokeStyle = this.primary;
    g.fillStyle = this.primary;
    if (path?.length > 1 || box) {
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
      g.arc(scene.view.x(scene.xy[2 * hover]), scene.view.y(scene.xy[2 * hover + 1]), this.size(scene) / 2 + 5, 0, 2 * Math.PI);
      g.strokeStyle = this.ink;
      g.stroke();
    }
  }
}
