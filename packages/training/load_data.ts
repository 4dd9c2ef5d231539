import {
  checkPictures,
  type DatasetSource,
  EncodingCache,
  prepareDataset,
  type PreparedDataset,
  type PrepareProgress,
} from "@edit-transfer/dataset";
import { readData, type ReadDataOptions } from "./read_data.ts";
import type { ReadSet } from "./read_set.ts";
import type { TrainModel } from "./train_model.ts";
import type { TrainConfig } from "./train_config.ts";

/** What loading data needs besides the config. */
export interface LoadDataOptions extends ReadDataOptions {
  readonly model: TrainModel;
}

/** What a run learns from and is judged by. */
export interface TrainData {
  readonly data: PreparedDataset;
  readonly validation: PreparedDataset;
  /** What is replayed, if anything is. */
  readonly replay: PreparedDataset | undefined;
  /** What is sampled in place of the validation data, if anything is. */
  readonly samples: PreparedDataset | undefined;
  /** Templates of the captions, see `captionTemplates`. */
  readonly templates: readonly string[];
}

/**
 * Training and validation data with all encodings on disk. All pictures are
 * checked before the first is encoded.
 */
export async function loadData(
  config: TrainConfig,
  options: LoadDataOptions,
): Promise<TrainData> {
  const { templates, ...read } = await readData(config, options);
  const cache = new EncodingCache(config.cache.folder, config.cache);
  const encoding = encodingOptions(config, options, cache);
  const { data: own, validation: judged, replay, samples } = read;
  const others = [judged === own ? undefined : judged, replay, samples]
    .filter((set) => set !== undefined);
  for (const set of others) await checkPictures(sourcesOf(set), encoding);
  const encode = async (set: ReadSet) => {
    const prepared = await prepareDataset(sourcesOf(set), encoding);
    options.progress.end();
    return prepared;
  };
  const data = await encode(own);
  const loaded = {
    data,
    validation: judged === own ? data : await encode(judged),
    replay: replay && await encode(replay),
    samples: samples && await encode(samples),
    templates,
  };
  const { replaced } = cache.counts;
  if (replaced > 0) {
    options.progress.note(`note: ${replaced} damaged encodings were made anew`);
  }
  return loaded;
}

function sourcesOf({ entries, manifests }: ReadSet): DatasetSource[] {
  return entries.map(({ seams, captionDropout }, i) => ({
    manifest: manifests[i]!,
    seams,
    captionDropout,
  })).filter(({ manifest }) => manifest.items.length > 0);
}

/** How all data sets of a run are encoded, each notice told once. */
function encodingOptions(
  { panelMode }: TrainConfig,
  { model, progress, signal }: LoadDataOptions,
  cache: EncodingCache,
) {
  const told = new Set<string>();
  let current: PrepareProgress["phase"] | undefined;
  return {
    encoder: model.encoder,
    cache,
    panelSize: model.panelSize,
    multiple: model.tokenSize,
    panelMode,
    onNotice: (notice: string) => {
      if (!told.has(notice)) progress.note(`note: ${notice}`);
      told.add(notice);
    },
    onProgress: ({ phase, done, all }: PrepareProgress) => {
      if (phase !== current) progress.start();
      current = phase;
      const label = phase === "seams"
        ? "looking at seams"
        : `encoding ${phase}`;
      progress.step(done, all, { label });
    },
    signal,
  };
}
