import {
  cleanCaption,
  EncodingCache,
  type Manifest,
  prepareDataset,
  type PreparedDataset,
  type PrepareProgress,
  readManifest,
} from "@edit-transfer/dataset";
import { dirname } from "node:path";
import { captionTemplates, wordsIn } from "./caption_template.ts";
import { checkAugment } from "./check_augment.ts";
import { checkNames } from "./check_names.ts";
import { checkCaptions, cutCaptions } from "./check_captions.ts";
import { fillCaptions } from "./fill_captions.ts";
import { drawFigures } from "./draw_figures.ts";
import type { TrainModel } from "./train_model.ts";
import type { TrainProgress } from "./train_progress.ts";
import type { DataConfig, TrainConfig } from "./train_config.ts";

/** What loading data needs besides the config. */
export interface LoadDataOptions {
  readonly model: TrainModel;
  readonly progress: TrainProgress;
  /** Stops between two pictures. */
  readonly signal: AbortSignal;
}

/** What a run learns from and is judged by. */
export interface TrainData {
  readonly data: PreparedDataset;
  readonly validation: PreparedDataset;
  /** What is replayed, if anything is. */
  readonly replay: PreparedDataset | undefined;
  /** Templates of the captions, see `captionTemplates`. */
  readonly templates: readonly string[];
}

/** Training and validation data with all encodings on disk. */
export async function loadData(
  config: TrainConfig,
  options: LoadDataOptions,
): Promise<TrainData> {
  const manifests = await readManifests(config.data, { ...options, config });
  const readOwn = async (entry: DataConfig | undefined) =>
    entry && await readManifests([entry], { ...options, config });
  const sets = config.data.map((entry, i) => ({
    name: `datasets.${i}`,
    template: templateOf(entry),
    captions: captionsOf(manifests[i]!),
  }));
  const templates = captionTemplates(sets);
  checkAugment(config, manifests.flatMap(captionsOf));
  const { model, progress } = options;
  await checkCaptions(
    sets.map(({ captions, template }, i) => ({
      captions,
      names: manifests[i]!.items.map(({ name }) => name),
      template: template ??
        templates.find((one) =>
          captions.some((caption) => wordsIn(caption, one) !== undefined)
        ),
    })),
    model,
  );
  const judged = await readOwn(config.validation.data);
  const replayed = await readOwn(config.replay?.data);
  const all = [...manifests, ...judged ?? [], ...replayed ?? []];
  const notices = await cutCaptions(all.flatMap(captionsOf), model);
  if (templates.length > 1) {
    notices.push(
      `captions have ${templates.length} templates, all of which the LoRA records; --edit fills that of most tasks: ${
        templates.map((one) => `"${one}"`).join(", ")
      }`,
    );
  }
  for (const notice of notices) progress.note(`note: ${notice}`);
  await checkNames(config, picturesOf(all));
  const encode = (entry: DataConfig, read: readonly Manifest[]) =>
    prepare([entry], read, { ...options, config });
  const data = await prepare(config.data, manifests, { ...options, config });
  return {
    data,
    validation: judged ? await encode(config.validation.data!, judged) : data,
    replay: replayed && await encode(config.replay!.data, replayed),
    templates,
  };
}

function captionsOf({ items }: Manifest): string[] {
  return items.map(({ caption }) => caption);
}

/** Paths of all pictures. */
function picturesOf(manifests: readonly Manifest[]): Set<string> {
  return new Set(
    manifests.flatMap(({ items }) =>
      items.flatMap(({ pictures }) =>
        "composite" in pictures
          ? [pictures.composite]
          : Object.values(pictures.pair)
      )
    ),
  );
}

interface Options extends LoadDataOptions {
  readonly config: TrainConfig;
}

/** Tasks of data sets, drawn where they are figures. */
async function readManifests(
  entries: readonly DataConfig[],
  { config, model: { panelSize }, progress, signal }: Options,
): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  for (const entry of entries) {
    const folder = entry.figures === undefined
      ? undefined
      : await drawFigures(entry.figures, {
        folder: dirname(config.folder),
        template: entry.template,
        panelSize,
        progress,
        signal,
      });
    const manifest = filled(await manifestOf(entry, folder), entry);
    for (const notice of manifest.notices) progress.note(`note: ${notice}`);
    manifests.push(manifest);
  }
  return manifests;
}

/** A manifest whose captions have the template of its data set, where they can. */
function filled(manifest: Manifest, entry: DataConfig): Manifest {
  const template = templateOf(entry);
  if (template === undefined) return manifest;
  const { items, notices, ...rest } = manifest;
  const captions = fillCaptions(captionsOf(manifest), template);
  const at = items.findIndex(({ caption }, i) => caption !== captions[i]);
  if (at === -1) return manifest;
  return {
    ...rest,
    items: items.map((item, i) => ({ ...item, caption: captions[i]! })),
    notices: [
      ...notices,
      `captions have the words of their edits in caption_template: ${
        items[at]!.name
      } has "${captions[at]}"`,
    ],
  };
}

/** The template of a data set, cleaned as its captions are. */
function templateOf({ template, commas }: DataConfig): string | undefined {
  return template && cleanCaption(template, { commas });
}

async function prepare(
  entries: readonly DataConfig[],
  manifests: readonly Manifest[],
  { config, model: { encoder, panelSize }, progress, signal }: Options,
): Promise<PreparedDataset> {
  const sources = entries.map(({ seams, captionDropout }, i) => ({
    manifest: manifests[i]!,
    seams,
    captionDropout,
  }));
  const cache = new EncodingCache(config.cache.folder, config.cache);
  let encoding: PrepareProgress["phase"] | undefined;
  const data = await prepareDataset(sources, {
    encoder,
    cache,
    panelSize,
    panelMode: config.panelMode,
    onNotice: (notice) => progress.note(`note: ${notice}`),
    onProgress: ({ phase, done, all }) => {
      if (phase !== encoding) progress.start();
      encoding = phase;
      progress.step(done, all, {
        label: phase === "seams" ? "looking at seams" : `encoding ${phase}`,
      });
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
  return readManifest(folder ?? path!, { captionExtension, commas, template });
}

/**
 * Tasks of the training data, without drawing or encoding them.
 *
 * @param config What the run does.
 * @returns Their number, >= 1.
 *
 * @throws {DatasetError} If a data set cannot be read.
 *
 * @example Usage
 * ```ts
 * import { countTasks, type TrainConfig } from "@edit-transfer/training";
 *
 * async function epochs(config: TrainConfig): Promise<number> {
 *   const { steps, batchSize } = config.train;
 *   return steps * batchSize / await countTasks(config);
 * }
 * ```
 */
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
