// Made by `make scripts` from lasso/points.js and what it imports: change those, not this file.
// sha256 bcde31b6cbc89f5852028239d1bd847c919c8a48f16a6ffd43629198e5408145 of build.js package.json common/decode.js common/events.js lasso/points.js and of what follows
// common/events.js
var POINTS = "handful-points";

// common/decode.js
function decode(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
}

// lasso/points.js
var MOST_VERSIONS = 3;
var points_default = ({ data }) => {
  const kept = window.handfulPoints ??= /* @__PURE__ */ new Map();
  if (!kept.has(data.version)) {
    const ids = Array.from(decode(data.ids, Float64Array));
    const rowOf = new Map(ids.map((id, row) => [id, row]));
    const xy = decode(data.xy, Float32Array);
    kept.set(data.version, { ids, rowOf, xy, texts: data.texts, images: data.images, layout: data.layout });
    for (const old of [...kept.keys()].slice(0, -MOST_VERSIONS)) kept.delete(old);
  }
  window.dispatchEvent(new CustomEvent(POINTS));
};
export {
  points_default as default
};
