// What each key does in the sheet.

import { elsewhere, keyOf, reserved, take, targetOf } from "../common/keyboard.js";

/** @typedef {import("./sheet.js").Sheet} Sheet */

/**
 * @param {Sheet} sheet
 * @param {KeyboardEvent} event
 */
export function onKey(sheet, event) {
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
  // Moving goes on while a key is held; labelling does not.
  if (!event.repeat || action === moves) action();
}

/**
 * @param {Sheet} sheet
 * @param {KeyboardEvent} event
 * @returns {(() => void) | null}
 */
function movesOf(sheet, event) {
  const page = Math.max(1, sheet.grid.fitting - 1);
  const { shiftKey } = event;
  /** @type {Record<string, () => void>} */
  const moves = {
    ArrowDown: () => sheet.move(1, shiftKey),
    ArrowUp: () => sheet.move(-1, shiftKey),
    PageDown: () => sheet.move(page, shiftKey),
    PageUp: () => sheet.move(-page, shiftKey),
    Home: () => sheet.goToRank(0, shiftKey),
    End: () => sheet.goToRank(sheet.view.order.length - 1, shiftKey),
    ArrowRight: () => sheet.nextDoubtful(),
  };
  return moves[event.key] ?? null;
}

/**
 * @param {Sheet} sheet
 * @param {KeyboardEvent} event
 * @returns {(() => void) | null}
 */
function actionOf(sheet, event) {
  const { acts, classes } = sheet.data;
  const { steps } = sheet;
  const key = keyOf(event);
  if (key === acts.undo) return () => (event.shiftKey ? steps.redo() : steps.undo());
  if (key === acts.help) return () => sheet.bar.toggleHelp();
  if (key === acts.search) return () => sheet.filters.words.focus();
  if (key === "Escape") return () => escape(sheet);
  if (event.shiftKey) return null;
  if (key === "Enter") return () => steps.accept();
  if (key === " ") return () => (sheet.room.current === null ? undefined : sheet.toggle(sheet.room.current));
  if (key === acts.none) return () => steps.label("none");
  if (key === "Delete" || key === "Backspace") return () => steps.label(null);
  if (key === acts.flag) return () => steps.flag();
  if (key === acts.why) return () => sheet.panel.toggle();
  if (key === acts.filter) return () => sheet.panel.focusClasses();
  const found = classes.find((one) => one.key === key);
  return found ? () => steps.label(found.id) : null;
}

/** @param {Sheet} sheet */
function escape(sheet) {
  if (!sheet.bar.help.hidden) return sheet.bar.toggleHelp();
  if (sheet.room.selected.size) return sheet.select([]);
  if (sheet.room.why) sheet.panel.toggle();
}
