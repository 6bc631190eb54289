// The card: which item is on screen, what the person does with it, what the server answers.

import { make, matching, say } from "../common/dom.js";
import { ACK } from "../common/events.js";
import { alive, giveUp, placeIn, takeOver } from "../common/mount.js";
import { Actions } from "./actions.js";
import { Classes } from "./classes.js";
import { Clash } from "./clash.js";
import { deskOf } from "./desk.js";
import { Head } from "./head.js";
import { Help } from "./help.js";
import { ItemFace } from "./item.js";
import { onKey } from "./keys.js";
import { Search } from "./search.js";
import { Steps } from "./steps.js";
import { Why } from "./why.js";

/** @typedef {import("./types").CardData} CardData */
/** @typedef {import("./types").Item} Item */
/** @typedef {import("../common/types").Label} Label */

const REMOUNT_MS = 1000;
const FREEZE_MS = 600; // suggestions that came this late no longer change places under the eye
const RESUME_MS = 1500; // wait so long for the item that an earlier visit left on screen

export class Card {
  /** @type {(wish: import("./types").Wish) => void} */
  ask = () => {};
  /** @type {string | undefined} The classes as they were last drawn. */
  shape = undefined;
  /** @type {number | undefined} The last wish of the server that was followed. */
  shown = undefined;
  /** @type {number | undefined} The last sentence of the server that was told. */
  noticed = undefined;
  resuming = false;
  stops = new AbortController();

  /**
   * @param {HTMLElement | ShadowRoot} root
   * @param {CardData} data
   */
  constructor(root, data) {
    this.project = data.project;
    this.data = data;
    this.multi = data.multi;
    this.desk = deskOf(data.project);
    this.outbox = this.desk.outbox;
    const before = alive();
    /** @type {Card | null} */
    const heir = before instanceof Card && before.project === data.project ? before : null;
    // Taken away and put back by the app in one breath: the same item, before the server can send it again.
    const { left } = this.desk;
    const back = left && performance.now() - left.at < REMOUNT_MS ? left.item : null;
    /** @type {Item | null} */
    this.current = heir ? heir.current : back;
    /** @type {number} */
    this.shownAt = heir ? heir.shownAt : 0;
    /** @type {Set<number>} The classes chosen so far, where an item takes several. */
    this.picked = heir ? heir.picked : new Set();
    /** @type {number | null} The item that an earlier visit left on screen, as long as we wait for it. */
    this.wanted = heir || this.current ? null : this.outbox.here();
    const focused = heir?.hasFocus();
    takeOver(this);
    this.outbox.changed = () => this.head.renderStatus();
    this.steps = new Steps(this);
    this.head = new Head(this);
    this.face = new ItemFace(this);
    this.classes = new Classes(this);
    this.clash = new Clash(this);
    this.search = new Search(this);
    this.why = new Why(this);
    this.help = new Help(this);
    this.actions = new Actions(this);
    this.box = make(
      "section", "card", { tabIndex: -1, ariaLabel: data.strings.card },
      this.head.box, this.clash.box, this.search.box, this.face.box, this.face.why, this.why.box,
      this.classes.box, this.actions.box, this.head.lastLine, this.help.box,
    );
    placeIn(root).append(this.box);
    this.listen();
    if (focused || !document.activeElement || document.activeElement === document.body) this.focus();
  }

  listen() {
    const { signal } = this.stops;
    // Capturing: the app's own single-letter shortcuts must not see a key that labels.
    window.addEventListener("keydown", (event) => onKey(this, event), { capture: true, signal });
    window.addEventListener(ACK, ({ detail }) => {
      if (detail.project !== this.project) return;
      this.outbox.acknowledge(detail.acks, detail.saved_at);
      this.outbox.pump();
      this.head.renderStatus();
    }, { signal });
    this.clock = setInterval(() => this.tick(), 500);
  }

  hasFocus() {
    return /** @type {Document | ShadowRoot} */ (this.box.getRootNode()).activeElement != null;
  }

  destroy() {
    giveUp(this);
    this.desk.left = { item: this.current, at: performance.now() };
    this.stops.abort();
    clearInterval(this.clock);
    this.outbox.stop();
    this.box.remove();
  }

