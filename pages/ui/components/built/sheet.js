// Made by `make scripts` from sheet/main.js and what it imports: change those, not this file.
// sha256 c6fbe8c5b455ab261779750f54a42d8e0f037eb068ee67ff3a5a15d58564737c of build.js package.json common/decode.js common/dom.js common/events.js common/keyboard.js common/labels.js common/mount.js common/outbox.js common/storage.js sheet/answers.js sheet/bar.js sheet/filters.js sheet/grid.js sheet/keys.js sheet/line.js sheet/main.js sheet/panel.js sheet/pictures.js sheet/report.js sheet/room.js sheet/sheet.js sheet/steps.js sheet/view.js and of what follows
// common/mount.js
var mounted = /* @__PURE__ */ new WeakMap();
var living = null;
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
  for (const [name2, value] of Object.entries(props)) {
    if (name2 in node) Reflect.set(node, name2, value);
    else node.setAttribute(name2, String(value));
  }
  node.append(...children);
  return node;
}
function say(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name2) => name2 in values ? String(values[name2]) : whole);
}
function quiet(node, act) {
  node.addEventListener("mousedown", (event) => event.preventDefault());
  node.addEventListener("click", act);
  return node;
}
function helpRows(rows) {
  return rows.map(([key, text]) => make("div", "", {}, make("kbd", "", {}, key), make("span", "", {}, text)));
}
function breakable(name2) {
  return name2.split(/(?<=[_/.-])/).flatMap((part, i) => i ? [make("wbr"), part] : [part]);
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
var ROWS = "handful-rows";
var SAID = "handful-said";

// common/decode.js
function decode(text, Kind) {
  return new Kind(Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer);
}

// common/labels.js
var UNLABELED = -1;
var NONE = -2;
var CERTAIN = 255;
var Labels = class {
  place = /* @__PURE__ */ new Map();
  rowOf = /* @__PURE__ */ new Map();
  codes = new Int16Array();
  predicted = new Int16Array();
  confidence = new Uint8Array();
  sets = /* @__PURE__ */ new Map();
  constructor(data) {
    this.data = data;
    this.know(data);
  }
  know(data) {
    this.data = data;
    this.place = new Map(data.classes.map((one, i) => [one.id, i]));
  }
  read(rowOf) {
    const { data } = this;
    this.rowOf = rowOf;
    this.codes = decode(data.labels, Int16Array);
    this.predicted = decode(data.predicted, Int16Array);
    this.confidence = decode(data.confidence, Uint8Array);
    this.sets = new Map(Object.entries(data.sets ?? {}).map(([id, label]) => [Number(id), label]));
  }
  apply({ ids, label = null, to }) {
    ids?.forEach((id, i) => {
      const row = this.rowOf.get(id);
      if (row === void 0) return;
      const now = to ? to[i] : label;
      this.codes[row] = this.codeOf(now);
      if (this.data.multi) this.sets.set(id, now);
    });
  }
  codeOf(label) {
    if (label === "none") return NONE;
    const places = (Array.isArray(label) ? label : [label]).map((id) => this.place.get(id) ?? Infinity);
    const first = Math.min(...places);
    return first === Infinity ? UNLABELED : first;
  }
  codeAt(id) {
    return this.codes[this.rowOf.get(id) ?? -1];
  }
  labelOf(id) {
    if (this.data.multi) return this.sets.get(id) ?? null;
    const code = this.codeAt(id);
    return code === NONE ? "none" : this.data.classes[code]?.id ?? null;
  }
  nameOf(label) {
    const { strings, classes } = this.data;
    if (Array.isArray(label)) return label.map((id) => this.nameOf(id)).join(", ");
    if (label === "none") return strings.none;
    return label === null ? strings.unlabeled : classes[this.place.get(label) ?? -1]?.name ?? "";
  }
  carriers(code, mode) {
    return code >= 0 && mode === "prediction" ? this.predicted : this.codes;
  }
  certainty(row) {
    return this.confidence[row] / CERTAIN;
  }
  guess(row) {
    const name2 = this.data.classes[this.predicted[row]]?.name;
    if (name2 === void 0) return "–";
    return `${name2} (${Math.round(this.certainty(row) * 100)} %)`;
  }
  expected(ids) {
    const votes = /* @__PURE__ */ new Map();
    for (const id of ids) {
      const code = this.predicted[this.rowOf.get(id) ?? -1];
      votes.set(code, (votes.get(code) ?? 0) + 1);
    }
    const best = [...votes].sort((a, b) => b[1] - a[1])[0];
    return best ? this.data.classes[best[0]]?.id ?? null : null;
  }
  tally(ids) {
    const counts = /* @__PURE__ */ new Map();
    for (const id of ids) {
      for (const one of [this.labelOf(id)].flat()) counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1]);
  }
  after(ids, label) {
    if (!this.data.multi || typeof label !== "number") return ids.map(() => label);
    const sets = ids.map((id) => [this.labelOf(id)].flat().filter((one) => typeof one === "number"));
    const everywhere = sets.every((set) => set.includes(label));
    return sets.map((set) => {
      if (!everywhere) return [.../* @__PURE__ */ new Set([...set, label])].sort((a, b) => a - b);
      const left = set.filter((one) => one !== label);
      return left.length ? left : null;
    });
  }
};

// sheet/answers.js
var FLAGS = { unsure: 1, none: 2, hidden: 4, flagged: 8, sure: 16 };
var SOURCES = ["", "person", "import", "sample", "model"];
var [NOBODY, PERSON] = [0, SOURCES.indexOf("person")];
var MODEL = SOURCES.indexOf("model");
var Answers = class extends Labels {
  second = new Int16Array();
  secondShare = new Uint8Array();
  doubt = new Uint16Array();
  flags = new Uint8Array();
  source = new Uint8Array();
  author = new Uint16Array();
  at = new Uint32Array();
  members = null;
  constructor(data) {
    super(data);
    this.sheet = data;
  }
  take(data) {
    this.sheet = data;
    this.know(data);
  }
  read(rowOf) {
    super.read(rowOf);
    const { sheet } = this;
    this.second = decode(sheet.second, Int16Array);
    this.secondShare = decode(sheet.second_confidence, Uint8Array);
    this.doubt = decode(sheet.doubt, Uint16Array);
    this.flags = decode(sheet.flags, Uint8Array);
    this.source = decode(sheet.source, Uint8Array);
    this.author = decode(sheet.author, Uint16Array);
    this.at = decode(sheet.at, Uint32Array);
    this.members = sheet.members === null ? null : decode(sheet.members, Uint8Array);
  }
  applyAct({ ids = [], to = [], bulk = false, flag }) {
    const now = Math.round(Date.now() / 1e3);
    ids.forEach((id, i) => {
      const row = this.rowOf.get(id);
      if (row === void 0) return;
      if (flag !== void 0) {
        this.flags[row] = flag ? this.flags[row] | FLAGS.flagged : this.flags[row] & ~FLAGS.flagged;
        return;
      }
      const empty = to[i] === null;
      this.source[row] = empty ? NOBODY : bulk ? MODEL : PERSON;
      this.author[row] = this.sheet.authors.indexOf(this.sheet.me);
      this.at[row] = now;
    });
    if (flag === void 0) this.apply({ ids, to });
  }
  is(row, flag) {
    return (this.flags[row] & flag) !== 0;
  }
  unlabeled(row) {
    return this.codes[row] === UNLABELED;
  }
  hidden(row) {
    return this.is(row, FLAGS.hidden) && (this.unlabeled(row) || this.source[row] === MODEL);
  }
  answer(row) {
    if (this.predicted[row] < 0 || this.hidden(row)) return null;
    if (this.is(row, FLAGS.none)) return "none";
    const { classes } = this.sheet;
    if (!this.members) return classes[this.predicted[row]]?.id ?? null;
    const found = classes.filter((_, place) => this.has(row, place)).map((one) => one.id);
    return found.length ? found.sort((a, b) => a - b) : "none";
  }
  has(row, place) {
    if (!this.members) return this.predicted[row] === place;
    const wide = Math.ceil(this.sheet.classes.length / 8);
    return (this.members[row * wide + (place >> 3)] & 128 >> (place & 7)) !== 0;
  }
  carries(row, id) {
    const label = this.labelOf(this.idOf(row));
    return Array.isArray(label) ? label.includes(id) : label === id;
  }
  idOf = () => -1;
  noneOfThese(row) {
    return this.codes[row] === NONE || this.unlabeled(row) && this.is(row, FLAGS.none) && !this.hidden(row);
  }
};

