// What outlives one mount of the card: labels on their way, and the way back. One desk for each project.

import { Outbox } from "../common/outbox.js";

export class Desk {
  /** @type {import("./types").Step[]} What was done here, for undo. */
  history = [];
  /** @type {import("./types").Step[]} What was undone, for redo. */
  future = [];
  /** @type {Set<number>} Entries of earlier visits that were undone here. */
  recentUndone = new Set();
  /** @type {Set<number>} Collisions that the person has decided. */
  answered = new Set();
  why = false;
  /**
   * What was on screen when the card was taken away.
   * @type {{ item: import("./types").Item | null, at: number } | null}
   */
  left = null;

  /** @param {number} project */
  constructor(project) {
    this.outbox = new Outbox(project);
  }
}

/** @type {Map<number, Desk>} */
const desks = new Map();

/** @param {number} project */
export function deskOf(project) {
  const found = desks.get(project) ?? new Desk(project);
  desks.set(project, found);
  return found;
}
