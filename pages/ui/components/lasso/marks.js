// Marks of points: their shapes and colours.

export const GREYS = 2; // styles 0 and 1: not labelled, none of these; style 2 + c is class c
export const SHADES = 16; // steps of the confidence scale

/** @typedef {CanvasRenderingContext2D} Pen */

/** @type {Record<string, (g: Pen, r: number) => void>} */
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
    const corners = [
      [-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a],
      [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a],
    ];
    corners.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
    g.closePath();
  },
  x: (g, r) => {
    g.rotate(Math.PI / 4);
    SHAPES.cross(g, r);
  },
};

/**
 * @param {Pen} g
 * @param {number} corners
 * @param {number} radius
 * @param {number} turn
 */
function polygon(g, corners, radius, turn) {
  for (let i = 0; i < corners; i++) {
    const angle = turn - Math.PI / 2 + (2 * Math.PI * i) / corners;
    g.lineTo(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  g.closePath();
}

/**
 * One mark around the origin of ``g``.
 * @param {Pen} g
 * @param {string} shape
 * @param {number} radius
 * @param {string} fill
 * @param {string | null} [edge]
 * @param {number} [width]
 */
export function mark(g, shape, radius, fill, edge = null, width = 1) {
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

/**
 * A colour between two.
 * @param {string} from
 * @param {string} to
 * @param {number} share
 */
export function mix(from, to, share) {
  /**
   * @param {string} hex
   * @param {number} at
   */
  const part = (hex, at) => parseInt(hex.slice(at, at + 2), 16);
  const parts = [1, 3, 5].map((at) => Math.round(part(from, at) * (1 - share) + part(to, at) * share));
  return `rgb(${parts.join(",")})`;
}

/**
 * The prototype of a class: a star at a place of the screen.
 * @param {Pen} g
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {{ fill: string, ink: string, paper: string }} colors
 */
export function star(g, x, y, radius, { fill, ink, paper }) {
  g.save();
  g.translate(x, y);
  g.beginPath();
  for (let corner = 0; corner < 10; corner++) {
    const angle = (Math.PI * corner) / 5 - Math.PI / 2;
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

/**
 * A text that was tried: a cross at a place of the screen.
 * @param {Pen} g
 * @param {number} x
 * @param {number} y
 * @param {{ ink: string, paper: string }} colors
 */
export function cross(g, x, y, { ink, paper }) {
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
