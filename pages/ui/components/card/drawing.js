// How the card looks: joined behind card.js. Nodes are made once and filled again, so that focus stays.

Object.assign(Card.prototype, {
  build(strings) {
    const button = (text, key, action) => {
      const node = make("button", "act", { type: "button" }, make("span", "", {}, text), make("kbd", "", { ariaHidden: "true" }, key));
      return this.quiet(node, action);
    };
    this.progress = make("span", "progress");
    this.status = make("span", "status", { role: "status" });
    this.why = make("p", "why");
    this.text = make("div", "text", { dir: "auto" });
    this.picture = this.quiet(make("img", "picture", { hidden: true, alt: "" }), () => this.zoom());
    this.pair = make("div", "text pair", { dir: "auto", hidden: true });
    this.item = make("div", "item", { tabIndex: 0, role: "region", ariaLive: "polite", ariaLabel: strings.item }, this.picture, this.text, this.pair);
    this.lastLine = make("p", "last", { ariaLive: "polite" });
    this.suggestions = make("div", "suggestions", { role: "group", ariaLabel: strings.suggestions });
    this.rest = make("details", "rest", {}, make("summary"), make("div", "suggestions"));
    this.filter = make("input", "filter", { type: "search", placeholder: strings.filter, ariaLabel: strings.filter, autocomplete: "off", spellcheck: false });
    this.filter.addEventListener("input", () => this.renderFilter());
    this.classes = make("div", "classes", { role: "group", ariaLabel: strings.classes });
    this.noMatch = make("p", "nomatch", { hidden: true }, strings.no_match);
    this.undoButton = button(strings.undo, "u", () => this.undo());
    this.redoButton = button(strings.redo, "⇧u", () => this.redo());
    this.helpButton = button(strings.help, "?", () => this.toggleHelp());
    this.helpButton.setAttribute("aria-expanded", "false");
    this.flagButton = button(strings.flag, "f", () => this.flag());
    this.whyButton = button(strings.why, "e", () => this.toggleWhy());
    this.confirmButton = button(strings.confirm, "⏎", () => this.confirm());
    this.confirmButton.classList.add("confirm");
    this.itemActions = [
      this.confirmButton,
      button(strings.skip, strings.space, () => this.act("skip")),
      button(strings.none, "n", () => this.label("none")),
      this.flagButton,
      this.whyButton,
    ];
    const searchButton = button(strings.search, "/", () => this.openSearch());
    const acts = make("div", "acts", {}, ...this.itemActions, this.undoButton, this.redoButton, searchButton, this.helpButton);
    this.guess = make("div", "guess", {}, this.suggestions, this.rest);
    const all = make("div", "all", {}, this.filter, this.classes, this.noMatch);
    this.buildAsking(strings, button);
    this.box = make(
      "section", "card", { tabIndex: -1, ariaLabel: strings.card },
      make("header", "", {}, this.progress, this.status),
      this.clash, this.searchRow, this.item, this.why, this.pulls,
      make("div", "choose", {}, this.guess, all), acts, this.lastLine, this.help,
    );
    (this.root.querySelector(".mount") ?? this.root).append(this.box);
  },

  buildAsking(strings, button) {
    this.search = make("input", "find", { type: "search", placeholder: strings.search_hint, ariaLabel: strings.search_label, autocomplete: "off", spellcheck: false });
    this.search.addEventListener("blur", () => setTimeout(() => this.renderSearch()));
    this.searchEnd = this.quiet(make("button", "act", { type: "button" }, strings.search_end), () => this.find(""));
    this.searchRow = make("div", "search", { hidden: true, role: "search" }, this.search, this.searchEnd);
    this.pulls = make("div", "pulls", { hidden: true, role: "region", ariaLabel: strings.why });
    const sides = [button(strings.keep, "⇧k", () => this.settle(false)), button(strings.replace, "⇧r", () => this.settle(true))];
    this.clash = make("div", "clash", { hidden: true, role: "alert" }, make("p"), make("div", "acts", {}, ...sides));
    const rows = strings.help_rows.map(([key, text]) => make("div", "", {}, make("kbd", "", {}, key), make("span", "", {}, text)));
    this.editButton = this.quiet(make("button", "act", { type: "button", ariaPressed: "false" }, strings.edit), () => this.toggleEditing());
    this.editor = make("div", "editor", { hidden: true });
    this.help = make("div", "help", { hidden: true, role: "region", ariaLabel: strings.help }, make("div", "rows", {}, ...rows), this.editButton, this.editor);
  },

  /** A button that leaves the focus where it is when it is clicked or touched. */
  quiet(node, action) {
    node.addEventListener("mousedown", (event) => event.preventDefault());
    node.addEventListener("click", action);
    return node;
  },

  /** A name with places to break after underscores and strokes. */
  spell(node, name) {
    node.replaceChildren(...name.split(/(?<=[_/.-])/).flatMap((part, i) => (i ? [make("wbr"), part] : [part])));
  },

  classButton(one, act) {
    const key = make("kbd", "", { ariaHidden: "true", hidden: !one.key }, one.key ?? "");
    const percent = make("span", "percent");
    const bar = make("span", "bar", { ariaHidden: "true" }, make("i"));
    const name = make("span", "name", { dir: "auto" });
    this.spell(name, one.name);
    const node = make("button", "class", { type: "button", title: one.description || one.name }, key, make("span", "chip", { ariaHidden: "true" }), name, percent, bar);
    this.quiet(node, act);
    const paint = (who, share) => {
      node.style.setProperty("--class", who.color);
      node.classList.toggle("scored", share !== null);
      percent.textContent = share === null ? "" : this.percent(share);
      bar.firstChild.style.width = `${(share ?? 0) * 100}%`;
    };
    paint(one, null);
    return { node, key, name, paint };
  },

  percent(share) {
    return share > 0 && share < 0.01 ? "<1%" : `${Math.round(share * 100)}%`;
  },

  buildClasses() {
    const { classes } = this.data;
    this.few = classes.length <= FEW;
    this.box.classList.toggle("many", !this.few);
    this.byId = new Map(classes.map((one) => [one.id, one]));
    this.buttons = new Map(classes.map((one) => [one.id, this.classButton(one, () => (this.editing ? this.edit(one) : this.label(one.id)))]));
    this.classes.replaceChildren(...[...this.buttons.values()].map((button) => button.node));
    this.filter.hidden = this.guess.hidden = this.few;
    this.confirmButton.hidden = !this.multi;
    this.ranks = this.few ? [] : [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((rank) => {
      const act = () => this.current?.top[rank] && this.label(this.current.top[rank][0]);
      return this.classButton({ name: "", key: rank < TOP ? `⇧${rank + 1}` : "" }, act);
    });
    this.suggestions.replaceChildren(...this.ranks.slice(0, TOP).map((row) => row.node));
    this.rest.lastChild.replaceChildren(...this.ranks.slice(TOP).map((row) => row.node));
    this.renderFilter();
  },

  render() {
    this.renderItem();
    this.renderScores();
    this.renderPicked();
    this.renderHead();
    this.renderStatus();
    this.renderSearch();
    this.renderCollision();
    this.renderWhy();
  },

  renderItem() {
    const { strings, remaining } = this.data;
    const item = this.current;
    const done = this.data.narrowed ? !this.data.items.length : remaining - this.unreflected() <= 0;
    const rest = this.data.narrowed ? strings.none_left : strings.all_done;
    const text = item ? item.text : done && this.wanted == null ? rest : strings.loading;
    const image = item?.image ?? "";
    if (this.picture.getAttribute("src") !== image) {
      if (image) this.picture.src = image;
      else this.picture.removeAttribute("src");
      this.picture.hidden = !image;
      this.picture.classList.remove("zoomed");
    }
    if (this.drawn !== item?.id || this.text.textContent !== text) {
      this.drawn = item?.id;
      this.text.textContent = text;
      this.pair.textContent = item?.pair ?? "";
      this.pair.hidden = !item?.pair;
      this.item.scrollTop = 0;
      const size = text.length > 700 ? "long" : text.length > 160 ? "middle" : "short";
      this.item.className = `item ${item ? size : "empty"} ${image ? "pictured" : ""}`;
      this.picture.alt = image ? text : "";
    }
    const was = item && item.label != null ? say(strings.labeled_now, { name: this.nameOf(item.label) }) : "";
    const theirs = item?.theirs ? this.whoLabeled(item.theirs) : "";
    this.why.textContent = item ? [theirs, was, item.flag ? `⚑ ${strings.flagged_now}` : "", item.why].filter(Boolean).join(" · ") : "";
    this.why.classList.toggle("theirs", Boolean(theirs));
    this.item.classList.toggle("audit", Boolean(item?.audit));
    this.item.classList.toggle("flagged", Boolean(item?.flag));
    this.flagButton.setAttribute("aria-pressed", String(Boolean(item?.flag)));
    for (const node of this.itemActions) node.disabled = !item;
    for (const node of this.classes.children) node.disabled = !item && !this.editing;
  },

  zoom() {
    this.picture.classList.toggle("zoomed");
  },

  renderPicked() {
    if (!this.multi) return;
    const press = (node, id) => {
      node.setAttribute("aria-pressed", String(this.picked.has(id)));
      node.classList.toggle("picked", this.picked.has(id));
    };
    for (const [id, button] of this.buttons) press(button.node, id);
    this.ranks.forEach((row, rank) => press(row.node, this.current?.top[rank]?.[0]));
    this.confirmButton.classList.toggle("ready", this.picked.size > 0);
  },

  renderScores() {
    const top = this.current?.top ?? [];
    if (this.few) {
      const shares = new Map(top);
      for (const [id, button] of this.buttons) {
        button.paint(this.byId.get(id), shares.has(id) ? shares.get(id) : null);
        button.node.classList.toggle("best", top[0]?.[0] === id && (!this.multi || top[0][1] >= 0.5));
      }
      return;
    }
    this.guess.hidden = !top.length;
    this.rest.hidden = top.length <= TOP;
    this.ranks.forEach((row, rank) => {
      const one = top[rank] && this.byId.get(top[rank][0]);
      row.node.hidden = !one;
      if (!one) return;
      this.spell(row.name, one.name);
      row.node.title = one.description || one.name;
      row.node.classList.toggle("best", rank === 0);
      row.paint(one, top[rank][1]);
    });
    const shares = { n: this.data.classes.length - TOP, share: this.percent(Math.max(0, 1 - top.slice(0, TOP).reduce((sum, one) => sum + one[1], 0))) };
    this.rest.firstChild.textContent = say(this.multi ? this.data.strings.rest_multi : this.data.strings.rest, shares);
  },

  renderFilter() {
    const found = this.matching();
    const typed = Boolean(this.filter.value.trim());
    for (const [id, button] of this.buttons) {
      button.node.hidden = !found.some((one) => one.id === id);
      button.node.style.order = typed ? found.findIndex((one) => one.id === id) : "";
      button.node.classList.toggle("first", typed && found[0]?.id === id);
    }
    this.noMatch.hidden = found.length > 0;
  },

  unreflected() {
    // Only a label on an item that had none moves the count.
    const counts = (event) => (event.of ?? event.op) === "label" && event.was == null;
    return this.outbox.log.reduce((sum, event) => sum + (!counts(event) ? 0 : event.op === "undo" ? -1 : 1), 0);
  },

  renderHead() {
    const { strings, labeled, remaining, recent } = this.data;
    const moved = this.unreflected();
    const number = (n) => Math.max(0, n).toLocaleString();
    this.progress.textContent = say(strings.progress, { done: number(labeled + moved), left: number(remaining - moved) });
    this.undoButton.disabled = !this.history.length && !recent.some((one) => this.undoable(one));
    this.redoButton.disabled = !this.future.length && (!this.data.redo || this.data.redo === this.redone);
    const one = this.byId?.get(this.lastClass);
    this.lastLine.replaceChildren();
    if (one) {
      const chip = make("span", "chip");
      chip.style.setProperty("--class", one.color);
      this.lastLine.append(chip);
    }
    this.lastLine.append([this.notice, this.last].filter(Boolean).join(" · "));
    this.lastLine.classList.toggle("notice", Boolean(this.notice));
  },

  renderStatus() {
    const { strings } = this.data;
    const state = this.outbox.connected() ? this.outbox.status() : "offline";
    const n = this.outbox.waiting().length;
    const at = this.outbox.savedAt ? new Date(this.outbox.savedAt * 1000).toLocaleTimeString([], { hour12: false }) : "";
    const words = state === "offline" && !n ? "offline_idle" : n === 1 ? `${state}_one` : `${state}_many`;
    const text = state === "idle" ? "" : say(strings[state] ?? strings[words], { time: at, n });
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.className = `status ${state}`;
    // Every "Saved" read aloud would drown the item; trouble is announced.
    this.status.ariaLive = state === "offline" || state === "slow" ? "polite" : "off";
  },
});
