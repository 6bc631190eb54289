// Labels on their way to the server: numbered, kept in localStorage, sent again until acknowledged.

import { WAKE } from "./events.js";
import { forget, keysWith, read, write } from "./storage.js";

const RESEND_MS = 3000; // no acknowledgement for this long: send again (the server drops what it has)
const STALE_MS = 8000; // a queue nobody has touched for this long belongs to a tab that is gone
const HOLD_MS = 900; // while the server still computes the next items, wait this long before sending more
const UNSEEN_MS = 100; // no picture for this long: nobody looks
const MOST_CLIENTS = 20; // loads of one tab that are remembered

/**
 * What a person did. ``of`` is the kind of act that is undone or redone, ``target`` its number, ``entry`` its
 * entry in the journal where the server has named it.
 * @typedef {object} Act
 * @property {"label" | "skip" | "flag" | "keep" | "class" | "undo" | "redo"} op
 * @property {string} [of]
 * @property {number | null} [id]
 * @property {number[]} [ids]
 * @property {Label} [label]
 * @property {Label | Label[]} [was]
 * @property {Label[]} [to]
 * @property {number[]} [answered]
 * @property {boolean} [bulk]
 * @property {boolean} [on]
 * @property {number} [target]
 * @property {number} [entry]
 * @property {number} [class]
 * @property {string} [key]
 * @property {string} [color]
 */
/** @typedef {Act & { seq: number, at: number }} Event */
/** @typedef {import("./types").Label} Label */
/** @typedef {import("./types").Acks} Acks */

/**
 * Once the next picture is on the screen; in a tab that nobody sees, which paints none, soon all the same.
 * @param {() => void} act
 */
function afterPaint(act) {
  let due = true;
  const once = () => {
    if (due) act();
    due = false;
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, UNSEEN_MS);
}

export class Outbox {
  /** @type {((message: object) => void) | null} */
  send = null;
  /** What to do when the status may be another. */
  changed = () => {};
  client = Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");
  seq = 0;
  /** @type {Event[]} Own events that the items from the server do not yet reflect. */
  log = [];
  saved = 0; // own events up to here are committed
  reflected = 0; // ... and up to here the items from the server know about them
  /** @type {Map<string, Event[]>} Events that an earlier load of this page, or a dead tab, left behind. */
  orphans = new Map();
  sent = 0;
  sentAt = 0;
  flying = false;
  woken = false;
  up = true;
  /** @type {number | null} */
  savedAt = null;
  /** @type {number | undefined} */
  timer = undefined;

  /** @param {number | string} project */
  constructor(project) {
    this.prefix = `handful:outbox:${project}:`;
    this.project = project;
    // A reload starts a new client; it takes over at once what its own earlier loads left.
    const earlier = read(sessionStorage, `${this.prefix}clients`) ?? [];
    write(sessionStorage, `${this.prefix}clients`, [...earlier, this.client].slice(-MOST_CLIENTS));
    this.adopt(new Set(earlier));
  }

  /**
   * Number an act and send it.
   * @param {Act} event
   */
  push(event) {
    this.log.push({ ...event, seq: ++this.seq, at: Date.now() });
    this.keep();
    // Sending makes the app draw itself anew at once: first the eye, for which the next item is already there.
    afterPaint(() => this.pump());
    return this.seq;
  }

  unsaved() {
    return this.log.filter((event) => event.seq > this.saved);
  }

  waiting() {
    return [...this.orphans.values()].flat().concat(this.unsaved());
  }

  /** Items that are already dealt with, whatever the server's list still says. */
  taken() {
    /** @type {Set<number | null | undefined>} */
    const ids = new Set();
    for (const event of [...[...this.orphans.values()].flat(), ...this.log]) {
      if (!["label", "skip"].includes(event.of ?? event.op)) continue;
      if (event.op === "undo") ids.delete(event.id);
      else ids.add(event.id);
    }
    return ids;
  }