// sheet/bar.js
var SPELLED_OUT = 4;
var Bar = class {
  notice = "";
  constructor(sheet) {
    this.sheet = sheet;
    const { strings, acts, help } = sheet.data;
    this.what = make("p", "what");
    this.will = make("p", "will");
    this.accept = sheetButton("", () => sheet.steps.accept());
    this.accept.classList.add("primary");
    this.none = sheetButton(strings.none, () => sheet.steps.label("none"), acts.none);
    this.clear = sheetButton(strings.clear, () => sheet.select([]), "esc");
    this.next = sheetButton(strings.next, () => sheet.nextDoubtful(), "→");
    this.undo = sheetButton(strings.undo, () => sheet.steps.undo(), acts.undo);
    this.redo = sheetButton(strings.redo, () => sheet.steps.redo(), `⇧${acts.undo}`);
    this.helpButton = sheetButton(strings.help, () => this.toggleHelp(), acts.help);
    this.helpButton.ariaExpanded = "false";
    this.status = make("span", "status", { role: "status" });
    this.words = make("div", "words", { ariaLive: "polite" }, this.what, this.will);
    const buttons = [this.accept, this.none, this.next, this.clear, this.undo, this.redo, this.helpButton];
    this.box = make("div", "bar", {}, ...buttons, sheet.report.button);
    this.help = make("div", "help", { hidden: true, role: "region", ariaLabel: strings.help }, ...helpRows(help));
  }
  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.ariaExpanded = String(!this.help.hidden);
  }
  tell(text) {
    this.notice = text;
    this.render();
  }
  plan(ids) {
    const { answers, rows } = this.sheet;
    const plan = { ids: [], to: [], answered: [], kept: 0, silent: 0 };
    for (const id of ids) {
      const row = rows.rowOf.get(id) ?? -1;
      const answer = answers.answer(row);
      if (ids.length > 1 && !answers.unlabeled(row)) plan.kept++;
      else if (answers.hidden(row)) plan.answered.push(id);
      else if (answer === null) plan.silent++;
      else {
        plan.ids.push(id);
        plan.to.push(answer);
      }
    }
    return plan;
  }
  render() {
    const { sheet } = this;
    const { strings, acts } = sheet.data;
    const ids = sheet.chosen();
    const many = sheet.room.selected.size > 0;
    const plan = this.plan(ids);
    const what = many ? say(strings.selected, { n: sheet.number(ids.length) }) : "";
    this.what.textContent = [this.notice, what].filter(Boolean).join(" · ") || strings.idle;
    this.will.textContent = many ? this.willWords(plan) : "";
    this.words.classList.toggle("some", many);
    const n = plan.ids.length + plan.answered.length;
    const words = many ? say(n === 1 ? strings.accept_one : strings.accept_n, { n: sheet.number(n) }) : plan.ids.length ? say(strings.accept_as, { name: sheet.answers.nameOf(plan.to[0]) }) : strings.accept;
    this.accept.replaceChildren(make("kbd", "", { ariaHidden: "true" }, "↵"), make("span", "", {}, words));
    this.accept.disabled = many ? !n : !plan.ids.length;
    this.none.disabled = !ids.length;
    this.clear.hidden = !many;
    this.next.hidden = many;
    this.undo.disabled = !sheet.steps.canUndo;
    this.redo.disabled = !sheet.steps.canRedo;
    this.none.title = acts.none;
  }
  willWords(plan) {
    const { sheet } = this;
    const { strings } = sheet.data;
    const count = (n2, one, several) => say(n2 === 1 ? one : several, { n: sheet.number(n2) });
    const names = /* @__PURE__ */ new Map();
    for (const label of plan.to) {
      const name2 = sheet.answers.nameOf(label);
      names.set(name2, (names.get(name2) ?? 0) + 1);
    }
    const sorted = [...names].sort((a, b) => b[1] - a[1]);
    const parts = sorted.slice(0, SPELLED_OUT).map(([name2, n2]) => say(strings.part, { n: sheet.number(n2), name: name2 }));
    const rest = sorted.slice(SPELLED_OUT).reduce((sum, one) => sum + one[1], 0);
    if (rest) parts.push(say(strings.part, { n: sheet.number(rest), name: strings.of_others }));
    const { length } = plan.answered;
    if (length) parts.push(count(length, strings.check_one, strings.check_many));
    const n = plan.ids.length + length;
    const said = n ? [`${count(n, strings.get_one, strings.get_many)} ${parts.join(", ")}`] : [];
    if (plan.kept) said.push(count(plan.kept, strings.keep_one, strings.keep_many));
    if (plan.silent) said.push(count(plan.silent, strings.silent_one, strings.silent_many));
    return said.join("; ");
  }
  renderStatus() {
    const { outbox, data } = this.sheet;
    const state = outbox.status();
    const text = state === "idle" ? "" : say(data.strings[state], { time: clock(outbox.savedAt) });
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.className = `status ${state}`;
    this.status.ariaLive = state === "offline" || state === "slow" ? "polite" : "off";
  }
};
function sheetButton(text, act, key = "") {
  const cap = key ? [make("kbd", "", { ariaHidden: "true" }, key)] : [];
  return quiet(make("button", "act", { type: "button" }, ...cap, make("span", "", {}, text)), act);
}

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

// sheet/line.js
var DAY_S = 86400;
var LONGEST = 600;
function columnsOf(sheet) {
  const { strings, pictures } = sheet.data;
  return [
    { name: "what", title: pictures ? strings.picture : strings.text, sort: "text" },
    ...sheet.rows.meta.map((one, i) => ({ name: "extra", title: one.name, sort: metaKey(i) })),
    { name: "label", title: strings.label, sort: "label" },
    { name: "said", title: strings.prediction, sort: "prediction" },
    { name: "chance", title: strings.probability, sort: "doubt" },
    { name: "second", title: strings.second, sort: "second" },
    { name: "who", title: strings.who, sort: "who" }
  ];
}
function metaKey(i) {
  return `meta:${i}`;
}
var Line = class {
  id = -1;
  rank = -1;
  constructor(sheet, number) {
    this.sheet = sheet;
    this.picture = make("img", "thumbnail", { alt: "", hidden: true });
    this.text = make("span", "text", { dir: "auto" });
    this.extras = sheet.rows.meta.map(() => make("span", "", { dir: "auto" }));
    this.chip = make("i", "chip", { ariaHidden: "true" });
    this.label = make("span", "name", { dir: "auto" });
    this.guess = make("i", "chip", { ariaHidden: "true" });
    this.said = make("span", "name", { dir: "auto" });
    this.percent = make("span", "percent");
    this.level = make("i");
    this.note = make("span", "note");
    this.near = make("span", "near", { dir: "auto" });
    this.second = make("span", "name", { dir: "auto" });
    this.secondPercent = make("span", "percent");
    this.who = make("span", "author", { dir: "auto" });
    this.when = make("span", "when");
    const cell = (kind, ...parts) => make("div", kind, { role: "gridcell" }, ...parts);
    const bar = make("span", "share", { ariaHidden: "true" }, this.level);
    this.node = make(
      "div",
      "row",
      { role: "row", id: `row-${number}`, hidden: true },
      cell("pick", make("span", "box", { ariaHidden: "true" })),
      cell("what", this.picture, this.text),
      ...this.extras.map((one) => cell("extra", one)),
      cell("label", this.chip, this.label),
      cell("said", this.guess, this.said, this.near),
      cell("chance", make("span", "figure", {}, this.percent, this.note), bar),
      cell("second", this.second, this.secondPercent),
      cell("who", this.who, this.when)
    );
  }
  forget() {
    this.rank = -1;
  }
  hide() {
    this.node.hidden = true;
    this.id = this.rank = -1;
  }
  mark(current, selected) {
    this.node.classList.toggle("current", current);
    this.node.ariaSelected = String(selected);
  }
  paint(rank, row, fresh) {
    const { sheet, node } = this;
    const id = sheet.rows.ids[row];
    if (!fresh && this.rank === rank && this.id === id) return;
    this.rank = rank;
    this.id = id;
    node.hidden = false;
    node.ariaRowIndex = String(rank + 2);
    node.dataset.id = String(id);
    node.style.transform = `translateY(${rank * sheet.grid.height}px)`;
    node.classList.toggle("odd", rank % 2 === 1);
    node.classList.toggle("flagged", sheet.answers.is(row, FLAGS.flagged));
    this.paintItem(row, id);
    this.paintLabel(row, id);
    this.paintAnswer(row);
  }
  paintItem(row, id) {
    const { rows, data, pictures } = this.sheet;
    put(this.text, (rows.texts[row] ?? data.strings.loading).slice(0, LONGEST));
    this.extras.forEach((one, i) => put(one, rows.meta[i].values[rows.meta[i].codes[row]] ?? ""));
    this.picture.hidden = !data.pictures;
    if (!data.pictures) return;
    const src = pictures.of(id);
    if (this.picture.getAttribute("src") !== src) {
      if (src) this.picture.src = src;
      else this.picture.removeAttribute("src");
    }
  }
  paintLabel(row, id) {
    const { answers, data } = this.sheet;
    const label = answers.labelOf(id);
    const empty = label === null;
    const hidden = answers.hidden(row);
    name(this.label, empty ? "" : hidden ? data.strings.accepted_hidden : answers.nameOf(label));
    color(this.chip, empty || hidden ? null : this.colorOf(label));
    put(this.who, empty ? "" : whoOf(this.sheet, row));
    put(this.when, empty ? "" : whenOf(answers.at[row]));
    this.node.classList.toggle("open", empty);
    this.node.classList.toggle("bulk", !empty && answers.source[row] === MODEL);
    this.label.title = data.strings.label;
  }
  paintAnswer(row) {
    const { answers, data } = this.sheet;
    const { strings } = data;
    const hidden = answers.hidden(row);
    const known = answers.predicted[row] >= 0 && !hidden;
    const answer = known ? answers.answer(row) : null;
    const unlike = known && answers.is(row, FLAGS.none);
    name(this.said, hidden ? strings.check_item : known ? answers.nameOf(answer) : "–");
    color(this.guess, known ? this.colorOf(answer) : null);
    const share = known && !unlike ? answers.certainty(row) : null;
    put(this.percent, share === null ? "" : percentOf(share));
    this.level.style.width = `${(share ?? 0) * 100}%`;
    this.level.style.background = known && this.colorOf(answer) || "currentColor";
    this.paintMarks(row, { hidden, known, unlike, answer });
    this.paintSecond(row, known, unlike);
  }
  paintMarks(row, { hidden, known, unlike, answer }) {
    const { answers, data } = this.sheet;
    const open = answers.unlabeled(row);
    const { classList } = this.node;
    put(this.note, known && open && !unlike && answers.is(row, FLAGS.unsure) ? data.strings.unsure : "");
    classList.toggle("check", hidden);
    classList.toggle("unlike", unlike);
    classList.toggle("differs", known && !open && String(answer) !== String(answers.labelOf(this.id)));
  }
  paintSecond(row, known, unlike) {
    const { answers, data } = this.sheet;
    const next = known ? data.classes[(unlike ? answers.predicted : answers.second)[row]]?.name : void 0;
    const percent = percentOf(unlike ? answers.certainty(row) : answers.secondShare[row] / 255);
    name(this.second, next ?? "");
    put(this.secondPercent, next === void 0 ? "" : percent);
    put(this.near, unlike && next !== void 0 ? say(data.strings.nearest, { name: next, percent }) : "");
  }
  colorOf(label) {
    const { answers, data } = this.sheet;
    const first = Array.isArray(label) ? label[0] : label;
    return data.classes[answers.place.get(first ?? null) ?? -1]?.color ?? null;
  }
};
function whoOf({ answers, data }, row) {
  const { strings, authors, me } = data;
  const source = SOURCES[answers.source[row]];
  if (source === "import") return strings.from_file;
  if (source === "sample") return strings.from_sample;
  const author = authors[answers.author[row]] ?? "";
  const who = author === me ? strings.you : author;
  return source === "model" ? say(strings.accepted_by, { who }) : who;
}
function percentOf(share) {
  return `${Math.round(share * 100)} %`;
}
function whenOf(at) {
  if (!at) return "";
  const recent = Date.now() / 1e3 - at < DAY_S / 2;
  return recent ? clock(at, { hour: "2-digit", minute: "2-digit" }) : new Date(at * 1e3).toLocaleDateString();
}
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
function name(node, text) {
  if (node.textContent !== text) node.replaceChildren(...breakable(text));
}
function color(node, value) {
  node.hidden = value === null;
  node.style.setProperty("--class", value);
}

