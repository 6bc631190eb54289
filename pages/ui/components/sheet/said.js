// Answers to questions of the sheet: small, and sent apart from the arrays, which they leave alone.

import { SAID } from "../common/events.js";

/** @param {import("../common/types").Mounted<import("./types").Said>} mounted */
export default ({ data }) => {
  window.dispatchEvent(new CustomEvent(SAID, { detail: data }));
};
