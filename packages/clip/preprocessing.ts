import {
  integerIn,
  LIMITS,
  numberIn,
  positiveTo,
} from "@edit-transfer/files/limits";
import { type Image, resizeBicubic } from "@edit-transfer/image";
import { parseModelConfig } from "@edit-transfer/weights";
import { z } from "zod";

/** How a picture becomes the input of a vision tower. */
export interface ClipPreprocessing {
  /** Shortest side in pixels to resize to, the ratio kept, or both sides. */
  readonly size: number | {
    readonly width: number;
    readonly height: number;
  };
  /** Side of the square that is cut from the centre. */
  readonly crop: number;
  /** Factor of the levels 0 to 255. */
  readonly scale: number;
  /** What is subtracted from red, green and blue then. */
  readonly mean: readonly number[];
  /** What they are divided by at last. */
  readonly std: readonly number[];
}

const side = integerIn(LIMITS.side);
const both = z.object({ height: side, width: side });
const step = z.literal(true, "must be true, as CLIP takes all steps").default(
  true,
);
const colour = z.array(numberIn([-1, 1])).length(
  3,
  "must be of three channels",
);

const schema = z.object({
  image_processor_type: z.string().startsWith(
    "CLIP",
    "must be CLIPImageProcessor",
  )
    .optional(),
  do_resize: step,
  size: z.union([
    side,
    z.object({ shortest_edge: side }).transform((size) => size.shortest_edge),
    both,
  ], "must be a side, shortest_edge, or height and width").default(224),
  resample: z.literal(3, "must be 3, bicubic").default(3),
  do_center_crop: step,
  crop_size: z.union([
    side,
    both.refine((crop) => crop.height === crop.width, "must be a square")
      .transform((crop) => crop.height),
  ], "must be a side or the height and width of a square").default(224),
  do_rescale: step,
  rescale_factor: positiveTo(1).default(1 / 255),
  do_normalize: step,
  image_mean: colour.default([0.48145466, 0.4578275, 0.40821073]),
  image_std: z.array(positiveTo(1)).length(3, "must be of three channels")
    .default([0.26862954, 0.26130258, 0.27577711]),
});

/**
 * Reads the steps of CLIP's image processor.
 *
 * Source: `CLIPImageProcessor` of huggingface/transformers 5.23.0,
 * models/clip/image_processing_pil_clip.py; a field that is left out has its
 * default.
 *
 * @param json Parsed `preprocessor_config.json`.
 * @param path Where it was read, for messages.
 * @returns The steps.
 *
 * @throws {FormatError} If a field does not fit, or a step is left out.
 *
 * @example Usage
 * ```ts
 * import { parseClipPreprocessing } from "@edit-transfer/clip";
 * import assert from "node:assert/strict";
 *
 * const { size, crop } = parseClipPreprocessing(
 *   { size: { shortest_edge: 336 }, crop_size: { height: 336, width: 336 } },
 *   "preprocessor_config.json",
 * );
 * assert.deepEqual([size, crop], [336, 336]);
 * ```
 */
export function parseClipPreprocessing(
  json: unknown,
  path: string,
): ClipPreprocessing {
  const config = parseModelConfig(json, schema, { path, architecture: "CLIP" });
  return {
    size: config.size,
    crop: config.crop_size,
    scale: config.rescale_factor,
    mean: config.image_mean,
    std: config.image_std,
  };
}

/**
 * Pixels of a picture as a vision tower takes them: resized with Pillow's
 * bicubic filter, cut to a square around the centre, `(scale · level − mean) /
 * std`.
 *
 * @param image Picture, `[h, w, 3]`.
 * @param steps What to do.
 * @returns `[crop, crop, 3]`.
 *
 * @throws {RangeError} If the picture is smaller than what is cut from it.
 *
 * @example Usage
 * ```ts
 * import { clipPixels, parseClipPreprocessing } from "@edit-transfer/clip";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const steps = parseClipPreprocessing({}, "preprocessor_config.json");
 * const pixels = clipPixels(blankImage(300, 201, [0, 0, 0]), steps);
 * assert.equal(pixels.length, 224 * 224 * 3);
 * assert.equal(pixels[0], Math.fround(-0.48145466 / 0.26862954));
 * ```
 */
export function clipPixels(
  image: Image,
  steps: ClipPreprocessing,
): Float32Array<ArrayBuffer> {
  const { crop } = steps;
  const resized = resizeBicubic(image, sizeOf(image, steps));
  const { width, height, data } = resized;
  if (Math.min(width, height) < crop) {
    throw new RangeError(
      `Cannot cut picture as it must have at least ${crop} x ${crop} pixels: got ${width} x ${height}`,
    );
  }
  const top = Math.floor((height - crop) / 2);
  const left = Math.floor((width - crop) / 2);
  const tables = steps.mean.map((_, c) => levels(steps, c));
  const pixels = new Float32Array(crop * crop * 3);
  for (let y = 0; y < crop; y++) {
    const row = 3 * ((top + y) * width + left);
    for (let i = 0; i < 3 * crop; i++) {
      pixels[3 * y * crop + i] = tables[i % 3]![data[row + i]!]!;
    }
  }
  return pixels;
}

/** Extents that a picture is resized to. */
function sizeOf(
  { width, height }: Image,
  { size }: ClipPreprocessing,
): { width: number; height: number } {
  if (typeof size !== "number") return size;
  const long = Math.trunc(
    size * Math.max(width, height) / Math.min(width, height),
  );
  return width <= height
    ? { width: size, height: long }
    : { width: long, height: size };
}

/** What each level becomes in a channel, in f32 at every step. */
function levels(
  { scale, mean, std }: ClipPreprocessing,
  channel: number,
): Float32Array {
  const [m, s] = [Math.fround(mean[channel]!), Math.fround(std[channel]!)];
  return Float32Array.from(
    { length: 256 },
    (_, level) => Math.fround(Math.fround(level * scale) - m) / s,
  );
}