// sheet/view.js
var STATES = {
  all: () => () => true,
  open: (answers) => (row) => answers.unlabeled(row),
  labelled: (answers) => (row) => !answers.unlabeled(row),
  person: (answers) => (row) => !answers.unlabeled(row) && answers.source[row] !== MODEL,
  model: (answers) => (row) => !answers.unlabeled(row) && answers.source[row] === MODEL,
  work: (answers) => (row) => answers.unlabeled(row) && !answers.is(row, FLAGS.sure),
  sure: (answers) => (row) => answers.unlabeled(row) && answers.is(row, FLAGS.sure),
  unsure: (answers) => (row) => answers.unlabeled(row) && answers.is(row, FLAGS.unsure),
  none: (answers) => (row) => answers.noneOfThese(row),
  flagged: (answers) => (row) => answers.is(row, FLAGS.flagged),
  check: (answers) => (row) => answers.hidden(row)
};
var STATE_NAMES = (
  Object.keys(STATES)
);
var MOST_ROWS = 2 ** 21;
var HIGHEST = 2 ** 32 - 1;
var LOWEST_CODE = -2;
var letters = new Intl.Collator(void 0, { numeric: true, sensitivity: "base" });
var View = class {
  sort = "doubt";
  down = true;
  state = "all";
  of = null;
  who = null;
  words = "";
  meta = /* @__PURE__ */ new Map();
  only = null;
  order = new Int32Array(0);
  rank = new Int32Array();
  stale = false;
  get narrowed() {
    return this.state !== "all" || this.of !== null || this.who !== null || Boolean(this.words.trim()) || this.meta.size > 0 || this.only !== null;
  }
  clear() {
    Object.assign(this, { state: "all", of: null, who: null, words: "", only: null });
    this.meta.clear();
    if (this.sort === "found") Object.assign(this, { sort: "doubt", down: true });
  }
  sortBy(key) {
    this.down = this.sort === key ? !this.down : key === "doubt";
    this.sort = key;
  }
  compute(rows, answers) {
    this.order = this.sorted(rows, answers, this.passing(rows, answers));
    this.rank = new Int32Array(rows.ids.length).fill(-1);
    this.order.forEach((row, rank) => this.rank[row] = rank);
    this.stale = false;
  }
  passing(rows, answers) {
    const tests = this.tests(rows, answers);
    const found = [];
    for (let row = 0; row < rows.ids.length; row++) {
      if (tests.every((test) => test(row))) found.push(row);
    }
    return Int32Array.from(found);
  }
  tests(rows, answers) {
    const { of, who, only } = this;
    const tests = this.state === "all" ? [] : [STATES[this.state](answers)];
    if (of !== null) {
      const place = answers.place.get(of) ?? -1;
      tests.push((row) => !answers.hidden(row) && (answers.unlabeled(row) ? !answers.is(row, FLAGS.none) && answers.has(row, place) : answers.carries(row, of)));
    }
    if (who !== null) {
      tests.push((row) => !answers.unlabeled(row) && answers.author[row] === who && own(answers, row));
    }
    for (const [name2, value] of this.meta) {
      const column = rows.meta.find((one) => one.name === name2);
      const code = column?.values.indexOf(value);
      if (column) tests.push((row) => column.codes[row] === code);
    }
    if (only) {
      const wanted = new Set(only.ids);
      tests.push((row) => wanted.has(rows.ids[row]));
    }
    const words = this.words.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) {
      tests.push((row) => {
        const text = (rows.texts[row] ?? "").toLowerCase();
        return words.every((word) => text.includes(word));
      });
    }
    return tests;
  }
  sorted(rows, answers, passing) {
    if (this.sort === "order") return this.down ? passing.reverse() : passing;
    if (this.sort === "text") {
      const turn = this.down ? -1 : 1;
      return passing.sort((a, b) => turn * letters.compare(rows.texts[a] ?? "", rows.texts[b] ?? "") || a - b);
    }
    const value = this.value(rows, answers);
    const keys = Float64Array.from(passing, (row) => (this.down ? HIGHEST - value(row) : value(row)) * MOST_ROWS + row);
    return Int32Array.from(keys.sort(), (key) => key % MOST_ROWS);
  }
  value(rows, answers) {
    const { sort } = this;
    if (sort === "second") return (row) => answers.secondShare[row];
    if (sort === "who") return (row) => answers.at[row];
    if (sort === "label") return (row) => answers.codes[row] - LOWEST_CODE;
    if (sort === "prediction") return (row) => shown(answers, row);
    if (sort === "found") {
      const place2 = new Map((this.only?.ids ?? []).map((id, i) => [id, i]));
      return (row) => place2.get(rows.ids[row]) ?? HIGHEST;
    }
    const column = sort.startsWith("meta:") ? rows.meta[Number(sort.slice("meta:".length))] : void 0;
    if (!column) return (row) => answers.doubt[row];
    const ranked = column.values.map((_, i) => i).sort((a, b) => letters.compare(column.values[a], column.values[b]));
    const place = new Int32Array(ranked.length);
    ranked.forEach((code, i) => place[code] = i);
    return (row) => place[column.codes[row]];
  }
  nextDoubtful(row, answers) {
    const { order } = this;
    const open = Array.from(order).filter((one) => answers.unlabeled(one) || one === row);
    if (!(this.sort === "doubt" && this.down)) open.sort((a, b) => answers.doubt[b] - answers.doubt[a] || a - b);
    const rest = open.filter((one) => one !== row);
    if (!rest.length) return -1;
    const at = open.indexOf(row);
    return at < 0 ? rest[0] : open[at + 1] ?? rest[0];
  }
};
function own(answers, row) {
  const source = SOURCES[answers.source[row]];
  return source === "person" || source === "model";
}
function shown(answers, row) {
  if (answers.hidden(row)) return 1e6;
  return answers.is(row, FLAGS.none) ? 1e5 : answers.predicted[row] + 1;
}

