import type { PanelTransform } from "@edit-transfer/dataset";
import { SeededRandom } from "@edit-transfer/dataset";
import { crop, type Image, resize } from "@edit-transfer/image";
import type { AugmentConfig } from "./train_config.ts";

/** Added to the seed of the run, for the numbers that draw a variant. */
const VARIANT_STREAM = 2 ** 34;

/** What is done to all panels of a composite alike. */
interface Variant {
  /** Whether left and right are exchanged. */
  readonly mirrored: boolean;
  /** Side, left and top of what is kept, as shares of the side. */
  readonly cropped: readonly [number, number, number] | undefined;
  /** Turn of the hue in degrees. */
  readonly turned: number | undefined;
}

/**
 * The variant of a number, which every panel of every composite that draws it
 * goes through; undefined where it changes nothing.
 *
 * @param number Number of the variant, from 0.
 * @param options What may be done, and the seed of the run.
 */
export function panelVariant(
  number: number,
  { augment, seed }: {
    readonly augment: AugmentConfig;
    readonly seed: number;
  },
): PanelTransform | undefined {
  const random = new SeededRandom(VARIANT_STREAM + seed + number);
  const [mirror, cut, side, left, top, turn, angle] = Array.from(
    { length: 7 },
    () => random.uniform(),
  ) as [number, number, number, number, number, number, number];
  const { least } = augment.crop;
  const share = least + (1 - least) * side;
  const variant: Variant = {
    mirrored: mirror < augment.mirror,
    cropped: cut < augment.crop.probability
      ? [share, left * (1 - share), top * (1 - share)]
      : undefined,
    turned: turn < augment.colours.probability
      ? (2 * angle - 1) * augment.colours.degrees
      : undefined,
  };
  const { mirrored, cropped, turned } = variant;
  if (!mirrored && cropped === undefined && turned === undefined) {
    return undefined;
  }
  return {
    name: JSON.stringify(variant),
    apply: (panel) => applyVariant(panel, variant),
  };
}

async function applyVariant(
  panel: Image,
  { mirrored, cropped, turned }: Variant,
): Promise<Image> {
  let image = panel;
  if (cropped !== undefined) {
    const [share, x, y] = cropped;
    const left = Math.round(x * panel.width);
    const top = Math.round(y * panel.height);
    const width = Math.round(share * panel.width);
    const height = Math.round(share * panel.height);
    const over = Math.max( // pixels by which rounding leaves the panel
      0,
      left + width - panel.width,
      top + height - panel.height,
    );
    const box = {
      left,
      top,
      width: Math.max(1, width - over),
      height: Math.max(1, height - over),
    };
    image = await resize(crop(image, box), panel); // [P, P, 3]
  }
  if (mirrored) image = mirror(image);
  return turned === undefined ? image : turnHue(image, turned);
}

/** Exchanges left and right. */
function mirror({ width, height, data }: Image): Image {
  const mirrored = new Uint8Array(data.length); // [height, width, 3]
  for (let at = 0; at < width * height; at++) {
    const column = at % width;
    const from = 3 * (at - column + width - 1 - column);
    mirrored.set(data.subarray(from, from + 3), 3 * at);
  }
  return { width, height, data: mirrored };
}

/**
 * Turns hues around the axis of greys, on which brightness is kept:
 * `R = cos θ I + (1 − cos θ)/3 J + sin θ/√3 [e]×`, Rodrigues' formula.
 */
function turnHue({ width, height, data }: Image, degrees: number): Image {
  const angle = degrees * Math.PI / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle) / Math.sqrt(3)];
  const same = cos + (1 - cos) / 3;
  const [next, last] = [(1 - cos) / 3 - sin, (1 - cos) / 3 + sin];
  const turned = new Uint8ClampedArray(data.length); // [height, width, 3]
  for (let i = 0; i < data.length; i += 3) {
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
    turned[i] = same * r + next * g + last * b;
    turned[i + 1] = last * r + same * g + next * b;
    turned[i + 2] = next * r + last * g + same * b;
  }
  return { width, height, data: new Uint8Array(turned.buffer) };
}
