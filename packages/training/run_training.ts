import type { PreparedDataset } from "@edit-transfer/dataset";
import { hashFile } from "@edit-transfer/files";
import { join } from "node:path";
import {
  type Checkpoint,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
} from "./checkpoint.ts";
import { changes, configFingerprint, type Fingerprint } from "./fingerprint.ts";
import { loadData } from "./load_data.ts";
import { lockRun } from "./lock_run.ts";
import { RunLog } from "./run_log.ts";
import { train, type TrainResult } from "./train.ts";
import type { TrainConfig } from "./train_config.ts";
import { openTrainModel, type TrainModel } from "./train_model.ts";
import type { TrainProgress } from "./train_progress.ts";

/** Options of {@linkcode runTraining}. */
export interface RunTrainingOptions {
  /** Where to tell how far it is. */
  readonly progress: TrainProgress;
  /** Finishes the step and saves, when it is aborted. */
  readonly signal: AbortSignal;
  /**
   * Path of a checkpoint to go on from, or `"latest"` for the newest whole one.
   *
   * @default {a new run}
   */
  readonly resume?: string | undefined;
  /**
   * Whether to draw and encode the data only.
   *
   * @default {false}
   */
  readonly prepare?: boolean | undefined;
  /**
   * Opens the base model.
   *
   * @default {openTrainModel}
   */
  readonly openModel?:
    | ((config: TrainConfig) => Promise<TrainModel>)
    | undefined;
}

/**
 * Trains a LoRA: data drawn, encoded and cached, then steps with checkpoints,
 * validation, samples and a log, all in the run's folder.
 *
 * A run that was stopped goes on to the bytes that it would have had.
 *
 * @param config What the run does.
 * @param options See {@linkcode RunTrainingOptions}.
 * @returns How it ended; undefined where data was prepared only.
 *
 * @throws {ConfigError} If the config does not fit the model or the data.
 * @throws {CheckpointError} If the checkpoint is not whole.
 * @throws {Error} If another run holds the folder, or it cannot go on.
 *
 * @example Usage
 * ```ts
 * import { runTraining, type TrainConfig } from "@edit-transfer/training";
 *
 * async function trainQuietly(config: TrainConfig): Promise<void> {
 *   const silent = { start() {}, step() {}, note() {}, end() {} };
 *   const signal = AbortSignal.timeout(3_600_000);
 *   await runTraining(config, { progress: silent, signal });
 * }
 * ```
 */
export async function runTraining(
  config: TrainConfig,
  options: RunTrainingOptions,
): Promise<TrainResult | undefined> {
  const { progress, signal, resume, openModel = openTrainModel } = options;
  const named = resume === undefined || resume === "latest"
    ? undefined
    : await readCheckpoint(resume);
  await using _lock = await lockRun(config.folder);
  const checkpoint = named ??
    await chooseCheckpoint(config, { resume: resume !== undefined, progress });
  if (checkpoint !== undefined) await noteLeft(config, checkpoint, progress);
  await using model = await openModel(config);
  for (const notice of model.notices) progress.note(`note: ${notice}`);
  const { templates, ...data } = await loadData(config, {
    model,
    progress,
    signal,
  });
  if (options.prepare === true) {
    progress.note(`${data.data.items.length} tasks are encoded`);
    return undefined;
  }
  const fingerprint = await fingerprintOf(config, { model, ...data });
  if (checkpoint !== undefined) checkUnchanged(checkpoint, fingerprint);
  await using log = await RunLog.open(
    join(config.folder, "log.jsonl"),
    checkpoint?.state.step ?? 0,
  );
  await using trainer = await model.trainer();
  try {
    return await train({
      config,
      trainer,
      ...data,
      fingerprint,
      templates,
      panelSize: model.panelSize,
      embedsGuidance: model.embedsGuidance,
      checkpoint,
      log,
      progress,
      signal,
    });
  } catch (cause) {
    throw await withLastCheckpoint(config, cause);
  } finally {
    progress.end();
  }
}

async function fingerprintOf(
  config: TrainConfig,
  { model, data, replay }: {
    readonly model: TrainModel;
    readonly data: PreparedDataset;
    readonly replay: PreparedDataset | undefined;
  },
): Promise<Fingerprint> {
  const values = configFingerprint(config);
  const { pretrained } = config.network;
  if (pretrained !== undefined) {
    values["network.pretrained_lora_path"] = await hashFile(pretrained);
  }
  if (replay !== undefined) values["replay"] = replay.hash;
  return {
    config: values,
    dataset: data.hash,
    items: data.items.length,
    model: model.hash,
  };
}

/** The latest checkpoint to resume from; a new run must find none. */
async function chooseCheckpoint(
  { folder }: TrainConfig,
  { resume, progress }: { resume: boolean; progress: TrainProgress },
): Promise<Checkpoint | undefined> {
  const checkpoints = join(folder, "checkpoints");
  if (!resume) {
    const last = (await listCheckpoints(checkpoints)).at(-1);
    if (last === undefined) return undefined;
    throw new Error(
      `Cannot begin a run in "${folder}" as it must hold no checkpoint: got one of step ${
        Number(last)
      }; add --resume to go on, or name another folder`,
    );
  }
  const { checkpoint, notices } = await latestCheckpoint(checkpoints);
  for (const notice of notices) progress.note(`note: ${notice}`);
  if (checkpoint === undefined) {
    throw new Error(
      `Cannot resume in "${checkpoints}" as there must be a whole checkpoint: got ${
        notices.length === 0 ? "none" : `${notices.length} damaged`
      }; leave --resume out to begin`,
    );
  }
  progress.note(`resuming from ${checkpoint.path}`);
  return checkpoint;
}

/** Names the checkpoints that go when a run goes on from one before them. */
async function noteLeft(
  { folder }: TrainConfig,
  { state: { step } }: Checkpoint,
  progress: TrainProgress,
): Promise<void> {
  const names = await listCheckpoints(join(folder, "checkpoints"));
  const later = names.filter((name) => Number(name) > step);
  if (later.length === 0) return;
  progress.note(
    `note: the run goes on from step ${step}, so ${
      later.join(", ")
    } are removed when it is saved next`,
  );
}

function checkUnchanged(
  { path, state }: Checkpoint,
  fingerprint: Fingerprint,
): void {
  const changed = changes(state.fingerprint, fingerprint);
  if (changed.length === 0) return;
  throw new Error(
    `Cannot resume from "${path}" as the run must be the same: ${
      changed.join("; ")
    }`,
  );
}

/** The same error, which says what is left. */
async function withLastCheckpoint(
  { folder }: TrainConfig,
  cause: unknown,
): Promise<unknown> {
  if (!(cause instanceof Error)) return cause;
  const checkpoints = join(folder, "checkpoints");
  const last = (await listCheckpoints(checkpoints).catch(() => [])).at(-1);
  const left = last === undefined
    ? "there is no checkpoint yet"
    : `the last checkpoint is "${join(checkpoints, last)}"`;
  const message = `${cause.message}; ${left}`;
  return new Error(message, { cause });
}
