// Whether this browser may show a tour: it remembers the first that it met, and there is no second.

import { read, write } from "../common/storage.js";

const MET = "handful:tour";

/** @type {WeakSet<HTMLElement | ShadowRoot>} */
const answered = new WeakSet();

/** @param {import("../common/types").Mounted<{ tour: string }>} mounted */
export default ({ data, parentElement, setTriggerValue }) => {
  // Called again with every run until the server has heard the answer: one is enough.
  if (answered.has(parentElement)) return;
  answered.add(parentElement);
  const met = read(localStorage, MET) ?? data.tour;
  write(localStorage, MET, met);
  setTriggerValue("met", { tour: data.tour, first: met === data.tour });
};
