import {
  type TensorInfo,
  type WeightSource,
  widen,
} from "@edit-transfer/weights";
import { type AdapterConfig, configuredAlpha } from "./_adapter_config.ts";
import { readAdapterConfig } from "./_adapter_config.ts";
import { findNonFinite } from "./_matrix.ts";
import { readTraining } from "./training.ts";
import { findModule } from "./key_map.ts";
import { LoraError, type UnmatchedLora } from "./lora_error.ts";
import type { LoraFile, LoraMatrix, LoraPair } from "./lora_file.ts";
import {
  type LoraName,
  type LoraStyle,
  otherAdapter,
  parseName,
  SPELLINGS,
} from "./lora_style.ts";
import { splitFused, splitWidths } from "./split_fused.ts";

/** Names of the arrays of one module. */
type Parts =
  & Pick<LoraName, "style" | "module">
  & Partial<Record<"A" | "B" | "alpha", string>>;

/** A module whose names are all there. */
type WholeParts = Parts & { A: string; B: string };

/**
 * Reads a LoRA, in the names of any of the trainers of FLUX.
 *
 * - `peft`: `transformer.<layer>.lora_A.weight`, `.lora_B.weight`, as PEFT,
 *   diffusers and ai-toolkit write them; the prefix may also be
 *   `base_model.model.`, `diffusion_model.` or absent, and the name of an
 *   adapter may stand before `.weight`.
 * - `bfl`: the same with the modules of flux, `double_blocks.0.img_attn.qkv`.
 * - `kohya`: `lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight`.
 * - `xlabs`: `double_blocks.0.processor.qkv_lora1.down.weight`.
 *
 * Modules that hold several layers are split. What stands for no layer of the
 * transformer keeps its name, and then matches none when it is attached.
 * Without an alpha, in the file, in its `lora_adapter_metadata` or in the
 * `adapter_config.json` beside it, it is the rank.
 *
 * Source: `FluxLoraLoaderMixin.lora_state_dict` of huggingface/diffusers
 * 0.42.1, loaders/lora_pipeline.py, and `LoraLayer` of huggingface/peft 0.21.2.
 *
 * @param source File of the LoRA; all of it is read.
 * @returns The LoRA in memory, independent of the source.
 *
 * @throws {LoraError} If the file is no LoRA, is incomplete, or has values that
 * are not finite.
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
 *   "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": matrix(2, 6),
 *   "lora_unet_double_blocks_0_img_attn_qkv.lora_up.weight": matrix(18, 2),
 * }, { metadata: { panel_mode: "panel" } }));
 *
 * assert.equal(lora.style, "kohya");
 * assert.equal(lora.panelMode, "panel");
 * const { B, scaling } = lora.pairs.get("transformer_blocks.0.attn.to_q")!;
 * assert.deepEqual([B.shape, scaling], [[6, 2], 1]);
 * ```
 */
export async function readLora(source: WeightSource): Promise<LoraFile> {
  const { path, metadata } = source;
  const modules = groupNames(source);
  const config = await readAdapterConfig(path, {
    metadata,
    names: source.names(),
  });
  const pairs = new Map<string, LoraPair>();
  const holders = new Map<string, string>();
  for (const parts of modules) {
    const pair = await readPair(source, { parts, config });
    for (const [layer, part] of layersOf(path, { parts, pair })) {
      const other = holders.get(layer);
      if (other !== undefined) throw twice(path, other, parts.A);
      holders.set(layer, parts.A);
      pairs.set(layer, part);
    }
  }
  return {
    path,
    style: mainStyle(modules),
    metadata,
    ...readTraining(metadata),
    rank: [...pairs.values()].reduce(
      (rank, { A }) => Math.max(rank, A.shape[0]),
      0,
    ),
    pairs,
  };
}

