// The point under the pointer.

import { make } from "../common/dom.js";

const EDGE_PX = 4;
const AWAY_PX = 14;

export class Tip {
  row = -1;

  /** @param {import("./map.js").LassoMap} map */
  constructor(map) {
    this.map = map;
    this.box = make("div", "tip", { hidden: true });
  }

  /**
   * Say what lies under the pointer; -1: nothing.
   * @param {number} row
   */
  point(row) {
    if (row === this.row) return;
    this.row = row;
    this.box.hidden = row < 0;
    this.map.repaintOver();
    if (row < 0) return;
    this.box.replaceChildren(...this.lines(row));
    this.place(row);
  }

  /** @param {number} row */
  lines(row) {
    const { points, labels, data } = this.map;
    if (!points) return [];
    const { strings } = data;
    const label = labels.labelOf(points.ids[row]);
    const image = points.images?.[row];
    const lines = [make("p", "text", { dir: "auto" }, points.texts[row])];
    if (label !== null) lines.push(make("p", "fact", {}, `${strings.label_of}: ${labels.nameOf(label)}`));
    lines.push(make("p", "fact", {}, `${strings.prediction_of}: ${labels.guess(row)}`));
    return image ? [make("img", "thumbnail", { src: image, alt: "" }), ...lines] : lines;
  }

  /** @param {number} row */
  place(row) {
    const { view } = this.map;
    const [x, y] = this.map.placeOf(row);
    const { offsetWidth: width, offsetHeight: height } = this.box;
    const left = Math.min(Math.max(x - width / 2, EDGE_PX), Math.max(view.width - width - EDGE_PX, EDGE_PX));
    const above = y - height - AWAY_PX;
    const below = Math.min(y + AWAY_PX, Math.max(view.height - height - EDGE_PX, EDGE_PX));
    this.box.style.transform = `translate(${left}px, ${above >= EDGE_PX ? above : below}px)`;
  }
}