// sheet/filters.js
var LONGEST_SEARCH = 500;
var MOST_VALUES = 500;
var ASK_AGAIN_MS = 6e3;
var Filters = class {
  asked = null;
  asking = "";
  constructor(sheet) {
    this.sheet = sheet;
    const { strings, acts } = sheet.data;
    const hint = say(strings.words, { key: acts.search });
    const props = { type: "search", placeholder: hint, ariaLabel: hint, autocomplete: "off" };
    this.words = make("input", "find", { ...props, maxLength: LONGEST_SEARCH });
    this.words.addEventListener("input", () => this.typed());
    this.meaning = sheetButton(strings.meaning, () => this.searchMeaning());
    this.state = this.select(strings.state, (value) => sheet.view.state = /** @type {State} */
    value);
    this.of = this.select(strings.of_class, (value) => sheet.view.of = value === "" ? null : Number(value));
    this.who = this.select(strings.person, (value) => sheet.view.who = value === "" ? null : Number(value));
    this.sort = this.select(strings.sort, (value) => {
      sheet.view.sort = /** @type {SortKey} */
      value;
      sheet.view.down = value === "doubt";
    });
    this.meta = make("div", "metas");
    this.count = make("span", "count", { role: "status" });
    this.only = make("button", "only", { type: "button" });
    this.only.addEventListener("click", () => this.dropOnly());
    this.again = sheetButton(strings.sort_again, () => sheet.rearrange());
    this.clear = sheetButton(strings.clear_filters, () => {
      sheet.view.clear();
      this.words.value = "";
      sheet.rearrange();
    });
    this.counts = [this.count, this.only, this.again, this.clear];
    this.box = make(
      "div",
      "filters",
      { role: "search" },
      make("div", "search", {}, this.words, this.meaning),
      this.state,
      this.of,
      this.who,
      this.meta,
      this.sort
    );
  }
  select(label, set) {
    const node = make("select", "", { ariaLabel: label, title: label });
    node.addEventListener("change", () => {
      set(node.value);
      this.sheet.rearrange();
    });
    return node;
  }
  rebuild() {
    const { sheet } = this;
    const { strings, classes, authors } = sheet.data;
    options(this.state, STATE_NAMES.map((one) => [one, strings[`state_${one}`]]));
    options(this.of, [["", strings.any_class], ...classes.map((one) => pair(one.id, one.name))]);
    const people = authors.map((one, i) => pair(i, one === sheet.data.me ? strings.you : one));
    options(this.who, [["", strings.anybody], ...people]);
    this.who.hidden = authors.length < 2;
    const sorts = columnsOf(sheet).map((one) => pair(one.sort, say(strings.sort_by, { name: one.title })));
    sorts.unshift(["order", say(strings.sort_by, { name: strings.file_order })]);
    options(this.sort, [...sorts, ["found", say(strings.sort_by, { name: strings.meaning })]]);
    this.meta.replaceChildren(...sheet.rows.meta.filter((one) => one.values.length <= MOST_VALUES).map((one) => {
      const node = this.select(one.name, (value) => {
        if (value === "") sheet.view.meta.delete(one.name);
        else sheet.view.meta.set(one.name, one.values[Number(value)]);
      });
      const values = one.values.map((value, i) => pair(i, value || "–"));
      values.sort((a, b) => a[1].localeCompare(b[1], void 0, { numeric: true }));
      const of = (value) => `${one.name}: ${value}`;
      options(node, [["", of(strings.any)], ...values.map(([i, value]) => pair(i, of(value)))]);
      node.dataset.name = one.name;
      return node;
    }));
    for (const name2 of [...sheet.view.meta.keys()]) {
      if (!sheet.rows.meta.some((one) => one.name === name2)) sheet.view.meta.delete(name2);
    }
  }
  // -- words and meaning -------------------------------------------------------------------------
  typed() {
    const { view } = this.sheet;
    view.words = this.words.value;
    if (view.sort === "found") this.dropOnly();
    else this.sheet.rearrange();
  }
  searchMeaning() {
    const { sheet } = this;
    const text = this.words.value.trim();
    if (!text) return this.words.focus();
    this.asking = text;
    this.asked = Date.now();
    const { asked } = this;
    sheet.send({ project: sheet.project, kind: "search", nonce: asked, text });
    setTimeout(() => this.asked === asked && this.searchMeaning(), ASK_AGAIN_MS);
    sheet.bar.tell(sheet.data.strings.searching);
  }
  answered({ search }) {
    if (!search || search.nonce !== this.asked) return;
    const { sheet } = this;
    this.asked = null;
    sheet.view.words = "";
    this.words.value = "";
    this.show(say(sheet.data.strings.like, { text: this.asking }), search.ids, "found");
    sheet.bar.tell(search.ids.length ? "" : sheet.data.strings.nothing_found);
  }
  show(title, ids, sort = "doubt") {
    const { view } = this.sheet;
    view.clear();
    Object.assign(view, { only: { title, ids }, sort, down: sort === "doubt" });
    this.words.value = "";
    this.sheet.room.current = null;
    this.sheet.rearrange();
  }
  dropOnly() {
    const { view } = this.sheet;
    view.only = null;
    if (view.sort === "found") Object.assign(view, { sort: "doubt", down: true });
    this.sheet.rearrange();
  }
  key(event, target) {
    if (target !== this.words || event.key !== "Enter" && event.key !== "Escape") return false;
    take(event);
    if (event.key === "Enter" && this.words.value.trim()) this.searchMeaning();
    if (event.key === "Escape") {
      this.words.value = "";
      this.typed();
    }
    this.sheet.focus();
    return true;
  }
  // -- on screen ---------------------------------------------------------------------------------
  render() {
    const { view, rows } = this.sheet;
    this.state.value = view.state;
    this.of.value = view.of === null ? "" : String(view.of);
    this.who.value = view.who === null ? "" : String(view.who);
    this.sort.value = view.sort;
    for (const node of this.meta.querySelectorAll("select")) {
      const column = rows.meta.find((one) => one.name === node.dataset.name);
      const value = view.meta.get(node.dataset.name ?? "");
      node.value = value === void 0 || !column ? "" : String(column.values.indexOf(value));
    }
    this.renderCount();
  }
  renderCount() {
    const { sheet } = this;
    const { view, rows, data } = sheet;
    const { strings } = data;
    const [n, of] = [view.order.length, rows.ids.length];
    const words = n === of ? of === 1 ? strings.items_one : strings.items_many : strings.items_of;
    const cut = view.words.trim() && rows.cut ? ` (${say(strings.words_cut, { n: sheet.number(rows.cut) })})` : "";
    const text = say(words, { n: sheet.number(n), of: sheet.number(of) }) + cut;
    if (this.count.textContent !== text) this.count.textContent = text;
    this.only.hidden = !view.only;
    this.only.textContent = view.only ? `${view.only.title} ✕` : "";
    this.only.ariaLabel = view.only ? say(strings.drop, { name: view.only.title }) : "";
    this.again.hidden = !view.stale;
    this.clear.hidden = !view.narrowed;
  }
};
function pair(value, text) {
  return [String(value), text];
}
function options(node, list) {
  node.replaceChildren(...list.map(([value, text]) => make("option", "", { value }, text)));
}

