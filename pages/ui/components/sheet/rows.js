// Ids, texts and columns are large and rarely change: a component of their own, which labels leave alone. Of many
// texts those that are seen first come with it, the others from a file.

import { decode } from "../common/decode.js";
import { ROWS } from "../common/events.js";

const MOST_VERSIONS = 2;
const AGAIN_MS = 1500;
const MOST_TRIES = 8;

/** @typedef {import("./types").Rows} Rows */

/** @param {import("../common/types").Mounted<import("./types").RowsData>} mounted */
export default ({ data }) => {
  const kept = (window.handfulRows ??= new Map());
  if (!kept.has(data.version)) {
    const rows = read(data);
    kept.set(data.version, rows);
    for (const old of [...kept.keys()].slice(0, -MOST_VERSIONS)) kept.delete(old);
    if (data.url) fetchRest(data.url, rows, 0);
  }
  tell();
};

function tell() {
  window.dispatchEvent(new CustomEvent(ROWS));
}

/**
 * @param {import("./types").RowsData} data
 * @returns {Rows}
 */
function read(data) {
  const ids = Array.from(decode(data.ids, Float64Array));
  const texts = data.texts ?? new Array(ids.length);
  if (data.head) {
    const { texts: first } = data.head;
    decode(data.head.rows, Int32Array).forEach((row, i) => (texts[row] = first[i]));
  }
  const meta = data.meta.map((one) => ({ ...one, codes: decode(one.codes, Int32Array) }));
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  return { ids, rowOf, texts, whole: data.texts !== null, cut: data.cut, meta };
}

/**
 * @param {string} url
 * @param {Rows} rows
 * @param {number} tries
 */
async function fetchRest(url, rows, tries) {
  try {
    const answer = await fetch(new URL(url, document.baseURI));
    if (!answer.ok) throw new Error(String(answer.status));
    const texts = await answer.json();
    if (texts.length !== rows.ids.length) throw new Error("another file");
    rows.texts = texts;
    rows.whole = true;
    tell();
  } catch {
    // Between two runs of the page the file may be gone for a moment, and the server too.
    if (tries < MOST_TRIES) setTimeout(() => fetchRest(url, rows, tries + 1), AGAIN_MS);
  }
}
