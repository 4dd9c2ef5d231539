import { hashText, readJson } from "@edit-transfer/files";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type Rules, rulesSchema } from "./rules.ts";

/** Name of the file that only those who made a study see. */
export const STUDY_FILE = "study.json";

const FORMAT = "edit-transfer study 1";

/** A task of a study. */
export interface Task {
  /** Name, which tells nothing. */
  readonly id: string;
  /** Block of tasks that has each pair of methods as often. */
  readonly block: number;
  /** Whether it counts, or checks attention or consistency. */
  readonly kind: "compared" | "check" | "doubled";
  /** Task that a doubled one repeats. */
  readonly of?: string | undefined;
  /** Case that it shows. */
  readonly case: string;
  /** Method on the left; of a check, `query` or `answer`. */
  readonly left: string;
  /** Method on the right. */
  readonly right: string;
}

/** A question of a study. */
export interface Question {
  /** Short name, e.g. `"edit"`. */
  readonly name: string;
  /** What people read. */
  readonly text: string;
}

/** A study: what is shown on which side, what is asked, and who is excluded. */
export interface Study {
  /** Kind and version of the file. */
  readonly format: "edit-transfer study 1";
  /** Hash of all the rest. */
  readonly id: string;
  /** Title of the page. */
  readonly title: string;
  /** Seed of sides, order and choice, and of the tally's intervals. */
  readonly seed: number;
  /** Names of the methods. */
  readonly methods: readonly string[];
  /** The questions, the one on the edit first: it decides on attention checks. */
  readonly questions: readonly Question[];
  /** Rules of exclusion. */
  readonly rules: Rules;
  /** The tasks, by id. */
  readonly tasks: readonly Task[];
}

const study: z.ZodType<Study> = z.strictObject({
  format: z.literal(FORMAT),
  id: z.string(),
  title: z.string(),
  seed: z.number(),
  methods: z.array(z.string()).min(2),
  questions: z.array(z.strictObject({ name: z.string(), text: z.string() }))
    .min(1),
  rules: rulesSchema,
  tasks: z.array(z.strictObject({
    id: z.string(),
    block: z.int(),
    kind: z.enum(["compared", "check", "doubled"]),
    of: z.string().optional(),
    case: z.string(),
    left: z.string(),
    right: z.string(),
  })),
});

/** The three questions. */
export const QUESTIONS: readonly Question[] = [
  {
    name: "edit",
    text: "Which one makes the same change to the new picture as the example?",
  },
  {
    name: "preservation",
    text: "Which one leaves everything else of the new picture as it was?",
  },
  { name: "overall", text: "Which one would you choose, all in all?" },
];

/** A study with its id, which is a hash of all the rest. */
export function identified(rest: Omit<Study, "id" | "format">): Study {
  const whole = study.parse({ format: FORMAT, id: "", ...rest });
  return { ...whole, id: idOf(whole) };
}

/** Hash of a study in the order of its schema, without its id. */
function idOf(whole: Study): string {
  return hashText(JSON.stringify({ ...whole, id: "" })).slice(0, 16);
}

/**
 * A study from its file.
 *
 * @param path The file, or the folder that `study make` wrote.
 * @returns The study.
 *
 * @throws {Error} If there is none, or it is not as it was made.
 *
 * @example Usage
 * ```ts
 * import { readStudy } from "@edit-transfer/study";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(readStudy("none"), {
 *   message: 'Study not found: "none"',
 * });
 * ```
 */
export async function readStudy(path: string): Promise<Study> {
  const found = await stat(path).catch(() => undefined);
  const file = found?.isDirectory() ? join(path, STUDY_FILE) : path;
  const value = await readJson(file, { what: "study" });
  const { success, data } = study.safeParse(value);
  if (!success) {
    throw new Error(
      `Cannot read study "${file}" as it must be what \`study make\` wrote: got another file`,
    );
  }
  if (idOf(data) === data.id) return data;
  throw new Error(
    `Cannot read study "${file}" as it must not change once it is made, rules included: got changes`,
  );
}
