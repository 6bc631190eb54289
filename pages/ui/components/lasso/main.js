// The map of the items, with its lasso.

import { mount } from "../common/mount.js";
import { LassoMap } from "./map.js";

/** @param {import("../common/types").Mounted<import("./types").MapData>} mounted */
export default ({ parentElement, data, setTriggerValue }) =>
  mount(LassoMap, parentElement, data, (map) => {
    map.send = (question) => setTriggerValue("ask", question);
    map.outbox.send = (batch) => setTriggerValue("act", batch);
  });
