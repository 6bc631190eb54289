// Two people, one item: the person decides which label holds.

import { make, say } from "../common/dom.js";
import { actButton } from "./drawing.js";
import { whoLabeled } from "./item.js";

const QUOTE = 120;

export class Clash {
  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card;
    const { strings, acts } = card.data;
    const sides = [
      actButton(strings.keep, `⇧${acts.keep}`, () => this.settle(false)),
      actButton(strings.replace, `⇧${acts.replace}`, () => this.settle(true)),
    ];
    this.words = make("p");
    this.box = make("div", "clash", { hidden: true, role: "alert" }, this.words, make("div", "acts", {}, ...sides));
  }

  /** The one that waits for a decision. */
  collision() {
    return this.card.data.collisions.find((one) => !this.card.desk.answered.has(one.nonce));
  }

  /** @param {boolean} replace */
  settle(replace) {
    const { card } = this;
    const one = this.collision();
    if (!one) return;
    card.desk.answered.add(one.nonce);
    if (replace) {
      const item = { id: one.item, text: one.text, pair: null, why: "", top: [], label: one.theirs };
      const seq = card.outbox.push({ op: "label", id: one.item, label: one.mine, was: one.theirs });
      card.steps.did({ op: "label", item, label: one.mine, seq });
      card.tell("labeled_as", one.mine);
    } else {
      card.outbox.push({ op: "keep", id: one.item });
      card.tell("kept");
    }
    this.render();
    card.focus();
  }

  render() {
    const { card } = this;
    const one = this.collision();
    this.box.hidden = !one;
    if (!one || this.box.dataset.nonce === String(one.nonce)) return;
    this.box.dataset.nonce = String(one.nonce);
    const text = one.text.length > QUOTE ? `${one.text.slice(0, QUOTE)}…` : one.text;
    this.words.replaceChildren(
      make("strong", "", {}, whoLabeled(card, one, one.theirs)), " ",
      say(card.data.strings.you_chose, { name: card.nameOf(one.mine) }),
      make("span", "quote", { dir: "auto" }, text),
    );
  }
}
