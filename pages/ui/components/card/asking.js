// What the card asks: the server for items, the person for a decision or a key. Joined behind card.js.

const RESUME_MS = 1500; // wait so long for the item that an earlier visit left on screen
const QUOTE = 120;

Object.assign(Card.prototype, {
  // -- resume ----------------------------------------------------------------------------------

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
      if (alive !== this || this.current || this.wanted == null) return;
      this.wanted = null;
      this.advance();
    }, RESUME_MS);
    return true;
  },

  // -- search ----------------------------------------------------------------------------------

  openSearch() {
    this.searchRow.hidden = false;
    this.search.focus();
    this.search.select();
  },

  searchKey(event) {
    if (event.key === "Enter") this.find(this.search.value.trim());
    else if (event.key !== "Escape") return;
    else this.search.value = this.data.search;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.renderSearch();
    this.focus();
  },

  find(text) {
    if (!this.outbox.connected()) return this.tell("search_offline");
    this.search.value = text;
    if (text !== this.data.search) this.ask({ search: text });
  },

  renderSearch() {
    const active = Boolean(this.data.search);
    const typing = this.search.getRootNode().activeElement === this.search;
    if (!typing && this.search.value !== this.data.search) this.search.value = this.data.search;
    this.searchRow.hidden = !active && !typing;
    this.searchRow.classList.toggle("active", active);
    this.searchEnd.hidden = !active;
  },

  // -- why -------------------------------------------------------------------------------------

  toggleWhy() {
    this.view.why = !this.view.why;
    this.renderWhy();
  },

  renderWhy() {
    const { strings } = this.data;
    const item = this.current;
    this.pulls.hidden = !this.view.why || !item;
    this.whyButton.setAttribute("aria-expanded", String(!this.pulls.hidden));
    if (this.pulls.hidden) return;
    const pulls = item.pulls ?? [];
    const head = pulls.length ? strings.pulls : item.audit && item.label == null ? strings.pulls_hidden : strings.no_pulls;
    const rows = pulls.map(({ text, image, label, weight }) => {
      const one = this.byId.get(label);
      const chip = make("span", "chip", { ariaHidden: "true" });
      chip.style.setProperty("--class", one?.color ?? "transparent");
      const bar = make("span", "weight", { ariaHidden: "true" }, make("i"));
      bar.firstChild.style.width = `${weight * 100}%`;
      return make("li", "", {}, chip, make("strong", "", { dir: "auto" }, one?.name ?? ""), image ? make("img", "small", { src: image, alt: text, title: text }) : make("span", "quote", { dir: "auto" }, text), bar);
    });
    this.pulls.replaceChildren(make("p", "", {}, head), make("ul", "", {}, ...rows));
  },

  // -- two people, one item ----------------------------------------------------------------------

  collision() {
    return (this.data.collisions ?? []).find((one) => !this.answered.has(one.nonce));
  },

  settle(replace) {
    const one = this.collision();
    if (!one) return;
    this.answered.add(one.nonce);
    if (replace) {
      const item = { id: one.item, text: one.text, pair: null, why: "", top: [], label: one.theirs };
      const seq = this.outbox.push({ op: "label", id: one.item, label: one.mine, was: one.theirs });
      this.history.push({ op: "label", item, label: one.mine, seq });
      this.future.length = 0;
      this.tell("labeled_as", one.mine);
    } else {
      this.outbox.push({ op: "keep", id: one.item });
      this.tell("kept");
    }
    this.renderCollision();
    this.focus();
  },

  whoLabeled(one) {
    const { strings } = this.data;
    const time = new Date(one.at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
    const name = this.nameOf(one.theirs ?? one.label);
    return say(one.own ? strings.you_labeled : strings.they_labeled, { who: one.who || strings.somebody, name, time });
  },

  renderCollision() {
    const one = this.collision();
    this.clash.hidden = !one;
    if (!one || this.clash.dataset.nonce === String(one.nonce)) return;
    this.clash.dataset.nonce = one.nonce;
    const text = one.text.length > QUOTE ? `${one.text.slice(0, QUOTE)}…` : one.text;
    this.clash.firstChild.replaceChildren(
      make("strong", "", {}, this.whoLabeled(one)), " ", say(this.data.strings.you_chose, { name: this.nameOf(one.mine) }),
      make("span", "quote", { dir: "auto" }, text),
    );
  },

  // -- keys and colours of the classes ------------------------------------------------------------

  toggleEditing() {
    this.editing = !this.editing;
    this.edited = null;
    this.renderEditor();
    this.focus();
  },

  editKey(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "Escape") return () => this.edit(null);
    if (key === "Backspace" || key === "Delete") return () => this.change({ key: "" });
    if (key === "Tab" || key === "Enter" || event.shiftKey || key.length > 1) return null;
    if (this.data.keys.includes(key)) return () => this.change({ key });
    return () => this.tell("key_taken");
  },

  edit(one) {
    this.edited = one;
    this.renderEditor();
    this.focus();
  },

  change(what) {
    this.outbox.push({ op: "class", id: null, class: this.edited.id, ...what });
    this.tell("class_changed", this.edited.id);
    this.edit(null);
  },

  renderEditor() {
    const { strings, palette } = this.data;
    this.box.classList.toggle("editing", Boolean(this.editing));
    this.editButton.setAttribute("aria-pressed", String(Boolean(this.editing)));
    this.editor.hidden = !this.editing;
    if (!this.editing) return;
    const one = this.edited;
    if (!one) return this.editor.replaceChildren(make("p", "", { role: "status" }, strings.edit_choose));
    const swatches = palette.map((color) => {
      const node = make("button", "swatch", { type: "button", title: color, ariaLabel: say(strings.edit_color_to, { color }) });
      node.style.setProperty("--class", color);
      return this.quiet(node, () => this.change({ color }));
    });
    const own = make("input", "own", { type: "color", value: one.color, ariaLabel: strings.edit_own_color });
    own.addEventListener("change", () => this.change({ color: own.value }));
    const auto = this.quiet(make("button", "act", { type: "button" }, strings.edit_auto), () => this.change({ key: "", color: "" }));
    const close = this.quiet(make("button", "act", { type: "button" }, strings.edit_done), () => this.edit(null));
    this.editor.replaceChildren(
      make("p", "", { role: "status" }, say(strings.edit_press, { name: one.name })),
      make("div", "swatches", { role: "group", ariaLabel: strings.edit_colors }, ...swatches, own),
      make("div", "acts", {}, auto, close),
    );
  },
});
