import type { Image } from "@edit-transfer/image";
import type { Golden } from "@edit-transfer/testing";
import { fileURLToPath } from "node:url";
import type { ClipCase } from "./clip_metric.ts";

/** Folder of a model that `tools/goldens/clip.py` wrote. */
export function goldenFolder(name: string): string {
  return fileURLToPath(
    new URL(`../../fixtures/goldens/clip/${name}`, import.meta.url),
  );
}

/** A picture of a golden. */
export function goldenPicture(
  { integers, shapes }: Golden,
  name: string,
): Image {
  const [height, width] = shapes[name] as [number, number, number];
  return { width, height, data: Uint8Array.from(integers[name]!) };
}

/** Channels last, of an array `[c, h, w]`. */
export function channelsLast(
  values: Float32Array,
  [c, h, w]: readonly number[],
): Float32Array<ArrayBuffer> {
  const area = h! * w!;
  return Float32Array.from(
    { length: values.length },
    (_, i) => values[i % c! * area + Math.floor(i / c!)]!,
  );
}

/** The case of a golden, with the output that is scored. */
export function goldenCase(golden: Golden): ClipCase & { output: Image } {
  const picture = (name: string) => goldenPicture(golden, name);
  return {
    before: picture("before"),
    after: picture("after"),
    query: picture("query"),
    output: picture("output"),
    words: golden.metadata.words!,
  };
}
