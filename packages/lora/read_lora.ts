import {
  type TensorInfo,
  type WeightSource,
  widen,
} from "@edit-transfer/weights";
import {
  type AdapterConfig,
  configuredAlpha,
  readAdapterConfig,
} from "./_adapter_config.ts";
import { otherFormat, parseName } from "./_formats.ts";
import { readTraining } from "./_training.ts";
import { LoraError, type UnmatchedLora } from "./lora_error.ts";
import type { LoraFile, LoraMatrix, LoraPair } from "./lora_file.ts";

/** Names of the arrays of one layer. */
type Parts = { A?: string; B?: string; alpha?: string };

/**
 * Reads a LoRA in the format of PEFT and diffusers.
 *
 * Names are `transformer.<layer>.lora_A.weight`, `.lora_B.weight` and
 * optionally `<layer>.alpha`; the prefix may also be `base_model.model.` or
 * absent. Without an alpha, in the file, in its `lora_adapter_metadata` or in
 * the `adapter_config.json` beside it, it is the rank.
 *
 * Source: `FluxLoraLoaderMixin.lora_state_dict` of huggingface/diffusers
 * 0.42.1, loaders/lora_pipeline.py, and `LoraLayer` of huggingface/peft 0.21.2.
 *
 * @param source File of the LoRA; all of it is read.
 * @returns The LoRA in memory, independent of the source.
 *
 * @throws {LoraError} If the file is no LoRA of this format, is incomplete, or
 * has values that are not finite.
 *
 * @example Usage
 * ```ts
 * import { readLora } from "@edit-transfer/lora";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const matrix = (rows: number, columns: number) => ({
 *   dtype: "F32" as const,
 *   shape: [rows, columns],
 *   data: new Float32Array(rows * columns).fill(0.5),
 * });
 * const lora = await readLora(memoryWeights({
 *   "transformer.proj_out.lora_A.weight": matrix(2, 6),
 *   "transformer.proj_out.lora_B.weight": matrix(4, 2),
 * }, { metadata: { panel_mode: "panel" } }));
 *
 * assert.equal(lora.rank, 2);
 * assert.equal(lora.panelMode, "panel");
 * assert.deepEqual([...lora.pairs.keys()], ["proj_out"]);
 * assert.equal(lora.pairs.get("proj_out")?.scaling, 1);
 * ```
 */
export async function readLora(source: WeightSource): Promise<LoraFile> {
  const { path, metadata } = source;
  const layers = groupNames(source);
  const config = await readAdapterConfig(path, {
    metadata,
    names: source.names(),
  });
  const pairs = new Map<string, LoraPair>();
  for (const [layer, parts] of layers) {
    pairs.set(layer, await readPair(source, { layer, parts, config }));
  }
  return {
    path,
    metadata,
    ...readTraining(metadata),
    rank: [...pairs.values()].reduce(
      (rank, { A }) => Math.max(rank, A.shape[0]),
      0,
    ),
    pairs,
  };
}

/** Sorts the names of a file by layer. */
function groupNames(source: WeightSource): Map<string, Parts> {
  const { path } = source;
  const layers = new Map<string, Parts>();
  const unmatched: UnmatchedLora[] = [];
  for (const name of source.names()) {
    const format = otherFormat(name);
    if (format !== undefined) {
      throw new LoraError(
        `Cannot read "${path}" as a PEFT LoRA as it is ${format}: got "${name}", convert it to PEFT names first`,
        { path },
      );
    }
    const parsed = parseName(name);
    if (parsed === undefined) {
      const reason = "not an array of a LoRA";
      unmatched.push({ key: name, reason, nearest: undefined });
      continue;
    }
    let parts = layers.get(parsed.layer);
    if (parts === undefined) layers.set(parsed.layer, parts = {});
    const other = parts[parsed.part];
    if (other !== undefined) {
      throw new LoraError(
        `Cannot read "${path}" as each layer must be there once: got "${other}" and "${name}"`,
        { path },
      );
    }
    parts[parsed.part] = name;
  }
  for (const [key, { A, B }] of layers) {
    if (A !== undefined && B !== undefined) continue;
    const missing = A === undefined
      ? B === undefined ? "lora_A and lora_B" : "lora_A"
      : "lora_B";
    const reason = `has no ${missing}`;
    unmatched.push({ key, reason, nearest: undefined });
  }
  const [first] = unmatched;
  if (first !== undefined) {
    throw new LoraError(
      `Cannot read "${path}" as a PEFT LoRA as all names must be lora_A, lora_B or alpha of a layer: ` +
        `got ${unmatched.length} others, the first "${first.key}" ${first.reason}`,
      { path, unmatched },
    );
  }
  if (layers.size === 0) {
    throw new LoraError(
      `Cannot read "${path}" as a PEFT LoRA must have a layer: got no arrays`,
      { path },
    );
  }
  return layers;
}

