// The row above the map: search, tools, colours, zoom, and the list of keys.

import { helpRows, make, quiet, say } from "../common/dom.js";
import { ZOOM } from "./keys.js";

/** @typedef {import("./types").Mode} Mode */
/** @typedef {import("./types").Tool} Tool */

const LONGEST_SEARCH = 2000;
const TOOLS = /** @type {const} */ (["lasso", "box", "move"]);
const MODES = /** @type {const} */ (["label", "prediction", "confidence"]);

export class Tools {
  /** @param {import("./map.js").LassoMap} map */
  constructor(map) {
    this.map = map;
    const { strings, help, acts } = map.data;
    this.radios = {
      tool: new Map(TOOLS.map((one) => [one, this.radio(strings[one], () => this.pickTool(one))])),
      mode: new Map(MODES.map((one) => [one, this.radio(strings[one], () => this.pickMode(one))])),
    };
    const hint = say(strings.search, { key: acts.search });
    const words = { placeholder: hint, ariaLabel: hint };
    this.search = make("input", "find", { type: "search", ...words, autocomplete: "off", maxLength: LONGEST_SEARCH });
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) this.searchFor();
    });
    const range = { type: "number", min: 1, max: map.data.most_found, value: map.kept.count };
    this.count = make("input", "count", { ...range, ariaLabel: strings.how_many });
    this.count.addEventListener("input", () => this.setCount());
    const find = mapButton(strings.find, () => this.searchFor());
    this.helpButton = mapButton(strings.help, () => this.toggleHelp(), { ariaExpanded: "false" }, acts.help);
    this.box = make(
      "div", "tools", {},
      make("div", "search", {}, this.search, this.count, find),
      make("div", "group", { role: "group", ariaLabel: strings.tool }, ...this.radios.tool.values()),
      make("div", "group", { role: "group", ariaLabel: strings.color_by }, ...this.radios.mode.values()),
      make("div", "group", {}, ...this.zooming()),
      this.helpButton,
    );
    this.help = make("div", "help", { hidden: true, role: "region", ariaLabel: strings.help }, ...helpRows(help));
  }

  /**
   * @param {string} text
   * @param {() => void} act
   */
  radio(text, act) {
    return mapButton(text, act, { ariaPressed: "false" });
  }

  zooming() {
    const { map } = this;
    const { strings } = map.data;
    const acts = [
      { sign: "+", label: strings.zoom_in, act: () => map.view.zoom(ZOOM) },
      { sign: "−", label: strings.zoom_out, act: () => map.view.zoom(1 / ZOOM) },
      { sign: "⤢", label: strings.zoom_fit, act: () => map.view.fit() },
    ];
    return acts.map(({ sign, label, act }) =>
      mapButton(sign, () => {
        act();
        map.hand.moved();
      }, { ariaLabel: label, title: label }));
  }

  /** @param {Tool} tool */
  pickTool(tool) {
    this.map.kept.tool = tool;
    this.renderRadios();
  }

  /** @param {Mode} mode */
  pickMode(mode) {
    const { map } = this;
    map.kept.mode = mode;
    this.renderRadios();
    if (!map.points) return;
    map.legend.hold(null);
    map.restyle();
    map.repaint();
  }

  renderRadios() {
    const { kept, stage, legend } = this.map;
    for (const [value, node] of this.radios.tool) node.ariaPressed = String(value === kept.tool);
    for (const [value, node] of this.radios.mode) node.ariaPressed = String(value === kept.mode);
    stage.dataset.tool = kept.tool;
    legend.scaleBar.hidden = kept.mode !== "confidence";
  }

  searchFor() {
    const { map } = this;
    const text = this.search.value.trim();
    if (!text) return map.selection.clear();
    map.bar.notice = "";
    map.selection.ask("search", { text });
    map.bar.render();
    map.focus();
  }

  setCount() {
    const { kept, data, selection } = this.map;
    kept.count = Math.min(Math.max(Math.round(Number(this.count.value)) || 1, 1), data.most_found);
    selection.selectFound();
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.ariaExpanded = String(!this.help.hidden);
  }
}

/**
 * A button, with the key that does the same before its words.
 * @param {string} text
 * @param {() => void} act
 * @param {Record<string, unknown>} [props]
 * @param {string} [key]
 */
export function mapButton(text, act, props = {}, key = "") {
  const cap = key ? [make("kbd", "", { ariaHidden: "true" }, key)] : [];
  return quiet(make("button", "act", { type: "button", ...props }, ...cap, text), act);
}
