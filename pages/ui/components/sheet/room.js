// What outlives one mount of the sheet: order, filters, selection, undo, labels on their way. One room a project.

import { Outbox } from "../common/outbox.js";
import { View } from "./view.js";

export class Room {
  view = new View();
  /** @type {Set<number>} Items. */
  selected = new Set();
  /** @type {number | null} The item of the cursor. */
  current = null;
  /** @type {number | null} Where a selection with shift began. */
  anchor = null;
  why = false;
  details = false;
  /** @type {number | undefined} The last wish of the page that was followed. */
  wished = undefined;
  /** @type {number | null} The last act of the page that undo knows of. */
  accepted = null;
  /** @type {import("./types").Step[]} */
  history = [];
  /** @type {import("./types").Step[]} */
  future = [];

  /** @param {string} queue */
  constructor(queue) {
    this.outbox = new Outbox(queue);
  }
}

/** @type {Map<number, Room>} */
const rooms = new Map();

/** @param {import("./types").SheetData} data */
export function roomOf(data) {
  const found = rooms.get(data.project) ?? new Room(data.queue);
  rooms.set(data.project, found);
  return found;
}
