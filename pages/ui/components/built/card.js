// Made by `make scripts` from card/main.js and what it imports: change those, not this file.
// sha256 336babade27b48ae5bc173ad8b98af34f3a43c614692d01aaa0f18560a61eb23 of build.js package.json card/actions.js card/card.js card/clash.js card/classes.js card/desk.js card/drawing.js card/editor.js card/head.js card/help.js card/item.js card/keys.js card/main.js card/search.js card/steps.js card/why.js common/dom.js common/events.js common/keyboard.js common/mount.js common/outbox.js common/storage.js and of what follows
// common/mount.js
var mounted = /* @__PURE__ */ new WeakMap();
var living = null;
function alive() {
  return living;
}
function takeOver(one) {
  living?.destroy();
  living = one;
}
function giveUp(one) {
  if (living === one) living = null;
}
function mount(Kind, root, data, connect) {
  let one = (
    mounted.get(root)
  );
  if (one && one.project !== data.project) {
    one.destroy();
    one = void 0;
  }
  if (!one || living !== one && !Kind.many) {
    one = new Kind(root, data);
    mounted.set(root, one);
  }
  connect(one);
  one.update(data);
  const made = one;
  return () => setTimeout(() => {
    const host = root instanceof ShadowRoot ? root.host : root;
    if (host.isConnected || mounted.get(root) !== made) return;
    made.destroy();
    mounted.delete(root);
  });
}
function placeIn(root) {
  return root.querySelector(".mount") ?? root;
}

// common/dom.js
function make(tag, className, props = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(props)) {
    if (name in node) Reflect.set(node, name, value);
    else node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}
function say(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => name in values ? String(values[name]) : whole);
}
function quiet(node, act) {
  node.addEventListener("mousedown", (event) => event.preventDefault());
  node.addEventListener("click", act);
  return node;
}
function helpRows(rows) {
  return rows.map(([key, text]) => make("div", "", {}, make("kbd", "", {}, key), make("span", "", {}, text)));
}
function breakable(name) {
  return name.split(/(?<=[_/.-])/).flatMap((part, i) => i ? [make("wbr"), part] : [part]);
}
function matching(classes, text) {
  const plain = (one) => one.toLowerCase().replaceAll("_", " ");
  const typed = plain(text.trim());
  const place = (one) => plain(one.name).indexOf(typed);
  const found = classes.filter((one) => place(one) >= 0);
  return typed ? found.sort((a, b) => place(a) - place(b)) : found;
}
function clock(at, how = {}) {
  return at ? new Date(at * 1e3).toLocaleTimeString([], { hour12: false, ...how }) : "";
}

// common/events.js
var ACK = "handful-ack";
var WAKE = "handful-wake";

// card/drawing.js
function actButton(text, key, act) {
  const cap = make("kbd", "", { ariaHidden: "true" }, key);
  return quiet(make("button", "act", { type: "button" }, make("span", "", {}, text), cap), act);
}
function plainButton(text, act, props = {}) {
  return quiet(make("button", "act", { type: "button", ...props }, text), act);
}
function classButton(one, act) {
  const key = make("kbd", "", { ariaHidden: "true", hidden: !one.key }, one.key);
  const percent = make("span", "percent");
  const level = make("i");
  const bar = make("span", "bar", { ariaHidden: "true" }, level);
  const name = make("span", "name", { dir: "auto" }, ...breakable(one.name));
  const parts = [key, make("span", "chip", { ariaHidden: "true" }), name, percent, bar];
  const node = make("button", "class", { type: "button", title: one.description || one.name }, ...parts);
  quiet(node, act);
  const paint = (who, share) => {
    node.style.setProperty("--class", who.color ?? null);
    node.classList.toggle("scored", share !== null);
    percent.textContent = share === null ? "" : percentOf(share);
    level.style.width = `${(share ?? 0) * 100}%`;
  };
  paint(one, null);
  return { node, name, paint };
}
function chip(color, props = {}) {
  const node = make("span", "chip", props);
  node.style.setProperty("--class", color ?? "transparent");
  return node;
}
function percentOf(share) {
  return share > 0 && share < 0.01 ? "<1%" : `${Math.round(share * 100)}%`;
}

