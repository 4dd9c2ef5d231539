import {
  EncodingCache,
  type Manifest,
  prepareDataset,
  type PreparedDataset,
  type PrepareProgress,
  readManifest,
} from "@edit-transfer/dataset";
import { writeCases, writePairs } from "@edit-transfer/figures";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TrainModel } from "./model.ts";
import type { ProgressBar } from "./progress_bar.ts";
import type { DataConfig, TrainConfig } from "./train_config.ts";

/** What loading data needs besides the config. */
export interface LoadDataOptions {
  readonly model: TrainModel;
  /** Side of a panel in pixels. */
  readonly panelSize: number;
  readonly progress: ProgressBar;
  /** Stops between two pictures. */
  readonly signal: AbortSignal;
}

/** Training and validation data with all encodings on disk. */
export async function loadData(
  config: TrainConfig,
  options: LoadDataOptions,
): Promise<{ data: PreparedDataset; validation: PreparedDataset }> {
  const data = await prepare(config.data, { ...options, config });
  const own = config.validation.data;
  const validation = own === undefined
    ? data
    : await prepare([own], { ...options, config });
  return { data, validation };
}

async function prepare(
  entries: readonly DataConfig[],
  { config, model, panelSize, progress, signal }: LoadDataOptions & {
    config: TrainConfig;
  },
): Promise<PreparedDataset> {
  const sources = [];
  for (const entry of entries) {
    const folder = entry.figures === undefined
      ? undefined
      : await drawFigures(entry, { config, panelSize, progress, signal });
    const manifest = await manifestOf(entry, folder);
    for (const notice of manifest.notices) progress.note(`note: ${notice}`);
    const { seams, captionDropout } = entry;
    sources.push({ manifest, seams, captionDropout });
  }
  const cache = new EncodingCache(config.cache.folder, config.cache);
  let encoding: PrepareProgress["phase"] | undefined;
  const data = await prepareDataset(sources, {
    encoder: model.encoder,
    cache,
    panelSize,
    panelMode: config.panelMode,
    onProgress: ({ phase, done, all }) => {
      if (phase !== encoding) progress.start();
      encoding = phase;
      progress.step(done, { all, label: `encoding ${phase}` });
    },
    signal,
  });
  progress.end();
  const { replaced } = cache.counts;
  if (replaced > 0) {
    progress.note(`note: ${replaced} damaged encodings were made anew`);
  }
  return data;
}

function manifestOf(
  { path, captionExtension, commas, template }: DataConfig,
  folder: string | undefined,
): Promise<Manifest> {
  return readManifest(folder ?? path!, {
    captionExtension,
    commas,
    ...(template === undefined ? {} : { template }),
  });
}

/** Draws figures into the training folder, unless they are there already. */
async function drawFigures(
  { figures, template }: DataConfig,
  { config, panelSize, progress, signal }: {
    readonly config: TrainConfig;
    readonly panelSize: number;
    readonly progress: ProgressBar;
    readonly signal: AbortSignal;
  },
): Promise<string> {
  const options = {
    ...figures!,
    size: panelSize,
    ...(template === undefined ? {} : { template }),
  };
  const { identities, ...rest } = options;
  const name = createHash("sha256").update(JSON.stringify(options))
    .digest("hex").slice(0, 16);
  const folder = join(dirname(config.folder), "_figures", name);
  const lines = identities === undefined ? "cases.jsonl" : "pairs.jsonl";
  if (existsSync(join(folder, lines))) return folder;
  progress.start();
  const onProgress = (drawn: number) =>
    progress.step(drawn, { all: options.count, label: "drawing figures" });
  if (identities === undefined) {
    await writeCases(folder, { ...rest, overwrite: true, signal, onProgress });
  } else {
    await writePairs(folder, { ...rest, identities, signal, onProgress });
  }
  progress.end();
  return folder;
}

/** Tasks of the training data, without encoding them. */
export async function countTasks(config: TrainConfig): Promise<number> {
  let tasks = 0;
  for (const entry of config.data) {
    const { figures } = entry;
    tasks += figures === undefined
      ? (await manifestOf(entry, undefined)).items.length
      : figures.count * composites(figures.identities);
  }
  return tasks;
}

/** Ordered pairs of the figures on which an edit is made; one of a case. */
function composites(identities = 0): number {
  return Math.max(1, identities * (identities - 1));
}
