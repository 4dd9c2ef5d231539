import type { Image } from "@edit-transfer/image";
import type { Control, Exemplar } from "./exemplar.ts";
import type { Judge, Procedure, Verdict } from "./judge.ts";
import { lmmScore } from "./lmm_score.ts";
import { pairwise } from "./pairwise.ts";
import { vieScore } from "./vie_score.ts";

/** Names of the procedures. */
export const PROTOCOLS = ["lmm", "vie", "pairwise"] as const;

/** A procedure by which methods are judged. */
export type Protocol = typeof PROTOCOLS[number];

/** A case that methods have edited. */
export interface MethodsExemplar extends Exemplar {
  /** Name of the case. */
  readonly id: string;
  /** Outputs by the methods' names. */
  readonly outputs: ReadonlyMap<string, Image>;
}

/** A judgement of some methods' outputs of a case. */
export interface Judgement {
  /** Name of the case. */
  readonly case: string;
  /** The procedure. */
  readonly protocol: Protocol;
  /** How the judge was put to the test, if so. */
  readonly control: Control | undefined;
  /** The methods that were looked at together. */
  readonly methods: readonly string[];
  /** Scores of each of them, by name; of a pair the first one's shares. */
  readonly verdict: Verdict<readonly Readonly<Record<string, number>>[]>;
}

/** Options of {@linkcode judgeMethods}. */
export interface JudgeMethodsOptions {
  /** The procedures. */
  readonly protocols: readonly Protocol[];
  /**
   * Controls, besides the judgement itself.
   *
   * @default {none}
   */
  readonly controls?: readonly Control[] | undefined;
  /**
   * Repeats of the LMM score.
   *
   * @default {3}
   */
  readonly repeats?: number | undefined;
  /**
   * Judgements made at once.
   *
   * @default {4}
   */
  readonly parallel?: number | undefined;
  /** Called after each judgement. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

/** A judgement to make. */
export interface JudgeTask extends Omit<Judgement, "verdict"> {
  /** What asks the judge. */
  readonly procedure: Procedure<readonly Readonly<Record<string, number>>[]>;
}

/**
 * The judgements that methods take: by the LMM score all outputs of a case
 * together, by VIEScore each alone, pairwise each pair.
 *
 * @param cases The cases.
 * @param options See {@linkcode JudgeMethodsOptions}.
 * @returns The judgements to make.
 *
 * @example Usage
 * ```ts
 * import { judgeTasks } from "@edit-transfer/judge";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const grey = blankImage(8, 8);
 * const outputs = new Map([["a", grey], ["b", grey], ["c", grey]]);
 * const one = { id: "0000", before: grey, after: grey, query: grey, outputs };
 * assert.equal(judgeTasks([one], { protocols: ["pairwise"] }).length, 3);
 * ```
 */
export function judgeTasks(
  cases: readonly MethodsExemplar[],
  options: JudgeMethodsOptions,
): JudgeTask[] {
  const { protocols, controls = [], repeats } = options;
  const tasks: JudgeTask[] = [];
  for (const protocol of protocols) {
    for (const control of [undefined, ...controls]) {
      for (const one of cases) {
        const all = [...one.outputs];
        const groups = protocol === "lmm"
          ? [all]
          : protocol === "vie"
          ? all.map((method) => [method])
          : all.flatMap((first, i) =>
            all.slice(i + 1).map((second) => [first, second])
          );
        for (const group of groups) {
          const images = group.map(([, image]) => image);
          tasks.push({
            case: one.id,
            protocol,
            control,
            methods: group.map(([name]) => name),
            procedure: async (ask) => {
              if (protocol === "lmm") {
                return (await lmmScore(ask, one, images, { control, repeats }))
                  .map((score) => ({ ...score }));
              }
              const score = protocol === "vie"
                ? await vieScore(ask, one, images[0]!, { control })
                : await pairwise(ask, one, [images[0]!, images[1]!], {
                  control,
                });
              return [{ ...score }];
            },
          });
        }
      }
    }
  }
  return tasks;
}

/**
 * Makes judgements, several at once.
 *
 * @param judge The judge.
 * @param tasks What `judgeTasks` gave.
 * @param options See {@linkcode JudgeMethodsOptions}.
 * @returns The judgements, in the order of the tasks; those without a score say
 * why.
 *
 * @example Usage
 * ```ts
 * import { judgeMethods, openJudge } from "@edit-transfer/judge";
 * import assert from "node:assert/strict";
 *
 * const judge = await openJudge({ url: "http://localhost:8000", model: "qwen" });
 * assert.deepEqual(await judgeMethods(judge, []), []);
 * ```
 */
export async function judgeMethods(
  judge: Judge,
  tasks: readonly JudgeTask[],
  options: Pick<JudgeMethodsOptions, "parallel" | "onProgress"> = {},
): Promise<Judgement[]> {
  const { parallel = 4, onProgress } = options;
  const judgements: Judgement[] = [];
  const waiting = tasks.entries();
  let done = 0;
  const work = async () => {
    for (const [i, { procedure, ...task }] of waiting) {
      const about = [task.case, ...task.methods, task.control ?? ""];
      const verdict = await judge.judge(about.join(" ").trim(), procedure);
      judgements[i] = { ...task, verdict };
      onProgress?.(++done, tasks.length);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return judgements;
}
