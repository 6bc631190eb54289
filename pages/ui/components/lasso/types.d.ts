// What lasso.py and map_desk.py put into the data of the map and of its points.

import type { Acks, ClassInfo, HelpRow, Keys, Label, Labelled, Notice } from "../common/types";

export type XY = [number, number];
export type Tone = "light" | "dark";
export type Mode = "label" | "prediction" | "confidence";
export type Tool = "lasso" | "box" | "move";
export type How = "set" | "add" | "remove";

export interface MapClass extends ClassInfo {
  symbol: string;
}

/** Arrays are base64 of small typed arrays in the order of the points. */
export interface MapData extends Labelled {
  project: number;
  /** The name of the queue of labels on their way, apart from that of the card. */
  queue: string;
  /** The version of the points that the arrays belong to. */
  version: string;
  classes: MapClass[];
  /** float32 pairs: where the prototype of each class lies; NaN where nothing tells. */
  stars: string;
  crosses: string;
  /** Not labelled, none of these. */
  greys: Record<Tone, [string, string]>;
  /** Colours from unsure to sure. */
  scale: string[];
  search: { nonce: number; ids: number[] } | null;
  look: { nonce: number; total: number; n: number; of: number } | null;
  undo: number | null;
  redo: number | null;
  acks: Acks;
  saved_at: number | null;
  notices: Notice[];
  acts: Keys;
  /** With more classes than this there is a field to find one by name. */
  few: number;
  /** A search finds at most so many items. */
  most_found: number;
  help: HelpRow[];
}

export interface PointsData {
  version: string;
  layout: string;
  /** float64 */
  ids: string;
  /** float32 pairs */
  xy: string;
  texts: string[];
  images: (string | null)[] | null;
}

/** The points of one version. Items are known by their id; rows are only places in these arrays. */
export interface Points {
  ids: number[];
  rowOf: Map<number, number>;
  xy: Float32Array;
  texts: string[];
  images: (string | null)[] | null;
  layout: string;
}

/** Labels for many items in one act: all get ``label``, or each its own from ``to``. */
export interface Step {
  ids: number[];
  was: Label[];
  label?: Label;
  to?: Label[];
  seq: number;
}

/** What the hand is doing. */
export interface Gesture {
  kind: "pinch" | "move" | "box" | "lasso";
  how: How;
  from: XY;
  last: XY;
  moved: boolean;
  path: XY[];
  box: [XY, XY] | null;
}

/** What the painter draws above the points. */
export interface Above {
  path?: XY[];
  box?: [XY, XY] | null;
  hover?: number;
}

declare global {
  interface Window {
    /** Points by version, from a component of their own, which labels leave alone. */
    handfulPoints?: Map<string, Points>;
  }
}