/** Reads and checks the arrays of one layer. */
async function readPair(
  source: WeightSource,
  { layer, parts, config }: {
    layer: string;
    parts: Parts;
    config: AdapterConfig;
  },
): Promise<LoraPair> {
  const A = await readMatrix(source, parts.A!);
  const B = await readMatrix(source, parts.B!);
  const [rank] = A.shape;
  if (B.shape[1] !== rank) {
    throw new LoraError(
      `Cannot read "${source.path}" as lora_B of "${layer}" must be [out, ${rank}] for lora_A [${
        A.shape.join(", ")
      }]: got [${B.shape.join(", ")}]`,
      { path: source.path },
    );
  }
  const alpha = parts.alpha === undefined
    ? configuredAlpha(config, layer) ?? rank
    : await readAlpha(source, parts.alpha);
  const scaling = alpha / (config.rsLora ? Math.sqrt(rank) : rank);
  return { A, B, alpha, scaling };
}

/** Reads an array `[rows, columns]` of floats. */
async function readMatrix(
  source: WeightSource,
  name: string,
): Promise<LoraMatrix> {
  const { path } = source;
  const { dtype, shape } = source.info(name);
  const [rows = 0, columns = 0] = shape;
  if (!isFloat(dtype) || shape.length !== 2 || rows === 0 || columns === 0) {
    throw new LoraError(
      `Cannot read "${path}" as "${name}" must be a matrix of F32, F16 or BF16: got ${dtype} [${
        shape.join(", ")
      }]`,
      { path },
    );
  }
  const { buffer } = Uint8Array.from(await source.read(name));
  const data = dtype === "F32"
    ? new Float32Array(buffer)
    : new Uint16Array(buffer);
  const exponent = dtype === "F16" ? 0x7c00 : 0x7f80;
  const bad = data.findIndex((value: number) =>
    dtype === "F32" ? !Number.isFinite(value) : (value & exponent) === exponent
  );
  if (bad !== -1) {
    throw new LoraError(
      `Cannot read "${path}" as weights must be finite: got NaN or infinity in "${name}" at element ${bad}`,
      { path },
    );
  }
  return { dtype, shape: [rows, columns], data };
}

/** Reads an array of one positive float. */
async function readAlpha(source: WeightSource, name: string): Promise<number> {
  const { path } = source;
  const { dtype, shape } = source.info(name);
  const alpha = isFloat(dtype) && shape.every((extent) => extent === 1)
    ? widen(await source.read(name), dtype)[0]!
    : NaN;
  if (alpha > 0 && alpha < Infinity) return alpha;
  throw new LoraError(
    `Cannot read "${path}" as "${name}" must be one float > 0: got ${dtype} [${
      shape.join(", ")
    }]${Number.isNaN(alpha) ? "" : ` ${alpha}`}`,
    { path },
  );
}

function isFloat(
  dtype: TensorInfo["dtype"],
): dtype is LoraMatrix["dtype"] {
  return dtype === "F32" || dtype === "F16" || dtype === "BF16";
}
