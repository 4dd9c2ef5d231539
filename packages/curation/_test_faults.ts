import { drawCases } from "@edit-transfer/evaluate";
import type { Image } from "@edit-transfer/image";
import { blurred, valueAt } from "./plane.ts";

/** A picture before and after an edit. */
export interface TestPair {
  readonly words: string;
  readonly before: Image;
  readonly after: Image;
}

/** Drawn pairs, the first ones of a seed. */
export async function drawnPairs(
  count: number,
  { seed = 5, size = 128 }: {
    readonly seed?: number | undefined;
    readonly size?: number | undefined;
  } = {},
): Promise<TestPair[]> {
  return await drawCases({ split: "test", seed, count, size });
}

type Faults = {
  readonly x?: number | undefined;
  readonly y?: number | undefined;
  readonly zoom?: number | undefined;
};

/** The picture moved and enlarged around its centre; the border is drawn out. */
export function moved(image: Image, { x = 0, y = 0, zoom = 0 }: Faults): Image {
  const { width, height } = image;
  const inside = (at: number, side: number) =>
    Math.min(side - 1, Math.max(0, at));
  return eachChannel(image, (plane) =>
    plane.data.map((_, i) => {
      const [column, row] = [i % width, Math.floor(i / width)];
      const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
      return valueAt(
        plane,
        inside(cx + (column - cx - x) / (1 + zoom), width),
        inside(cy + (row - cy - y) / (1 + zoom), height),
      );
    }));
}

/** The picture with means over squares. */
export function softened(image: Image, reach: number): Image {
  return eachChannel(image, (plane) => blurred(plane, reach).data);
}

/** The picture's mirror image, left for right. */
export function mirrorImage(image: Image): Image {
  const { width } = image;
  return eachChannel(
    image,
    ({ data }) => data.map((_, i) => data[i - 2 * (i % width) + width - 1]!),
  );
}

/** The picture with levels added to each channel. */
export function tinted(image: Image, levels: readonly number[]): Image {
  return eachChannel(
    image,
    ({ data }, c) => data.map((value) => value + levels[c]!),
  );
}

/** The picture with a square of one colour in it. */
export function patched(
  image: Image,
  { left, top, side, level }: {
    readonly left: number;
    readonly top: number;
    readonly side: number;
    readonly level: number;
  },
): Image {
  const { width } = image;
  return eachChannel(image, ({ data }) =>
    data.map((value, i) => {
      const [x, y] = [i % width - left, Math.floor(i / width) - top];
      return x >= 0 && y >= 0 && x < side && y < side ? level : value;
    }));
}

function eachChannel(
  { width, height, data }: Image,
  change: (
    plane: { width: number; height: number; data: Float32Array },
    channel: number,
  ) => Float32Array,
): Image {
  const out = new Uint8Array(data.length);
  for (let c = 0; c < 3; c++) {
    const plane = Float32Array.from(
      { length: width * height },
      (_, i) => data[3 * i + c]!,
    );
    const changed = change({ width, height, data: plane }, c);
    for (const [i, value] of changed.entries()) {
      out[3 * i + c] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
  return { width, height, data: out };
}