// card/actions.js
var Actions = class {
  constructor(card) {
    this.card = card;
    const { strings, acts } = card.data;
    this.undo = actButton(strings.undo, acts.undo, () => card.steps.undo());
    this.redo = actButton(strings.redo, `⇧${acts.undo}`, () => card.steps.redo());
    this.help = actButton(strings.help, acts.help, () => card.help.toggle());
    this.help.setAttribute("aria-expanded", "false");
    this.flag = actButton(strings.flag, acts.flag, () => card.steps.flag());
    this.why = actButton(strings.why, acts.why, () => card.why.toggle());
    this.confirm = actButton(strings.confirm, "⏎", () => card.confirm());
    this.confirm.classList.add("confirm");
    this.ofItem = [
      this.confirm,
      actButton(strings.skip, strings.space, () => card.steps.act("skip")),
      actButton(strings.none, acts.none, () => card.label("none")),
      this.flag,
      this.why
    ];
    const search = actButton(strings.search, acts.search, () => card.search.open());
    this.box = make("div", "acts", {}, ...this.ofItem, this.undo, this.redo, search, this.help);
  }
  render() {
    const { current, steps } = this.card;
    this.flag.setAttribute("aria-pressed", String(Boolean(current?.flag)));
    for (const node of this.ofItem) node.disabled = !current;
    this.undo.disabled = !steps.canUndo;
    this.redo.disabled = !steps.canRedo;
  }
  renderPicked() {
    this.confirm.classList.toggle("ready", this.card.picked.size > 0);
  }
};

