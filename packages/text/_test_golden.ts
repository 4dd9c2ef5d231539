import { memoryWeights, type WeightSource } from "@edit-transfer/weights";
import type { Golden } from "@edit-transfer/testing";

/** Weights of a golden, whose names begin with `weights.` there. */
export function goldenWeights({ arrays, shapes }: Golden): WeightSource {
  return memoryWeights(Object.fromEntries(
    Object.entries(arrays).filter(([name]) => name.startsWith("weights."))
      .map(([name, data]) => [
        name.slice("weights.".length),
        { dtype: "F32", shape: shapes[name]!, data },
      ]),
  ));
}

/** Ids of a golden, one row a text. */
export function goldenIds({ arrays, shapes }: Golden): number[][] {
  const [B, T] = shapes.ids as [number, number];
  return Array.from(
    { length: B },
    (_, b) => [...arrays.ids!.subarray(b * T, (b + 1) * T)],
  );
}

/** Config of a golden. */
export function goldenConfig({ metadata }: Golden): unknown {
  return JSON.parse(metadata.config!);
}
