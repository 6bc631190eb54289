// Runs the whole page when somebody asks for it.

import { WAKE } from "./events.js";

/** @param {import("./types").Mounted<unknown>} mounted */
export default ({ setTriggerValue }) => {
  const wake = () => setTriggerValue("wake", Date.now());
  if (window.handfulWake) window.removeEventListener(WAKE, window.handfulWake);
  window.addEventListener(WAKE, (window.handfulWake = wake));
};
