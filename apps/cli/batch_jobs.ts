import { FITS } from "@edit-transfer/image";
import { required, UsageError } from "@edit-transfer/terminal";
import {
  decodeText,
  jsonLines,
  pathOnDisk,
  readText,
} from "@edit-transfer/files";
import {
  integerIn,
  LIMITS,
  noiseSeed,
  numberIn,
} from "@edit-transfer/files/limits";
import { nearestName } from "@edit-transfer/weights";
import { dirname, isAbsolute, join, parse } from "node:path";
import { Buffer } from "node:buffer";
import process from "node:process";
import { z } from "zod";
import { checkExample, type EditFlags } from "./plan_edit.ts";
import { makeFolder } from "./output.ts";
import { picturesIn } from "./pictures_in.ts";

/** One line of a jobs file, or one picture of a folder. */
export interface BatchJob {
  /** Number of the line or of the picture, from 1. */
  readonly line: number;
  /** Flags of `edit` that it stands for; undefined if the line has a fault. */
  readonly flags: EditFlags & { readonly output: string } | undefined;
  /** What is wrong with the line. */
  readonly fault: string | undefined;
}

const text = z.string("must be a text").min(1, "must not be empty");

/** What a job may say of its edit. */
export const JOB_SETTINGS = {
  edit: text.optional(),
  prompt: text.optional(),
  seed: noiseSeed().optional(),
  steps: integerIn(LIMITS.steps).optional(),
  guidance: numberIn(LIMITS.guidance).optional(),
  panelSize: integerIn(LIMITS.side).optional(),
  fit: z.enum(FITS, {
    error: 'must be "match", "whole", "crop" or "pad"',
  }).optional(),
  strength: numberIn(LIMITS.strength).optional(),
  lock: z.boolean("must be true or false").optional(),
  autoSeeds: integerIn(LIMITS.seedsAtOnce).optional(),
};

const schema = z.strictObject({
  before: text,
  after: text,
  query: text,
  output: text,
  ...JOB_SETTINGS,
});

/** Most bytes of a jobs file, some hundred thousand jobs. */
const MAX_BYTES = 2 ** 28;

/**
 * Jobs that give all pictures of a folder, the query, the edit of one example;
 * the output is a folder, which is made.
 */
export async function folderJobs(flags: EditFlags): Promise<BatchJob[]> {
  const { query, output: out, ...rest } = flags;
  const folder = await pathOnDisk(
    required(query, "edit a folder", "--query DIR"),
  );
  required(flags.example, "edit a folder", "--example BEFORE AFTER");
  checkExample(flags.example);
  const output = required(out, "edit a folder", "-o DIR");
  const pictures = await picturesIn(folder);
  await makeFolder(output, "pictures");
  return pictures.map((picture, index) => ({
    line: index + 1,
    flags: {
      ...rest,
      query: picture,
      output: join(output, `${parse(picture).name}.png`),
    },
    fault: undefined,
  }));
}

/**
 * Reads a jobs file, or the standard input for `-`: one JSON object a line,
 * paths relative to the folder of the file, or to this one. A line with a fault
 * is a job that fails.
 */
export async function readJobs(path: string): Promise<BatchJob[]> {
  const folder = dirname(path);
  const at = (name: string) => isAbsolute(name) ? name : join(folder, name);
  const jobs = jsonLines(await readContent(path)).map(
    ({ line, value, fault: broken }): BatchJob => {
      const fault = (found: string) => ({
        line,
        flags: undefined,
        fault: found,
      });
      const parsed = schema.safeParse(value);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        return fault(`Cannot use the job as ${broken ?? ruleOf(issue!)}`);
      }
      const { before, after, query, output, seed, ...rest } = parsed.data;
      const flags = {
        ...Object.fromEntries(
          Object.entries(rest).filter(([, value]) => value !== undefined),
        ),
        example: [at(before), at(after)],
        query: at(query),
        output: at(output),
        ...(seed === undefined ? {} : { seed: [seed] }),
      };
      return { line, flags, fault: undefined };
    },
  );
  if (jobs.length > 0) return jobs;
  throw new UsageError(
    `Cannot read jobs "${path}" as it must have a job a line: got none`,
  );
}

async function readContent(path: string): Promise<string> {
  const options = {
    what: "jobs",
    maxBytes: MAX_BYTES,
    fail: (message: string, cause: ErrorOptions) =>
      new UsageError(
        message.endsWith("it is a folder")
          ? `${message}; its pictures are edited by --query DIR`
          : message,
        cause,
      ),
  };
  if (path !== "-") return await readText(path, options);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of process.stdin) {
    parts.push(part as Uint8Array);
    size += (part as Uint8Array).length;
    if (size > MAX_BYTES) break;
  }
  return decodeText(Buffer.concat(parts), "standard input", options);
}

/** What a job has to be, as the end of a sentence. */
function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.path.length > 0) {
    return `"${String(issue.path[0])}" ${issue.message}`;
  }
  return issue.code === "unrecognized_keys"
    ? `it must have known fields only: got "${issue.keys[0]}"; did you mean "${
      nearestName(issue.keys[0]!, Object.keys(schema.shape))
    }"?`
    : "it must be a JSON object: got another value";
}
