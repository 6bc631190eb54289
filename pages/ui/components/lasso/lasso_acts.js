// What the person does on the map: select, ask, label, take back.

Object.assign(LassoMap.prototype, {
  // -- selecting -------------------------------------------------------------------------------

  /** ``how``: "set", "add" or "remove". The list keeps what it shows when it was used to select. */
  select(ids, how = "set", keepList = false) {
    const { kept } = this;
    const now = how === "set" ? new Set(ids) : new Set(kept.selected);
    if (how === "add") ids.forEach((id) => now.add(id));
    if (how === "remove") ids.forEach((id) => now.delete(id));
    kept.selected = now;
    if (!keepList) [kept.listed, this.rowsShown] = [[...now], LISTED];
    this.notice = "";
    this.offered = undefined;
    this.renderSelection();
    this.look();
  },

  selectRows(rows, how) {
    this.select(rows.map((row) => this.points.ids[row]), how);
  },

  clear() {
    this.kept.found = null;
    this.search.value = "";
    this.select([]);
  },

  selectFound() {
    const { found, count } = this.kept;
    if (found) this.select(found.ids.filter((id) => this.points.rowOf.has(id)).slice(0, count));
  },

  /** Ask how many of the selection are neighbours in the full space, once the hand rests. */
  look() {
    clearTimeout(this.looking);
    this.asked.delete("look");
    const ids = [...this.kept.selected];
    if (ids.length < 2) return;
    const step = Math.ceil(ids.length / MOST_LOOKED);
    this.looking = setTimeout(() => this.ask("look", { ids: ids.filter((_, i) => i % step === 0), total: ids.length }), LOOK_MS);
  },

  ask(kind, question) {
    this.post(kind, { nonce: Date.now(), tries: 0, question });
  },

  post(kind, one) {
    this.asked.set(kind, Object.assign(one, { at: Date.now() }));
    this.send("ask", { project: this.project, kind, nonce: one.nonce, ...one.question });
  },

  // -- labelling -------------------------------------------------------------------------------

  /** What each of the items would have after this key: in a project with several labels a class comes on top. */
  after(ids, label) {
    if (!this.data.multi || typeof label !== "number") return ids.map(() => label);
    const sets = ids.map((id) => [this.labelOf(id)].flat().filter((one) => typeof one === "number"));
    const everywhere = sets.every((set) => set.includes(label));
    return sets.map((set) => {
      if (!everywhere) return [...new Set([...set, label])].sort((a, b) => a - b);
      const left = set.filter((one) => one !== label);
      return left.length ? left : null;
    });
  },

  label(label) {
    const { strings, multi } = this.data;
    const picked = [...this.kept.selected];
    if (!picked.length) return;
    clearTimeout(this.looking);
    const wanted = this.after(picked, label);
    const changing = picked.map((id, i) => [id, wanted[i], this.labelOf(id)]).filter(([, to, was]) => String(to) !== String(was));
    const [ids, to, was] = [0, 1, 2].map((at) => changing.map((one) => one[at]));
    const taken = multi && typeof label === "number" && changing.length > 0 && !to.some((set) => set?.includes(label));
    if (ids.length) {
      const event = { op: "label", of: "label", ids, was, ...(multi ? { to } : { label }) };
      this.apply(event);
      this.history.push({ ...event, seq: this.outbox.push(event) });
      this.future.length = 0;
    }
    this.kept.found = null;
    this.search.value = "";
    this.select([]);
    this.restyle();
    const done = label === null ? strings.unlabeled_many : taken ? strings.taken_many : strings.labeled_many;
    this.notice = ids.length ? say(done, { n: this.number(ids.length), name: this.nameOf(label) }) : strings.no_change;
    this.renderBar();
  },

  undo() {
    const step = this.history.pop();
    if (step) {
      this.outbox.push({ op: "undo", of: "label", target: step.seq, ids: step.ids, to: step.was });
      this.future.push(step);
      return this.showAgain(step, step.was, this.data.strings.undone);
    }
    this.reachBack("undo", this.data.strings.undone_last, this.data.strings.nothing_to_undo);
  },

  redo() {
    const step = this.future.pop();
    if (step) {
      const { ids, label, to, was, seq } = step;
      this.outbox.push({ op: "redo", of: "label", target: seq, ids, label, to, was });
      this.history.push(step);
      return this.showAgain(step, to ?? ids.map(() => label), this.data.strings.redone);
    }
    this.reachBack("redo", this.data.strings.redone_last, this.data.strings.nothing_to_redo);
  },

  /** What an earlier visit did is known to the server alone: it says which entry comes next. */
  reachBack(op, done, nothing) {
    const entry = this.data[op] && this.reached !== `${op}${this.data[op]}` ? this.data[op] : null;
    if (entry) {
      this.reached = `${op}${entry}`;
      this.outbox.push({ op, of: "label", entry });
    }
    this.notice = entry ? done : nothing;
    this.renderBar();
  },

  showAgain(step, to, words) {
    this.apply({ ids: step.ids, to });
    this.restyle();
    this.select(step.ids.filter((id) => this.points.rowOf.has(id)));
    this.notice = say(words, { n: this.number(step.ids.length) });
    this.renderBar();
  },
});
