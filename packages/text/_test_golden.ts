import {
  memoryWeights,
  type TensorData,
  type WeightSource,
  widen,
} from "@edit-transfer/weights";
import type { Golden } from "@edit-transfer/testing";

/** Weights of a golden, whose names begin with `weights.` there. */
export function goldenWeights(
  { arrays, shapes }: Golden,
  dtype: "F32" | "F16" | "BF16" = "F32",
): WeightSource {
  return memoryWeights(Object.fromEntries(
    Object.entries(arrays).filter(([name]) => name.startsWith("weights."))
      .map(([name, data]) => [
        name.slice("weights.".length),
        { dtype, shape: shapes[name]!, data },
      ]),
  ));
}

/** The same weights stored as f32, without a change of value. */
export async function widenedWeights(
  source: WeightSource,
): Promise<WeightSource> {
  const tensors: Record<string, TensorData> = {};
  for (const name of source.names()) {
    const { dtype, shape } = source.info(name);
    const data = widen(await source.read(name), dtype);
    tensors[name] = { dtype: "F32", shape, data };
  }
  return memoryWeights(tensors);
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
