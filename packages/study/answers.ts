import { oneLine, readJson } from "@edit-transfer/files";
import { basename } from "node:path";
import { z } from "zod";
import { checksum } from "./checksum.ts";
import type { Study } from "./study_file.ts";

/** Side that a person chose. */
export type Side = "left" | "right";

/** What one person answered, a task each. */
export interface PersonAnswers {
  /** File that it was read from. */
  readonly file: string;
  /** Random name of the person. */
  readonly person: string;
  /** Tasks, answered by question. */
  readonly tasks: ReadonlyMap<string, {
    readonly sides: Readonly<Record<string, Side>>;
    readonly seconds: number;
  }>;
}

const side = z.enum(["left", "right"]);
const file = z.strictObject({
  format: z.literal("edit-transfer answers 1"),
  study: z.string(),
  person: z.string().regex(/^\w{1,64}$/),
  started: z.string(),
  saved: z.string(),
  order: z.array(z.string()),
  answers: z.array(
    z.object({ task: z.string(), seconds: z.number().nonnegative() })
      .catchall(side),
  ),
  checksum: z.string(),
});

/**
 * Answers from the files that people downloaded. What cannot be used is told, a
 * sentence each, and the rest is kept.
 *
 * @param paths The files.
 * @param study The study.
 * @returns Answers, a person once, and the sentences.
 *
 * @example Usage
 * ```ts
 * import { designStudy, readAnswers } from "@edit-transfer/study";
 * import assert from "node:assert/strict";
 *
 * const cases = [{ id: "0000", isAnswered: true }];
 * const study = designStudy({ cases, methods: ["a", "b"], seed: 1, tasks: 1 });
 * const { people, notices } = await readAnswers(["none.json"], study);
 * assert.deepEqual(people, []);
 * assert.deepEqual(notices, ['Answers not found: "none.json"']);
 * ```
 */
export async function readAnswers(
  paths: readonly string[],
  study: Study,
): Promise<{
  readonly people: PersonAnswers[];
  readonly notices: string[];
}> {
  const notices: string[] = [];
  const people = new Map<string, PersonAnswers>();
  for (const path of paths) {
    try {
      const own = parseAnswers(
        await readJson(path, { what: "answers" }),
        { path, study, notices },
      );
      const other = people.get(own.person);
      const [kept, left] = other !== undefined &&
          other.tasks.size > own.tasks.size
        ? [other, own]
        : [own, other];
      people.set(kept.person, kept);
      if (left === undefined) continue;
      notices.push(
        `"${left.file}" is left out as "${kept.file}" is of the same person${
          kept.tasks.size > left.tasks.size ? " and has more answers" : ""
        }`,
      );
    } catch (error) {
      notices.push(oneLine((error as Error).message));
    }
  }
  return { people: [...people.values()], notices };
}

function parseAnswers(
  value: unknown,
  { path, study, notices }: {
    readonly path: string;
    readonly study: Study;
    readonly notices: string[];
  },
): PersonAnswers {
  const name = basename(path);
  const fails = (rule: string) =>
    new Error(`Cannot count "${path}" as it must be ${rule}`);
  const { success, data } = file.safeParse(value);
  if (!success) {
    throw fails("what the study's page saved: got another file");
  }
  if (data.study !== study.id) {
    throw fails(`of the study ${study.id}: got answers of ${data.study}`);
  }
  const { checksum: told, ...rest } = value as z.output<typeof file>;
  if (told !== checksum(JSON.stringify(rest))) {
    throw fails("as the study's page saved it: it was changed since");
  }
  const known = new Set(study.tasks.map(({ id }) => id));
  const names = study.questions.map(({ name }) => name);
  const tasks: Map<string, { sides: Record<string, Side>; seconds: number }> =
    new Map();
  let odd = 0;
  for (const { task, seconds, ...sides } of data.answers) {
    const isWhole = names.every((name) => name in sides) &&
      Object.keys(sides).length === names.length;
    if (!known.has(task) || !isWhole || tasks.has(task)) odd++;
    else tasks.set(task, { sides, seconds });
  }
  if (odd > 0) {
    notices.push(
      `"${path}": ${odd} of its answers ${
        odd === 1 ? "is" : "are"
      } left out, being of no task, to other questions, or there twice`,
    );
  }
  return { file: name, person: data.person, tasks };
}
