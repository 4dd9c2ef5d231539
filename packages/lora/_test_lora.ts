import type { LoraFile, LowRankUpdate } from "@edit-transfer/lora";
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  memoryWeights,
  type TensorData,
  type WeightSource,
} from "@edit-transfer/weights";
import { randomArray } from "@edit-transfer/testing";

/** A matrix of random numbers, to be stored. */
export function matrix(
  rows: number,
  columns: number,
  dtype: TensorData["dtype"] = "F32",
): TensorData {
  return {
    dtype,
    shape: [rows, columns],
    data: randomArray(rows + columns, rows * columns),
  };
}

/** Arrays of a LoRA for layers `[out, in]`, by the path of the layer. */
export function pairs(
  layers: Record<string, readonly [out: number, into: number]>,
  { rank = 2, prefix = "transformer." } = {},
): Record<string, TensorData> {
  return Object.fromEntries(
    Object.entries(layers).flatMap(([path, [out, into]]) => [
      [`${prefix}${path}.lora_A.weight`, matrix(rank, into)],
      [`${prefix}${path}.lora_B.weight`, matrix(out, rank)],
    ]),
  );
}

/** A LoRA file in memory. */
export function lora(
  tensors: Record<string, TensorData>,
  metadata: Record<string, string> = {},
): WeightSource {
  return memoryWeights(tensors, { path: "lora.safetensors", metadata });
}

/** A new folder, deleted at the end. */
export async function testFolder(): Promise<
  AsyncDisposable & { at(name: string): string }
> {
  const folder = await mkdtemp(join(tmpdir(), "lora-"));
  return {
    at: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** The updates of a LoRA, all of which are A and B. */
export function lowRanks(
  { layers }: Pick<LoraFile, "layers">,
): Map<string, LowRankUpdate> {
  return new Map([...layers].map(([key, update]) => {
    assert.ok(update.kind === "lowRank", key);
    return [key, update];
  }));
}