  /**
   * @param {Acks} acks
   * @param {number | null} at
   */
  acknowledge(acks, at) {
    const own = acks[this.client] ?? 0;
    if (own > this.saved) {
      this.saved = own;
      this.savedAt = at;
    }
    for (const [client, events] of this.orphans) {
      const left = events.filter((event) => event.seq > (acks[client] ?? 0));
      if (left.length === events.length) continue;
      this.savedAt = at;
      if (left.length) this.orphans.set(client, left);
      else {
        this.orphans.delete(client);
        forget(this.prefix + client);
      }
    }
    if (this.saved >= this.sent && !this.orphans.size) this.flying = false;
    this.keep();
  }

  /** @param {Acks} acks */
  reflect(acks) {
    // A session that has not heard of this client reads from the database all that was saved before it.
    this.reflected = Math.max(this.reflected, acks[this.client] ?? this.saved);
    this.log = this.log.filter((event) => event.seq > this.reflected || event.seq > this.saved);
    if (this.woken) this.again(); // the run we asked for is here: what is still in flight goes out once more
    this.pump();
  }

  pump() {
    clearTimeout(this.timer);
    if (!this.send || !this.waiting().length || !this.connected()) return;
    const since = Date.now() - this.sentAt;
    let delay = 0;
    if (this.flying) delay = RESEND_MS - since; // sent into the void, or still under way
    else if (this.sent > this.reflected) delay = HOLD_MS - since;
    if (delay > 0) this.timer = setTimeout(() => this.pump(), delay);
    else this.ship();
  }

  /** Ask for a full run: a server that was started anew does not know the fragment that we send to. */
  wake() {
    this.woken = true;
    window.dispatchEvent(new CustomEvent(WAKE));
  }

  again() {
    this.woken = false;
    this.flying = false;
    this.sentAt = 0;
  }

  ship() {
    if (this.flying) this.wake();
    const batches = [...this.orphans].map(([client, events]) => ({ client, events }));
    const own = this.unsaved();
    if (own.length) batches.push({ client: this.client, events: own });
    this.sent = this.seq;
    this.sentAt = Date.now();
    this.flying = true;
    this.send?.({ project: this.project, batches });
    this.timer = setTimeout(() => this.pump(), RESEND_MS);
    this.changed();
  }

  /** Every half second: notice a connection that came back, and tabs that died with labels unsent. */
  tick() {
    const up = this.connected();
    if (up && this.up === false) {
      this.again();
      this.wake();
    }
    this.up = up;
    if (this.unsaved().length) this.keep();
    this.adopt(new Set());
    this.pump();
  }

  /** Whether the server is there. navigator.onLine does not tell: with the cable out it is false, and a server on
   *  this machine answers all the same. */
  connected() {
    /** @type {HTMLElement | null} */
    const app = document.querySelector('[data-testid="stApp"]');
    const state = app?.dataset.testConnectionState;
    return state === undefined || state === "CONNECTED";
  }

  /** "idle", "saved", "saving", "slow" (no answer for a while) or "offline". */
  status() {
    const waiting = this.waiting();
    if (!waiting.length) return this.savedAt ? "saved" : "idle";
    if (!this.connected()) return "offline";
    return Date.now() - Math.min(...waiting.map((event) => event.at)) > RESEND_MS ? "slow" : "saving";
  }

  /**
   * Take over what dead clients left.
   * @param {Set<string>} mine
   */
  adopt(mine) {
    for (const key of keysWith(this.prefix)) {
      const client = key.slice(this.prefix.length);
      if (client === this.client || this.orphans.has(client)) continue;
      const left = read(localStorage, key);
      if (!left?.events?.length) forget(this.prefix + client);
      else if (mine.has(client) || Date.now() - left.beat > STALE_MS) this.orphans.set(client, left.events);
    }
  }

  keep() {
    const events = this.unsaved();
    if (events.length) write(localStorage, this.prefix + this.client, { beat: Date.now(), events });
    else forget(this.prefix + this.client);
  }

  /**
   * The item on screen, for the next visit: this tab's own first, else the one shown last anywhere.
   * @param {number} item
   */
  stay(item) {
    for (const storage of [sessionStorage, localStorage]) write(storage, `handful:here:${this.project}`, item);
  }

  /** @returns {number | null} */
  here() {
    const name = `handful:here:${this.project}`;
    return read(sessionStorage, name) ?? read(localStorage, name);
  }

  stop() {
    clearTimeout(this.timer);
    this.keep();
  }
}