/** Sorts the names of a file by module. */
function groupNames(source: WeightSource): WholeParts[] {
  const { path } = source;
  const modules = new Map<string, Parts>();
  const unmatched: UnmatchedLora[] = [];
  for (const name of source.names()) {
    const adapter = otherAdapter(name);
    if (adapter !== undefined) {
      throw new LoraError(
        `Cannot read "${path}" as a LoRA as it is ${adapter}: got "${name}"`,
        { path },
      );
    }
    const parsed = parseName(name);
    if (parsed === undefined) {
      const reason = "not an array of a LoRA";
      unmatched.push({ key: name, reason, nearest: undefined });
      continue;
    }
    const { style, module, part } = parsed;
    let parts = modules.get(module);
    if (parts === undefined) modules.set(module, parts = { style, module });
    const other = parts[part];
    if (other !== undefined) throw twice(path, other, name);
    parts[part] = name;
  }
  for (const { module: key, A, B } of modules.values()) {
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
      `Cannot read "${path}" as a LoRA as all names must be lora_A, lora_B or alpha of a layer: ` +
        `got ${unmatched.length} others, the first "${first.key}" ${first.reason}`,
      { path, unmatched },
    );
  }
  if (modules.size === 0) {
    throw new LoraError(
      `Cannot read "${path}" as a LoRA must have a layer: got no arrays`,
      { path },
    );
  }
  return [...modules.values()] as WholeParts[];
}

function twice(path: string, one: string, other: string): LoraError {
  return new LoraError(
    `Cannot read "${path}" as each layer must be there once: got "${one}" and "${other}"`,
    { path },
  );
}

/** The style of most modules. */
function mainStyle(modules: readonly Parts[]): LoraStyle {
  const counts = new Map<LoraStyle, number>();
  for (const { style } of modules) {
    counts.set(style, (counts.get(style) ?? 0) + 1);
  }
  return [...counts].reduce((most, one) => one[1] > most[1] ? one : most)[0];
}

/** Splits a module into the layers of diffusers that it stands for. */
function layersOf(
  path: string,
  { parts: { style, module, B }, pair }: { parts: WholeParts; pair: LoraPair },
): [layer: string, pair: LoraPair][] {
  const { keyMap } = SPELLINGS[style];
  const found = keyMap && findModule(keyMap, module);
  if (found === undefined) return [[module, pair]];
  const { layers, halvesSwapped } = found;
  const [[rows], [, into]] = [pair.B.shape, pair.A.shape];
  const widths = splitWidths(layers, { rows, into });
  if (widths === undefined || halvesSwapped && rows % 2 !== 0) {
    const rule = halvesSwapped
      ? "two halves"
      : layers.map((layer) => layer.split(".").at(-1)).join(", ");
    throw new LoraError(
      `Cannot read "${path}" as "${B}" must have rows for ${rule} of a layer ${into} wide: got ${rows} rows`,
      { path },
    );
  }
  return splitFused(pair, { found, widths });
}

/** Reads and checks the arrays of one module. */
async function readPair(
  source: WeightSource,
  { parts, config }: { parts: WholeParts; config: AdapterConfig },
): Promise<LoraPair> {
  const A = await readMatrix(source, parts.A);
  const B = await readMatrix(source, parts.B);
  const [rank] = A.shape;
  if (B.shape[1] !== rank) {
    throw new LoraError(
      `Cannot read "${source.path}" as lora_B of "${parts.module}" must be [out, ${rank}] for lora_A [${
        A.shape.join(", ")
      }]: got [${B.shape.join(", ")}]`,
      { path: source.path },
    );
  }
  const alpha = parts.alpha === undefined
    ? configuredAlpha(config, parts.module) ?? rank
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
  const matrix: LoraMatrix = { dtype, shape: [rows, columns], data };
  const bad = findNonFinite(matrix);
  if (bad !== -1) {
    throw new LoraError(
      `Cannot read "${path}" as weights must be finite: got NaN or infinity in "${name}" at element ${bad}`,
      { path },
    );
  }
  return matrix;
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