// common/keyboard.js
var FIELDS = "input:not([type=radio]):not([type=checkbox])";
var TYPING = `textarea,select,[contenteditable]:not([contenteditable=false]),[role=listbox] *,${FIELDS}`;
var PRESSED = "button,a,summary,input,[role=button],[role=radio]";
function targetOf(event) {
  return (
    event.composedPath()[0]
  );
}
function keyOf(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}
function reserved(event) {
  return event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey;
}
function elsewhere(event, target, connected) {
  if (target.matches?.(TYPING) || document.querySelector('[role="dialog"]') && connected) return true;
  return Boolean((event.key === "Enter" || event.key === " ") && target.closest?.(PRESSED));
}
function take(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

// card/classes.js
var Classes = class {
  few = true;
  byId = /* @__PURE__ */ new Map();
  buttons = /* @__PURE__ */ new Map();
  ranks = [];
  constructor(card) {
    this.card = card;
    const { strings, acts } = card.data;
    this.suggestions = make("div", "suggestions", { role: "group", ariaLabel: strings.suggestions });
    this.restTitle = make("summary");
    this.restList = make("div", "suggestions");
    this.rest = make("details", "rest", {}, this.restTitle, this.restList);
    this.guess = make("div", "guess", {}, this.suggestions, this.rest);
    const hint = say(strings.filter, { key: acts.filter });
    const field = { type: "search", placeholder: hint, ariaLabel: hint, autocomplete: "off", spellcheck: false };
    this.filter = make("input", "filter", field);
    this.filter.addEventListener("input", () => this.renderFilter());
    this.list = make("div", "classes", { role: "group", ariaLabel: strings.classes });
    this.noMatch = make("p", "nomatch", { hidden: true }, strings.no_match);
    this.box = make("div", "choose", {}, this.guess, make("div", "all", {}, this.filter, this.list, this.noMatch));
  }
  rebuild() {
    const { card } = this;
    const { classes, few, suggestions, shifted } = card.data;
    this.few = classes.length <= few;
    card.box.classList.toggle("many", !this.few);
    this.byId = new Map(classes.map((one) => [one.id, one]));
    const { editor } = card.help;
    this.buttons = new Map(classes.map((one) => {
      const act = () => editor.open ? editor.edit(one) : card.label(one.id);
      return [one.id, classButton(one, act)];
    }));
    this.list.replaceChildren(...[...this.buttons.values()].map((button) => button.node));
    this.filter.hidden = this.guess.hidden = this.few;
    card.actions.confirm.hidden = !card.multi;
    this.ranks = Array.from({ length: this.few ? 0 : suggestions }, (_, rank) => classButton({ name: "", key: rank < shifted ? `⇧${rank + 1}` : "" }, () => this.take(rank)));
    this.suggestions.replaceChildren(...this.ranks.slice(0, shifted).map((row) => row.node));
    this.restList.replaceChildren(...this.ranks.slice(shifted).map((row) => row.node));
    this.renderFilter();
  }
  take(rank) {
    const found = this.card.current?.top[rank];
    if (found) this.card.label(found[0]);
  }
  filterKey(event) {
    const { card, filter } = this;
    if (event.key === "Enter") {
      const first = card.matching(filter.value)[0];
      if (first && filter.value.trim()) card.label(first.id);
    } else if (event.key !== "Escape") return;
    take(event);
    filter.value = "";
    this.renderFilter();
    card.focus();
  }
  render() {
    const { card } = this;
    const top = card.current?.top ?? [];
    for (const button of this.buttons.values()) button.node.disabled = !card.current && !card.help.editor.open;
    if (this.few) this.renderShares(top);
    else this.renderRanks(top);
  }
  renderShares(top) {
    const shares = new Map(top);
    for (const [id, button] of this.buttons) {
      button.paint(this.byId.get(id) ?? {}, shares.get(id) ?? null);
      button.node.classList.toggle("best", top[0]?.[0] === id && (!this.card.multi || top[0][1] >= 0.5));
    }
  }
  renderRanks(top) {
    const { multi, data } = this.card;
    const { strings, classes, shifted } = data;
    this.guess.hidden = !top.length;
    this.rest.hidden = top.length <= shifted;
    this.ranks.forEach((row, rank) => {
      const one = top[rank] && this.byId.get(top[rank][0]);
      row.node.hidden = !one;
      if (!one) return;
      row.name.replaceChildren(...breakable(one.name));
      row.node.title = one.description || one.name;
      row.node.classList.toggle("best", rank === 0);
      row.paint(one, top[rank][1]);
    });
    const shown = top.slice(0, shifted).reduce((sum, one) => sum + one[1], 0);
    const left = { n: classes.length - shifted, share: percentOf(Math.max(0, 1 - shown)) };
    this.restTitle.textContent = say(multi ? strings.rest_multi : strings.rest, left);
  }
  renderFilter() {
    const found = this.card.matching(this.filter.value);
    const typed = Boolean(this.filter.value.trim());
    for (const [id, { node }] of this.buttons) {
      const place = found.findIndex((one) => one.id === id);
      node.hidden = place < 0;
      node.style.order = typed ? String(place) : "";
      node.classList.toggle("first", typed && place === 0);
    }
    this.noMatch.hidden = found.length > 0;
  }
  renderPicked() {
    const { current, picked } = this.card;
    const press = (node, id) => {
      const on = id !== void 0 && picked.has(id);
      node.setAttribute("aria-pressed", String(on));
      node.classList.toggle("picked", on);
    };
    for (const [id, button] of this.buttons) press(button.node, id);
    this.ranks.forEach((row, rank) => press(row.node, current?.top[rank]?.[0]));
  }
};

// card/item.js
var LONG = 700;
var MIDDLE = 160;
var FOLDED = 2e3;
var ItemFace = class {
  drawn = void 0;
  whole = void 0;
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
  renderMeta(meta) {
    this.meta.hidden = !meta.length;
    this.meta.replaceChildren(...meta.flatMap(([name, value]) => [make("dt", "", {}, name), make("dd", "", { dir: "auto" }, value)]));
  }
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
  renderPicture(image) {
    if (this.picture.getAttribute("src") === image) return;
    if (image) this.picture.src = image;
    else this.picture.removeAttribute("src");
    this.picture.hidden = !image;
    this.picture.classList.remove("zoomed");
  }
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
    const seen = item && item.label != null && !item.audit;
    const was = seen ? say(strings.labeled_now, { name: card.nameOf(item.label) }) : "";
    const flag = item?.flag ? `⚑ ${strings.flagged_now}` : "";
    const why = theirs ? "" : item?.why;
    this.why.textContent = item ? [theirs, was, flag, why, item.said].filter(Boolean).join(" · ") : "";
    this.why.classList.toggle("theirs", Boolean(theirs));
  }
};
function sizeOf(text) {
  return text.length > LONG ? "long" : text.length > MIDDLE ? "middle" : "short";
}
function whoLabeled(card, one, label) {
  const { strings } = card.data;
  const time = clock(one.at, { hour: "2-digit", minute: "2-digit" });
  const words = one.own ? strings.you_labeled : strings.they_labeled;
  return say(words, { who: one.who || strings.somebody, name: card.nameOf(label), time });
}

