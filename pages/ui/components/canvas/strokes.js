// Strokes as points in units of the sheet, so that any size of it shows the same drawing.

/** @typedef {import("./types").Stroke} Stroke */

const PAPER = "#ffffff";
const INK = "#111111";
const MOST_SHEETS = 50;

/** What outlives one mount: strokes, what can be undone, the width of the brush. */
class Drawn {
  /** @type {Stroke[]} */
  strokes = [];
  /** @type {Stroke[][]} */
  past = [];
  /** @type {Stroke[][]} */
  future = [];
  client = crypto.randomUUID();
  acts = 0;
  /** @type {string | null} */
  sent = null;

  /** @param {number} width */
  constructor(width) {
    this.width = width;
  }

  get revision() {
    return `${this.client}:${this.acts}`;
  }
}

/** @type {Map<string, Drawn>} */
const sheets = new Map();

/** @param {import("./types").SheetData} data */
export function drawnOn(data) {
  const found = sheets.get(data.project) ?? new Drawn(data.width);
  sheets.set(data.project, found);
  for (const old of [...sheets.keys()].slice(0, -MOST_SHEETS)) sheets.delete(old);
  return found;
}

/**
 * One stroke: quadratic curves from middle to middle of its points, which are their control points.
 * @param {CanvasRenderingContext2D} pen
 * @param {Stroke} stroke
 */
function trace(pen, { points, width }) {
  pen.lineWidth = width;
  pen.beginPath();
  pen.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    pen.quadraticCurveTo(x, y, (x + points[i + 1][0]) / 2, (y + points[i + 1][1]) / 2);
  }
  const [x, y] = points[points.length - 1];
  pen.lineTo(x + 0.01, y); // a line of no length would not be drawn, and a tap is a dot
  pen.stroke();
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Stroke[]} strokes
 * @param {number} side
 */
export function paint(canvas, strokes, side) {
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const scale = canvas.width / side;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, side, side);
  Object.assign(pen, { strokeStyle: INK, lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) trace(pen, stroke);
}

/**
 * The drawing as a PNG in base64; "" without a stroke.
 * @param {Stroke[]} strokes
 * @param {number} side
 */
export function png(strokes, side) {
  if (!strokes.length) return "";
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  paint(canvas, strokes, side);
  return canvas.toDataURL("image/png").split(",")[1];
}
