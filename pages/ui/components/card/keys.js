// What each key does. Joined behind card.js.

Object.assign(Card.prototype, {
  key(event) {
    if (reserved(event)) return;
    const target = event.composedPath()[0];
    if (target === this.filter) return this.filterKey(event);
    if (target === this.search) return this.searchKey(event);
    if (elsewhere(event, target, this.outbox.connected())) return;
    const action = this.edited ? this.editKey(event) : this.actionOf(event);
    if (!action) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    // A key that is held down must not label a hundred items.
    if (!event.repeat) action();
  },

  actionOf(event) {
    const rank = event.shiftKey && !this.few && /^Digit[1-5]$/.test(event.code) ? Number(event.code.at(-1)) : 0;
    if (rank) return () => this.current?.top[rank - 1] && this.label(this.current.top[rank - 1][0]);
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "u") return () => (event.shiftKey ? this.redo() : this.undo());
    if (key === "?") return () => this.toggleHelp();
    if (key === "/") return () => this.openSearch();
    if (key === "Escape" && !this.help.hidden) return () => this.toggleHelp();
    if (event.shiftKey) return this.collision() && "kr".includes(key) ? () => this.settle(key === "r") : null;
    if (key === " ") return () => this.act("skip");
    if (key === "Enter") return this.multi ? () => this.confirm() : null;
    if (key === "n") return () => this.label("none");
    if (key === "f") return () => this.flag();
    if (key === "e") return () => this.toggleWhy();
    if (key === ".") return this.few ? null : () => this.filter.focus();
    const found = this.data.classes.find((one) => one.key === key);
    if (!found && key === "z" && this.current?.image) return () => this.zoom();
    return found ? () => this.label(found.id) : null;
  },

  filterKey(event) {
    if (event.key === "Enter") {
      const first = this.matching()[0];
      if (first && this.filter.value.trim()) this.label(first.id);
    } else if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.filter.value = "";
    this.renderFilter();
    this.focus();
  },

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
    this.helpButton.setAttribute("aria-expanded", String(!this.help.hidden));
  },
});