// card/clash.js
var QUOTE = 120;
var Clash = class {
  constructor(card) {
    this.card = card;
    const { strings, acts } = card.data;
    const sides = [
      actButton(strings.keep, `⇧${acts.keep}`, () => this.settle(false)),
      actButton(strings.replace, `⇧${acts.replace}`, () => this.settle(true))
    ];
    this.words = make("p");
    this.box = make("div", "clash", { hidden: true, role: "alert" }, this.words, make("div", "acts", {}, ...sides));
  }
  collision() {
    return this.card.data.collisions.find((one) => !this.card.desk.answered.has(one.nonce));
  }
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
      make("strong", "", {}, whoLabeled(card, one, one.theirs)),
      " ",
      say(card.data.strings.you_chose, { name: card.nameOf(one.mine) }),
      make("span", "quote", { dir: "auto" }, text)
    );
  }
};

// common/storage.js
function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key) ?? "null");
  } catch {
    return null;
  }
}
function write(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
  }
}
function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
  }
}
function keysWith(prefix) {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}

// common/outbox.js
var RESEND_MS = 3e3;
var STALE_MS = 8e3;
var HOLD_MS = 900;
var UNSEEN_MS = 100;
var MOST_CLIENTS = 20;
function afterPaint(act) {
  let due = true;
  const once = () => {
    if (due) act();
    due = false;
  };
  requestAnimationFrame(() => setTimeout(once));
  setTimeout(once, UNSEEN_MS);
}
var Outbox = class {
  send = null;
  changed = () => {
  };
  client = Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join("");
  seq = 0;
  log = [];
  saved = 0;
  // own events up to here are committed
  reflected = 0;
  // ... and up to here the items from the server know about them
  orphans = /* @__PURE__ */ new Map();
  sent = 0;
  sentAt = 0;
  flying = false;
  woken = false;
  up = true;
  savedAt = null;
  timer = void 0;
  constructor(project) {
    this.prefix = `handful:outbox:${project}:`;
    this.project = project;
    const earlier = read(sessionStorage, `${this.prefix}clients`) ?? [];
    write(sessionStorage, `${this.prefix}clients`, [...earlier, this.client].slice(-MOST_CLIENTS));
    this.adopt(new Set(earlier));
  }
  push(event) {
    this.log.push({ ...event, seq: ++this.seq, at: Date.now() });
    this.keep();
    afterPaint(() => this.pump());
    return this.seq;
  }
  unsaved() {
    return this.log.filter((event) => event.seq > this.saved);
  }
  waiting() {
    return [...this.orphans.values()].flat().concat(this.unsaved());
  }
  taken() {
    const ids = /* @__PURE__ */ new Set();
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
        forget(this.prefix + client);
      }
    }
    if (this.saved >= this.sent && !this.orphans.size) this.flying = false;
    this.keep();
  }
  reflect(acks) {
    this.reflected = Math.max(this.reflected, acks[this.client] ?? this.saved);
    this.log = this.log.filter((event) => event.seq > this.reflected || event.seq > this.saved);
    if (this.woken) this.again();
    this.pump();
  }
  pump() {
    clearTimeout(this.timer);
    if (!this.send || !this.waiting().length || !this.connected()) return;
    const since = Date.now() - this.sentAt;
    let delay = 0;
    if (this.flying) delay = RESEND_MS - since;
    else if (this.sent > this.reflected) delay = HOLD_MS - since;
    if (delay > 0) this.timer = setTimeout(() => this.pump(), delay);
    else this.ship();
  }
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
  tick() {
    const up = this.connected();
    if (up && this.up === false) {
      this.again();
      this.wake();
    }
    this.up = up;
    if (this.unsaved().length) this.keep();
    this.adopt(/* @__PURE__ */ new Set());
    this.pump();
  }
  connected() {
    const app = document.querySelector('[data-testid="stApp"]');
    const state = app?.dataset.testConnectionState;
    return state === void 0 || state === "CONNECTED";
  }
  status() {
    const waiting = this.waiting();
    if (!waiting.length) return this.savedAt ? "saved" : "idle";
    if (!this.connected()) return "offline";
    return Date.now() - Math.min(...waiting.map((event) => event.at)) > RESEND_MS ? "slow" : "saving";
  }
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
  stay(item) {
    for (const storage of [sessionStorage, localStorage]) write(storage, `handful:here:${this.project}`, item);
  }
  here() {
    const name = `handful:here:${this.project}`;
    return read(sessionStorage, name) ?? read(localStorage, name);
  }
  stop() {
    clearTimeout(this.timer);
    this.keep();
  }
};

