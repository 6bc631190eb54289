// The classes beside the map: their signs and counts. One of them labels the selection, or is held up on the map.

import { breakable, make, matching, quiet } from "../common/dom.js";
import { leave } from "./keys.js";
import { styleOf } from "./scene.js";
import { pen } from "./stamp.js";

/** @typedef {import("../common/types").Label} Label */
/** @typedef {{ id: Label, name: string, key: string, description?: string }} Row */

const SWATCH = 11;

export class Legend {
  /** @type {Map<Label, { node: HTMLButtonElement, swatch: HTMLCanvasElement, count: HTMLElement }>} */
  entries = new Map();
  /** @type {number | null} The code of the class under the pointer. */
  only = null;
  /** @type {number | null} The code of the class that was chosen to stand out. */
  pinned = null;
  /** @type {string | null} What the signs were last painted from. */
  swatchesOf = null;

  /** @param {import("./map.js").LassoMap} map */
  constructor(map) {
    this.map = map;
    const { strings } = map.data;
    const words = { placeholder: strings.filter, ariaLabel: strings.filter };
    this.filter = make("input", "filter", { type: "search", ...words, autocomplete: "off" });
    this.filter.addEventListener("input", () => this.renderFilter());
    this.classes = make("div", "classes", { role: "group", ariaLabel: strings.classes });
    this.scale = make("i");
    const ends = ["0 %", "100 %"].map((text) => make("span", "", {}, text));
    this.scaleBar = make("div", "scale", { hidden: true }, ends[0], this.scale, ends[1]);
    const marks = make("p", "marks", {}, strings.marks);
    this.box = make("div", "legend", {}, this.scaleBar, this.filter, this.classes, marks);
  }

  /** The classes are others, or look otherwise. */
  rebuild() {
    const { classes, strings, acts, few } = this.map.data;
    /** @type {Row[]} */
    const rows = [
      ...classes,
      { id: "none", name: strings.none, key: acts.none },
      { id: null, name: strings.unlabeled, key: "del" },
    ];
    this.entries = new Map(rows.map((one) => [one.id, this.entry(one)]));
    this.classes.replaceChildren(...[...this.entries.values()].map((entry) => entry.node));
    this.filter.hidden = classes.length <= few;
    this.renderFilter();
    this.swatchesOf = null;
  }

  /** @param {Row} one */
  entry(one) {
    const { map } = this;
    const swatch = make("canvas", "swatch", { ariaHidden: "true" });
    const count = make("span", "number");
    const name = make("span", "name", { dir: "auto" }, ...breakable(one.name));
    const key = make("kbd", "", { ariaHidden: "true", hidden: !one.key }, one.key);
    const props = { type: "button", title: one.description || one.name, ariaPressed: "false" };
    const node = make("button", "class", props, swatch, name, count, key);
    quiet(node, () => this.choose(one.id));
    // Twice on a class takes all of it: with a finger or a key as well.
    node.addEventListener("dblclick", () => map.selection.size || this.selectClass(one.id));
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.shiftKey) leave(map, event, () => this.selectClass(one.id));
    });
    node.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && this.offer(one.id));
    node.addEventListener("pointerleave", () => this.offer(undefined));
    node.addEventListener("focus", () => node.matches(":focus-visible") && this.offer(one.id));
    node.addEventListener("blur", () => this.offer(undefined));
    return { node, swatch, count };
  }

  /**
   * Show what a class would do to the selection; without one, its points.
   * @param {Label | undefined} label
   */
  offer(label) {
    const { map } = this;
    const on = label !== undefined;
    this.only = on && !map.selection.size ? map.labels.codeOf(label) : null;
    map.bar.offered = on && map.selection.size ? label : undefined;
    map.bar.renderWill();
    map.repaint();
  }

  /**
   * A class of the legend was chosen: it labels the selection, or is held up on the map.
   * @param {Label} label
   */
  choose(label) {
    const { map } = this;
    if (map.selection.size) return map.steps.label(label);
    const code = map.labels.codeOf(label);
    this.pinned = this.pinned === code ? null : code;
    this.renderPins();
    map.repaint();
  }

  /**
   * Let a class stand out, or none.
   * @param {number | null} code
   */
  hold(code) {
    this.pinned = this.only = code;
    this.renderPins();
  }

  /** @param {Label} label */
  selectClass(label) {
    const { labels, kept, selection } = this.map;
    const code = labels.codeOf(label);
    this.hold(null);
    const carriers = labels.carriers(code, kept.mode);
    selection.selectRows([...carriers.keys()].filter((row) => carriers[row] === code));
  }

  matching() {
    return matching(this.map.data.classes, this.filter.value);
  }

  // -- on screen -------------------------------------------------------------------------------

  paintSwatches() {
    const { labels, painter, scene } = this.map;
    for (const [label, { swatch }] of this.entries) {
      const picture = painter.picture({ ...scene, mode: "label" }, styleOf(labels.codeOf(label)), SWATCH, "");
      [swatch.width, swatch.height] = [picture.width, picture.height];
      pen(swatch).drawImage(picture, 0, 0);
      swatch.style.width = swatch.style.height = `${picture.width / painter.dpr}px`;
    }
    this.scale.style.background = `linear-gradient(to right, ${this.map.data.scale.join(",")})`;
  }

  renderCounts() {
    const { map } = this;
    const { labels, painter } = map;
    const given = counted(labels.codes);
    const shown = map.kept.mode === "prediction" ? counted(labels.predicted) : given;
    for (const [label, entry] of this.entries) {
      const code = labels.codeOf(label);
      const n = (code < 0 ? given : shown).get(code) ?? 0;
      entry.count.textContent = map.number(n);
      entry.node.classList.toggle("nothing", !n);
    }
    const looks = JSON.stringify([map.shape, painter.dpr, map.data.scale]);
    if (this.swatchesOf === looks && painter.ink) return;
    this.swatchesOf = looks;
    painter.theme(map.box);
    this.paintSwatches();
  }

  renderPins() {
    for (const [label, { node }] of this.entries) {
      node.ariaPressed = String(this.pinned === this.map.labels.codeOf(label));
    }
  }

  renderFilter() {
    /** @type {Set<Label>} */
    const found = new Set(this.matching().map((one) => one.id));
    for (const [label, { node }] of this.entries) node.hidden = typeof label === "number" && !found.has(label);
  }
}

/**
 * How many rows have each code.
 * @param {Int16Array} codes
 */
function counted(codes) {
  /** @type {Map<number, number>} */
  const found = new Map();
  for (const code of codes) found.set(code, (found.get(code) ?? 0) + 1);
  return found;
}
