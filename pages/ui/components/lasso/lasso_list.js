// The point under the pointer, and the list of items with checkboxes below the map.

const LISTED = 60;

Object.assign(LassoMap.prototype, {
  point(row) {
    if (row === this.hover) return;
    this.hover = row;
    this.tip.hidden = row < 0;
    this.repaintOver();
    if (row < 0) return;
    const id = this.points.ids[row];
    const label = this.labelOf(id);
    const lines = [make("p", "text", { dir: "auto" }, this.points.texts[row])];
    const image = this.points.images?.[row];
    if (image) lines.unshift(make("img", "thumbnail", { src: image, alt: "" }));
    if (label !== null) lines.push(make("p", "fact", {}, `${this.data.strings.label_of}: ${this.nameOf(label)}`));
    lines.push(make("p", "fact", {}, `${this.data.strings.prediction_of}: ${this.guess(row)}`));
    this.tip.replaceChildren(...lines);
    const [x, y] = [this.view.x(this.points.xy[2 * row]), this.view.y(this.points.xy[2 * row + 1])];
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const left = Math.min(Math.max(x - width / 2, 4), Math.max(this.view.width - width - 4, 4));
    const above = y - height - 14;
    this.tip.style.transform = `translate(${left}px, ${above >= 4 ? above : Math.min(y + 14, Math.max(this.view.height - height - 4, 4))}px)`;
  },

  guess(row) {
    const name = this.data.classes[this.predicted[row]]?.name;
    if (name === undefined) return "–"; // nothing can be predicted yet
    return `${name} (${Math.round((this.confidence[row] / 255) * 100)}\u00a0%)`;
  },

  /** The selection with checkboxes; without one what is in sight, so that all can be done by keyboard. */
  renderList(rows = this.rowsShown ?? LISTED) {
    if (!this.points) return;
    const { strings } = this.data;
    const { selected, listed } = this.kept;
    const { ids, rowOf, texts, images } = this.points;
    const used = this.list.contains(this.root.activeElement) ? this.root.activeElement?.dataset.id : null;
    this.listIds = listed.length ? listed : selected.size ? (this.listIds ?? []) : this.view.inSight(this.points.xy).map((row) => ids[row]);
    this.rowsShown = rows;
    const words = listed.length || selected.size ? strings.list_selected : strings.list_view;
    this.listTitle.textContent = say(words, { n: this.number(this.listIds.length), picked: this.number(selected.size) });
    this.all.checked = selected.size > 0 && this.listIds.every((id) => selected.has(id));
    this.listBody.replaceChildren(...this.listIds.slice(0, rows).map((id) => {
      const row = rowOf.get(id);
      const box = make("input", "", { type: "checkbox", checked: selected.has(id), ariaLabel: texts[row].slice(0, 120) });
      box.dataset.id = id;
      box.addEventListener("change", () => this.select([id], box.checked ? "add" : "remove", true));
      const label = this.labelOf(id);
      const text = make("div", "", { dir: "auto" }, texts[row]);
      text.addEventListener("click", () => text.classList.toggle("open"));
      const cell = (words, name) => make("td", "", { "data-name": name }, ...(words ? [words] : []));
      const line = make("tr", "", {}, make("td", "", {}, box), make("td", "text", {}, ...(images?.[row] ? [make("img", "thumbnail", { src: images[row], alt: "", loading: "lazy" })] : []), text),
        cell(label === null ? "" : this.nameOf(label), strings.label_of), cell(this.guess(row), strings.prediction_of));
      line.addEventListener("pointerenter", () => this.ringAt(row));
      line.addEventListener("pointerleave", () => this.ringAt(-1));
      return line;
    }));
    this.more.hidden = this.listIds.length <= rows;
    if (used) this.listBody.querySelector(`[data-id="${used}"]`)?.focus({ preventScroll: true });
  },

  ringAt(row) {
    this.painter.drawOver(this.scene, { hover: row });
  },
});
