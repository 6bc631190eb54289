// Arrays as Python packs them.

/**
 * @template {ArrayBufferView} Kind
 * @param {string} text Base64.
 * @param {{ new (buffer: ArrayBuffer): Kind }} Kind
 */
export function decode(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
}
