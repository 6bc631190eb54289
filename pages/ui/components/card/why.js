// The labelled examples behind the suggestion.

import { make } from "../common/dom.js";
import { chip } from "./drawing.js";

export class Why {
  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card;
    this.box = make("div", "pulls", { hidden: true, role: "region", ariaLabel: card.data.strings.why });
  }

  toggle() {
    this.card.desk.why = !this.card.desk.why;
    this.render();
  }

  render() {
    const { card } = this;
    const { strings } = card.data;
    const item = card.current;
    this.box.hidden = !card.desk.why || !item;
    card.actions.why.setAttribute("aria-expanded", String(!this.box.hidden));
    if (this.box.hidden || !item) return;
    const pulls = item.pulls ?? [];
    const silent = item.audit ? strings.pulls_hidden : strings.no_pulls;
    const rows = pulls.map((pull) => this.row(pull));
    this.box.replaceChildren(make("p", "", {}, pulls.length ? strings.pulls : silent), make("ul", "", {}, ...rows));
  }

  /** @param {import("./types").Pull} pull */
  row({ text, image, label, weight }) {
    const one = this.card.classes.byId.get(label);
    const level = make("i");
    level.style.width = `${weight * 100}%`;
    return make(
      "li", "", {}, chip(one?.color, { ariaHidden: "true" }), make("strong", "", { dir: "auto" }, one?.name ?? ""),
      image
        ? make("img", "small", { src: image, alt: text, title: text })
        : make("span", "quote", { dir: "auto" }, text),
      make("span", "weight", { ariaHidden: "true" }, level),
    );
  }
}
