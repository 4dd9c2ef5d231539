import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { UsageError } from "@edit-transfer/terminal";
import type { EditFlags } from "./plan_edit.ts";

/** One line of a jobs file. */
export interface BatchJob {
  /** Number of the line, from 1. */
  readonly line: number;
  /** Flags of `edit` that it stands for; undefined if the line has a fault. */
  readonly flags: EditFlags & { readonly output: string } | undefined;
  /** What is wrong with the line. */
  readonly fault: string | undefined;
}

const count = z.int("must be an integer").min(1, "must be an integer >= 1");
const text = z.string("must be a text").min(1, "must not be empty");

const schema = z.strictObject({
  before: text,
  after: text,
  query: text,
  output: text,
  edit: text.optional(),
  prompt: text.optional(),
  seed: z.int("must be an integer >= 0").min(0, "must be an integer >= 0")
    .optional(),
  steps: count.optional(),
  guidance: z.number("must be a number >= 0").min(0, "must be a number >= 0")
    .optional(),
  panelSize: count.optional(),
  fit: z.enum(["crop", "pad"], { error: 'must be "crop" or "pad"' }).optional(),
});

/**
 * Reads a jobs file: one JSON object a line, paths relative to its folder. A
 * line with a fault is a job that fails.
 */
export async function readJobs(path: string): Promise<BatchJob[]> {
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as { code?: string };
    throw new UsageError(
      `Cannot read jobs "${path}": ${
        code === "ENOENT"
          ? "there is no such file"
          : code === "EISDIR"
          ? "it is a folder"
          : code
      }`,
      { cause },
    );
  }
  if (content.includes("\0")) {
    throw new UsageError(
      `Cannot read jobs "${path}" as it must be a text with a JSON object a line: got other bytes`,
    );
  }
  const folder = dirname(path);
  const at = (name: string) => isAbsolute(name) ? name : join(folder, name);
  const lineOf = new Map<string, number>();
  const jobs = content.replace(/^\ufeff/, "").split("\n").flatMap(
    (written, index): BatchJob[] => {
      if (written.trim() === "") return [];
      const line = index + 1;
      const fault = (
        found: string,
      ) => [{ line, flags: undefined, fault: found }];
      const { value, broken } = parseJson(written);
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
      const other = lineOf.get(resolve(flags.output));
      if (other !== undefined) {
        return fault(
          `Cannot use the job as its output must be its own: "${output}" is that of line ${other}`,
        );
      }
      lineOf.set(resolve(flags.output), line);
      return [{ line, flags, fault: undefined }];
    },
  );
  if (jobs.length > 0) return jobs;
  throw new UsageError(
    `Cannot read jobs "${path}" as it must have a job a line: got none`,
  );
}

function parseJson(line: string): { value?: unknown; broken?: string } {
  try {
    return { value: JSON.parse(line) };
  } catch (error) {
    const { message } = error as Error;
    return { broken: `its line must be JSON: ${message}` };
  }
}

/** What a job has to be, as the end of a sentence. */
function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.path.length > 0) {
    return `"${String(issue.path[0])}" ${issue.message}`;
  }
  return issue.code === "unrecognized_keys"
    ? `it must have known fields only: got "${issue.keys[0]}"`
    : "it must be a JSON object: got another value";
}