// sheet/grid.js
var BEYOND = 4;
var Grid = class {
  lines = [];
  height = 60;
  frame = null;
  constructor(sheet) {
    this.sheet = sheet;
    const { strings } = sheet.data;
    this.head = make("div", "head", { role: "row" });
    this.probe = make("div", "probe", { ariaHidden: "true" });
    this.space = make("div", "space", { role: "presentation" });
    this.empty = make("p", "empty", { hidden: true }, strings.nothing_here);
    const props = { role: "grid", tabIndex: 0, ariaLabel: strings.rows, "aria-multiselectable": "true" };
    this.box = make("div", "grid", props, this.head, this.probe, this.space, this.empty);
    this.box.addEventListener("scroll", () => this.repaint(), { passive: true });
    this.sized = new ResizeObserver(() => this.resized());
    this.sized.observe(this.box);
    this.space.addEventListener("mousedown", (event) => {
      if (event.shiftKey) event.preventDefault();
    });
    this.space.addEventListener("click", (event) => this.clicked(event));
  }
  stop() {
    this.sized.disconnect();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }
  // -- the head ----------------------------------------------------------------------------------
  rebuild() {
    const { sheet } = this;
    const columns = columnsOf(sheet);
    this.box.style.setProperty("--meta", String(sheet.rows.meta.length));
    this.all = make("span", "box", { ariaHidden: "true" });
    const all = make("button", "pick", { type: "button", title: sheet.data.strings.select_all }, this.all);
    all.ariaLabel = sheet.data.strings.select_all;
    all.addEventListener("click", () => sheet.toggleAll());
    const heads = columns.map(({ name: name2, title, sort }) => {
      const button = make("button", "sort", { type: "button", title }, title);
      button.addEventListener("click", () => {
        sheet.view.sortBy(sort);
        sheet.rearrange();
      });
      return make("div", name2, { role: "columnheader" }, button);
    });
    this.heads = columns.map(({ sort }, i) => ({ sort, node: heads[i] }));
    this.head.replaceChildren(make("div", "pick", { role: "columnheader" }, all), ...heads);
    for (const line of this.lines) line.node.remove();
    this.lines = [];
    this.resized();
  }
  renderHead() {
    const { view, room } = this.sheet;
    for (const { sort, node } of this.heads ?? []) {
      node.ariaSort = view.sort !== sort ? "none" : view.down === (sort !== "doubt") ? "descending" : "ascending";
    }
    const some = room.selected.size > 0;
    this.all?.classList.toggle("on", some && room.selected.size >= view.order.length);
    this.all?.classList.toggle("part", some && room.selected.size < view.order.length);
  }
  // -- places ------------------------------------------------------------------------------------
  get fitting() {
    return Math.floor((this.box.clientHeight - this.head.offsetHeight) / this.height);
  }
  resized() {
    const height = this.probe.offsetHeight;
    const changed = height && height !== this.height;
    if (height) this.height = height;
    this.space.style.height = `${this.sheet.view.order.length * this.height}px`;
    this.paint(Boolean(changed));
  }
  show(rank) {
    if (rank < 0) return;
    const { box, height } = this;
    const head = this.head.offsetHeight;
    const top = rank * height;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + height > box.scrollTop + box.clientHeight - head) {
      box.scrollTop = top + height - (box.clientHeight - head);
    }
  }
  inSight(id) {
    return this.lines.some((line) => line.id === id && !line.node.hidden);
  }
  // -- painting ----------------------------------------------------------------------------------
  repaint() {
    this.frame ??= requestAnimationFrame(() => this.paint());
  }
  paint(fresh = false) {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
    const { sheet, box, height } = this;
    const { view, room } = sheet;
    const n = view.order.length;
    this.empty.hidden = n > 0 || sheet.box.classList.contains("waiting");
    this.renderHead();
    const first = Math.max(0, Math.floor(box.scrollTop / height) - BEYOND);
    const last = Math.min(n, Math.ceil((box.scrollTop + box.clientHeight) / height) + BEYOND);
    const wanted = Math.max(0, last - first);
    while (this.lines.length < wanted) this.add();
    const count = this.lines.length;
    const used = /* @__PURE__ */ new Set();
    for (let rank = first; rank < last; rank++) {
      const line = this.lines[rank % count];
      used.add(line);
      line.paint(rank, view.order[rank], fresh);
    }
    for (const line of this.lines) if (!used.has(line)) line.hide();
    box.ariaRowCount = String(n + 1);
    const here = sheet.row < 0 ? -1 : view.rank[sheet.row];
    const current = here >= first && here < last ? this.lines[here % count] : null;
    if (current) box.setAttribute("aria-activedescendant", current.node.id);
    else box.removeAttribute("aria-activedescendant");
    for (const line of this.lines) line.mark(line.id !== -1 && line.id === room.current, room.selected.has(line.id));
  }
  add() {
    const line = new Line(this.sheet, this.lines.length);
    this.lines.push(line);
    this.space.append(line.node);
    for (const one of this.lines) one.forget();
  }
  // -- the mouse ---------------------------------------------------------------------------------
  clicked(event) {
    const { sheet } = this;
    const target = (
      event.target
    );
    const node = target.closest(".row");
    const line = this.lines.find((one) => one.node === node);
    if (!line || line.id < 0) return;
    sheet.focus();
    if (event.shiftKey) return sheet.goToRank(line.rank, true);
    if (target.closest(".pick") || event.ctrlKey || event.metaKey) {
      sheet.room.current = line.id;
      return sheet.toggle(line.id);
    }
    const again = sheet.room.current === line.id;
    sheet.goToRank(line.rank);
    if (!sheet.room.why || again) sheet.panel.toggle();
  }
};

// sheet/keys.js
function onKey(sheet, event) {
  if (event.key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey) && targetOf(event) === sheet.grid.box) {
    take(event);
    return sheet.toggleAll();
  }
  if (reserved(event)) return;
  const target = targetOf(event);
  if (sheet.filters.key(event, target) || sheet.panel.key(event, target)) return;
  if (elsewhere(event, target, sheet.outbox.connected())) return;
  const moves = target === sheet.grid.box ? movesOf(sheet, event) : null;
  const action = moves ?? actionOf(sheet, event);
  if (!action) return;
  take(event);
  if (!event.repeat || action === moves) action();
}
function movesOf(sheet, event) {
  const page = Math.max(1, sheet.grid.fitting - 1);
  const { shiftKey } = event;
  const moves = {
    ArrowDown: () => sheet.move(1, shiftKey),
    ArrowUp: () => sheet.move(-1, shiftKey),
    PageDown: () => sheet.move(page, shiftKey),
    PageUp: () => sheet.move(-page, shiftKey),
    Home: () => sheet.goToRank(0, shiftKey),
    End: () => sheet.goToRank(sheet.view.order.length - 1, shiftKey),
    ArrowRight: () => sheet.nextDoubtful()
  };
  return moves[event.key] ?? null;
}
function actionOf(sheet, event) {
  const { acts, classes } = sheet.data;
  const { steps } = sheet;
  const key = keyOf(event);
  if (key === acts.undo) return () => event.shiftKey ? steps.redo() : steps.undo();
  if (key === acts.help) return () => sheet.bar.toggleHelp();
  if (key === acts.search) return () => sheet.filters.words.focus();
  if (key === "Escape") return () => escape(sheet);
  if (event.shiftKey) return null;
  if (key === "Enter") return () => steps.accept();
  if (key === " ") return () => sheet.room.current === null ? void 0 : sheet.toggle(sheet.room.current);
  if (key === acts.none) return () => steps.label("none");
  if (key === "Delete" || key === "Backspace") return () => steps.label(null);
  if (key === acts.flag) return () => steps.flag();
  if (key === acts.why) return () => sheet.panel.toggle();
  if (key === acts.filter) return () => sheet.panel.focusClasses();
  const found = classes.find((one) => one.key === key);
  return found ? () => steps.label(found.id) : null;
}
function escape(sheet) {
  if (!sheet.bar.help.hidden) return sheet.bar.toggleHelp();
  if (sheet.room.selected.size) return sheet.select([]);
  if (sheet.room.why) sheet.panel.toggle();
}