  tick() {
    this.outbox.tick();
    this.head.renderStatus();
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  // -- the server's answers --------------------------------------------------------------------

  /** @param {CardData} data */
  update(data) {
    const before = this.data;
    this.data = data;
    this.multi = data.multi;
    this.outbox.acknowledge(data.acks, data.saved_at);
    this.outbox.reflect(data.acks);
    const shape = JSON.stringify(data.classes);
    if (shape !== this.shape) {
      this.shape = shape;
      this.classes.rebuild();
    }
    if (before.view !== data.view) {
      this.current = this.wanted = null;
      // Who has just chosen what comes next wants to label it, unless more is to be set in the same box.
      if (!document.activeElement?.closest('[data-testid="stPopoverBody"]')) this.focus();
    }
    if (data.show && data.show.nonce !== this.shown) {
      this.shown = data.show.nonce;
      this.wanted = null;
      this.open(data.show.item);
      if (data.show.item && !data.show.quiet) this.focus();
    }
    if (this.current) this.freshen(this.current);
    else if (!this.resume()) this.advance();
    const notice = data.notices.at(-1);
    if (notice && notice.nonce !== this.noticed) {
      this.noticed = notice.nonce;
      this.head.notice = notice.text;
    }
    this.render();
  }

  /**
   * New suggestions for the item on screen; among many classes only while nobody can have read them.
   * @param {Item} current
   */
  freshen(current) {
    const item = this.data.items.find((one) => one.id === current.id);
    const fresh = this.data.fresh[current.id];
    const news = item ?? fresh;
    // Words fit the item as it is now, at any time: a label of somebody else may come and go.
    if (news) this.current = current = { ...current, theirs: fresh?.theirs, why: item?.why ?? current.why };
    if (!news || (!item && !news.top.length)) return;
    const calm = this.classes.few || !current.top.length || performance.now() - this.shownAt < FREEZE_MS;
    if (calm) this.current = { ...current, top: news.top, pulls: news.pulls };
  }

  /** Go on with the item that an earlier visit left on screen; whether it is here or on its way. */
  resume() {
    const id = this.wanted;
    if (id == null || this.outbox.taken().has(id)) return false;
    const item = this.data.items.find((one) => one.id === id);
    if (item) {
      this.wanted = null;
      this.open(item);
      return true;
    }
    if (this.resuming) return true;
    this.resuming = true;
    this.ask({ resume: id });
    setTimeout(() => {
      if (alive() !== this || this.current || this.wanted == null) return;
      this.wanted = null;
      this.advance();
    }, RESUME_MS);
    return true;
  }

  // -- what the person does --------------------------------------------------------------------

  /**
   * One class: with several labels an item the key only chooses, and Enter confirms.
   * @param {number | "none"} label
   */
  label(label) {
    if (!this.multi || label === "none") return this.steps.act("label", label);
    if (!this.current) return;
    if (!this.picked.delete(label)) this.picked.add(label);
    this.renderPicked();
  }

  confirm() {
    if (this.picked.size) this.steps.act("label", [...this.picked].sort((a, b) => a - b));
    else this.tell("nothing_picked");
  }

  /**
   * The line below the buttons: what was done last.
   * @param {string} name
   * @param {Label} [label]
   */
  tell(name, label = null) {
    const { strings, acts } = this.data;
    this.head.tell(say(strings[name], { name: this.nameOf(label), key: acts.none }), label);
  }

  /** @param {Item | null} item */
  open(item) {
    this.current = item;
    this.picked = new Set(Array.isArray(item?.label) && !item.audit ? item.label : []);
    this.shownAt = performance.now();
    if (item) this.outbox.stay(item.id);
  }

  advance() {
    const taken = this.outbox.taken();
    const next = this.data.items.find((item) => item.id !== this.current?.id && !taken.has(item.id));
    this.open(next ?? null);
    this.render();
  }

  // -- on screen -------------------------------------------------------------------------------

  /**
   * @param {Label | undefined} label
   * @returns {string}
   */
  nameOf(label) {
    if (Array.isArray(label)) return label.map((one) => this.nameOf(one)).join(", ");
    if (label === "none") return this.data.strings.none;
    return this.data.classes.find((one) => one.id === label)?.name ?? "";
  }

  /** @param {string} text */
  matching(text) {
    return matching(this.data.classes, text);
  }

  /** By how much labels on their way move the counts: only one on an item that had none does. */
  moved() {
    return this.outbox.log.reduce((sum, event) => {
      const counts = (event.of ?? event.op) === "label" && event.was == null;
      return sum + (!counts ? 0 : event.op === "undo" ? -1 : 1);
    }, 0);
  }

  render() {
    this.face.render();
    this.actions.render();
    this.classes.render();
    this.renderPicked();
    this.head.render();
    this.head.renderStatus();
    this.search.render();
    this.clash.render();
    this.why.render();
  }

  renderPicked() {
    if (!this.multi) return;
    this.classes.renderPicked();
    this.actions.renderPicked();
  }
}
