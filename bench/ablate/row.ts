import type { Summary } from "./summary.ts";

/** Cases that a measure is taken over. */
export const GROUPS = ["all", "few", "rest"] as const;

/** All cases; those of the types that every training has; those of the other types. */
export type Group = typeof GROUPS[number];

/** What one training reached, or the model without one. */
export interface Row {
  /** Types of edits in training; 0 without training. */
  readonly types: number;
  /** Composites of each type; 0 without training. */
  readonly examples: number;
  /** Of the composites, those that were drawn at least once. */
  readonly distinct: number;
  /** Mean loss of the last steps. */
  readonly loss: number | undefined;
  /** Seconds of training. */
  readonly seconds: number;
  /** Measures by group; undefined of no cases. */
  readonly summaries: Readonly<Record<Group, Summary | undefined>>;
}

/** All that a run gave, plain JSON. */
export interface Report {
  readonly date: string;
  readonly machine: string;
  /** SHA-256 of weight files of the base model. */
  readonly model: { readonly transformer: string; readonly vae: string };
  /** Names of the types that every training has. */
  readonly few: readonly string[];
  readonly steps: number;
  readonly batch: number;
  readonly lr: number;
  readonly seed: number;
  readonly cases: number;
  readonly editSteps: number;
  readonly rows: readonly Row[];
}