// card/desk.js
var Desk = class {
  history = [];
  future = [];
  recentUndone = /* @__PURE__ */ new Set();
  answered = /* @__PURE__ */ new Set();
  why = false;
  left = null;
  constructor(project) {
    this.outbox = new Outbox(project);
  }
};
var desks = /* @__PURE__ */ new Map();
function deskOf(project) {
  const found = desks.get(project) ?? new Desk(project);
  desks.set(project, found);
  return found;
}

// card/head.js
var number = (n) => Math.max(0, n).toLocaleString();
var Head = class {
  notice = "";
  last = "";
  lastClass = null;
  constructor(card) {
    this.card = card;
    this.progress = make("span", "progress");
    this.status = make("span", "status", { role: "status" });
    this.box = make("header", "", {}, this.progress, this.status);
    this.lastLine = make("p", "last", { ariaLive: "polite" });
  }
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
    const one = typeof this.lastClass === "number" ? card.classes.byId.get(this.lastClass) : void 0;
    this.lastLine.replaceChildren(...one ? [chip(one.color)] : []);
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
    this.status.ariaLive = state === "offline" || state === "slow" ? "polite" : "off";
  }
};

// card/editor.js
var Editor = class {
  open = false;
  edited = null;
  constructor(card, button) {
    this.card = card;
    this.button = button;
    this.box = make("div", "editor", { hidden: true });
  }
  toggle() {
    this.open = !this.open;
    this.edited = null;
    this.render();
    this.card.focus();
  }
  actionOf(event) {
    const key = keyOf(event);
    if (key === "Escape") return () => this.edit(null);
    if (key === "Backspace" || key === "Delete") return () => this.change({ key: "" });
    if (key === "Tab" || key === "Enter" || event.shiftKey || key.length > 1) return null;
    if (this.card.data.keys.includes(key)) return () => this.change({ key });
    return () => this.card.tell("key_taken");
  }
  edit(one) {
    this.edited = one;
    this.render();
    this.card.focus();
  }
  change(what) {
    if (!this.edited) return;
    this.card.outbox.push({ op: "class", id: null, class: this.edited.id, ...what });
    this.card.tell("class_changed", this.edited.id);
    this.edit(null);
  }
  render() {
    this.card.box.classList.toggle("editing", this.open);
    this.button.setAttribute("aria-pressed", String(this.open));
    this.box.hidden = !this.open;
    if (this.open) this.box.replaceChildren(...this.parts());
  }
  parts() {
    const { strings, palette } = this.card.data;
    const one = this.edited;
    if (!one) return [make("p", "", { role: "status" }, strings.edit_choose)];
    const swatches = palette.map((color) => {
      const props = { type: "button", title: color, ariaLabel: say(strings.edit_color_to, { color }) };
      const node = make("button", "swatch", props);
      node.style.setProperty("--class", color);
      return quiet(node, () => this.change({ color }));
    });
    const own = make("input", "own", { type: "color", value: one.color, ariaLabel: strings.edit_own_color });
    own.addEventListener("change", () => this.change({ color: own.value }));
    const auto = plainButton(strings.edit_auto, () => this.change({ key: "", color: "" }));
    const close = plainButton(strings.edit_done, () => this.edit(null));
    return [
      make("p", "", { role: "status" }, say(strings.edit_press, { name: one.name })),
      make("div", "swatches", { role: "group", ariaLabel: strings.edit_colors }, ...swatches, own),
      make("div", "acts", {}, auto, close)
    ];
  }
};

