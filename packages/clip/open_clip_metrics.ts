import type { Device } from "@edit-transfer/tensor";
import { FormatError } from "@edit-transfer/weights";
import { ClipFeatures } from "./clip_features.ts";
import { type ClipFolder, openClipFolder } from "./clip_folder.ts";
import { clipHash } from "./clip_hash.ts";
import type { ClipMetric } from "./clip_metric.ts";
import { CLIP_METRICS, type ClipMetricKind } from "./clip_metrics.ts";
import { clipName } from "./clip_name.ts";

/** Options of {@linkcode openClipMetrics}. */
export interface OpenClipMetricsOptions {
  /** Where the model runs; it stays the caller's. */
  readonly device: Device;
  /** Metrics to open, see {@linkcode CLIP_METRICS}. */
  readonly names: readonly string[];
  /**
   * Folder of `preprocessor_config.json` and of the tokeniser, where the model
   * comes without them.
   *
   * @default {the model's folder}
   */
  readonly processor?: string | undefined;
}

/** Metrics of one model, which share its passes over pictures. */
export interface OpenedClipMetrics extends AsyncDisposable {
  /** The metrics, in the order of their names. */
  readonly metrics: readonly ClipMetric[];
  /** What a report has to say of the model and of what is done to pictures. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** What keeps scores from being compared with published ones, a sentence each. */
  readonly notices: readonly string[];
}

/**
 * Opens the metrics that a CLIP model measures: `clip-t`, `clip-i` and
 * `clip-dir` of CLIP ViT-L/14, `pickscore` of PickScore v1, `editclip` of EditCLIP.
 *
 * @param folder Folder of the model, in the layout of transformers.
 * @param options See {@linkcode OpenClipMetricsOptions}.
 * @returns The metrics, which hold the model until they are disposed.
 *
 * @throws {RangeError} If a name is not known, or none is given.
 * @throws {FormatError} If the model cannot measure one of them, or a config
 * does not fit.
 * @throws {WeightError} If an array is missing, of another shape, or too many.
 *
 * @example Usage
 * ```ts
 * import { openClipMetrics } from "@edit-transfer/clip";
 * import { blankImage } from "@edit-transfer/image";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu");
 * await using opened = await openClipMetrics("fixtures/goldens/clip/vit_l", {
 *   device,
 *   names: ["clip-i", "clip-dir"],
 * });
 * const picture = blankImage(64, 64);
 * const known = { query: picture, before: picture, after: picture, words: "" };
 * const [clipI] = opened.metrics;
 * assert.ok(await clipI!.score(picture, known) > 0.999);
 * ```
 */
export async function openClipMetrics(
  folder: string,
  options: OpenClipMetricsOptions,
): Promise<OpenedClipMetrics> {
  const { device, names, processor } = options;
  const kinds = names.map(kindOf);
  if (kinds.length === 0) {
    throw new RangeError(
      "Cannot open metrics as there must be one: got no name",
    );
  }
  await using stack = new AsyncDisposableStack();
  const opened = stack.use(await openClipFolder(folder, { processor }));
  for (const [i, kind] of kinds.entries()) {
    checkChannels(opened, names[i]!, kind);
  }
  const features = stack.use(new ClipFeatures(opened, device));
  if (kinds.some(({ words }) => words)) await features.readTokenizer();
  const scale = await features.logitScale();
  const facts = {
    model: clipName(folder),
    ...processor === undefined ? {} : { processor: clipName(processor) },
    sha256: await clipHash(opened),
    architecture: architectureOf(opened),
    logitScale: Number(scale.toPrecision(7)),
    preprocessing: preparationOf(opened, [
      ...new Set(kinds.map(({ side }) => side)),
    ]),
  };
  const owned = stack.move();
  return {
    metrics: kinds.map(({ open }) => open(features, scale)),
    facts,
    notices: noticesOf(opened, names),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function kindOf(name: string): ClipMetricKind {
  if (Object.hasOwn(CLIP_METRICS, name)) {
    return CLIP_METRICS[name as keyof typeof CLIP_METRICS];
  }
  throw new RangeError(
    `Cannot open metric as CLIP measures ${
      Object.keys(CLIP_METRICS).join(", ")
    }: got ${JSON.stringify(name)}`,
  );
}

/** Refuses a model of pictures for pairs, and one of pairs for pictures. */
function checkChannels(
  { path, config }: ClipFolder,
  name: string,
  { pictures, model }: ClipMetricKind,
): void {
  if (config.vision.channels === 3 * pictures) return;
  throw new FormatError(
    `Cannot measure ${name} with "${path}" as its pictures must have ${
      3 * pictures
    } channels: ` +
      `got ${config.vision.channels}; ${model} fits`,
    { path },
  );
}

/** What is not as in the models that the metrics' numbers are published with. */
function noticesOf(
  { path, config }: ClipFolder,
  names: readonly string[],
): string[] {
  const { layers: ours, hiddenSize } = config.vision;
  const others = Map.groupBy(
    names.filter((name) => {
      const { layers, width } = kindOf(name);
      return ours !== layers || hiddenSize !== width;
    }),
    (name) => kindOf(name).model,
  );
  return [...others].map(([model, names]) => {
    const { layers, width } = kindOf(names[0]!);
    return `Scores of ${
      names.join(", ")
    } from "${path}" cannot be compared with published ones: ` +
      `those are of ${model}, ${layers} layers of width ${width}; this one has ${ours} of ${hiddenSize}`;
  });
}

/** Sizes of both towers in words. */
function architectureOf({ config }: ClipFolder): string {
  const { vision, text, projectionSize } = config;
  return `CLIP, vision ${vision.layers} layers of ${vision.hiddenSize}, ` +
    `${vision.channels} channels of ${vision.imageSize} px in patches of ${vision.patchSize}; ` +
    `text ${text.layers} of ${text.hiddenSize}; projection ${projectionSize}`;
}

/** What is done to pictures in words. */
function preparationOf(
  { preprocessing }: ClipFolder,
  sides: readonly number[],
): string {
  const { size, crop, mean, std } = preprocessing;
  const second = typeof size === "number"
    ? `shortest side ${size}`
    : `${size.width} x ${size.height}`;
  return `${
    sides.map((side) => `${side} x ${side}`).join(" or ")
  }, then ${second}, ` +
    `both bicubic with antialias as in Pillow, 8 bits; centre ${crop} x ${crop}; ` +
    `mean ${mean.join(", ")}; std ${std.join(", ")}`;
}
