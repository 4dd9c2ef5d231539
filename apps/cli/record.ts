import { jsonText, parseJson, type RuleError } from "@edit-transfer/files";
import {
  integerIn,
  LIMITS,
  noiseSeed,
  numberIn,
} from "@edit-transfer/files/limits";
import { FITS, readImageFile, readPictureText } from "@edit-transfer/image";
import { dirname, extname, isAbsolute, join, relative } from "node:path";
import { z } from "zod";
import { readSidecar, textBeside } from "./sidecar.ts";
import config from "./deno.json" with { type: "json" };

/** Name and version, as records keep them. */
export const PROGRAM = `edit-transfer ${config.version}`;

/**
 * What stands for the model that comes with the program, and in the place of a
 * LoRA for the one that comes with the model.
 */
export const EMBEDDED = "embedded";

const hash = z.string();
const file = z.strictObject({ path: z.string(), sha256: hash });
const common = {
  program: z.string(),
  model: file,
  loras: z.array(file.extend({ scale: numberIn(LIMITS.loraScale) })),
  prompt: z.string(),
  seed: noiseSeed(),
  steps: integerIn(LIMITS.steps),
  /** Absent where the model does not embed it. */
  guidance: numberIn(LIMITS.guidance).optional(),
  device: z.strictObject({ kind: z.enum(["cpu", "webgpu"]), name: z.string() }),
  /** Where relative paths begin; in older records, at the folder of the run. */
  pathsFrom: z.literal("picture").optional(),
};

const editSchema = z.strictObject({
  command: z.literal("edit"),
  ...common,
  edit: z.string().optional(),
  inputs: z.union([
    z.strictObject({ before: file, after: file, query: file }),
    /** All of them panels of one picture. */
    z.strictObject({ composite: file }),
    /** From a file that holds text and example. */
    z.strictObject({ edit: file, query: file }),
  ]),
  panelSize: integerIn(LIMITS.side),
  fit: z.enum(FITS),
  /** Joint where they are left out. */
  conditions: z.enum(["joint", "kept"]).optional(),
  /** Noise level that kept ones were told. */
  conditionSigma: numberIn([0, 1]).optional(),
  /** 1 where it is left out. */
  strength: numberIn(LIMITS.strength).optional(),
  /** False where it is left out. */
  lock: z.boolean().optional(),
  /** How it was chosen, if of several seeds. */
  best: z.strictObject({
    place: z.int().min(1),
    score: z.number(),
    agreement: z.number(),
    keep: z.number(),
    seeds: z.array(noiseSeed()).readonly(),
  }).optional(),
  noise: z.strictObject({
    round: z.enum(["bf16", "none"]),
    standardize: z.boolean(),
  }),
  /** Baseline that made it; edit transfer itself where it is left out. */
  method: z.strictObject({
    name: z.string(),
    options: z.record(
      z.string(),
      z.union([z.number(), z.string(), z.array(z.number()).readonly()]),
    ),
  }).optional(),
});

const generateSchema = z.strictObject({
  command: z.literal("generate"),
  ...common,
  width: integerIn(LIMITS.side),
  height: integerIn(LIMITS.side),
});

const schema = z.discriminatedUnion("command", [editSchema, generateSchema]);

/** Everything that decides the pixels of an edit. */
export type EditRecord = z.infer<typeof editSchema>;

/** Everything that decides the pixels of a generated picture. */
export type GenerateRecord = z.infer<typeof generateSchema>;

/** A file of a run. */
export interface NamedFile {
  /** Path to read. */
  readonly path: string;
  /** Name in records that stays, of the embedded model and of earlier runs. */
  readonly name?: string | undefined;
}

/**
 * Path of a file that a record names, as seen from here: relative to the picture
 * that holds the record, or in older records to the folder of the run.
 */
export function recordedFile(
  name: string,
  { png, record }: {
    readonly png: string;
    readonly record: Pick<EditRecord, "pathsFrom">;
  },
): string {
  return record.pathsFrom === undefined || isAbsolute(name)
    ? name
    : join(dirname(png), name);
}

/**
 * Name of a file in the record of an output. A path that was given as absolute
 * stays so; others begin at the picture, so that they lead there from any
 * folder. An older record that is repeated keeps its names.
 */
export function nameInRecord(
  { path, name }: NamedFile,
  { output, earlier }: {
    readonly output: string;
    readonly earlier:
      | { readonly record: Pick<EditRecord, "pathsFrom"> }
      | undefined;
  },
): string {
  if (name === EMBEDDED) return name;
  if (earlier !== undefined && earlier.record.pathsFrom === undefined) {
    return name ?? path;
  }
  if (isAbsolute(path)) return path;
  return relative(dirname(output), path).replaceAll("\\", "/") || ".";
}

/**
 * PNG texts of an output of a size: one for other programs, one for this one.
 */
export function recordText(
  record: EditRecord | GenerateRecord,
  { width, height, seeds = [record.seed] }: {
    readonly width: number;
    readonly height: number;
    /** Seeds of a sheet of several pictures; the record is the first's. */
    readonly seeds?: readonly (number | bigint)[] | undefined;
  },
): Record<string, string> {
  const parameters = [
    `Steps: ${record.steps}`,
    `Sampler: ${"method" in record && record.method?.name || "Euler"}`,
    "CFG scale: 1",
    ...record.guidance === undefined
      ? []
      : [`Distilled CFG Scale: ${record.guidance}`],
    `${seeds.length > 1 ? "Seeds" : "Seed"}: ${seeds.join(" ")}`,
    `Size: ${width}x${height}`,
    `Model hash: ${record.model.sha256.slice(0, 10)}`,
    `Model: ${
      record.model.path.split(/[\\/]/).findLast((part) => part !== "")
    }`,
    `Version: ${record.program}`,
  ].join(", ");
  return {
    parameters: `${record.prompt}\n${parameters}`,
    edit_transfer: jsonText(record),
  };
}

/** Texts that a picture carries or that stand beside it, or those of a sidecar. */
export async function textOf(
  path: string,
): Promise<Readonly<Record<string, string>>> {
  if (extname(path).toLowerCase() === ".json") {
    return (await readSidecar(path))?.text ?? {};
  }
  const bytes = await readImageFile(path);
  const text = await readPictureText(bytes, { path });
  return { ...await textBeside(path, bytes), ...text };
}

/** What a picture that this program wrote, or its sidecar, says of itself. */
export async function readRecord(
  path: string,
): Promise<{ parameters: string; record: EditRecord | GenerateRecord }> {
  const { edit_transfer, parameters = "" } = await textOf(path);
  if (edit_transfer === undefined) {
    throw new Error(
      `Cannot read "${path}" as an output must carry the text edit_transfer: got none; other programs may drop it when they save`,
    );
  }
  const fail = (found: string) =>
    new Error(
      `Cannot read "${path}" as its text edit_transfer must be a record of this program: got ${found}`,
    );
  const json = recordJson(edit_transfer, fail);
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw fail(faultOf(parsed.error.issues[0]!));
  return { parameters, record: parsed.data };
}

function recordJson(text: string, fail: (found: string) => Error): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw fail(`another text, as ${(error as RuleError).message}`);
  }
}

/** What is wrong with a record, and where. */
function faultOf(issue: z.core.$ZodIssue): string {
  const place = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    return `the unknown key "${[...issue.path, issue.keys[0]].join(".")}"`;
  }
  if (place === "") return "no JSON object";
  const rule = issue.message.startsWith("must ")
    ? issue.message
    : "must be of another kind";
  return `a fault at "${place}", which ${rule}`;
}