// sheet/panel.js
var WAIT_MS = 120;
var ASK_AGAIN_MS2 = 6e3;
var LONG = 900;
var Panel = class {
  asked = null;
  why = null;
  timer = void 0;
  open = null;
  constructor(sheet) {
    this.sheet = sheet;
    const { strings, acts } = sheet.data;
    this.close = sheetButton(strings.close, () => this.toggle(), acts.why);
    this.content = make("div", "content", { ariaLive: "polite" });
    const hint = say(strings.find_class, { key: acts.filter });
    const props = { type: "search", placeholder: hint, ariaLabel: hint, autocomplete: "off", spellcheck: false };
    this.filter = make("input", "find", props);
    this.filter.addEventListener("input", () => this.renderClasses());
    this.classes = make("div", "classes", { role: "group", ariaLabel: strings.classes });
    this.box = make(
      "aside",
      "panel",
      { ariaLabel: strings.why, hidden: true },
      make("header", "", {}, make("h2", "", {}, strings.why), this.close),
      this.content,
      this.filter,
      this.classes
    );
  }
  rebuild() {
    const { sheet } = this;
    const { classes, few } = sheet.data;
    this.buttons = new Map(classes.map((one) => {
      const key = make("kbd", "", { ariaHidden: "true", hidden: !one.key }, one.key);
      const chip = make("i", "chip", { ariaHidden: "true" });
      chip.style.setProperty("--class", one.color);
      const name2 = make("span", "name", { dir: "auto" }, ...breakable(one.name));
      const node = make("button", "class", { type: "button", title: one.description || one.name }, key, chip, name2);
      return [one.id, quiet(node, () => sheet.steps.label(one.id))];
    }));
    this.classes.replaceChildren(...this.buttons.values());
    this.filter.hidden = classes.length <= few;
    this.renderClasses();
  }
  toggle() {
    const { room } = this.sheet;
    room.why = !room.why;
    this.moved();
    this.render();
    this.sheet.grid.resized();
    this.sheet.grid.show(this.sheet.view.rank[this.sheet.row] ?? -1);
    if (!room.why) this.sheet.focus();
  }
  focusClasses() {
    const { room } = this.sheet;
    if (!room.why) this.toggle();
    (this.filter.hidden ? this.classes.querySelector("button") : this.filter)?.focus();
  }
  key(event, target) {
    if (target !== this.filter || event.key !== "Enter" && event.key !== "Escape") return false;
    take(event);
    const first = matching(this.sheet.data.classes, this.filter.value)[0];
    const typed = this.filter.value.trim();
    this.filter.value = "";
    this.renderClasses();
    this.sheet.focus();
    if (event.key === "Enter" && typed && first) this.sheet.steps.label(first.id);
    return true;
  }
  // -- asking --------------------------------------------------------------------------------------
  moved() {
    const { room } = this.sheet;
    clearTimeout(this.timer);
    if (!room.why || room.current === null || this.why?.id === room.current) return;
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }
  ask(words = false) {
    const { sheet } = this;
    const id = sheet.room.current;
    if (id === null || !sheet.room.why) return;
    this.asked = { nonce: Date.now(), id, at: Date.now(), words };
    sheet.send({ project: sheet.project, kind: "why", nonce: this.asked.nonce, id, words });
  }
  tick() {
    if (this.asked && Date.now() - this.asked.at > ASK_AGAIN_MS2) this.ask(this.asked.words);
  }
  answered({ why }) {
    if (!why || this.asked && why.nonce !== this.asked.nonce) return;
    this.asked = null;
    this.why = why;
    this.render();
  }
  // -- on screen -----------------------------------------------------------------------------------
  render() {
    const { sheet } = this;
    const { room } = sheet;
    const row = sheet.row;
    this.box.hidden = !room.why || row < 0;
    sheet.box.classList.toggle("asking", !this.box.hidden);
    if (this.box.hidden) return;
    const id = sheet.rows.ids[row];
    const why = this.why?.id === id ? this.why : null;
    const hidden = sheet.answers.hidden(row);
    this.content.replaceChildren(...this.itemNodes(row, id, why), ...why ? this.reasonNodes(row, why) : []);
    for (const [one, node] of this.buttons ?? []) node.ariaPressed = String(!hidden && sheet.answers.carries(row, one));
  }
  itemNodes(row, id, why) {
    const { rows, data, answers } = this.sheet;
    const { strings } = data;
    const text = why?.text ?? rows.texts[row] ?? strings.loading;
    const folds = text.length > LONG && this.open !== id;
    const shown2 = folds ? `${text.slice(0, LONG).trimEnd()}…` : text;
    const nodes = [];
    if (why?.image) nodes.push(make("img", "picture", { src: why.image, alt: text }));
    nodes.push(make("p", "text", { dir: "auto" }, ...marked(shown2, why?.words ?? [])));
    if (folds) {
      const more = sheetButton(strings.show_all, () => {
        this.open = id;
        this.render();
      });
      nodes.push(more);
    }
    if (why) nodes.push(...this.moreNodes(why));
    const label = answers.labelOf(id);
    const name2 = label !== null && answers.hidden(row) ? strings.accepted_hidden : answers.nameOf(label);
    nodes.push(make("p", "now", { dir: "auto" }, say(strings.label_is, { name: name2 })));
    return nodes;
  }
  moreNodes(why) {
    const { strings } = this.sheet.data;
    const nodes = [];
    if (why.asked_words) nodes.push(make("p", "soft", {}, why.words.length ? strings.words_marked : strings.no_words));
    else if (why.can_words) nodes.push(sheetButton(strings.mark_words, () => this.ask(true)));
    const meta = why.meta.flatMap(([name2, value]) => [make("dt", "", {}, name2), make("dd", "", { dir: "auto" }, value)]);
    if (meta.length) nodes.push(make("dl", "", {}, ...meta));
    return nodes;
  }
  reasonNodes(row, why) {
    const { answers, data } = this.sheet;
    const { strings } = data;
    if (answers.hidden(row)) return [make("p", "soft", {}, strings.hidden_one)];
    const bars = why.top.map(([id, share]) => this.barOf(id, share));
    const pulls = why.pulls.map((one) => this.pullOf(one));
    return [
      make("div", "bars", {}, ...bars),
      ...why.said ? [make("p", "soft", {}, why.said)] : [],
      make("p", "soft", {}, pulls.length ? strings.pulls : strings.no_pulls),
      make("ul", "", {}, ...pulls)
    ];
  }
  barOf(id, share) {
    const one = this.classOf(id);
    const level = make("i");
    level.style.width = `${share * 100}%`;
    level.style.background = one?.color ?? "currentColor";
    const name2 = make("span", "name", { dir: "auto" }, ...breakable(one?.name ?? ""));
    return make("div", "", {}, name2, make("span", "percent", {}, percentOf(share)), make("span", "share", {}, level));
  }
  pullOf({ text, image, label, weight }) {
    const one = this.classOf(label);
    const chip = make("i", "chip", { ariaHidden: "true" });
    chip.style.setProperty("--class", one?.color ?? "transparent");
    const level = make("i");
    level.style.width = `${weight * 100}%`;
    const what = image ? make("img", "small", { src: image, alt: text }) : make("span", "quote", { dir: "auto" }, text);
    const head = make("span", "", {}, chip, make("strong", "", { dir: "auto" }, one?.name ?? ""));
    return make("li", "", {}, head, what, make("span", "share", { ariaHidden: "true" }, level));
  }
  classOf(id) {
    return this.sheet.data.classes.find((one) => one.id === id);
  }
  renderClasses() {
    const found = new Set(matching(this.sheet.data.classes, this.filter.value).map((one) => one.id));
    for (const [id, node] of this.buttons ?? []) node.hidden = !found.has(id);
  }
};
function marked(text, words) {
  const nodes = [];
  let at = 0;
  for (const [start, end, weight] of words) {
    if (start < at || end > text.length) continue;
    const mark = make("mark", weight < 0 ? "against" : "for", {}, text.slice(start, end));
    mark.style.setProperty("--weight", String(Math.abs(weight)));
    nodes.push(text.slice(at, start), mark);
    at = end;
  }
  return [...nodes, text.slice(at)];
}

// sheet/pictures.js
var WAIT_MS2 = 60;
var MOST = 60;
var KEPT = 4e3;
var Pictures = class {
  known = /* @__PURE__ */ new Map();
  wanted = /* @__PURE__ */ new Set();
  timer = void 0;
  constructor(sheet) {
    this.sheet = sheet;
  }
  of(id) {
    const found = this.known.get(id);
    if (found !== void 0) return found;
    this.wanted.add(id);
    this.timer ??= setTimeout(() => this.ask(), WAIT_MS2);
    return "";
  }
  ask() {
    this.timer = void 0;
    const { grid, project, send } = this.sheet;
    const ids = [...this.wanted].filter((id) => grid.inSight(id)).slice(0, MOST);
    this.wanted.clear();
    if (ids.length) send({ project, kind: "pictures", nonce: Date.now(), ids });
  }
  take(pictures) {
    const found = Object.entries(pictures);
    if (!found.length) return;
    for (const [id, picture] of found) this.known.set(Number(id), picture);
    for (const old of [...this.known.keys()].slice(0, Math.max(0, this.known.size - KEPT))) this.known.delete(old);
    this.sheet.grid.paint(true);
  }
};

