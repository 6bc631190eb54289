// A sheet to draw on: mouse, finger or pen.

import { mount } from "../common/mount.js";
import { Sheet } from "./sheet.js";

/** @param {import("../common/types").Mounted<import("./types").SheetData>} mounted */
export default ({ data, parentElement, setStateValue }) =>
  mount(Sheet, parentElement, data, (one) => {
    one.send = (drawing) => setStateValue("drawing", drawing);
  });
