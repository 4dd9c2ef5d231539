import { SeededRandom } from "@edit-transfer/dataset/seeded_random";
import { bootstrap, type Interval, wilson } from "@edit-transfer/statistics";
import type { Control } from "./exemplar.ts";
import type { Judgement, Protocol } from "./judge_methods.ts";
import { PAIR_QUESTIONS } from "./pairwise.ts";

/** A mean of scores with its interval. */
export interface JudgedValue {
  /** The mean; of a pair `(wins + ties / 2) / n`. Null without scores. */
  readonly mean: number | null;
  /**
   * Interval of 95 %: by resampling cases, of a pair Wilson's. Null of fewer
   * than two.
   */
  readonly interval: Interval | null;
}

/** What a judge gave a method, or to one method over another. */
export interface JudgedRow {
  /** The procedure. */
  readonly protocol: Protocol;
  /** How the judge was put to the test, if so. */
  readonly control: Control | null;
  /** The method. */
  readonly method: string;
  /** The method that it was compared with, pairwise. */
  readonly over: string | null;
  /** Judgements with a score. */
  readonly scored: number;
  /** Judgements in all. */
  readonly judgements: number;
  /** Values by name, e.g. `overall`. */
  readonly values: Readonly<Record<string, JudgedValue>>;
}

const RESAMPLES = 2000;
const SEED = 1;

/** Names of the values of a procedure, in their order. */
const NAMES: Readonly<Record<Protocol, readonly string[]>> = {
  lmm: [
    "overall",
    "accuracy",
    "preservation",
    "quality",
    "realism",
    "spread",
  ],
  vie: ["overall", "consistency", "quality"],
  pairwise: PAIR_QUESTIONS,
};

/**
 * Means of judgements over cases, by procedure, control and method.
 *
 * @param judgements What `judgeMethods` gave.
 * @returns The rows, in the order in which they were judged first.
 *
 * @example Usage
 * ```ts
 * import { summarizeJudgements } from "@edit-transfer/judge";
 * import assert from "node:assert/strict";
 *
 * const judged = (one: string, overall: number) => ({
 *   case: one,
 *   protocol: "vie",
 *   control: undefined,
 *   methods: ["ours"],
 *   verdict: { score: [{ overall, consistency: 9, quality: 9 }] },
 * } as const);
 * const [row] = summarizeJudgements([judged("0000", 6), judged("0001", 8)]);
 * assert.equal(row!.values.overall!.mean, 7);
 * ```
 */
export function summarizeJudgements(
  judgements: readonly Judgement[],
): JudgedRow[] {
  const rows = judgements.flatMap((judgement) => {
    const { protocol, control, methods } = judgement;
    const isPair = protocol === "pairwise";
    return (isPair ? methods.slice(0, 1) : methods).map((method, place) => {
      const over = isPair ? methods[1]! : null;
      const key = JSON.stringify([protocol, control ?? null, method, over]);
      return { key, method, over, place, judgement };
    });
  });
  return [...Map.groupBy(rows, ({ key }) => key).values()].map((group) => {
    const [{ judgement: { protocol, control }, method, over }] = group as [
      typeof rows[number],
    ];
    const scores = group.flatMap(({ judgement: { verdict }, place }) =>
      "score" in verdict ? [verdict.score[place]!] : []
    );
    const valueOf = over === null ? meanValue : shareValue;
    return {
      protocol,
      control: control ?? null,
      method,
      over,
      scored: scores.length,
      judgements: group.length,
      values: Object.fromEntries(
        NAMES[protocol].map((
          name,
        ) => [name, valueOf(scores.map((score) => score[name]!))]),
      ),
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanValue(values: readonly number[]): JudgedValue {
  const { length } = values;
  if (length === 0) return { mean: null, interval: null };
  const mean = sum(values) / length;
  if (length === 1) return { mean, interval: null };
  const random = new SeededRandom(SEED);
  const [interval] = bootstrap([length], ([drawn]) => [
    sum(values.map((value, i) => value * drawn![i]!)) / length,
  ], { random: () => random.uniform(), resamples: RESAMPLES });
  return { mean, interval: interval! };
}

function shareValue(values: readonly number[]): JudgedValue {
  const { length } = values;
  if (length === 0) return { mean: null, interval: null };
  const wins = sum(values);
  return { mean: wins / length, interval: wilson(wins, length) };
}

/** A table of a judge's scores. */
export interface JudgedTable {
  /** What it is about. */
  readonly title: string;
  /** Names of the columns. */
  readonly head: readonly string[];
  /** The rows. */
  readonly rows: readonly (readonly string[])[];
}

const TITLES: Readonly<Record<Protocol, string>> = {
  lmm: "LMM score, 1 to 10",
  vie: "VIEScore, 0 to 10",
  pairwise: "Preferred in pairs, share with ties as halves",
};

/**
 * The tables of judgements, one for each procedure.
 *
 * @param rows What `summarizeJudgements` gave.
 * @returns The tables.
 *
 * @example Usage
 * ```ts
 * import { judgedTables } from "@edit-transfer/judge";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(judgedTables([]), []);
 * ```
 */
export function judgedTables(rows: readonly JudgedRow[]): JudgedTable[] {
  return [...Map.groupBy(rows, ({ protocol }) => protocol)].map(
    ([protocol, group]) => ({
      title: TITLES[protocol],
      head: [
        "method",
        ...protocol === "pairwise" ? ["over"] : [],
        ...NAMES[protocol],
        "scored",
      ],
      rows: group.map(({ method, over, control, values, ...counts }) => [
        control === null ? method : `${method}, ${control}`,
        ...over === null ? [] : [over],
        ...NAMES[protocol].map((name) => valueText(values[name]!)),
        `${counts.scored} of ${counts.judgements}`,
      ]),
    }),
  );
}

function valueText({ mean, interval }: JudgedValue): string {
  if (mean === null) return "–";
  return interval === null
    ? mean.toFixed(2)
    : `${mean.toFixed(2)} (${
      interval.map((value) => value.toFixed(2)).join(" … ")
    })`;
}
