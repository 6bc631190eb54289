// Tells the card or the map of a commit before the model has been fitted again: the page sends it first.

import { ACK } from "./events.js";

/** @param {import("./types").Mounted<unknown>} mounted */
export default ({ data }) => {
  window.dispatchEvent(new CustomEvent(ACK, { detail: data }));
};
