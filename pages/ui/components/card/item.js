// The item on screen, and the line below it that says why it is there.

import { clock, make, quiet, say } from "../common/dom.js";
import { plainButton } from "./drawing.js";

const LONG = 700;
const MIDDLE = 160;
const FOLDED = 2000; // signs of a long text that are shown at first

export class ItemFace {
  /** @type {number | undefined} The item that was drawn last. */
  drawn = undefined;
  /** @type {number | undefined} The item whose long text is shown whole. */
  whole = undefined;

  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card;
    this.picture = quiet(make("img", "picture", { hidden: true, alt: "" }), () => this.zoom());
    this.text = make("div", "text", { dir: "auto" });
    this.pair = make("div", "text pair", { dir: "auto", hidden: true });
    const props = { tabIndex: 0, role: "region", ariaLive: "polite", ariaLabel: card.data.strings.item };
    this.more = plainButton(card.data.strings.show_all, () => this.unfold());
    this.meta = make("dl", "meta", { hidden: true });
    this.box = make("div", "item", props, this.picture, this.text, this.more, this.pair, this.meta);
    this.why = make("p", "why");
  }

  zoom() {
    this.picture.classList.toggle("zoomed");
  }

  unfold() {
    this.whole = this.card.current?.id;
    this.render();
  }

  /** @param {[string, string][]} meta */
  renderMeta(meta) {
    this.meta.hidden = !meta.length;
    this.meta.replaceChildren(...meta.flatMap(([name, value]) =>
      [make("dt", "", {}, name), make("dd", "", { dir: "auto" }, value)]));
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
    this.renderPicture(item?.image ?? "");
    this.renderText(item);
    this.box.classList.toggle("audit", Boolean(item?.audit));
    this.box.classList.toggle("flagged", Boolean(item?.flag));
    this.renderWhy();
  }

  /** @param {string} image */
  renderPicture(image) {
    if (this.picture.getAttribute("src") === image) return;
    if (image) this.picture.src = image;
    else this.picture.removeAttribute("src");
    this.picture.hidden = !image;
    this.picture.classList.remove("zoomed");
  }

  /** @param {import("./types").Item | null} item */
  renderText(item) {
    const whole = item ? item.text : this.emptyWords;
    const folds = item !== null && whole.length > FOLDED && this.whole !== item.id;
    const text = folds ? `${whole.slice(0, FOLDED).trimEnd()}…` : whole;
    this.more.hidden = !folds;
    if (this.drawn === item?.id && this.text.textContent === text) return;
    if (this.drawn !== item?.id) this.box.scrollTop = 0;
    this.drawn = item?.id;
    this.text.textContent = text;
    this.pair.textContent = item?.pair ?? "";
    this.pair.hidden = !item?.pair;
    this.renderMeta(item?.meta ?? []);
    this.picture.alt = item?.image ? text : "";
    this.box.className = item ? `item ${sizeOf(text)} ${item.image ? "pictured" : ""}` : "item empty";
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

/** @param {string} text */
function sizeOf(text) {
  return text.length > LONG ? "long" : text.length > MIDDLE ? "middle" : "short";
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
