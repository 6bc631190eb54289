// Keys that belong to somebody else, and those that we take.

const FIELDS = "input:not([type=radio]):not([type=checkbox])";
const TYPING = `textarea,select,[contenteditable]:not([contenteditable=false]),[role=listbox] *,${FIELDS}`;
const PRESSED = "button,a,summary,input,[role=button],[role=radio]";

/**
 * Where a key goes, also inside of a component.
 * @param {KeyboardEvent} event
 */
export function targetOf(event) {
  return /** @type {Partial<Element>} */ (event.composedPath()[0]); // a window has neither matches nor closest
}

/**
 * What was pressed; a letter is the same with and without shift.
 * @param {KeyboardEvent} event
 */
export function keyOf(event) {
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

/**
 * Whether an input method or a shortcut of the browser takes this key.
 * @param {KeyboardEvent} event
 */
export function reserved(event) {
  return event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey;
}

/**
 * Whether the key belongs to what has the focus: a field, a dialog, a button to press.
 * @param {KeyboardEvent} event
 * @param {Partial<Element>} target
 * @param {boolean} connected
 */
export function elsewhere(event, target, connected) {
  // A dialog takes the keys, but for the one that says that the server is away: labelling goes on.
  if (target.matches?.(TYPING) || (document.querySelector('[role="dialog"]') && connected)) return true;
  // Enter and space on a focused button press that button, here as anywhere.
  return Boolean((event.key === "Enter" || event.key === " ") && target.closest?.(PRESSED));
}

/**
 * Keep a key from the page, which has shortcuts of its own, and from the browser.
 * @param {KeyboardEvent} event
 */
export function take(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}