// card/help.js
var Help = class {
  constructor(card) {
    this.card = card;
    const { strings, help } = card.data;
    this.edit = plainButton(strings.edit, () => this.editor.toggle(), { ariaPressed: "false" });
    this.editor = new Editor(card, this.edit);
    const rows = make("div", "rows", {}, ...helpRows(help));
    const props = { hidden: true, role: "region", ariaLabel: strings.help };
    this.box = make("div", "help", props, rows, this.edit, this.editor.box);
  }
  toggle() {
    this.box.hidden = !this.box.hidden;
    this.card.actions.help.setAttribute("aria-expanded", String(!this.box.hidden));
  }
};

// card/keys.js
function onKey(card, event) {
  if (reserved(event)) return;
  const target = targetOf(event);
  if (target === card.classes.filter) return card.classes.filterKey(event);
  if (target === card.search.field) return card.search.key(event);
  if (elsewhere(event, target, card.outbox.connected())) return;
  const { editor } = card.help;
  const action = editor.edited ? editor.actionOf(event) : rankOf(card, event) ?? actionOf(card, event);
  if (!action) return;
  take(event);
  if (!event.repeat) action();
}
function rankOf(card, event) {
  const digit = event.shiftKey && !card.classes.few && /^Digit([1-9])$/.exec(event.code);
  const rank = digit ? Number(digit[1]) : Infinity;
  return rank <= card.data.shifted ? () => card.classes.take(rank - 1) : null;
}
function shiftedActionOf(card, event) {
  const { acts } = card.data;
  const key = keyOf(event);
  if (!card.clash.collision() || key !== acts.keep && key !== acts.replace) return null;
  return () => card.clash.settle(key === acts.replace);
}
function actionOf(card, event) {
  const { acts, classes } = card.data;
  const { few } = card.classes;
  const key = keyOf(event);
  if (key === acts.undo) return () => event.shiftKey ? card.steps.redo() : card.steps.undo();
  if (key === acts.help) return () => card.help.toggle();
  if (key === acts.search) return () => card.search.open();
  if (key === "Escape" && !card.help.box.hidden) return () => card.help.toggle();
  if (event.shiftKey) return shiftedActionOf(card, event);
  if (key === " ") return () => card.steps.act("skip");
  if (key === "Enter") return card.multi ? () => card.confirm() : null;
  if (key === acts.none) return () => card.label("none");
  if (key === acts.flag) return () => card.steps.flag();
  if (key === acts.why) return () => card.why.toggle();
  if (key === acts.filter) return few ? null : () => card.classes.filter.focus();
  const found = classes.find((one) => one.key === key);
  if (!found && key === "z" && card.current?.image) return () => card.face.zoom();
  return found ? () => card.label(found.id) : null;
}

