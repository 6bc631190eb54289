// How far the work is and whether it is saved, above the item; what was done last, below the buttons.

import { clock, make, say } from "../common/dom.js";
import { chip } from "./drawing.js";

/** @param {number} n */
const number = (n) => Math.max(0, n).toLocaleString();

export class Head {
  /** A sentence of the server. */
  notice = "";
  last = "";
  /** @type {import("../common/types").Label} */
  lastClass = null;

  /** @param {import("./card.js").Card} card */
  constructor(card) {
    this.card = card;
    this.progress = make("span", "progress");
    this.status = make("span", "status", { role: "status" });
    this.box = make("header", "", {}, this.progress, this.status);
    this.lastLine = make("p", "last", { ariaLive: "polite" });
  }

  /**
   * @param {string} text
   * @param {import("../common/types").Label} label
   */
  tell(text, label) {
    this.last = text;
    this.lastClass = label;
    this.render();
    this.card.actions.render();
  }

  render() {
    const { card } = this;
    const { strings, labeled, remaining } = card.data;
    const moved = card.moved();
    const counts = { done: number(labeled + moved), left: number(remaining - moved) };
    this.progress.textContent = say(strings.progress, counts);
    const one = typeof this.lastClass === "number" ? card.classes.byId.get(this.lastClass) : undefined;
    this.lastLine.replaceChildren(...(one ? [chip(one.color)] : []));
    this.lastLine.append([this.notice, this.last].filter(Boolean).join(" · "));
    this.lastLine.classList.toggle("notice", Boolean(this.notice));
  }

  renderStatus() {
    const { outbox, data } = this.card;
    const { strings } = data;
    const state = outbox.connected() ? outbox.status() : "offline";
    const n = outbox.waiting().length;
    const words = state === "offline" && !n ? "offline_idle" : n === 1 ? `${state}_one` : `${state}_many`;
    const text = state === "idle" ? "" : say(strings[state] ?? strings[words], { time: clock(outbox.savedAt), n });
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.className = `status ${state}`;
    // Every "Saved" read aloud would drown the item; trouble is announced.
    this.status.ariaLive = state === "offline" || state === "slow" ? "polite" : "off";
  }
}
