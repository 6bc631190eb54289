// What sheet.py and pages/ui/results put into the data of the sheet, of its rows and of the answers to its questions.

import type { Acks, HelpRow, Keys, Label, Labelled, Notice } from "../common/types";

/** Arrays are base64 of small typed arrays in the order of the rows. */
export interface SheetData extends Labelled {
  project: number;
  /** The name of the queue of labels on their way, apart from those of the card and the map. */
  queue: string;
  /** The version of the rows that the arrays belong to. */
  version: string;
  pictures: boolean;
  /** int16: the next likeliest class; -1 where there is none to show. */
  second: string;
  /** uint8 */
  second_confidence: string;
  /** uint16: 65535 is the greatest doubt. */
  doubt: string;
  /** uint8: the bits of `FLAGS`. */
  flags: string;
  /** uint8: the place in `SOURCES`. */
  source: string;
  /** uint16: the place in `authors`. */
  author: string;
  /** uint32: seconds. */
  at: string;
  /** Where an item may have several classes: each answer in bits, one row of whole bytes an item. */
  members: string | null;
  authors: string[];
  me: string;
  undo: number | null;
  redo: number | null;
  acks: Acks;
  saved_at: number | null;
  notices: Notice[];
  acts: Keys;
  few: number;
  report: ReportData | null;
  /** The entry of the journal by which the page accepted answers, for undo. */
  accepted: number | null;
  /** What the page around wants to see in the sheet, with a number that is new with every wish. */
  wish: { nonce: number; state: State } | null;
  help: HelpRow[];
}

export interface RowsData {
  version: string;
  /** float64 */
  ids: string;
  /** All texts, or null where they come from `url`. */
  texts: string[] | null;
  /** Those that are seen first: int32 rows and their texts. */
  head: { rows: string; texts: string[] } | null;
  url: string | null;
  /** So many signs of each text are here at most; null where all are whole. */
  cut: number | null;
  meta: { name: string; values: string[]; codes: string }[];
}

/** The rows of one version. Items are known by their id; rows are only places in these arrays. */
export interface Rows {
  ids: number[];
  rowOf: Map<number, number>;
  /** A hole where the text is still on its way. */
  texts: string[];
  whole: boolean;
  cut: number | null;
  meta: MetaColumn[];
}

/** What the file says of each item under one name. */
export interface MetaColumn {
  name: string;
  values: string[];
  codes: Int32Array;
}

/** Answers to questions; those of one kind replace one another. */
export interface Said {
  sheet: number;
  search: { nonce: number; ids: number[] } | null;
  why: Why | null;
  /** Item -> its picture, as far as they were asked for. */
  pictures: Record<string, string>;
}

/** One item in full, and the labelled examples behind its answer. */
export interface Why {
  nonce: number;
  id: number;
  text: string;
  image: string | null;
  meta: [string, string][];
  top: [number, number][];
  pulls: { text: string; image: string | null; label: number; weight: number }[];
  /** Signs of the text that moved the answer: [start, end, how much from -1 to 1]. */
  words: [number, number, number][];
  /** Whether they were asked for, and whether they can be. */
  asked_words: boolean;
  can_words: boolean;
  said: string;
}

export interface ReportData {
  title: string;
  words: string;
  /** Class place or -1 for "none of these" -> figures in words. */
  classes: ClassFigures[];
  /** Of each pair (true place, answered place) the items; -1 is none of these. */
  cells: { true: number; said: number; ids: number[] }[];
}

export interface ClassFigures {
  place: number;
  labelled: number;
  predicted: number;
  precision: string;
  precision_range: string;
  recall: string;
  recall_range: string;
  missed: number[];
  wrong: number[];
}

export type State =
  | "all" | "open" | "labelled" | "person" | "model" | "work" | "sure" | "unsure" | "none" | "flagged" | "check";
export type SortKey = "doubt" | "order" | "text" | "label" | "prediction" | "second" | "who" | "found" | `meta:${number}`;

/** Labels for many items in one act. */
export interface Step {
  ids: number[];
  was: Label[];
  to: Label[];
  /** Items that get what the model says of them, which nobody may see before: check items. */
  answered: number[];
  /** Whether answers were accepted without being looked at one by one. */
  bulk: boolean;
  one: boolean;
  /** Its number in the outbox; of what the page itself did, its entry in the journal. */
  seq?: number;
  entry?: number;
  flag?: boolean;
}

declare global {
  interface Window {
    /** Rows by version, from a component of their own, which labels leave alone. */
    handfulRows?: Map<string, Rows>;
  }
  interface WindowEventMap {
    "handful-rows": CustomEvent<void>;
    "handful-said": CustomEvent<Said>;
  }
}
