// Ids, places and texts of the points are large and rarely change: a component of their own, which labels leave alone.

import { POINTS } from "../common/events.js";
import { decode } from "../common/decode.js";

const MOST_VERSIONS = 3;

/** @param {import("../common/types").Mounted<import("./types").PointsData>} mounted */
export default ({ data }) => {
  const kept = (window.handfulPoints ??= new Map());
  if (!kept.has(data.version)) {
    const ids = Array.from(decode(data.ids, Float64Array));
    const rowOf = new Map(ids.map((id, row) => [id, row]));
    const xy = decode(data.xy, Float32Array);
    kept.set(data.version, { ids, rowOf, xy, texts: data.texts, images: data.images, layout: data.layout });
    for (const old of [...kept.keys()].slice(0, -MOST_VERSIONS)) kept.delete(old);
  }
  window.dispatchEvent(new CustomEvent(POINTS));
};
