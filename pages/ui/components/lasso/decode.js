// Arrays as Python packs them.

/**
 * @template {ArrayBufferView} Kind
 * @param {string} text Base64.
 * @param {{ new (buffer: ArrayBuffer): Kind }} Kind
 */
export function decode(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
}

/**
 * @param {string} text
 * @returns {import("./types").XY[]}
 */
export function pairs(text) {
  const flat = decode(text, Float32Array);
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
}
