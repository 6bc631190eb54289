// Class by class: how often the model is right, and the items behind every mistake.

import { breakable, make, say } from "../common/dom.js";
import { sheetButton } from "./bar.js";

/** @typedef {import("./types").ReportData} ReportData */

const MOST_COLUMNS = 24; // of a matrix that one can still read
const MOST_PAIRS = 30;

export class Report {
  /** @type {string | undefined} What was drawn last. */
  drawn = undefined;

  /** @param {import("./sheet.js").Sheet} sheet */
  constructor(sheet) {
    this.sheet = sheet;
    const { strings } = sheet.data;
    this.button = sheetButton(strings.by_class, () => {
      sheet.room.details = !sheet.room.details;
      this.render();
    });
    this.button.classList.add("opens");
    this.box = make("div", "report", { hidden: true, role: "region", ariaLabel: strings.by_class });
  }

  render() {
    const { report, strings, classes } = this.sheet.data;
    this.button.hidden = !report;
    this.box.hidden = !report || !this.sheet.room.details;
    this.button.ariaExpanded = String(!this.box.hidden);
    if (!report || this.box.hidden) return;
    const now = JSON.stringify([report, classes]);
    if (now === this.drawn) return;
    this.drawn = now;
    this.box.replaceChildren(
      make("p", "soft", {}, report.words),
      make("div", "scroll", { tabIndex: 0, role: "region", ariaLabel: strings.by_class }, this.table(report)),
      ...(report.cells.length ? [make("h3", "", {}, strings.mixed_up), this.matrix(report)] : []),
    );
  }

  /** @param {number} place */
  nameOf(place) {
    return this.sheet.data.classes[place]?.name ?? this.sheet.data.strings.none;
  }

  /** @param {ReportData} report */
  table(report) {
    const { strings } = this.sheet.data;
    const { labelled, predicted, precision, recall, missed, wrong } = strings;
    const titles = [strings.class, labelled, predicted, precision, recall, missed, wrong];
    const head = make("tr", "", {}, ...titles.map((one) => make("th", "", { scope: "col" }, one)));
    const lines = report.classes.map((one) => {
      const name = this.nameOf(one.place);
      return make(
        "tr", "", {}, make("th", "", { scope: "row", dir: "auto" }, ...this.named(one.place)),
        make("td", "n", {}, this.sheet.number(one.labelled)), make("td", "n", {}, this.sheet.number(one.predicted)),
        figure(one.precision, one.precision_range), figure(one.recall, one.recall_range),
        make("td", "n", {}, this.opener(one.missed, say(strings.missed_of, { name }))),
        make("td", "n", {}, this.opener(one.wrong, say(strings.wrong_of, { name }))),
      );
    });
    return make("table", "figures", {}, make("thead", "", {}, head), make("tbody", "", {}, ...lines));
  }

  /** @param {number} place */
  named(place) {
    const chip = make("i", "chip", { ariaHidden: "true" });
    chip.style.setProperty("--class", this.sheet.data.classes[place]?.color ?? "transparent");
    return [chip, make("span", "", {}, ...breakable(this.nameOf(place)))];
  }

  /**
   * A number that shows its items in the sheet.
   * @param {number[]} ids
   * @param {string} title
   */
  opener(ids, title) {
    if (!ids.length) return "0";
    const node = make("button", "cell", { type: "button", title }, this.sheet.number(ids.length));
    node.ariaLabel = `${title}: ${ids.length}`;
    node.addEventListener("click", () => {
      this.sheet.filters.show(title, ids);
      this.sheet.grid.box.scrollIntoView({ block: "nearest" });
      this.sheet.focus();
    });
    return node;
  }

  /**
   * @param {number} truth
   * @param {number} said
   */
  words(truth, said) {
    const { strings } = this.sheet.data;
    const names = { name: this.nameOf(truth), other: this.nameOf(said) };
    return say(truth === said ? strings.right : strings.taken_for, names);
  }

  /** @param {ReportData} report */
  matrix(report) {
    const places = [...new Set(report.cells.flatMap((one) => [one.true, one.said]))];
    places.sort((a, b) => (a < 0 ? Infinity : a) - (b < 0 ? Infinity : b));
    if (places.length > MOST_COLUMNS) return this.pairs(report);
    const { strings } = this.sheet.data;
    const cells = new Map(report.cells.map((one) => [`${one.true},${one.said}`, one]));
    const most = Math.max(...report.cells.map((one) => one.ids.length));
    const corner = make("th", "corner", { scope: "col" }, strings.matrix_corner);
    const head = places.map((one) =>
      make("th", "", { scope: "col", dir: "auto" }, make("span", "", {}, ...breakable(this.nameOf(one)))));
    const lines = places.map((truth) => make(
      "tr", "", {}, make("th", "", { scope: "row", dir: "auto" }, ...this.named(truth)),
      ...places.map((said) => {
        const ids = cells.get(`${truth},${said}`)?.ids ?? [];
        const inside = ids.length ? this.opener(ids, this.words(truth, said)) : "";
        const node = make("td", truth === said ? "right" : "", {}, inside);
        node.style.setProperty("--share", String(ids.length / most));
        return node;
      }),
    ));
    const top = make("thead", "", {}, make("tr", "", {}, corner, ...head));
    const table = make("table", "matrix", {}, top, make("tbody", "", {}, ...lines));
    return make("div", "scroll", { tabIndex: 0, role: "region", ariaLabel: strings.mixed_up }, table);
  }

  /**
   * Of very many classes only the pairs that occur, most first.
   * @param {ReportData} report
   */
  pairs(report) {
    const mixed = report.cells.filter((one) => one.true !== one.said);
    mixed.sort((a, b) => b.ids.length - a.ids.length);
    const lines = mixed.slice(0, MOST_PAIRS).map((one) => {
      const words = this.words(one.true, one.said);
      return make("li", "", { dir: "auto" }, this.opener(one.ids, words), ` ${words}`);
    });
    return make("ul", "pairs", {}, ...lines);
  }
}

/**
 * @param {string} value
 * @param {string} range
 */
function figure(value, range) {
  return make("td", "n", {}, make("span", "", {}, value), make("span", "soft", {}, ` ${range}`));
}
