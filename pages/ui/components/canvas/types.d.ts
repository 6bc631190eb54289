// What canvas.py puts into the data of the sheet.

import type { Words } from "../common/types";

export interface SheetData {
  /** The name of the sheet: another one is empty. */
  project: string;
  label: string;
  /** Pixels a side of the picture that is sent; strokes are kept in these units. */
  side: number;
  width: number;
  least: number;
  most: number;
  /** The revision that the server has. */
  seen?: string | null;
  strings: Words;
}

export type Point = [number, number];

export interface Stroke {
  points: Point[];
  width: number;
}

export interface Drawing {
  sheet: string;
  revision: string;
  strokes: number;
  /** Base64, "" of an empty sheet. */
  png: string;
}
