import { readImageFile, readPngText } from "@edit-transfer/image";
import { dirname, isAbsolute, join, relative } from "node:path";
import { z } from "zod";
import config from "./deno.json" with { type: "json" };

/** Name and version, as records keep them. */
export const PROGRAM = `edit-transfer ${config.version}`;

/**
 * What stands for the model that comes with the program, and in the place of a
 * LoRA for the one that comes with the model.
 */
export const EMBEDDED = "embedded";

const hash = z.string();
const file = z.object({ path: z.string(), sha256: hash });
const common = {
  program: z.string(),
  model: file,
  loras: z.array(file.extend({ scale: z.number() })),
  prompt: z.string(),
  seed: z.int().min(0),
  steps: z.int().min(1),
  guidance: z.number(),
  device: z.object({ kind: z.enum(["cpu", "webgpu"]), name: z.string() }),
  /** Where relative paths begin; in older records, at the folder of the run. */
  pathsFrom: z.literal("picture").optional(),
};

const editSchema = z.object({
  command: z.literal("edit"),
  ...common,
  edit: z.string().optional(),
  inputs: z.object({ before: file, after: file, query: file }),
  panelSize: z.int().min(1),
  fit: z.enum(["crop", "pad"]),
  /** Absent where they are joint, as in older records. */
  conditions: z.enum(["joint", "kept"]).optional(),
  conditionSigma: z.number().optional(),
  noise: z.object({
    round: z.enum(["bf16", "none"]),
    standardize: z.boolean(),
  }),
});

const generateSchema = z.object({
  command: z.literal("generate"),
  ...common,
  width: z.int().min(1),
  height: z.int().min(1),
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

/** PNG texts of an output: one for other programs, one for this one. */
export function recordText(
  record: EditRecord | GenerateRecord,
  { width, height }: { readonly width: number; readonly height: number },
): Record<string, string> {
  const parameters = [
    `Steps: ${record.steps}`,
    "Sampler: Euler",
    "CFG scale: 1",
    `Distilled CFG Scale: ${record.guidance}`,
    `Seed: ${record.seed}`,
    `Size: ${width}x${height}`,
    `Model hash: ${record.model.sha256.slice(0, 10)}`,
    `Model: ${
      record.model.path.split(/[\\/]/).findLast((part) => part !== "")
    }`,
    `Version: ${record.program}`,
  ].join(", ");
  return {
    parameters: `${record.prompt}\n${parameters}`,
    edit_transfer: JSON.stringify(record),
  };
}

/** Texts of a PNG file that this program wrote. */
export async function readRecord(
  path: string,
): Promise<{ parameters: string; record: EditRecord | GenerateRecord }> {
  const bytes = await readImageFile(path);
  const { edit_transfer, parameters = "" } = readPngText(bytes, { path });
  if (edit_transfer === undefined) {
    throw new Error(
      `Cannot read "${path}" as an output must carry the text edit_transfer: got none; other programs may drop it when they save`,
    );
  }
  const parsed = schema.safeParse(parseJson(edit_transfer));
  if (!parsed.success) {
    const place = parsed.error.issues[0]!.path.join(".");
    throw new Error(
      `Cannot read "${path}" as its text edit_transfer must be a record of this program: got ${
        place === "" ? "no JSON object" : `a fault at "${place}"`
      }`,
    );
  }
  return { parameters, record: parsed.data };
}

/** Parsed JSON, or nothing where it is not. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
