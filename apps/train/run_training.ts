import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Checkpoint,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
} from "./checkpoint.ts";
import { ConfigError } from "./config_error.ts";
import { describeRun } from "./dry_run.ts";
import { changes, configFingerprint, type Fingerprint } from "./fingerprint.ts";
import { countTasks, loadData } from "./load_data.ts";
import type { OpenModel, TrainModel } from "./model.ts";
import { parseConfig } from "./parse_config.ts";
import type { ProgressBar } from "./progress_bar.ts";
import { RunLog } from "./run_log.ts";
import { lockRun } from "./run_lock.ts";
import { train, type TrainResult } from "./train.ts";
import { resolveConfig, type TrainConfig } from "./train_config.ts";

/** Flags of the command line. */
export interface TrainFlags {
  /** Path of the config. */
  readonly config: string;
  /** Values in place of those of the config. */
  readonly set?: readonly string[];
  /** Whether to go on, and from where. */
  readonly resume?: true | string;
  /** Whether to tell only what would be done. */
  readonly dryRun?: true;
  /** Whether to draw and encode the data only. */
  readonly prepare?: true;
}

/** What the flags are run with. */
export interface RunContext {
  readonly openModel: OpenModel;
  readonly progress: ProgressBar;
  /** Where the plan of a dry run is written. */
  readonly print: (text: string) => void;
  /** Aborted when the user presses Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Runs one command line; undefined where nothing was to be trained. */
export async function runTraining(
  flags: TrainFlags,
  context: RunContext,
): Promise<TrainResult | undefined> {
  const { progress } = context;
  const { config, notices } = await readConfig(flags);
  for (const notice of notices) progress.note(`note: ${notice}`);
  if (flags.dryRun) {
    await using model = await context.openModel(config);
    const panelSize = panelSizeOf(config, model);
    const tasks = await countTasks(config);
    const plan = await model.plan(panelSize);
    context.print(describeRun(config, { plan, tasks, panelSize }));
    return undefined;
  }
  const { resume } = flags;
  const named = typeof resume === "string" && resume !== "latest"
    ? await readCheckpoint(resume)
    : undefined;
  await using _lock = await lockRun(config.folder);
  const checkpoint = named ??
    await chooseCheckpoint(config, { resume: resume !== undefined, progress });
  await using model = await context.openModel(config);
  const panelSize = panelSizeOf(config, model);
  const { data, validation } = await loadData(config, {
    model,
    panelSize,
    ...context,
  });
  if (flags.prepare) {
    progress.note(`${data.items.length} tasks are encoded`);
    return undefined;
  }
  const fingerprint: Fingerprint = {
    config: configFingerprint(config),
    dataset: data.hash,
    items: data.items.length,
    model: model.hash,
  };
  if (checkpoint !== undefined) checkUnchanged(checkpoint, fingerprint);
  await using log = await RunLog.open(
    join(config.folder, "log.jsonl"),
    checkpoint?.state.step ?? 0,
  );
  await using trainer = await model.trainer(panelSize);
  try {
    return await train({
      config,
      trainer,
      data,
      validation,
      fingerprint,
      panelSize,
      checkpoint,
      log,
      ...context,
    });
  } catch (cause) {
    throw await withLastCheckpoint(config, cause);
  } finally {
    progress.end();
  }
}

async function readConfig({ config: path, set = [] }: TrainFlags) {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const fault = code === "ENOENT"
      ? "there is no such file"
      : code === "EISDIR"
      ? "it is a folder"
      : message;
    throw new ConfigError(`Cannot read config "${path}": ${fault}`, { cause });
  }
  return resolveConfig(parseConfig(text, { path, set }));
}

/** Side of a panel in pixels; whole tokens, as no token may see two panels. */
function panelSizeOf(config: TrainConfig, model: TrainModel): number {
  const { panelSize, tokenSize } = model;
  const size = config.panelSize ?? panelSize;
  if (size % tokenSize === 0) return size;
  throw new ConfigError(
    `Cannot use config as resolution must be a multiple of ${
      2 * tokenSize
    }, for panels of whole tokens: got ${2 * size}`,
  );
}

/** The latest checkpoint, to resume from it; else there may be none. */
async function chooseCheckpoint(
  { folder }: TrainConfig,
  { resume, progress }: { resume: boolean; progress: ProgressBar },
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
  progress.note(
    checkpoint === undefined
      ? `note: there is no whole checkpoint in "${checkpoints}", the run begins`
      : `resuming from ${checkpoint.path}`,
  );
  return checkpoint;
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
