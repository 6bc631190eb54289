// What the card and the map have in common: nodes, sentences, keys that belong to somebody else, and
// one life across the mounts of the app. The first part of either script.

const TYPING = "textarea,select,[contenteditable]:not([contenteditable=false]),[role=listbox] *,input:not([type=radio]):not([type=checkbox])";
const PRESSED = "button,a,summary,input,[role=button],[role=radio]";

// The one that takes the keys. The app may mount a second one (after a reconnect, a page switch)
// before or after it takes the first away; one key must reach one only.
let alive = null;
const mounted = new WeakMap();

function make(tag, className, props = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(props)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

function say(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Whether an input method or a shortcut of the browser takes this key. */
function reserved(event) {
  return event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey;
}

/** Whether the key belongs to what has the focus: a field, a dialog, a button to press. */
function elsewhere(event, target, connected) {
  // A dialog takes the keys, but for the one that says that the server is away: labelling goes on.
  if (target.matches?.(TYPING) || (document.querySelector('[role="dialog"]') && connected)) return true;
  // Enter and space on a focused button press that button, here as anywhere.
  return Boolean((event.key === "Enter" || event.key === " ") && target.closest?.(PRESSED));
}

/** The body of a component: called again at every new data, it makes a Kind once and keeps it up to date.
 *  A Kind takes the keys of the page, so only one lives at a time; one with `many` does not. */
function mount(Kind, parentElement, data, connect) {
  let one = mounted.get(parentElement);
  if (one && one.project !== data.project) {
    one.destroy();
    one = null;
  }
  if (!one || (alive !== one && !Kind.many)) {
    one = new Kind(parentElement, data);
    mounted.set(parentElement, one);
  }
  connect(one);
  one.update(data);
  // This may also run while it stays (when an update overtakes another): look before tearing down.
  return () =>
    setTimeout(() => {
      if ((parentElement.host ?? parentElement).isConnected || mounted.get(parentElement) !== one) return;
      one.destroy();
      mounted.delete(parentElement);
    });
}
