/** Cases with known answers, and how edits of them are made and measured. */
import {
  CASE_PANELS,
  type FigureCase,
  renderSheet,
} from "@edit-transfer/figures";
import type { Image } from "@edit-transfer/image";
import { type EditScore, scoreEdit } from "@edit-transfer/metrics";
import { edit, type Pipeline, prepareEdit } from "@edit-transfer/pipeline";

/** Side of a panel in pixels. */
export const SIZE = 64;

/** A task with its answer. */
export interface Case {
  readonly words: string;
  readonly types: readonly string[];
  readonly source: Image;
  readonly edited: Image;
  readonly query: Image;
  readonly target: Image;
}

/** What one condition gave. */
export interface Outcome {
  readonly cases: readonly Case[];
  readonly scores: EditScore[];
  readonly outputs: Image[];
}

/** How cases are edited. */
export interface EditCasesOptions {
  /** Caption with `{edit}` in it. */
  readonly template: string;
  /** Euler steps. */
  readonly steps: number;
  /** Called after each edit with the number of edits made. */
  readonly onEdit?: (done: number) => void;
}

/** A drawn case as pictures. */
export async function caseOf(drawn: FigureCase): Promise<Case> {
  const data = await renderSheet(CASE_PANELS.map((panel) => drawn[panel]), {
    size: SIZE,
  });
  const bytes = SIZE * SIZE * 3;
  const [source, edited, query, target] = CASE_PANELS.map((_, i) => ({
    width: SIZE,
    height: SIZE,
    data: Uint8Array.from(data.subarray(i * bytes, (i + 1) * bytes)),
  }));
  return {
    words: drawn.words,
    types: drawn.edits.map(({ type }) => type.name),
    source: source!,
    edited: edited!,
    query: query!,
    target: target!,
  };
}

/** Edits all cases, the seed of each its index, and scores the outputs. */
export async function editCases(
  pipeline: Pipeline,
  cases: readonly Case[],
  { template, steps, onEdit }: EditCasesOptions,
): Promise<Outcome> {
  const outcome: Outcome = { cases, scores: [], outputs: [] };
  for (const [index, one] of cases.entries()) {
    using prepared = await prepareEdit(pipeline, {
      before: one.source,
      after: one.edited,
      query: one.query,
      prompt: template.replaceAll("{edit}", () => one.words),
    });
    const steady = edit(prepared, { seed: index, steps });
    let turn = await steady.next();
    while (turn.done !== true) turn = await steady.next();
    const output = turn.value.image;
    outcome.outputs.push(output);
    outcome.scores.push(
      scoreEdit(output, { query: one.query, answer: one.target }),
    );
    onEdit?.(index + 1);
  }
  return outcome;
}
