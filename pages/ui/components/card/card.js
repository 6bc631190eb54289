// The labelling card. Python hands over the items, classes and words; what happens between two
// answers of the server happens here. Item text goes in through textContent only.

const FEW = 12; // up to so many classes the buttons carry the bars themselves
const TOP = 5;
const REMOUNT_MS = 1000;
const FREEZE_MS = 600; // suggestions that came this late no longer change places under the eye

const desks = new Map(); // what outlives one mount, by project

class Card {
  constructor(root, data) {
    this.root = root;
    this.project = data.project;
    this.data = data;
    if (!desks.has(data.project)) {
      // history: what was done here, for undo; future: what was undone, for redo
      desks.set(data.project, { outbox: new Outbox(data.project), history: [], future: [], recentUndone: new Set(), answered: new Set(), view: { why: false } });
    }
    Object.assign(this, desks.get(data.project));
    const heir = alive?.project === data.project;
    // Taken away and put back by the app in one breath: the same item, before the server can send it again.
    const back = this.left && performance.now() - this.left.at < REMOUNT_MS ? this.left.item : null;
    this.current = heir ? alive.current : back;
    this.shownAt = heir ? alive.shownAt : 0;
    this.picked = heir ? alive.picked : new Set(); // the classes chosen so far, where an item takes several
    this.wanted = heir || this.current ? null : this.outbox.here();
    this.focused = heir && alive.hasFocus();
    alive?.destroy();
    alive = this;
    this.outbox.changed = () => this.renderStatus();
    this.build(data.strings);
    this.onKey = (event) => this.key(event);
    this.onAck = (event) => {
      if (event.detail.project !== this.project) return;
      this.outbox.acknowledge(event.detail.acks, event.detail.saved_at);
      this.outbox.pump();
      this.renderStatus();
    };
    // Capturing: the app's own single-letter shortcuts must not see a key that labels.
    window.addEventListener("keydown", this.onKey, true);
    window.addEventListener("handful-ack", this.onAck);
    this.clock = setInterval(() => this.tick(), 500);
    if (this.focused || !document.activeElement || document.activeElement === document.body) this.focus();
  }

  hasFocus() {
    return this.box.getRootNode().activeElement != null;
  }

  destroy() {
    if (alive === this) alive = null;
    desks.get(this.project).left = { item: this.current, at: performance.now() };
    window.removeEventListener("keydown", this.onKey, true);
    window.removeEventListener("handful-ack", this.onAck);
    clearInterval(this.clock);
    this.outbox.stop();
    this.box.remove();
  }

  tick() {
    this.outbox.tick();
    this.renderStatus();
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
      this.buildClasses();
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
    if (this.current) this.freshen(data.items.find((item) => item.id === this.current.id), data.fresh[this.current.id]);
    else if (!this.resume()) this.advance();
    const notice = data.notices?.at(-1);
    if (notice && notice.nonce !== this.noticed) {
      this.noticed = notice.nonce;
      this.notice = notice.text;
    }
    this.render();
  }

  /** New suggestions for the item on screen; among many classes only while nobody can have read them. */
  freshen(item, fresh) {
    if (fresh?.theirs) this.current = { ...this.current, theirs: fresh.theirs };
    const { top, pulls } = item ?? fresh ?? {};
    if (!item && !top?.length) return;
    const calm = this.few || !this.current.top.length || performance.now() - this.shownAt < FREEZE_MS;
    if (calm) this.current = { ...this.current, top, pulls, why: item?.why ?? this.current.why };
  }

  // -- what the person does --------------------------------------------------------------------

  act(op, label = null) {
    const item = this.current;
    if (!item) return;
    const event = op === "label" ? { op, id: item.id, label, was: item.label ?? null } : { op, id: item.id };
    this.history.push({ op, item, label, seq: this.outbox.push(event) });
    this.future.length = 0;
    this.notice = "";
    this.tell(op === "skip" ? "skipped" : "labeled_as", label);
    this.advance();
  }

  /** One class: with several labels an item the key only chooses, and Enter confirms. */
  label(label) {
    if (!this.multi || label === "none") return this.act("label", label);
    if (!this.current) return;
    if (!this.picked.delete(label)) this.picked.add(label);
    this.renderPicked();
  }

