// How the pieces of the card are drawn. Nodes are made once and filled again, so that focus stays.

import { breakable, make, quiet } from "../common/dom.js";

/**
 * A button with the key that does the same.
 * @param {string} text
 * @param {string} key
 * @param {() => void} act
 */
export function actButton(text, key, act) {
  const cap = make("kbd", "", { ariaHidden: "true" }, key);
  return quiet(make("button", "act", { type: "button" }, make("span", "", {}, text), cap), act);
}

/**
 * A button that says itself which key it has, or needs none.
 * @param {string} text
 * @param {() => void} act
 * @param {Record<string, unknown>} [props]
 */
export function plainButton(text, act, props = {}) {
  return quiet(make("button", "act", { type: "button", ...props }, text), act);
}

/**
 * A button for a class, with its key, colour, share and bar. ``paint`` fills in a class and what the model thinks.
 * @param {{ name: string, key: string, description?: string, color?: string }} one
 * @param {() => void} act
 */
export function classButton(one, act) {
  const key = make("kbd", "", { ariaHidden: "true", hidden: !one.key }, one.key);
  const percent = make("span", "percent");
  const level = make("i");
  const bar = make("span", "bar", { ariaHidden: "true" }, level);
  const name = make("span", "name", { dir: "auto" }, ...breakable(one.name));
  const parts = [key, make("span", "chip", { ariaHidden: "true" }), name, percent, bar];
  const node = make("button", "class", { type: "button", title: one.description || one.name }, ...parts);
  quiet(node, act);
  /**
   * @param {{ color?: string }} who
   * @param {number | null} share
   */
  const paint = (who, share) => {
    node.style.setProperty("--class", who.color ?? null);
    node.classList.toggle("scored", share !== null);
    percent.textContent = share === null ? "" : percentOf(share);
    level.style.width = `${(share ?? 0) * 100}%`;
  };
  paint(one, null);
  return { node, name, paint };
}

/** @param {string | undefined} color */
export function chip(color, props = {}) {
  const node = make("span", "chip", props);
  node.style.setProperty("--class", color ?? "transparent");
  return node;
}

/** @param {number} share */
export function percentOf(share) {
  return share > 0 && share < 0.01 ? "<1%" : `${Math.round(share * 100)}%`;
}
