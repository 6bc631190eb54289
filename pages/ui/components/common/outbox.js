// Labels on their way to the server: numbered, kept in localStorage, sent again until acknowledged.
// card.py joins this file in front of card.js: a v2 component takes one script.

const RESEND_MS = 3000; // no acknowledgement for this long: send again (the server drops what it has)
const STALE_MS = 8000; // a queue nobody has touched for this long belongs to a tab that is gone
const HOLD_MS = 900; // while the server still computes the next items, wait this long before sending more

class Outbox {
  constructor(project) {
    this.prefix = `handful:outbox:${project}:`;
    this.project = project;
    this.changed = () => {};
    this.client = Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");
    this.seq = 0;
    this.log = []; // own events that the items from the server do not yet reflect
    this.saved = 0; // own events up to here are committed
    this.reflected = 0; // ... and up to here the items from the server know about them
    this.orphans = new Map(); // events that an earlier load of this page, or a dead tab, left behind
    this.sent = 0;
    this.sentAt = 0;
    this.flying = false;
    this.woken = false;
    this.up = true;
    this.savedAt = null;
    this.send = null;
    this.timer = null;
    // A reload starts a new client; it takes over at once what its own earlier loads left.
    const earlier = this.read(sessionStorage, `${this.prefix}clients`) ?? [];
    this.write(sessionStorage, `${this.prefix}clients`, [...earlier, this.client].slice(-20));
    this.adopt(new Set(earlier));
  }

  push(event) {
    this.log.push({ ...event, seq: ++this.seq, at: Date.now() });
    this.keep();
    this.pump();
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
    const ids = new Set();
    for (const event of [...[...this.orphans.values()].flat(), ...this.log]) {
      if (!["label", "skip"].includes(event.of ?? event.op)) continue;
      if (event.op === "undo") ids.delete(event.id);
      else ids.add(event.id);
    }
    return ids;
  }

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
        this.forget(client);
      }
    }
    if (this.saved >= this.sent && !this.orphans.size) this.flying = false;
    this.keep();
  }

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
    window.dispatchEvent(new CustomEvent("handful-wake"));
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
    this.send({ project: this.project, batches });
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
    const state = document.querySelector('[data-testid="stApp"]')?.dataset.testConnectionState;
    return state === undefined || state === "CONNECTED";
  }

  /** "idle", "saved", "saving", "slow" (no answer for a while) or "offline". */
  status() {
    const waiting = this.waiting();
    if (!waiting.length) return this.savedAt ? "saved" : "idle";
    if (!this.connected()) return "offline";
    return Date.now() - Math.min(...waiting.map((event) => event.at)) > RESEND_MS ? "slow" : "saving";
  }

  adopt(mine) {
    for (const key of this.keys()) {
      const client = key.slice(this.prefix.length);
      if (client === this.client || this.orphans.has(client)) continue;
      const left = this.read(localStorage, key);
      if (!left?.events?.length) this.forget(client);
      else if (mine.has(client) || Date.now() - left.beat > STALE_MS) this.orphans.set(client, left.events);
    }
  }

  keep() {
    const events = this.unsaved();
    if (events.length) this.write(localStorage, this.prefix + this.client, { beat: Date.now(), events });
    else this.forget(this.client);
  }

  /** The item on screen, for the next visit: this tab's own first, else the one shown last anywhere. */
  stay(item) {
    for (const storage of [sessionStorage, localStorage]) this.write(storage, `handful:here:${this.project}`, item);
  }

  here() {
    const name = `handful:here:${this.project}`;
    return this.read(sessionStorage, name) ?? this.read(localStorage, name);
  }

  // Storage may be switched off or full; then the queue lives in memory only.
  keys() {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    } catch {
      return [];
    }
  }

  read(storage, key) {
    try {
      return JSON.parse(storage.getItem(key));
    } catch {
      return null;
    }
  }

  write(storage, key, value) {
    try {
      storage.setItem(key, JSON.stringify(value));
    } catch {
      // see above
    }
  }

  forget(client) {
    try {
      localStorage.removeItem(this.prefix + client);
    } catch {
      // see above
    }
  }

  stop() {
    clearTimeout(this.timer);
    this.keep();
  }
}
