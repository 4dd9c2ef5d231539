import {
  cleanCaption,
  type Manifest,
  readManifest,
} from "@edit-transfer/dataset";
import { dirname } from "node:path";
import { captionTemplates, wordsIn } from "./caption_template.ts";
import { checkAugment } from "./check_augment.ts";
import { checkCaptions, cutCaptions } from "./check_captions.ts";
import { checkNames } from "./check_names.ts";
import { drawFigures } from "./draw_figures.ts";
import { fillCaptions } from "./fill_captions.ts";
import { holdOut, picturesOf } from "./hold_out.ts";
import type { ReadSet } from "./read_set.ts";
import { sampleManifest } from "./sample_manifest.ts";
import type { DataConfig, TrainConfig } from "./train_config.ts";
import type { TrainModel } from "./train_model.ts";
import type { TrainProgress } from "./train_progress.ts";

/** What reading data needs besides the config. */
export interface ReadDataOptions {
  /** Its panels, its template, and how long captions may be. */
  readonly model: Pick<TrainModel, "panelSize" | "template" | "tokenize">;
  /** What is told meanwhile. */
  readonly progress: TrainProgress;
  /** Stops between two pictures. */
  readonly signal: AbortSignal;
}

/** All tasks of a run, their captions checked, their pictures not looked at. */
export interface ReadData {
  readonly data: ReadSet;
  /** What the run is judged by; the training data where none is left for it. */
  readonly validation: ReadSet;
  readonly replay: ReadSet | undefined;
  /** Pictures of the user's own that are sampled. */
  readonly samples: ReadSet | undefined;
  /** Templates of the captions, see `captionTemplates`. */
  readonly templates: readonly string[];
}

/** Reads the tasks of a run, draws figures, and holds out some for validation. */
export async function readData(
  config: TrainConfig,
  options: ReadDataOptions,
): Promise<ReadData> {
  const { model, progress } = options;
  const note = (text: string) => progress.note(`note: ${text}`);
  const read = async (entries: readonly DataConfig[]): Promise<ReadSet> => ({
    entries,
    manifests: await readManifests(entries, { ...options, config }),
  });
  const readOwn = async (entry: DataConfig | undefined) =>
    entry && await read([entry]);
  const all = await read(config.data);
  const templates = await checkTexts(config, all, model);
  const judged = await readOwn(config.validation.data);
  const replay = await readOwn(config.replay?.data);
  const samples = sampleManifest(config.sample);
  const sets = [all, judged, replay, samples].flatMap((one) =>
    one?.manifests ?? []
  );
  for (const notice of await cutCaptions(sets.flatMap(captionsOf), model)) {
    note(notice);
  }
  if (templates.length > 1) {
    note(
      `captions have ${templates.length} templates, all of which the LoRA records; --edit fills that of most tasks: ${
        templates.map((one) => `"${one}"`).join(", ")
      }`,
    );
  }
  const pictures = sets.flatMap(({ items }) => items.flatMap(picturesOf));
  await checkNames(config, new Set(pictures));
  if (judged !== undefined) {
    return { data: all, validation: judged, replay, samples, templates };
  }
  const { rest, held } = holdOut(all.manifests, {
    share: config.validation.holdOut,
    most: config.validation.count,
  });
  const names = held.flatMap(({ items }) => items.map(({ name }) => name));
  if (names.length === 0) {
    note(
      "validation: the first tasks of the training data, as there are too few to hold any out",
    );
    return { data: all, validation: all, replay, samples, templates };
  }
  note(
    `validation: ${names.length} tasks are held out and not trained on: ${
      names.slice(0, 8).join(", ")
    }${names.length > 8 ? ` and ${names.length - 8} more` : ""}`,
  );
  return {
    data: { ...all, manifests: rest },
    validation: { ...all, manifests: held },
    replay,
    samples,
    templates,
  };
}

/** Checks captions of the training data; returns their templates. */
async function checkTexts(
  config: TrainConfig,
  { entries, manifests }: ReadSet,
  model: ReadDataOptions["model"],
): Promise<string[]> {
  const sets = entries.map((entry, i) => ({
    name: `datasets.${i}`,
    template: templateOf(entry),
    captions: captionsOf(manifests[i]!),
  }));
  const templates = captionTemplates(sets);
  checkAugment(config, manifests.flatMap(captionsOf));
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
  return templates;
}

function captionsOf({ items }: Manifest): string[] {
  return items.map(({ caption }) => caption);
}

/** Tasks of data sets, drawn where they are figures. */
async function readManifests(
  entries: readonly DataConfig[],
  { config, model: { panelSize }, progress, signal }: ReadDataOptions & {
    readonly config: TrainConfig;
  },
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

function manifestOf(
  { path, captionExtension, commas, template }: DataConfig,
  folder: string | undefined,
): Promise<Manifest> {
  return readManifest(folder ?? path!, { captionExtension, commas, template });
}