// sheet/report.js
var MOST_COLUMNS = 24;
var MOST_PAIRS = 30;
var Report = class {
  drawn = void 0;
  constructor(sheet) {
    this.sheet = sheet;
    const { strings } = sheet.data;
    this.button = sheetButton(strings.by_class, () => {
      sheet.room.details = !sheet.room.details;
      this.render();
    });
    this.button.classList.add("opens");
    this.box = make("div", "report", { hidden: true, role: "region", ariaLabel: strings.by_class });
  }
  render() {
    const { report, strings, classes } = this.sheet.data;
    this.button.hidden = !report;
    this.box.hidden = !report || !this.sheet.room.details;
    this.button.ariaExpanded = String(!this.box.hidden);
    if (!report || this.box.hidden) return;
    const now = JSON.stringify([report, classes]);
    if (now === this.drawn) return;
    this.drawn = now;
    this.box.replaceChildren(
      make("p", "soft", {}, report.words),
      make("div", "scroll", { tabIndex: 0, role: "region", ariaLabel: strings.by_class }, this.table(report)),
      ...report.cells.length ? [make("h3", "", {}, strings.mixed_up), this.matrix(report)] : []
    );
  }
  nameOf(place) {
    return this.sheet.data.classes[place]?.name ?? this.sheet.data.strings.none;
  }
  table(report) {
    const { strings } = this.sheet.data;
    const { labelled, predicted, precision, recall, missed, wrong } = strings;
    const titles = [strings.class, labelled, predicted, precision, recall, missed, wrong];
    const head = make("tr", "", {}, ...titles.map((one) => make("th", "", { scope: "col" }, one)));
    const lines = report.classes.map((one) => {
      const name2 = this.nameOf(one.place);
      return make(
        "tr",
        "",
        {},
        make("th", "", { scope: "row", dir: "auto" }, ...this.named(one.place)),
        make("td", "n", {}, this.sheet.number(one.labelled)),
        make("td", "n", {}, this.sheet.number(one.predicted)),
        figure(one.precision, one.precision_range),
        figure(one.recall, one.recall_range),
        make("td", "n", {}, this.opener(one.missed, say(strings.missed_of, { name: name2 }))),
        make("td", "n", {}, this.opener(one.wrong, say(strings.wrong_of, { name: name2 })))
      );
    });
    return make("table", "figures", {}, make("thead", "", {}, head), make("tbody", "", {}, ...lines));
  }
  named(place) {
    const chip = make("i", "chip", { ariaHidden: "true" });
    chip.style.setProperty("--class", this.sheet.data.classes[place]?.color ?? "transparent");
    return [chip, make("span", "", {}, ...breakable(this.nameOf(place)))];
  }
  opener(ids, title) {
    if (!ids.length) return "0";
    const node = make("button", "cell", { type: "button", title }, this.sheet.number(ids.length));
    node.ariaLabel = `${title}: ${ids.length}`;
    node.addEventListener("click", () => {
      this.sheet.filters.show(title, ids);
      this.sheet.grid.box.scrollIntoView({ block: "nearest" });
      this.sheet.focus();
    });
    return node;
  }
  words(truth, said) {
    const { strings } = this.sheet.data;
    const names = { name: this.nameOf(truth), other: this.nameOf(said) };
    return say(truth === said ? strings.right : strings.taken_for, names);
  }
  matrix(report) {
    const places = [...new Set(report.cells.flatMap((one) => [one.true, one.said]))];
    places.sort((a, b) => (a < 0 ? Infinity : a) - (b < 0 ? Infinity : b));
    if (places.length > MOST_COLUMNS) return this.pairs(report);
    const { strings } = this.sheet.data;
    const cells = new Map(report.cells.map((one) => [`${one.true},${one.said}`, one]));
    const most = Math.max(...report.cells.map((one) => one.ids.length));
    const corner = make("th", "corner", { scope: "col" }, strings.matrix_corner);
    const head = places.map((one) => make("th", "", { scope: "col", dir: "auto" }, make("span", "", {}, ...breakable(this.nameOf(one)))));
    const lines = places.map((truth) => make(
      "tr",
      "",
      {},
      make("th", "", { scope: "row", dir: "auto" }, ...this.named(truth)),
      ...places.map((said) => {
        const ids = cells.get(`${truth},${said}`)?.ids ?? [];
        const inside = ids.length ? this.opener(ids, this.words(truth, said)) : "";
        const node = make("td", truth === said ? "right" : "", {}, inside);
        node.style.setProperty("--share", String(ids.length / most));
        return node;
      })
    ));
    const top = make("thead", "", {}, make("tr", "", {}, corner, ...head));
    const table = make("table", "matrix", {}, top, make("tbody", "", {}, ...lines));
    return make("div", "scroll", { tabIndex: 0, role: "region", ariaLabel: strings.mixed_up }, table);
  }
  pairs(report) {
    const mixed = report.cells.filter((one) => one.true !== one.said);
    mixed.sort((a, b) => b.ids.length - a.ids.length);
    const lines = mixed.slice(0, MOST_PAIRS).map((one) => {
      const words = this.words(one.true, one.said);
      return make("li", "", { dir: "auto" }, this.opener(one.ids, words), ` ${words}`);
    });
    return make("ul", "pairs", {}, ...lines);
  }
};
function figure(value, range) {
  return make("td", "n", {}, make("span", "", {}, value), make("span", "soft", {}, ` ${range}`));
}

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
    const own2 = acks[this.client] ?? 0;
    if (own2 > this.saved) {
      this.saved = own2;
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
    const own2 = this.unsaved();
    if (own2.length) batches.push({ client: this.client, events: own2 });
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
    const name2 = `handful:here:${this.project}`;
    return read(sessionStorage, name2) ?? read(localStorage, name2);
  }
  stop() {
    clearTimeout(this.timer);
    this.keep();
  }
};

// sheet/room.js
var Room = class {
  view = new View();
  selected = /* @__PURE__ */ new Set();
  current = null;
  anchor = null;
  why = false;
  details = false;
  wished = void 0;
  accepted = null;
  history = [];
  future = [];
  constructor(queue) {
    this.outbox = new Outbox(queue);
  }
};
var rooms = /* @__PURE__ */ new Map();
function roomOf(data) {
  const found = rooms.get(data.project) ?? new Room(data.queue);
  rooms.set(data.project, found);
  return found;
}

// sheet/steps.js
var Steps = class {
  reached = void 0;
  constructor(sheet) {
    this.sheet = sheet;
    this.outbox = sheet.outbox;
    this.room = sheet.room;
  }
  get canUndo() {
    return this.room.history.length > 0 || Boolean(this.sheet.data.undo);
  }
  get canRedo() {
    return this.room.future.length > 0 || Boolean(this.sheet.data.redo);
  }
  // -- what a key does -------------------------------------------------------------------------
  label(label) {
    const { sheet } = this;
    const ids = sheet.chosen();
    if (!ids.length) return;
    const to = sheet.answers.after(ids, label);
    const one = ids.length === 1;
    const stay = !one || sheet.data.multi && typeof label === "number";
    this.give({ ids, to, answered: [] }, { one, bulk: false, stay, name: sheet.answers.nameOf(one ? to[0] : label) });
  }
  accept() {
    const { sheet } = this;
    const { answers, data } = sheet;
    const ids = sheet.chosen();
    if (!ids.length) return;
    const plan = sheet.bar.plan(ids);
    if (ids.length > 1) return this.give(plan, { one: false, bulk: true, stay: true, name: "" });
    if (plan.answered.length) return sheet.bar.tell(data.strings.hidden_one);
    if (!plan.ids.length) return sheet.bar.tell(data.strings.no_answer);
    this.give(plan, { one: true, bulk: false, stay: false, name: answers.nameOf(plan.to[0]) });
  }
  give({ ids, to, answered }, { one, bulk, stay, name: name2 }) {
    const { sheet } = this;
    const { answers, data } = sheet;
    const { strings } = data;
    const was = ids.map((id) => answers.labelOf(id));
    const moved = ids.map((_, i) => i).filter((i) => one || String(to[i]) !== String(was[i]));
    const n = moved.length + answered.length;
    if (!n) return sheet.bar.tell(strings.no_change);
    const [their, now, then] = [ids, to, was].map((list) => moved.map((i) => list[i]));
    const step = { ids: (
      their
    ), to: now, was: then, answered, one, bulk };
    answers.applyAct(step);
    const seq = this.outbox.push(eventOf(step));
    this.room.history.push({ ...step, seq });
    this.room.future.length = 0;
    if (!one) sheet.select([]);
    else if (!stay) sheet.goOn();
    const done = bulk ? strings.accepted_many : one ? strings.labeled_one : strings.labeled_many;
    sheet.bar.tell(say(to[0] === null ? strings.unlabeled_many : done, { n: sheet.number(n), name: name2 }));
    sheet.acted();
  }
  flag() {
    const { sheet } = this;
    const row = sheet.row;
    if (row < 0) return;
    const id = sheet.rows.ids[row];
    const flag = !sheet.answers.is(row, FLAGS.flagged);
    const step = { ids: [id], to: [], was: [], answered: [], one: true, bulk: false, flag };
    sheet.answers.applyAct(step);
    this.room.history.push({ ...step, seq: this.outbox.push({ op: "flag", of: "flag", id, on: flag }) });
    this.room.future.length = 0;
    sheet.bar.tell(flag ? sheet.data.strings.flagged_now : sheet.data.strings.unflagged);
    sheet.acted();
  }
  took(entry) {
    if (entry === null || entry === this.room.accepted) return;
    this.room.accepted = entry;
    this.room.history.push({ ids: [], to: [], was: [], answered: [], one: false, bulk: true, entry });
    this.room.future.length = 0;
  }
  // -- back and forth --------------------------------------------------------------------------
  undo() {
    const { strings } = this.sheet.data;
    const step = this.room.history.pop();
    if (!step) return this.reachBack("undo", strings.undone_last, strings.nothing_to_undo);
    this.outbox.push({ ...backOf(step), op: "undo", ...step.entry ? {} : { to: step.was } });
    this.room.future.push(step);
    const { flag } = step;
    this.showAgain(flag === void 0 ? { ...step, to: step.was } : { ...step, flag: !flag }, strings.undone);
  }
  redo() {
    const { strings } = this.sheet.data;
    const step = this.room.future.pop();
    if (!step) return this.reachBack("redo", strings.redone_last, strings.nothing_to_redo);
    const again = step.entry ? {} : step.flag === void 0 ? eventOf(step) : { id: step.ids[0], on: step.flag };
    this.outbox.push({ ...again, ...backOf(step), op: "redo" });
    this.room.history.push(step);
    this.showAgain(step, strings.redone);
  }
  reachBack(op, done, nothing) {
    const next = this.sheet.data[op];
    const entry = next && this.reached !== `${op}${next}` ? next : null;
    if (entry) {
      this.reached = `${op}${entry}`;
      this.outbox.push({ op, of: "label", entry });
    }
    this.sheet.bar.tell(entry ? done : nothing);
  }
  showAgain(step, words) {
    const { sheet } = this;
    sheet.answers.applyAct(step);
    const id = step.ids[0] ?? step.answered[0];
    const n = step.ids.length + step.answered.length;
    if (sheet.rows.rowOf.has(id)) sheet.goTo(id);
    sheet.bar.tell(n ? say(words, { n: sheet.number(n) }) : sheet.data.strings.undone_last);
    sheet.acted();
  }
};
function eventOf({ ids, to, was, answered, one, bulk }) {
  if (one) return { op: "label", of: "label", id: ids[0], label: to[0], was: was[0] };
  return { op: "label", of: "label", ids, to, was, answered, bulk };
}
function backOf({ flag, seq, entry, one, ids }) {
  if (entry !== void 0) return { of: "label", entry };
  return { of: flag === void 0 ? "label" : "flag", target: seq, ...one ? { id: ids[0] } : { ids } };
}

