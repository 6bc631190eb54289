// The table of all items.

import { mount } from "../common/mount.js";
import { Sheet } from "./sheet.js";

/** @param {import("../common/types").Mounted<import("./types").SheetData>} mounted */
export default ({ parentElement, data, setTriggerValue }) =>
  mount(Sheet, parentElement, data, (sheet) => {
    sheet.send = (question) => setTriggerValue("ask", question);
    sheet.outbox.send = (batch) => setTriggerValue("act", batch);
  });
