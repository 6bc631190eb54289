// What card.py and desk_card.py put into the data of the card.

import type { Acks, ClassInfo, HelpRow, Keys, Label, Notice, Words } from "../common/types";

/** (class id, probability) */
export type Share = [number, number];

export interface Theirs {
  label: Label;
  who: string;
  own: boolean;
  at: number;
}

export interface Item {
  id: number;
  text: string;
  image?: string | null;
  pair: string | null;
  why: string;
  /** What a language model suggests; empty when none was asked. */
  said?: string;
  /** Best first. */
  top: Share[];
  pulls?: Pull[];
  label: Label;
  flag?: boolean;
  audit?: boolean;
  /** What the file says of it: (column, value). */
  meta?: [string, string][];
  theirs?: Theirs;
}

/** A labelled example behind a suggestion. */
export interface Pull {
  text: string;
  image: string | null;
  label: number;
  weight: number;
}

/** Two people, one item: the label that was not written, and the one that is there. */
export interface Collision {
  nonce: number;
  item: number;
  text: string;
  mine: Label;
  theirs: Label;
  who: string;
  own: boolean;
  at: number;
}

/** One of the last labels of earlier visits. */
export interface Recent {
  entry: number;
  label: Label;
  item: Item;
}

export interface Fresh {
  top: Share[];
  pulls: Pull[];
  theirs?: Theirs;
}

export interface CardData {
  project: number;
  multi: boolean;
  classes: ClassInfo[];
  palette: string[];
  items: Item[];
  recent: Recent[];
  fresh: Record<string, Fresh>;
  redo: number | null;
  labeled: number;
  remaining: number;
  view: string;
  narrowed: boolean;
  search: string;
  acks: Acks;
  saved_at: number | null;
  show: { nonce: number; item: Item | null; quiet?: boolean } | null;
  notices: Notice[];
  collisions: Collision[];
  /** Keys that a class may have. */
  keys: string;
  acts: Keys;
  /** Up to so many classes every button carries its own bar. */
  few: number;
  /** With more classes, so many suggestions, of which the first `shifted` have a key. */
  suggestions: number;
  shifted: number;
  strings: Words;
  help: HelpRow[];
}

/** What was done here: for undo, and once undone for redo. */
export interface Step {
  op: "label" | "skip" | "flag";
  item: Item;
  label?: Label;
  on?: boolean;
  /** Its number in the outbox; of an earlier visit its entry in the journal. */
  seq?: number;
  entry?: number;
}

/** What the card asks of the server without changing a label. */
export type Wish = { search: string } | { resume: number };
