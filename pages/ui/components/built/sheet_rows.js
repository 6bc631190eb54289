// Made by `make scripts` from sheet/rows.js and what it imports: change those, not this file.
// sha256 44c4f8aba172f0d0584b9b41975d42afa878ad9559f8229538d45543e6bd6e4b of build.js package.json common/decode.js common/events.js sheet/rows.js and of what follows
// common/decode.js
function decode(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
}

// common/events.js
var ROWS = "handful-rows";

// sheet/rows.js
var MOST_VERSIONS = 2;
var AGAIN_MS = 1500;
var MOST_TRIES = 8;
var rows_default = ({ data }) => {
  const kept = window.handfulRows ??= /* @__PURE__ */ new Map();
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
function read(data) {
  const ids = Array.from(decode(data.ids, Float64Array));
  const texts = data.texts ?? new Array(ids.length);
  if (data.head) {
    const { texts: first } = data.head;
    decode(data.head.rows, Int32Array).forEach((row, i) => texts[row] = first[i]);
  }
  const meta = data.meta.map((one) => ({ ...one, codes: decode(one.codes, Int32Array) }));
  const rowOf = new Map(ids.map((id, row) => [id, row]));
  return { ids, rowOf, texts, whole: data.texts !== null, cut: data.cut, meta };
}
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
    if (tries < MOST_TRIES) setTimeout(() => fetchRest(url, rows, tries + 1), AGAIN_MS);
  }
}
export {
  rows_default as default
};
