// One life across the mounts of the app.

/**
 * @template Data
 * @typedef {import("./types").Component<Data>} Component
 */
/** @typedef {HTMLElement | ShadowRoot} Root */

/** @type {WeakMap<Root, Component<any>>} */
const mounted = new WeakMap();

/**
 * The one that takes the keys. The app may mount a second one (after a reconnect, a page switch)
 * before or after it takes the first away; one key must reach one only.
 * @type {Component<any> | null}
 */
let living = null;

/** The one that takes the keys of the page, if any. */
export function alive() {
  return living;
}

/**
 * From now on this one takes the keys.
 * @param {Component<any>} one
 */
export function takeOver(one) {
  living?.destroy();
  living = one;
}

/**
 * This one takes no more keys.
 * @param {Component<any>} one
 */
export function giveUp(one) {
  if (living === one) living = null;
}

/**
 * The body of a component: called again at every new data, it makes a Kind once and keeps it up to date.
 * A Kind takes the keys of the page, so only one lives at a time; one with `many` does not.
 * @template {{ project: number | string }} Data
 * @template {Component<Data>} One
 * @param {{ new (root: Root, data: Data): One; many?: boolean }} Kind
 * @param {Root} root
 * @param {Data} data
 * @param {(one: One) => void} connect
 */
export function mount(Kind, root, data, connect) {
  let one = /** @type {One | undefined} */ (mounted.get(root));
  if (one && one.project !== data.project) {
    one.destroy();
    one = undefined;
  }
  if (!one || (living !== one && !Kind.many)) {
    one = new Kind(root, data);
    mounted.set(root, one);
  }
  connect(one);
  one.update(data);
  const made = one;
  // This may also run while it stays (when an update overtakes another): look before tearing down.
  return () =>
    setTimeout(() => {
      const host = root instanceof ShadowRoot ? root.host : root;
      if (host.isConnected || mounted.get(root) !== made) return;
      made.destroy();
      mounted.delete(root);
    });
}

/**
 * Where a component puts its nodes.
 * @param {Root} root
 */
export function placeIn(root) {
  return root.querySelector(".mount") ?? root;
}