// sheet/sheet.js
var NOTHING = { ids: [], rowOf: /* @__PURE__ */ new Map(), texts: [], whole: true, cut: null, meta: [] };
var Sheet = class {
  send = () => {
  };
  rows = NOTHING;
  shape = void 0;
  noticed = void 0;
  stops = new AbortController();
  constructor(root, data) {
    this.root = root;
    this.project = data.project;
    this.data = data;
    this.room = roomOf(data);
    this.view = this.room.view;
    this.outbox = this.room.outbox;
    takeOver(this);
    this.outbox.changed = () => this.bar.renderStatus();
    this.answers = new Answers(data);
    this.answers.idOf = (row) => this.rows.ids[row] ?? -1;
    this.steps = new Steps(this);
    this.report = new Report(this);
    this.filters = new Filters(this);
    this.bar = new Bar(this);
    this.pictures = new Pictures(this);
    this.grid = new Grid(this);
    this.panel = new Panel(this);
    this.box = make(
      "section",
      data.pictures ? "sheet pictures" : "sheet",
      { ariaLabel: data.strings.sheet },
      this.filters.box,
      this.bar.box,
      this.bar.help,
      this.report.box,
      make("div", "counts", {}, ...this.filters.counts, this.bar.words, this.bar.status),
      make("div", "body", {}, this.grid.box, this.panel.box)
    );
    placeIn(root).append(this.box);
    this.listen();
    if (!document.activeElement || document.activeElement === document.body) this.focus();
  }
  listen() {
    const { signal } = this.stops;
    window.addEventListener("keydown", (event) => onKey(this, event), { capture: true, signal });
    window.addEventListener(ROWS, () => this.refresh(), { signal });
    window.addEventListener(SAID, ({ detail }) => {
      if (detail.sheet === this.project) this.said(detail);
    }, { signal });
    window.addEventListener(ACK, ({ detail }) => {
      if (detail.sheet !== this.project) return;
      this.outbox.acknowledge(detail.acks, detail.saved_at);
      this.bar.renderStatus();
    }, { signal });
    this.clock = setInterval(() => this.tick(), 500);
  }
  destroy() {
    giveUp(this);
    this.stops.abort();
    clearInterval(this.clock);
    this.grid.stop();
    this.outbox.stop();
    this.box.remove();
  }
  tick() {
    this.outbox.tick();
    this.bar.renderStatus();
    this.panel.tick();
  }
  focus() {
    this.grid.box.focus({ preventScroll: true });
  }
  // -- the server's answers --------------------------------------------------------------------
  update(data) {
    this.data = data;
    this.answers.take(data);
    this.outbox.acknowledge(data.acks, data.saved_at);
    this.outbox.reflect(data.acks);
    this.steps.took(data.accepted);
    const notice = data.notices.at(-1);
    if (notice && notice.nonce !== this.noticed) {
      this.noticed = notice.nonce;
      this.bar.notice = notice.text;
    }
    this.refresh();
    this.report.render();
  }
  refresh() {
    const { data, view, room } = this;
    const rows = window.handfulRows?.get(data.version);
    this.box.classList.toggle("waiting", !rows);
    if (!rows) return;
    const fresh = this.rows !== rows;
    this.rows = rows;
    this.answers.read(rows.rowOf);
    for (const event of this.outbox.log) this.replay(event);
    const shape = JSON.stringify([data.classes, data.authors, rows.meta.map((one) => one.name)]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.filters.rebuild();
      this.grid.rebuild();
      this.panel.rebuild();
    }
    const wished = data.wish && data.wish.nonce !== room.wished;
    if (data.wish && wished) {
      room.wished = data.wish.nonce;
      view.clear();
      Object.assign(view, { state: data.wish.state, sort: "doubt", down: true });
    }
    if (fresh || wished) this.arrange();
    else view.stale = true;
    this.render();
  }
  replay(event) {
    const { op, of, id, ids, to, label, on, bulk } = event;
    if ((op === "undo" || op === "redo") && of === "flag") return;
    if (op === "flag" && id != null) this.answers.applyAct({ ids: [id], flag: on });
    else if (ids && to) this.answers.applyAct({ ids, to, bulk });
    else if (id != null && op === "undo") this.answers.applyAct({ ids: [id], to: to ?? [null] });
    else if (id != null) this.answers.applyAct({ ids: [id], to: [label ?? null] });
  }
  said(said) {
    this.pictures.take(said.pictures);
    this.filters.answered(said);
    this.panel.answered(said);
  }
  // -- where one is ----------------------------------------------------------------------------
  get row() {
    const { current } = this.room;
    return current === null ? -1 : this.rows.rowOf.get(current) ?? -1;
  }
  chosen() {
    const { selected, current } = this.room;
    if (selected.size) return [...selected];
    return current === null || this.row < 0 ? [] : [current];
  }
  goTo(id) {
    this.room.current = id;
    this.grid.show(this.view.rank[this.row] ?? -1);
    this.panel.moved();
    this.grid.paint();
    this.bar.render();
  }
  goToRank(rank, extend = false) {
    const { view, room, rows } = this;
    const last = view.order.length - 1;
    if (last < 0) return;
    const to = Math.min(Math.max(rank, 0), last);
    if (extend) this.extend(to);
    else room.anchor = null;
    this.goTo(rows.ids[view.order[to]]);
  }
  extend(to) {
    const { view, room, rows } = this;
    room.anchor ??= room.current;
    const from = room.anchor === null ? to : view.rank[rows.rowOf.get(room.anchor) ?? -1] ?? to;
    const [low, high] = from < to ? [from, to] : [to, from];
    const ids = Array.from(view.order.slice(Math.max(low, 0), high + 1), (row) => rows.ids[row]);
    room.selected = new Set(ids);
  }
  move(by, extend = false) {
    const rank = this.row < 0 ? -1 : this.view.rank[this.row];
    this.goToRank(rank < 0 ? 0 : rank + by, extend);
  }
  goOn() {
    const rank = this.view.rank[this.row];
    if (rank >= 0 && rank + 1 < this.view.order.length) this.goToRank(rank + 1);
  }
  nextDoubtful() {
    const row = this.view.nextDoubtful(this.row, this.answers);
    if (row < 0) this.bar.tell(this.data.strings.nothing_open);
    else this.goTo(this.rows.ids[row]);
  }
  // -- what is selected ------------------------------------------------------------------------
  select(ids) {
    this.room.selected = new Set(ids);
    this.room.anchor = null;
    this.bar.notice = "";
    this.grid.paint(true);
    this.bar.render();
  }
  toggle(id) {
    const now = new Set(this.room.selected);
    if (!now.delete(id)) now.add(id);
    this.select([...now]);
    this.room.anchor = id;
  }
  toggleAll() {
    const ids = Array.from(this.view.order, (row) => this.rows.ids[row]);
    this.select(ids.every((id) => this.room.selected.has(id)) ? [] : ids);
  }
  // -- on screen -------------------------------------------------------------------------------
  number = (n) => n.toLocaleString();
  arrange() {
    const { view, rows, room } = this;
    if (view.of !== null && !this.answers.place.has(view.of)) view.of = null;
    view.compute(rows, this.answers);
    const rank = this.row < 0 ? -1 : view.rank[this.row];
    if (rank < 0) room.current = view.order.length ? rows.ids[view.order[0]] : null;
    for (const id of [...room.selected]) {
      const row = rows.rowOf.get(id);
      if (row === void 0 || view.rank[row] < 0) room.selected.delete(id);
    }
    room.anchor = null;
    this.grid.resized();
    this.grid.show(rank < 0 ? 0 : rank);
    this.panel.moved();
  }
  rearrange() {
    this.arrange();
    this.render();
  }
  acted() {
    this.view.stale = true;
    this.grid.paint(true);
    this.panel.render();
    this.bar.render();
    this.filters.renderCount();
  }
  render() {
    this.filters.render();
    this.bar.render();
    this.bar.renderStatus();
    this.grid.paint(true);
    this.panel.render();
  }
};

// sheet/main.js
var main_default = ({ parentElement, data, setTriggerValue }) => mount(Sheet, parentElement, data, (sheet) => {
  sheet.send = (question) => setTriggerValue("ask", question);
  sheet.outbox.send = (batch) => setTriggerValue("act", batch);
});
export {
  main_default as default
};