// card/search.js
var Search = class {
  constructor(card) {
    this.card = card;
    const { strings } = card.data;
    const words = { placeholder: strings.search_hint, ariaLabel: strings.search_label };
    this.field = make("input", "find", { type: "search", ...words, autocomplete: "off", spellcheck: false });
    this.field.addEventListener("blur", () => setTimeout(() => this.render()));
    this.end = plainButton(strings.search_end, () => this.find(""));
    this.box = make("div", "search", { hidden: true, role: "search" }, this.field, this.end);
  }
  open() {
    this.box.hidden = false;
    this.field.focus();
    this.field.select();
  }
  key(event) {
    if (event.key === "Enter") this.find(this.field.value.trim());
    else if (event.key !== "Escape") return;
    else this.field.value = this.card.data.search;
    take(event);
    this.render();
    this.card.focus();
  }
  find(text) {
    const { card } = this;
    if (!card.outbox.connected()) return card.tell("search_offline");
    this.field.value = text;
    if (text !== card.data.search) card.ask({ search: text });
  }
  render() {
    const { search } = this.card.data;
    const active = Boolean(search);
    const typing = (
      this.field.getRootNode().activeElement === this.field
    );
    if (!typing && this.field.value !== search) this.field.value = search;
    this.box.hidden = !active && !typing;
    this.box.classList.toggle("active", active);
    this.end.hidden = !active;
  }
};

// card/steps.js
var TOLD = (
  { skip: "skipped", label: "labeled_as", flag: "redone" }
);
var Steps = class {
  redone = null;
  constructor(card) {
    this.card = card;
    this.outbox = card.outbox;
    this.desk = card.desk;
  }
  did(step) {
    this.desk.history.push(step);
    this.desk.future.length = 0;
  }
  act(op, label = null) {
    const { card } = this;
    const item = card.current;
    if (!item) return;
    const what = op === "label" ? { op, id: item.id, label, was: item.label ?? null } : { op, id: item.id };
    this.did({ op, item, label, seq: this.outbox.push(what) });
    card.head.notice = "";
    card.tell(TOLD[op], label);
    card.advance();
  }
  flag() {
    const { card } = this;
    const item = card.current;
    if (!item) return;
    const on = !item.flag;
    this.did({ op: "flag", item, on, seq: this.outbox.push({ op: "flag", id: item.id, on }) });
    card.current = { ...item, flag: on };
    card.tell(on ? "flagged" : "unflagged");
    card.face.render();
    card.actions.render();
  }
  get canUndo() {
    return this.desk.history.length > 0 || this.card.data.recent.some((one) => this.undoable(one));
  }
  get canRedo() {
    const { redo } = this.card.data;
    return this.desk.future.length > 0 || Boolean(redo && redo !== this.redone);
  }
  undo() {
    const { card } = this;
    let step = this.desk.history.pop();
    if (step) {
      this.outbox.push({ op: "undo", id: step.item.id, of: step.op, ...reference(step) });
    } else {
      const found = card.data.recent.find((one) => this.undoable(one));
      if (!found) return card.tell("nothing_to_undo");
      const { entry, item, label } = found;
      this.desk.recentUndone.add(entry);
      step = { op: "label", item, label, entry };
      this.outbox.push({ op: "undo", id: item.id, of: "label", entry });
    }
    this.desk.future.push(step);
    card.tell("undone");
    card.open(step.item);
    if (Array.isArray(step.label)) card.picked = new Set(step.label);
    card.render();
  }
  undoable(one) {
    return !this.desk.recentUndone.has(one.entry) && !this.desk.future.some((step) => step.item.id === one.item.id);
  }
  redo() {
    const { card } = this;
    const step = this.desk.future.pop();
    if (!step) {
      const entry = card.data.redo !== this.redone ? card.data.redo : null;
      if (entry) this.outbox.push({ op: "redo", id: null, of: "label", entry });
      this.redone = entry ?? this.redone;
      return card.tell(entry ? "redone" : "nothing_to_redo");
    }
    const { op, item, label, on } = step;
    this.outbox.push({ op: "redo", id: item.id, of: op, label, on, was: item.label ?? null, ...reference(step) });
    this.desk.history.push(step);
    card.tell(TOLD[op], label);
    if (op === "flag") card.open({ ...item, flag: on });
    else if (card.current?.id === item.id) return card.advance();
    card.render();
  }
};
function reference(step) {
  return step.entry ? { entry: step.entry } : { target: step.seq };
}