  confirm() {
    if (this.picked.size) this.act("label", [...this.picked].sort((a, b) => a - b));
    else this.tell("nothing_picked");
  }

  flag() {
    const item = this.current;
    if (!item) return;
    const on = !item.flag;
    this.history.push({ op: "flag", item, on, seq: this.outbox.push({ op: "flag", id: item.id, on }) });
    this.future.length = 0;
    this.current = { ...item, flag: on };
    this.tell(on ? "flagged" : "unflagged");
    this.renderItem();
  }

  /** The line below the buttons: what was done last. */
  tell(name, label = null) {
    this.last = say(this.data.strings[name], { name: this.nameOf(label) });
    this.lastClass = label;
    this.renderHead();
  }

  undo() {
    const { recent } = this.data;
    let step = this.history.pop();
    if (step) {
      const event = { op: "undo", id: step.item.id, of: step.op };
      this.outbox.push(step.entry ? { ...event, entry: step.entry } : { ...event, target: step.seq });
    } else {
      const entry = recent.find((one) => this.undoable(one));
      if (!entry) return this.tell("nothing_to_undo");
      this.recentUndone.add(entry.entry);
      step = { op: "label", item: entry.item, label: entry.label, entry: entry.entry };
      this.outbox.push({ op: "undo", id: entry.item.id, of: "label", entry: entry.entry });
    }
    this.future.push(step);
    this.tell("undone");
    this.open(step.item);
    // Several labels: what was chosen stays chosen, to be mended and confirmed.
    if (Array.isArray(step.label)) this.picked = new Set(step.label);
    this.render();
  }

  /** Whether one of the server's last labels is neither undone by this page nor about to be. */
  undoable(one) {
    return !this.recentUndone.has(one.entry) && !this.future.some((step) => step.item.id === one.item.id);
  }

  redo() {
    const step = this.future.pop();
    if (!step) {
      // What an earlier visit undid is known to the server alone.
      const entry = this.data.redo !== this.redone ? this.data.redo : null;
      if (entry) this.outbox.push({ op: "redo", id: null, of: "label", entry });
      this.redone = entry ?? this.redone;
      return this.tell(entry ? "redone" : "nothing_to_redo");
    }
    const event = { op: "redo", id: step.item.id, of: step.op, label: step.label, on: step.on, was: step.item.label ?? null };
    // A step keeps the number (or entry) of the act it is about, however often it is undone and redone.
    this.outbox.push(step.entry ? { ...event, entry: step.entry } : { ...event, target: step.seq });
    this.history.push(step);
    this.tell({ skip: "skipped", label: "labeled_as", flag: "redone" }[step.op], step.label);
    if (step.op === "flag") this.open({ ...step.item, flag: step.on });
    else if (this.current?.id === step.item.id) return this.advance();
    this.render();
  }

  open(item) {
    this.current = item;
    this.picked = new Set(Array.isArray(item?.label) ? item.label : []);
    this.shownAt = performance.now();
    if (item) this.outbox.stay(item.id);
  }

  advance() {
    const taken = this.outbox.taken();
    const next = this.data.items.find((item) => item.id !== this.current?.id && !taken.has(item.id));
    this.open(next ?? null);
    this.render();
  }

  nameOf(label) {
    if (Array.isArray(label)) return label.map((one) => this.nameOf(one)).join(", ");
    return label === "none" ? this.data.strings.none : (this.data.classes.find((one) => one.id === label)?.name ?? "");
  }

  matching() {
    const typed = this.filter.value.trim().toLowerCase();
    const place = (one) => one.name.toLowerCase().replaceAll("_", " ").indexOf(typed.replaceAll("_", " "));
    const found = this.data.classes.filter((one) => place(one) >= 0);
    return typed ? found.sort((a, b) => place(a) - place(b)) : found;
  }
}

export default ({ parentElement, data, setTriggerValue }) =>
  mount(Card, parentElement, data, (card) => {
    card.outbox.send = (batch) => setTriggerValue("batch", batch);
    card.ask = (wish) => setTriggerValue("ask", { ...wish, at: Date.now() });
  });
