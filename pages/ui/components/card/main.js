// The labelling card. Python hands over the items, classes and words; what happens between two
// answers of the server happens here.

import { mount } from "../common/mount.js";
import { Card } from "./card.js";

/** @param {import("../common/types").Mounted<import("./types").CardData>} mounted */
export default ({ parentElement, data, setTriggerValue }) =>
  mount(Card, parentElement, data, (card) => {
    card.outbox.send = (batch) => setTriggerValue("batch", batch);
    card.ask = (wish) => setTriggerValue("ask", { ...wish, at: Date.now() });
  });
