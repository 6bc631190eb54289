// Nodes and sentences. Whatever a text says, it goes in as text.

/**
 * A new node. What is no property of it becomes an attribute.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {Record<string, unknown>} [props]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, className, props = {}, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(props)) {
    if (name in node) Reflect.set(node, name, value);
    else node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}

/**
 * A sentence with its values; a brace without one stays.
 * @param {string} template
 * @param {Record<string, string | number>} values
 */
export function say(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * A button that leaves the focus where it is when it is clicked or touched.
 * @template {HTMLElement} Node
 * @param {Node} node
 * @param {() => void} act
 */
export function quiet(node, act) {
  node.addEventListener("mousedown", (event) => event.preventDefault());
  node.addEventListener("click", act);
  return node;
}

/**
 * The rows of a list of keys.
 * @param {import("./types").HelpRow[]} rows
 */
export function helpRows(rows) {
  return rows.map(([key, text]) => make("div", "", {}, make("kbd", "", {}, key), make("span", "", {}, text)));
}

/**
 * A name in parts, with places to break after underscores and strokes.
 * @param {string} name
 */
export function breakable(name) {
  return name.split(/(?<=[_/.-])/).flatMap((part, i) => (i ? [make("wbr"), part] : [part]));
}

/**
 * The classes in whose names something typed occurs, those that begin with it first; all when nothing is typed.
 * @template {{ name: string }} Named
 * @param {Named[]} classes
 * @param {string} text
 */
export function matching(classes, text) {
  /** @param {string} one */
  const plain = (one) => one.toLowerCase().replaceAll("_", " ");
  const typed = plain(text.trim());
  /** @param {Named} one */
  const place = (one) => plain(one.name).indexOf(typed);
  const found = classes.filter((one) => place(one) >= 0);
  return typed ? found.sort((a, b) => place(a) - place(b)) : found;
}

/**
 * The time of day of a moment in seconds, or "".
 * @param {number | null} at
 * @param {Intl.DateTimeFormatOptions} [how]
 */
export function clock(at, how = {}) {
  return at ? new Date(at * 1000).toLocaleTimeString([], { hour12: false, ...how }) : "";
}
