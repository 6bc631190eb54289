// The items below the map with checkboxes, so that all can be done by keyboard.

import { make, say } from "../common/dom.js";
import { mapButton } from "./tools.js";

const LISTED = 60; // rows to begin with, and rows more
const LONGEST_NAME = 120;

export class ItemList {
  /** @type {number[]} */
  ids = [];
  rows = LISTED;

  /** @param {import("./map.js").LassoMap} map */
  constructor(map) {
    this.map = map;
    const { strings } = map.data;
    this.title = make("caption");
    this.body = make("tbody");
    this.all = make("input", "", { type: "checkbox", ariaLabel: strings.check_all });
    const all = () => map.selection.select(this.ids, this.all.checked ? "add" : "remove", true);
    this.all.addEventListener("change", all);
    const columns = [this.all, strings.text, strings.label_of, strings.prediction_of];
    const head = make("tr", "", {}, ...columns.map((one) => make("th", "", { scope: "col" }, one)));
    this.more = mapButton(strings.more, () => this.render(this.rows + LISTED));
    const table = make("table", "", {}, this.title, make("thead", "", {}, head), this.body);
    this.box = make("div", "list", {}, table, this.more);
  }

  /**
   * List these; without any, what is in sight.
   * @param {number[]} ids
   */
  show(ids) {
    this.map.kept.listed = ids;
    this.rows = LISTED;
  }

  /** The selection; without one what is in sight. */
  render(rows = this.rows) {
    const { points, kept, view, data } = this.map;
    if (!points) return;
    const { strings } = data;
    const { selected, listed } = kept;
    const used = this.focused();
    if (listed.length) this.ids = listed;
    else if (!selected.size) this.ids = view.inSight(points.xy).map((row) => points.ids[row]);
    this.rows = rows;
    const words = listed.length || selected.size ? strings.list_selected : strings.list_view;
    const counts = { n: this.map.number(this.ids.length), picked: this.map.number(selected.size) };
    this.title.textContent = say(words, counts);
    this.all.checked = selected.size > 0 && this.ids.every((id) => selected.has(id));
    this.body.replaceChildren(...this.ids.slice(0, rows).map((id) => this.line(points, id)));
    this.more.hidden = this.ids.length <= rows;
    const again = used && this.body.querySelector(`[data-id="${used}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }

  /** The item whose checkbox has the focus. */
  focused() {
    const { root } = this.map;
    const node = root instanceof ShadowRoot ? root.activeElement : null;
    return node instanceof HTMLElement && this.box.contains(node) ? node.dataset.id : undefined;
  }

  /**
   * @param {import("./types").Points} points
   * @param {number} id
   */
  line({ rowOf, texts, images }, id) {
    const { labels, selection, kept, data } = this.map;
    const { strings } = data;
    const row = rowOf.get(id) ?? -1;
    const name = texts[row].slice(0, LONGEST_NAME);
    const box = make("input", "", { type: "checkbox", checked: kept.selected.has(id), ariaLabel: name });
    box.dataset.id = String(id);
    box.addEventListener("change", () => selection.select([id], box.checked ? "add" : "remove", true));
    const text = make("div", "", { dir: "auto" }, texts[row]);
    text.addEventListener("click", () => text.classList.toggle("open"));
    const image = images?.[row];
    const picture = image ? [make("img", "thumbnail", { src: image, alt: "", loading: "lazy" })] : [];
    const label = labels.labelOf(id);
    const line = make(
      "tr", "", {}, make("td", "", {}, box), make("td", "text", {}, ...picture, text),
      cell(label === null ? "" : labels.nameOf(label), strings.label_of),
      cell(labels.guess(row), strings.prediction_of),
    );
    line.addEventListener("pointerenter", () => this.ringAt(row));
    line.addEventListener("pointerleave", () => this.ringAt(-1));
    return line;
  }

  /** @param {number} row */
  ringAt(row) {
    this.map.painter.drawOver(this.map.scene, { hover: row });
  }
}

/**
 * @param {string} words
 * @param {string} name The column, which narrow screens show beside the words.
 */
function cell(words, name) {
  return make("td", "", { "data-name": name }, ...(words ? [words] : []));
}
