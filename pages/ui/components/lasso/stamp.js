// A mark as pixels that are ready to copy, so that 20,000 of them take a few milliseconds.

export class Stamp {
  /**
   * @param {HTMLCanvasElement} picture The mark, in the middle of a square.
   * @param {number} alpha
   * @param {number} width Pixels in a row of where it is copied to.
   */
  constructor(picture, alpha, width) {
    const edge = picture.width;
    const source = pen(picture).getImageData(0, 0, edge, edge).data;
    const pixels = [];
    for (let i = 0; i < edge * edge; i++) {
      const opacity = Math.round((source[4 * i + 3] / 255) * alpha * 256);
      if (!opacity) continue;
      const place = (Math.floor(i / edge) - edge / 2) * width + (i % edge) - edge / 2;
      pixels.push([place, source[4 * i], source[4 * i + 1], source[4 * i + 2], opacity]);
    }
    this.reach = edge / 2;
    /** For each pixel its place around the centre, its colour, its opacity in 256 steps. */
    this.place = Int32Array.from(pixels, (pixel) => pixel[0]);
    this.r = Uint8Array.from(pixels, (pixel) => pixel[1]);
    this.g = Uint8Array.from(pixels, (pixel) => pixel[2]);
    this.b = Uint8Array.from(pixels, (pixel) => pixel[3]);
    this.opacity = Uint16Array.from(pixels, (pixel) => pixel[4]);
  }

  /**
   * Copy it around a pixel, mixing where it is not opaque.
   * @param {Uint8ClampedArray} data
   * @param {number} at
   */
  blend(data, at) {
    const { place, r, g, b, opacity } = this;
    for (let i = 0; i < place.length; i++) {
      const to = (at + place[i]) << 2;
      const o = opacity[i];
      data[to] += ((r[i] - data[to]) * o) >> 8;
      data[to + 1] += ((g[i] - data[to + 1]) * o) >> 8;
      data[to + 2] += ((b[i] - data[to + 2]) * o) >> 8;
    }
  }
}

/**
 * What draws on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [how]
 */
export function pen(canvas, how) {
  const found = canvas.getContext("2d", how);
  if (!found) throw new Error("This browser draws on no canvas.");
  return found;
}
