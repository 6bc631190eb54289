// The item on screen, and the line below it that says why it is there.

import { clock, make, quiet, say } from "../common/dom.js";

const LONG = 700;
const MIDDLE = 160;

export class ItemFace {
  /** @type {number | undefined} The item that was drawn last. */
  drawn = undefined;

  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card;
    this.picture = quiet(make("img", "picture", { hidden: true, alt: "" }), () => this.zoom());
    this.text = make("div", "text", { dir: "auto" });
    this.pair = make("div", "text pair", { dir: "auto", hidden: true });
    const props = { tabIndex: 0, role: "region", ariaLive: "polite", ariaLabel: card.data.strings.item };
    this.box = make("div", "item", props, this.picture, this.text, this.pair);
    this.why = make("p", "why");
  }

  zoom() {
    this.picture.classList.toggle("zoomed");
  }

  /** What stands where no item is. */
  get emptyWords() {
    const { card } = this;
    const { strings, narrowed, items, remaining } = card.data;
    const done = narrowed ? !items.length : remaining - card.moved() <= 0;
    if (!done || card.wanted != null) return strings.loading;
    return narrowed ? strings.none_left : strings.all_done;
  }

  render() {
    const item = this.card.current;
    const text = item ? item.text : this.emptyWords;
    const image = item?.image ?? "";
    if (this.picture.getAttribute("src") !== image) {
      if (image) this.picture.src = image;
      else this.picture.removeAttribute("src");
      this.picture.hidden = !image;
      this.picture.classList.remove("zoomed");
    }
    if (this.drawn !== item?.id || this.text.textContent !== text) {
      this.drawn = item?.id;
      this.text.textContent = text;
      this.pair.textContent = item?.pair ?? "";
      this.pair.hidden = !item?.pair;
      this.box.scrollTop = 0;
      const size = text.length > LONG ? "long" : text.length > MIDDLE ? "middle" : "short";
      this.box.className = `item ${item ? size : "empty"} ${image ? "pictured" : ""}`;
      this.picture.alt = image ? text : "";
    }
    this.box.classList.toggle("audit", Boolean(item?.audit));
    this.box.classList.toggle("flagged", Boolean(item?.flag));
    this.renderWhy();
  }

  renderWhy() {
    const { card } = this;
    const { strings } = card.data;
    const item = card.current;
    const theirs = item?.theirs ? whoLabeled(card, item.theirs, item.theirs.label) : "";
    // What a model set on a check item stays hidden, as its suggestions do.
    const seen = item && item.label != null && !item.audit;
    const was = seen ? say(strings.labeled_now, { name: card.nameOf(item.label) }) : "";
    const flag = item?.flag ? `⚑ ${strings.flagged_now}` : "";
    // Why it was its turn ("none labelled yet") no longer holds once somebody has labelled it.
    const why = theirs ? "" : item?.why;
    this.why.textContent = item ? [theirs, was, flag, why, item.said].filter(Boolean).join(" · ") : "";
    this.why.classList.toggle("theirs", Boolean(theirs));
  }
}

/**
 * Who gave an item the label that it has.
 * @param {import("./card.js").Card} card
 * @param {{ who: string, own: boolean, at: number }} one
 * @param {import("../common/types").Label} label
 */
export function whoLabeled(card, one, label) {
  const { strings } = card.data;
  const time = clock(one.at, { hour: "2-digit", minute: "2-digit" });
  const words = one.own ? strings.you_labeled : strings.they_labeled;
  return say(words, { who: one.who || strings.somebody, name: card.nameOf(label), time });
}
