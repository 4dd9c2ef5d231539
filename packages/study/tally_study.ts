import { SeededRandom } from "@edit-transfer/dataset/seeded_random";
import {
  binomialPValue,
  bootstrap,
  bradleyTerry,
  holm,
  type Interval,
  krippendorff,
  wilson,
} from "@edit-transfer/statistics";
import type { PersonAnswers } from "./answers.ts";
import { chosen, type PersonReport, personReport } from "./people.ts";
import type { Study } from "./study_file.ts";

/** How often one method was preferred to another. */
export interface PairTally {
  /** The method whose share it is. */
  readonly method: string;
  /** The other. */
  readonly over: string;
  /** Answers for it. */
  readonly wins: number;
  /** Answers in all. */
  readonly answers: number;
  /** `wins / answers`; null without answers. */
  readonly share: number | null;
  /** Wilson's interval, as if all answers were independent. */
  readonly wilson: Interval;
  /** Interval by resampling people and cases; null where there is none. */
  readonly interval: Interval | null;
  /** Exact p-value against chance, as if all answers were independent. */
  readonly p: number;
  /** The p-value corrected for the questions, by Holm. */
  readonly holm: number;
}

/** Strength of a method in the Bradley–Terry model, all of them adding up to 1. */
export interface StrengthTally {
  /** The method. */
  readonly method: string;
  /** Its strength. */
  readonly strength: number;
  /** Interval by resampling people and cases; null where there is none. */
  readonly interval: Interval | null;
}

/** Answers to one question. */
export interface QuestionTally {
  /** Short name of the question. */
  readonly name: string;
  /** The question. */
  readonly text: string;
  /** Preferences by pair of methods. */
  readonly pairs: readonly PairTally[];
  /** Strengths; null where the pairs do not join all methods. */
  readonly strengths: readonly StrengthTally[] | null;
  /** Whether half a win was added to each side, as some method never lost. */
  readonly smoothed: boolean;
  /** Krippendorff's α of left and right over tasks; null where there is none. */
  readonly agreement: number | null;
  /** Its interval by resampling tasks. */
  readonly agreementInterval: Interval | null;
}

/** A study's answers summed up, plain JSON. */
export interface Tally {
  /** Id of the study. */
  readonly study: string;
  /** Its title. */
  readonly title: string;
  /** Number of people counted. */
  readonly counted: number;
  /** All people, the excluded with the reason. */
  readonly people: readonly PersonReport[];
  /** Answers by question. */
  readonly questions: readonly QuestionTally[];
  /** Resamples of each interval. */
  readonly resamples: number;
  /** Seed of the resampling. */
  readonly seed: number;
}

/** Options of {@linkcode tallyStudy}. */
export interface TallyOptions {
  /**
   * Resamples of each interval.
   *
   * @default {2000}
   */
  readonly resamples?: number | undefined;
}

/** An answer that counts, by places in lists. */
interface Answer {
  readonly person: number;
  readonly case: number;
  readonly winner: number;
  readonly loser: number;
}

/**
 * Sums up a study: people held to its rules, then for each question the share
 * of each pair of methods with Wilson's interval and one that resamples people
 * and cases, p-values corrected over the questions, strengths, agreement.
 *
 * Checks and doubled tasks judge people; they do not count for methods.
 *
 * @param study The study.
 * @param people What `readAnswers` gave.
 * @param options See {@linkcode TallyOptions}.
 * @returns The tally; the same for the same answers.
 *
 * @example Usage
 * ```ts
 * import { designStudy, tallyStudy } from "@edit-transfer/study";
 * import assert from "node:assert/strict";
 *
 * const study = designStudy({
 *   cases: [{ id: "0000", isAnswered: false }],
 *   methods: ["a", "b"],
 *   seed: 1,
 *   tasks: 1,
 * });
 * assert.equal(tallyStudy(study, []).questions[0]!.pairs[0]!.share, null);
 * ```
 */
export function tallyStudy(
  study: Study,
  people: readonly PersonAnswers[],
  options: TallyOptions = {},
): Tally {
  const { resamples = 2000 } = options;
  const reports = people.map((one) => personReport(one, study));
  const counted = people.filter((_, i) => reports[i]!.excluded.length === 0);
  const how = { resamples, seed: study.seed };
  const questions = study.questions.map(({ name, text }) => ({
    name,
    text,
    ...preferences(study, answersTo(name, study, counted), how),
    ...agreement(name, study, counted, how),
  }));
  const { length } = questions[0]!.pairs;
  for (let k = 0; k < length; k++) { // the questions on one pair belong together
    const corrected = holm(questions.map(({ pairs }) => pairs[k]!.p));
    for (const [q, { pairs }] of questions.entries()) {
      pairs[k] = { ...pairs[k]!, holm: corrected[q]! };
    }
  }
  return {
    study: study.id,
    title: study.title,
    counted: counted.length,
    people: reports,
    questions,
    ...how,
  };
}

