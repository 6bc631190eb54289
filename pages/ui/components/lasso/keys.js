// What each key does on the map.

import { elsewhere, keyOf, reserved, take, targetOf } from "../common/keyboard.js";

/** @typedef {import("./map.js").LassoMap} LassoMap */

const STEP_PX = 60;
export const ZOOM = 1.35;

/** @type {Record<string, import("./types").XY>} */
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * @param {LassoMap} map
 * @param {KeyboardEvent} event
 */
export function onKey(map, event) {
  if (reserved(event)) return;
  const target = targetOf(event);
  if (target === map.tools.search && event.key === "Escape") return leave(map, event, () => map.selection.clear());
  if (target === map.legend.filter) return filterKey(map, event);
  if (elsewhere(event, target, map.outbox.connected()) || !map.points) return;
  const moves = movesOf(map, event, target);
  const action = actionOf(map, event) ?? moves;
  if (!action) return;
  take(event);
  // Moving goes on while a key is held; labelling does not.
  if (!event.repeat || action === moves) action();
}

/**
 * Back to the map from one of the fields around it.
 * @param {LassoMap} map
 * @param {KeyboardEvent} event
 * @param {() => void} act
 */
export function leave(map, event, act) {
  take(event);
  act();
  map.focus();
}

/**
 * @param {LassoMap} map
 * @param {KeyboardEvent} event
 * @returns {(() => void) | null}
 */
function actionOf(map, event) {
  const { acts, classes } = map.data;
  const { steps } = map;
  const key = keyOf(event);
  if (key === acts.undo) return () => (event.shiftKey ? steps.redo() : steps.undo());
  if (map.selection.size && !event.shiftKey) {
    const found = classes.find((one) => one.key === key);
    if (found) return () => steps.label(found.id);
    if (key === acts.none) return () => steps.label("none");
    if (key === "Delete" || key === "Backspace") return () => steps.label(null);
    if (key === "Enter") return () => map.bar.labelAsExpected();
  }
  if (key === "Escape") return () => escape(map);
  if (key === acts.search) return () => map.tools.search.focus();
  if (key === acts.help) return () => map.tools.toggleHelp();
  return null;
}

/**
 * @param {LassoMap} map
 * @param {KeyboardEvent} event
 * @param {Partial<Element>} target
 * @returns {(() => void) | null}
 */
function movesOf(map, event, target) {
  const { view } = map;
  /** @param {() => void} act */
  const move = (act) => () => {
    act();
    map.hand.moved();
  };
  const key = keyOf(event);
  if (key === "+" || key === "=") return move(() => view.zoom(ZOOM));
  if (key === "-" || key === "_") return move(() => view.zoom(1 / ZOOM));
  if (key === "0") return move(() => view.fit());
  const arrow = ARROWS[key];
  // Elsewhere the arrows scroll the page.
  return arrow && target === map.stage ? move(() => view.pan(arrow[0] * STEP_PX, arrow[1] * STEP_PX)) : null;
}

/** @param {LassoMap} map */
function escape(map) {
  if (!map.tools.help.hidden) return map.tools.toggleHelp();
  map.hand.gesture = null;
  map.legend.hold(null);
  map.selection.clear();
}

/**
 * @param {LassoMap} map
 * @param {KeyboardEvent} event
 */
function filterKey(map, event) {
  if (event.key !== "Enter" && event.key !== "Escape") return;
  const { legend } = map;
  const first = legend.matching()[0];
  leave(map, event, () => {
    const typed = legend.filter.value.trim();
    legend.filter.value = "";
    legend.renderFilter();
    if (event.key === "Enter" && typed && first) legend.choose(first.id);
  });
}
