import { hashText, jsonText } from "@edit-transfer/files";
import { LIMITS, numberIn } from "@edit-transfer/files/limits";
import { type ByteStore, cachedInput } from "@edit-transfer/store";
import type { EditDefaults } from "@edit-transfer/transfer";
import { basename } from "node:path";
import { z } from "zod";
import { JOB_SETTINGS } from "./batch_jobs.ts";
import { type EditMaker, editPicture } from "./edit_job.ts";
import type { ModelHashes, NamedModel } from "./open_model.ts";
import { readInputs } from "./edit_images.ts";
import {
  type EditFlags,
  type EditPlan,
  planEdit,
  settingsOf,
} from "./plan_edit.ts";
import { type EditRecord, nameInRecord } from "./record.ts";
import { seedOf } from "./seed_flag.ts";

const sha256 = z.string();
const file = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  extension: z.string().regex(/^(\.[A-Za-z0-9]{1,8})?$/),
});
const name = z.string().max(4096);

const modelSchema = z.strictObject({
  sha256,
  loras: z.array(
    z.strictObject({ sha256, scale: numberIn(LIMITS.loraScale) }),
  ),
});

/** Model and LoRAs of a job, by their content. */
export type JobModel = z.infer<typeof modelSchema>;

/** An edit as a job: files by their content, no path of any machine. */
const schema = z.strictObject({
  kind: z.literal("edit"),
  model: modelSchema,
  inputs: z.strictObject({ before: file, after: file, query: file }),
  /** Name of the file that is made. */
  output: z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/),
  /** How the record calls the files. */
  names: z.strictObject({
    model: name,
    loras: z.array(name),
    before: name,
    after: name,
    query: name,
  }),
  settings: z.strictObject({
    ...JOB_SETTINGS,
    /** Digits, as JSON has no integers of 64 bits. */
    seed: z.string().optional(),
    conditions: z.enum(["joint", "kept"]).optional(),
  }),
});

/** An edit as a job. */
export type QueuedEdit = z.infer<typeof schema>;

/** What a job gives back. */
export interface QueuedResult {
  /** Key of the picture in the store. */
  readonly output: string;
  /** SHA-256 of its bytes. */
  readonly sha256: string;
  readonly notices: readonly string[];
}

/** Model and LoRAs by their content. */
export function jobModel(named: NamedModel, hashes: ModelHashes): JobModel {
  return {
    sha256: hashes.model,
    loras: named.loras.map(({ scale }, i) => ({
      sha256: hashes.loras[i]!,
      scale,
    })),
  };
}

/** Queue of the jobs of a model with its LoRAs. */
export function queueName(model: JobModel): string {
  return `edit-transfer.${hashText(jsonText(model)).slice(0, 16)}`;
}

/** Key of what a job makes. */
export function outputKey(id: string, { output }: QueuedEdit): string {
  return `outputs/${id}/${output}`;
}

/** An edit that is planned here, as a job for any machine. */
export function queuedEdit(
  { plan, flags, model, inputs, settings, output }: {
    readonly plan: EditPlan;
    readonly flags: EditFlags;
    readonly model: JobModel;
    readonly inputs: QueuedEdit["inputs"];
    readonly settings: EditDefaults;
    readonly output: string;
  },
): QueuedEdit {
  const called = (file: Parameters<typeof nameInRecord>[0]) =>
    nameInRecord(file, { output, earlier: undefined });
  const { seed, ...said } = schema.shape.settings.strip().parse({
    ...flags,
    seed: flags.seed === undefined ? undefined : String(flags.seed[0]),
    steps: settings.steps,
    conditions: settings.conditions,
  });
  const safe = basename(output).replace(/[^A-Za-z0-9._-]/g, "_")
    .replace(/^\./, "_").slice(-100);
  return schema.parse({
    kind: "edit",
    model,
    inputs,
    output: safe,
    names: {
      model: called(plan.model),
      loras: plan.model.loras.map(called),
      before: called(plan.inputs.before),
      after: called(plan.inputs.after),
      query: called(plan.inputs.query),
    },
    settings: { ...said, ...seed === undefined ? {} : { seed } },
  });
}

/** What a worker has to make the edits of its jobs. */
export interface QueuedEditMaker extends Omit<EditMaker, "onNotice"> {
  readonly store: ByteStore;
  readonly defaults: EditDefaults;
  /** Folder of the inputs that were used last. */
  readonly cache: string;
}

/** Makes the picture of a job, unless it is there. */
export async function runQueuedEdit(
  data: unknown,
  { id, signal }: { readonly id: string; readonly signal: AbortSignal },
  { store, cache, defaults, ...maker }: QueuedEditMaker,
): Promise<QueuedResult> {
  const parsed = schema.safeParse(data);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues as [z.core.$ZodIssue];
    throw new Error(
      `Cannot run the job as it must be an edit of this version: got a fault at "${
        path.join(".")
      }", ${message}`,
    );
  }
  const job = parsed.data;
  const own = queueName(jobModel(maker.named, maker.hashes));
  if (queueName(job.model) !== own) {
    throw new Error(
      `Cannot run the job as it must be of the model of this worker: got ${
        job.model.sha256.slice(0, 12)
      }, not ${maker.hashes.model.slice(0, 12)}`,
    );
  }
  const output = outputKey(id, job);
  const notices: string[] = [];
  const there = await store.read(output);
  if (there !== undefined) {
    return { output, sha256: await hashBytes(there), notices };
  }
  const paths: Record<keyof QueuedEdit["inputs"], string> = {
    before: "",
    after: "",
    query: "",
  };
  for (const key of ["before", "after", "query"] as const) {
    paths[key] = await cachedInput(job.inputs[key], { store, folder: cache });
  }
  const { before, after, query } = paths;
  const { seed, ...settings } = job.settings;
  const named = (text: string) =>
    text.replaceAll(before, job.names.before)
      .replaceAll(after, job.names.after)
      .replaceAll(query, job.names.query);
  const plan = await planEdit({
    ...settings,
    example: [before, after],
    query,
    ...seed === undefined ? {} : { seed: [seedOf(seed) ?? 0] },
  }, { model: maker.named });
  const inputs = await readInputs(plan).catch((cause) => {
    throw new Error(named((cause as Error).message), { cause });
  });
  const png = await editPicture(
    {
      plan,
      inputs,
      settings: settingsOf(plan, defaults),
      output: job.output,
      label: `job ${id.slice(0, 8)}`,
      signal,
      rename: (record) => renamed(record, job.names),
    },
    { ...maker, onNotice: (notice) => notices.push(named(notice)) },
  );
  signal.throwIfAborted();
  await store.write(output, png);
  return { output, sha256: await hashBytes(png), notices };
}

/** The record as it would be where the job comes from. */
function renamed(record: EditRecord, names: QueuedEdit["names"]): EditRecord {
  const { inputs } = record;
  if (!("before" in inputs)) return record;
  return {
    ...record,
    model: { ...record.model, path: names.model },
    loras: record.loras.map((lora, i) => ({
      ...lora,
      path: names.loras[i] ?? lora.path,
    })),
    inputs: {
      before: { ...inputs.before, path: names.before },
      after: { ...inputs.after, path: names.after },
      query: { ...inputs.query, path: names.query },
    },
  };
}

/** SHA-256 of bytes. */
export async function hashBytes(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest(
    "SHA-256",
    bytes as Uint8Array<ArrayBuffer>,
  );
  return new Uint8Array(hash).toHex();
}
