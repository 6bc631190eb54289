// What Streamlit hands a component, and what all components of this app have in common.

/** What the function that a script exports is called with, at every new data. */
export interface Mounted<Data> {
  data: Data;
  parentElement: HTMLElement | ShadowRoot;
  /** Runs the page with a value that stays. */
  setStateValue(name: string, value: unknown): void;
  /** Runs the page with a value that is gone in the run after. */
  setTriggerValue(name: string, value: unknown): void;
}

/** What is mounted: made once, told of every new data, taken away once. */
export interface Component<Data> {
  project: number | string;
  update(data: Data): void;
  destroy(): void;
}

/** A class id, several of them, "none" (of these), or no label. */
export type Label = number | number[] | "none" | null;

/** Browser client -> the number of its last event that is committed. */
export type Acks = Record<string, number>;

export type Words = Record<string, string>;

/** (key, what it does) */
export type HelpRow = [string, string];

/** A sentence from the server; its number is new with every sentence. */
export interface Notice {
  nonce: number;
  text: string;
}

/** The keys that mean the same in every project. */
export interface Keys {
  why: string;
  flag: string;
  none: string;
  undo: string;
  filter: string;
  search: string;
  help: string;
  keep: string;
  replace: string;
}

export interface ClassInfo {
  id: number;
  name: string;
  description: string;
  /** "" for a class that has none. */
  key: string;
  color: string;
}

/** Labels and answers of many items: base64 of small typed arrays in their order. */
export interface Labelled {
  /** int16: the place of the class, -1 not labelled, -2 none of these. */
  labels: string;
  /** int16: the place of the class, -1 where nothing can be predicted yet. */
  predicted: string;
  /** uint8: 255 is certain. */
  confidence: string;
  classes: ClassInfo[];
  multi: boolean;
  /** Item -> its label, in a project with several labels an item. */
  sets: Record<string, Label> | null;
  strings: Words;
}

declare global {
  interface Window {
    handfulWake?: () => void;
  }
  interface WindowEventMap {
    "handful-ack": CustomEvent<{ project?: number; map?: number; sheet?: number; acks: Acks; saved_at: number | null }>;
    "handful-wake": CustomEvent<void>;
    "handful-points": CustomEvent<void>;
  }
}