interface How {
  readonly resamples: number;
  readonly seed: number;
}

function answersTo(
  question: string,
  { tasks, methods }: Study,
  people: readonly PersonAnswers[],
): Answer[] {
  const cases = new Map<string, number>();
  for (const task of tasks) {
    cases.set(task.case, cases.get(task.case) ?? cases.size);
  }
  const compared = tasks.filter(({ kind }) => kind === "compared");
  return people.flatMap(({ tasks: own }, person) =>
    compared.flatMap((task) => {
      const side = own.get(task.id)?.sides[question];
      if (side === undefined) return [];
      const other = side === "left" ? "right" : "left";
      return [{
        person,
        case: cases.get(task.case)!,
        winner: methods.indexOf(chosen(task, side)),
        loser: methods.indexOf(chosen(task, other)),
      }];
    })
  );
}

function preferences(
  { tasks, methods }: Study,
  answers: readonly Answer[],
  how: How,
) {
  const wins = winsOf(methods.length, answers);
  const pairs = methods.flatMap((_, i) =>
    methods.flatMap((_, j) => {
      const isCompared = i < j && tasks.some(({ left, right, kind }) =>
        kind === "compared" && [left, right].includes(methods[i]!) &&
        [left, right].includes(methods[j]!)
      );
      return isCompared ? [[i, j] as const] : [];
    })
  );
  const fit = bradleyTerry(wins);
  const intervals = bootstrap(
    [countOf(answers, "person"), countOf(answers, "case")],
    ([people, cases]) => {
      const drawn = winsOf(
        methods.length,
        answers,
        (one) => people![one.person]! * cases![one.case]!,
      );
      return [
        ...pairs.map(([i, j]) =>
          drawn[i]![j]! / (drawn[i]![j]! + drawn[j]![i]!)
        ),
        ...(fit && bradleyTerry(drawn)?.strengths) ?? methods.map(() => NaN),
      ];
    },
    bootstrapOptions(how),
  );
  return {
    pairs: pairs.map(([i, j], k): PairTally => {
      const [won, lost] = [wins[i]![j]!, wins[j]![i]!];
      const p = binomialPValue(won, won + lost);
      return {
        method: methods[i]!,
        over: methods[j]!,
        wins: won,
        answers: won + lost,
        share: finite(won / (won + lost)),
        wilson: wilson(won, won + lost),
        interval: finiteInterval(intervals[k]),
        p,
        holm: p,
      };
    }),
    strengths: fit === undefined ? null : methods.map((method, i) => ({
      method,
      strength: fit.strengths[i]!,
      interval: finiteInterval(intervals[pairs.length + i]),
    })),
    smoothed: fit?.smoothed ?? false,
  };
}

function winsOf(
  methods: number,
  answers: readonly Answer[],
  weightOf: (one: Answer) => number = () => 1,
): number[][] {
  const wins = Array.from(
    { length: methods },
    () => new Array<number>(methods).fill(0),
  );
  for (const one of answers) wins[one.winner]![one.loser]! += weightOf(one);
  return wins;
}

function countOf(answers: readonly Answer[], way: "person" | "case"): number {
  return answers.reduce((most, one) => Math.max(most, one[way] + 1), 0);
}

/** Whether people take the same side, task by task. */
function agreement(
  question: string,
  { tasks }: Study,
  people: readonly PersonAnswers[],
  how: How,
) {
  const units = tasks.filter(({ kind }) => kind === "compared").map(
    ({ id }) => {
      const sides = people.map(({ tasks }) => tasks.get(id)?.sides[question]);
      return ["left", "right"].map((side) =>
        sides.filter((one) => one === side).length
      );
    },
  );
  const [interval] = bootstrap(
    [units.length],
    ([drawn]) => [krippendorff(units, drawn)],
    bootstrapOptions(how),
  );
  return {
    agreement: finite(krippendorff(units)),
    agreementInterval: finiteInterval(interval),
  };
}

function bootstrapOptions({ seed, resamples }: How) {
  const random = new SeededRandom(seed);
  return { random: () => random.uniform(), resamples };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function finiteInterval(interval: Interval | undefined): Interval | null {
  return interval?.every(Number.isFinite) ? interval : null;
}
