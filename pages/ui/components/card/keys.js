// What each key does.

import { elsewhere, keyOf, reserved, take, targetOf } from "../common/keyboard.js";

/** @typedef {import("./card.js").Card} Card */

/**
 * @param {Card} card
 * @param {KeyboardEvent} event
 */
export function onKey(card, event) {
  if (reserved(event)) return;
  const target = targetOf(event);
  if (target === card.classes.filter) return card.classes.filterKey(event);
  if (target === card.search.field) return card.search.key(event);
  if (elsewhere(event, target, card.outbox.connected())) return;
  const { editor } = card.help;
  const action = editor.edited ? editor.actionOf(event) : (rankOf(card, event) ?? actionOf(card, event));
  if (!action) return;
  take(event);
  // A key that is held down must not label a hundred items.
  if (!event.repeat) action();
}

/**
 * A suggestion by its rank, with many classes.
 * @param {Card} card
 * @param {KeyboardEvent} event
 */
function rankOf(card, event) {
  const digit = event.shiftKey && !card.classes.few && /^Digit([1-9])$/.exec(event.code);
  const rank = digit ? Number(digit[1]) : Infinity;
  return rank <= card.data.shifted ? () => card.classes.take(rank - 1) : null;
}

/**
 * @param {Card} card
 * @param {KeyboardEvent} event
 */
function shiftedActionOf(card, event) {
  const { acts } = card.data;
  const key = keyOf(event);
  if (!card.clash.collision() || (key !== acts.keep && key !== acts.replace)) return null;
  return () => card.clash.settle(key === acts.replace);
}

/**
 * @param {Card} card
 * @param {KeyboardEvent} event
 * @returns {(() => unknown) | null}
 */
function actionOf(card, event) {
  const { acts, classes } = card.data;
  const { few } = card.classes;
  const key = keyOf(event);
  if (key === acts.undo) return () => (event.shiftKey ? card.steps.redo() : card.steps.undo());
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
