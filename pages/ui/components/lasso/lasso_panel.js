// What surrounds the canvas: tools, the bar that says what will change, the legend, the list.
// Text of items and names of classes go in through textContent only.

const MANY = 12; // more classes than this get a field to find one by name

Object.assign(LassoMap.prototype, {
  build(strings) {
    const button = (text, act, props = {}, key = "") => {
      const cap = key ? [make("kbd", "", { ariaHidden: "true" }, key)] : [];
      return this.quiet(make("button", "act", { type: "button", ...props }, ...cap, text), act);
    };
    const radio = (group, value, text) => button(text, () => this.pick(group, value), { ariaPressed: "false" });
    this.radios = { tool: new Map(), mode: new Map() };
    for (const [group, values] of [["tool", ["lasso", "box", "move"]], ["mode", ["label", "prediction", "confidence"]]]) {
      for (const value of values) this.radios[group].set(value, radio(group, value, strings[value]));
    }
    this.search = make("input", "find", { type: "search", placeholder: strings.search, ariaLabel: strings.search, autocomplete: "off", maxLength: 2000 });
    this.search.addEventListener("keydown", (event) => event.key === "Enter" && !event.isComposing && this.searchFor());
    this.count = make("input", "count", { type: "number", min: 1, max: 1000, value: this.kept.count, ariaLabel: strings.how_many });
    this.count.addEventListener("input", () => {
      this.kept.count = Math.min(Math.max(Math.round(Number(this.count.value)) || 1, 1), 1000);
      this.selectFound();
    });
    this.searchButton = button(strings.find, () => this.searchFor());
    this.status = make("span", "status", { role: "status" });
    this.helpButton = button(strings.help, () => this.toggleHelp(), { ariaExpanded: "false" }, "?");
    const group = (name, label) => make("div", "group", { role: "group", ariaLabel: label }, ...this.radios[name].values());
    const tools = make("div", "tools", {},
      make("div", "search", {}, this.search, this.count, this.searchButton),
      group("tool", strings.tool), group("mode", strings.color_by),
      make("div", "group", {}, ...[["+", strings.zoom_in, () => this.view.zoom(1.35)], ["−", strings.zoom_out, () => this.view.zoom(1 / 1.35)], ["⤢", strings.zoom_fit, () => this.view.fit()]]
        .map(([sign, label, act]) => button(sign, () => (act(), this.moved()), { ariaLabel: label, title: label }))),
      this.helpButton);
    this.canvas = make("canvas", "", { ariaHidden: "true" });
    this.overlay = make("canvas", "", { ariaHidden: "true" });
    this.tip = make("div", "tip", { hidden: true });
    this.loading = make("p", "loading", {}, strings.loading);
    this.stage = make("div", "stage", { tabIndex: 0, role: "application", ariaLabel: strings.stage }, this.canvas, this.overlay, this.tip, this.loading, this.status);
    this.what = make("p", "what");
    this.will = make("p", "will");
    this.full = make("p", "full");
    this.goButton = button("", () => this.label(this.expected()));
    this.goButton.classList.add("primary");
    this.clearButton = button(strings.clear, () => this.clear(), {}, "esc");
    this.undoButton = button(strings.undo, () => this.undo(), {}, "u");
    this.redoButton = button(strings.redo, () => this.redo(), {}, "⇧u");
    this.bar = make("div", "bar", {}, make("div", "words", { ariaLive: "polite" }, this.what, this.will, this.full),
      make("div", "go", {}, this.goButton, this.clearButton, this.undoButton, this.redoButton));
    this.filter = make("input", "filter", { type: "search", placeholder: strings.filter, ariaLabel: strings.filter, autocomplete: "off" });
    this.filter.addEventListener("input", () => this.renderFilter());
    this.legend = make("div", "classes", { role: "group", ariaLabel: strings.classes });
    this.scaleBar = make("div", "scale", { hidden: true }, make("span", "", {}, "0 %"), make("i"), make("span", "", {}, "100 %"));
    this.marks = make("p", "marks", {}, strings.marks);
    this.help = make("div", "help", { hidden: true, role: "region", ariaLabel: strings.help },
      ...strings.help_rows.map(([key, text]) => make("div", "", {}, make("kbd", "", {}, key), make("span", "", {}, text))));
    this.listTitle = make("caption");
    this.listBody = make("tbody");
    this.all = make("input", "", { type: "checkbox", ariaLabel: strings.check_all });
    this.all.addEventListener("change", () => this.select(this.listIds, this.all.checked ? "add" : "remove", true));
    const head = make("tr", "", {}, make("th", "", { scope: "col" }, this.all), ...["text", "label_of", "prediction_of"].map((name) => make("th", "", { scope: "col" }, strings[name])));
    this.more = button(strings.more, () => this.renderList((this.rowsShown ?? LISTED) + LISTED));
    this.list = make("div", "list", {}, make("table", "", {}, this.listTitle, make("thead", "", {}, head), this.listBody), this.more);
    this.box = make("section", "map", { ariaLabel: strings.map }, tools, this.bar,
      make("div", "body", {}, this.stage, make("div", "legend", {}, this.scaleBar, this.filter, this.legend, this.marks)), this.help, this.list);
    // Where an item lies in the window: for a guided tour, for tests.
    this.box.locate = (id) => {
      const [row, at] = [this.points.rowOf.get(id), this.stage.getBoundingClientRect()];
      return [at.left + this.view.x(this.points.xy[2 * row]), at.top + this.view.y(this.points.xy[2 * row + 1])];
    };
    (this.root.querySelector(".mount") ?? this.root).append(this.box);
    for (const name of ["tool", "mode"]) this.renderRadios(name);
  },

  /** A button that leaves the focus where it is when it is clicked or touched. */
  quiet(node, act) {
    node.addEventListener("mousedown", (event) => event.preventDefault());
    node.addEventListener("click", act);
    return node;
  },

  pick(group, value) {
    this.kept[group] = value;
    this.renderRadios(group);
    if (group === "mode" && this.points) {
      this.pinned = this.only = null;
      this.renderPins();
      this.restyle();
      this.repaint();
    }
  },

  renderRadios(group) {
    for (const [value, node] of this.radios[group]) node.ariaPressed = String(value === this.kept[group]);
    this.stage.dataset.tool = this.kept.tool;
    this.scaleBar.hidden = this.kept.mode !== "confidence";
  },

  searchFor() {
    const text = this.search.value.trim();
    if (!text) return this.clear();
    this.notice = "";
    this.ask("search", { text });
    this.renderBar();
    this.stage.focus({ preventScroll: true });
  },

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.ariaExpanded = String(!this.help.hidden);
  },

  // -- the legend ------------------------------------------------------------------------------

  buildLegend() {
    const { classes, strings } = this.data;
    this.place = new Map(classes.map((one, i) => [one.id, i]));
    const rows = [...classes, { id: "none", name: strings.none, key: "n" }, { id: null, name: strings.unlabeled, key: "del" }];
    this.entries = new Map(rows.map((one) => {
      const swatch = make("canvas", "swatch", { ariaHidden: "true" });
      const count = make("span", "number");
      const key = make("kbd", "", { ariaHidden: "true", hidden: !one.key }, one.key ?? "");
      const node = make("button", "class", { type: "button", title: one.description || one.name, ariaPressed: "false" }, swatch, this.spelled(one.name), count, key);
      this.quiet(node, () => this.choose(one.id));
      // Twice on a class takes all of it: with a finger or a key as well.
      node.addEventListener("dblclick", () => this.kept.selected.size || this.selectClass(one.id));
      node.addEventListener("keydown", (event) => event.key === "Enter" && event.shiftKey && this.leave(event, () => this.selectClass(one.id)));
      const over = (on) => {
        this.only = on && !this.kept.selected.size ? this.codeOf(one.id) : null;
        this.offered = on && this.kept.selected.size ? one.id : undefined;
        this.renderWill();
        this.repaint();
      };
      node.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && over(true));
      node.addEventListener("pointerleave", () => over(false));
      node.addEventListener("focus", () => node.matches(":focus-visible") && over(true));
      node.addEventListener("blur", () => over(false));
      return [one.id, { node, swatch, count, one }];
    }));
    this.legend.replaceChildren(...[...this.entries.values()].map((entry) => entry.node));
    this.filter.hidden = classes.length <= MANY;
    this.renderFilter();
    this.swatchesOf = null;
  },

  /** A name with places to break after underscores and strokes. */
  spelled(name) {
    const parts = name.split(/(?<=[_/.-])/).flatMap((part, i) => (i ? [make("wbr"), part] : [part]));
    return make("span", "name", { dir: "auto" }, ...parts);
  },

  selectClass(label) {
    const code = this.codeOf(label);
    this.pinned = this.only = null;
    this.renderPins();
    const carriers = this.carriers(code);
    this.selectRows([...carriers.keys()].filter((row) => carriers[row] === code));
  },

  paintSwatches() {
    if (!this.entries) return;
    const size = 11;
    for (const [label, { swatch }] of this.entries) {
      const picture = this.painter.picture({ ...this.scene, mode: "label" }, this.styleOf(label), size, "");
      [swatch.width, swatch.height] = [picture.width, picture.height];
      swatch.getContext("2d").drawImage(picture, 0, 0);
      swatch.style.width = swatch.style.height = `${picture.width / this.painter.dpr}px`;
    }
    this.scaleBar.children[1].style.background = `linear-gradient(to right, ${this.data.scale.join(",")})`;
  },

  renderCounts() {
    const { data, kept } = this;
    const count = (codes) => codes.reduce((found, code) => found.set(code, (found.get(code) ?? 0) + 1), new Map());
    const given = count(this.codes);
    const counts = kept.mode === "prediction" ? count(this.predicted) : given;
    for (const [label, entry] of this.entries) {
      const code = this.codeOf(label);
      const n = (code < 0 ? given : counts).get(code) ?? 0;
      entry.count.textContent = this.number(n);
      entry.node.classList.toggle("nothing", !n);
    }
    const looks = JSON.stringify([this.shape, this.painter.dpr, data.scale]);
    if (this.swatchesOf === looks && this.painter.ink) return;
    this.swatchesOf = looks;
    this.painter.theme(this.box);
    this.paintSwatches();
  },

  renderPins() {
    for (const [label, { node }] of this.entries) node.ariaPressed = String(this.pinned === this.codeOf(label));
  },

  matching() {
    const typed = this.filter.value.trim().toLowerCase().replaceAll("_", " ");
    const place = (one) => one.name.toLowerCase().replaceAll("_", " ").indexOf(typed);
    const found = this.data.classes.filter((one) => place(one) >= 0);
    return typed ? found.sort((a, b) => place(a) - place(b)) : found;
  },

  renderFilter() {
    const found = new Set(this.matching().map((one) => one.id));
    for (const [label, { node }] of this.entries) node.hidden = this.place.has(label) && !found.has(label);
  },

  // -- the bar: what is selected, what will change ----------------------------------------------

  number(n) {
    return n.toLocaleString();
  },

  renderSelection() {
    const { points, kept, scene } = this;
    if (!points) return;
    scene.selectedRows = new Uint8Array(points.ids.length);
    for (const id of kept.selected) scene.selectedRows[points.rowOf.get(id)] = 1;
    this.renderBar();
    this.renderList();
    this.repaint();
  },

  /** How many of the selection carry which label, most first; an item with several counts for each. */
  tally() {
    const counts = new Map();
    for (const id of this.kept.selected) for (const one of [this.labelOf(id)].flat()) counts.set(one, (counts.get(one) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1]);
  },

  renderBar() {
    const { strings, search } = this.data;
    const n = this.kept.selected.size;
    this.bar.classList.toggle("some", n > 0);
    if (!n || !this.points) {
      const searching = this.asked.has("search") ? strings.searching : "";
      const empty = search && this.kept.found && !search.ids.length ? strings.nothing_found : "";
      this.what.textContent = this.notice || searching || empty || strings.idle;
      this.will.textContent = this.full.textContent = "";
    } else {
      const shown = this.tally();
      const parts = shown.slice(0, 3).map(([label, k]) => say(strings.part, { n: this.number(k), name: label === null ? strings.without : this.nameOf(label) }));
      if (shown.length > 3) parts.push(say(strings.part, { n: this.number(shown.slice(3).reduce((sum, one) => sum + one[1], 0)), name: strings.others }));
      const items = say(n === 1 ? strings.items_one : strings.items_many, { n: this.number(n) });
      this.what.textContent = this.what.title = [this.notice, `${items}: ${parts.join(", ")}`].filter(Boolean).join(" · ");
      this.renderWill();
      const look = this.data.look;
      const known = n > 1 && look && !this.asked.has("look") && look.total === n;
      this.full.textContent = known ? say(strings.full, { n: this.number(look.n), of: this.number(look.of) }) : n > 1 ? strings.looking : "";
      this.full.classList.toggle("low", Boolean(known && look.n < look.of / 2));
    }
    this.goButton.hidden = this.clearButton.hidden = !n;
    this.undoButton.disabled = !this.history.length && !this.data.undo;
    this.redoButton.disabled = !this.future.length && !this.data.redo;
  },

  renderWill() {
    const { strings, multi } = this.data;
    if (!this.kept.selected.size || !this.points) return;
    const label = this.offered === undefined ? this.expected() : this.offered;
    const has = this.tally();
    const of = (one) => has.find(([was]) => was === one)?.[1] ?? 0;
    const same = of(label);
    const adds = multi && typeof label === "number";
    const fresh = adds ? this.kept.selected.size - same : label === null ? 0 : of(null);
    const changing = adds ? [] : has.filter(([was]) => was !== label && was !== null);
    const rest = changing.slice(1).reduce((sum, one) => sum + one[1], 0);
    const parts = [
      fresh && say(strings.get, { n: this.number(fresh) }),
      changing.length && say(strings.change, { n: this.number(changing[0][1]), name: this.nameOf(changing[0][0]) }),
      rest && say(strings.change_others, { n: this.number(rest) }),
      same && say(adds && !fresh ? strings.lose : strings.same, { n: this.number(same) }),
    ].filter(Boolean);
    this.will.textContent = this.will.title = `${this.nameOf(label)}: ${parts.join(", ")}`;
    this.goButton.replaceChildren(make("kbd", "", { ariaHidden: "true" }, "↵"), say(strings.label_as, { name: this.nameOf(this.expected()) }));
  },

  renderStatus() {
    const { strings } = this.data;
    const state = this.outbox.status();
    const at = this.outbox.savedAt ? new Date(this.outbox.savedAt * 1000).toLocaleTimeString([], { hour12: false }) : "";
    const text = state === "idle" ? "" : say(strings[state], { time: at });
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.className = `status ${state}`;
    this.status.ariaLive = state === "offline" || state === "slow" ? "polite" : "off";
  },
});
