// What outlives one mount of the map: zoom, selection, undo, labels on their way. One room for each project.

import { Outbox } from "../common/outbox.js";
import { View } from "./view.js";

/** What the person has set and selected. */
class Kept {
  /** @type {Set<number>} */
  selected = new Set();
  /** @type {number[]} What the list shows; empty: what is in sight. */
  listed = [];
  /** @type {import("./types").Tool} */
  tool = "lasso";
  /** @type {import("./types").Mode} */
  mode = "prediction";
  count = 50;
  /** @type {{ nonce: number, ids: number[] } | null} */
  found = null;
  /** The last search whose answer was selected. */
  answered = 0;
}

export class Room {
  view = new View();
  kept = new Kept();
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

/** @param {import("./types").MapData} data */
export function roomOf(data) {
  const found = rooms.get(data.project) ?? new Room(data.queue);
  rooms.set(data.project, found);
  return found;
}