// card/why.js
var Why = class {
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
  row({ text, image, label, weight }) {
    const one = this.card.classes.byId.get(label);
    const level = make("i");
    level.style.width = `${weight * 100}%`;
    return make(
      "li",
      "",
      {},
      chip(one?.color, { ariaHidden: "true" }),
      make("strong", "", { dir: "auto" }, one?.name ?? ""),
      image ? make("img", "small", { src: image, alt: text, title: text }) : make("span", "quote", { dir: "auto" }, text),
      make("span", "weight", { ariaHidden: "true" }, level)
    );
  }
};

// card/card.js
var REMOUNT_MS = 1e3;
var FREEZE_MS = 600;
var RESUME_MS = 1500;
var Card = class _Card {
  ask = () => {
  };
  shape = void 0;
  shown = void 0;
  noticed = void 0;
  resuming = false;
  stops = new AbortController();
  constructor(root, data) {
    this.project = data.project;
    this.data = data;
    this.multi = data.multi;
    this.desk = deskOf(data.project);
    this.outbox = this.desk.outbox;
    const before = alive();
    const heir = before instanceof _Card && before.project === data.project ? before : null;
    const { left } = this.desk;
    const back = left && performance.now() - left.at < REMOUNT_MS ? left.item : null;
    this.current = heir ? heir.current : back;
    this.shownAt = heir ? heir.shownAt : 0;
    this.picked = heir ? heir.picked : /* @__PURE__ */ new Set();
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
      "section",
      "card",
      { tabIndex: -1, ariaLabel: data.strings.card },
      this.head.box,
      this.clash.box,
      this.search.box,
      this.face.box,
      this.face.why,
      this.why.box,
      this.classes.box,
      this.actions.box,
      this.head.lastLine,
      this.help.box
    );
    placeIn(root).append(this.box);
    this.listen();
    if (focused || !document.activeElement || document.activeElement === document.body) this.focus();
  }
  listen() {
    const { signal } = this.stops;
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
    return (
      this.box.getRootNode().activeElement != null
    );
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
  freshen(current) {
    const item = this.data.items.find((one) => one.id === current.id);
    const fresh = this.data.fresh[current.id];
    const news = item ?? fresh;
    if (news) this.current = current = { ...current, theirs: fresh?.theirs, why: item?.why ?? current.why };
    if (!news || !item && !news.top.length) return;
    const calm = this.classes.few || !current.top.length || performance.now() - this.shownAt < FREEZE_MS;
    if (calm) this.current = { ...current, top: news.top, pulls: news.pulls };
  }
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
  tell(name, label = null) {
    const { strings, acts } = this.data;
    this.head.tell(say(strings[name], { name: this.nameOf(label), key: acts.none }), label);
  }
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
  nameOf(label) {
    if (Array.isArray(label)) return label.map((one) => this.nameOf(one)).join(", ");
    if (label === "none") return this.data.strings.none;
    return this.data.classes.find((one) => one.id === label)?.name ?? "";
  }
  matching(text) {
    return matching(this.data.classes, text);
  }
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
};

// card/main.js
var main_default = ({ parentElement, data, setTriggerValue }) => mount(Card, parentElement, data, (card) => {
  card.outbox.send = (batch) => setTriggerValue("batch", batch);
  card.ask = (wish) => setTriggerValue("ask", { ...wish, at: Date.now() });
});
export {
  main_default as default
};
