import {
  type Device,
  Gain,
  keep,
  type Linear,
  Tensor,
} from "@edit-transfer/tensor";
import { widened } from "./_matrix.ts";
import type { UnmatchedLora } from "./lora_error.ts";
import type { LayerUpdate, LoraFile, LoraMatrix } from "./lora_file.ts";
import { requireMatch, shapesOf } from "./match_lora.ts";
import { planLayer } from "./plan_layer.ts";
import type { LoraGains } from "./resolve_gains.ts";

/** Options of {@linkcode attachLora}. */
export interface AttachLoraOptions {
  /**
   * Factor of the whole LoRA; 1 uses it as trained, 0 not at all.
   *
   * @default {1}
   */
  readonly scale?: number | undefined;
  /**
   * Device the branches run on.
   *
   * @default {the device of each layer}
   */
  readonly device?: Device | undefined;
  /**
   * Leaves out layers that the model does not have, instead of throwing; one
   * layer at least has to match.
   *
   * @default {false}
   */
  readonly allowUnmatched?: boolean | undefined;
  /**
   * Factors of the layers that are DoRAs, from {@linkcode resolveGains} for the
   * same scale.
   *
   * @default {none}
   */
  readonly gains?: LoraGains | undefined;
}

/** A LoRA that is in use, until it is detached. */
export interface AttachedLora extends Disposable {
  /** Layers that it changes. */
  readonly matched: number;
  /** Entries that were left out. */
  readonly unmatched: readonly UnmatchedLora[];
  /** Takes everything away again and frees it; a second call does nothing. */
  detach(): void;
}

/**
 * Adds a LoRA to the layers of a model.
 *
 * `y = W x + s · scaling · B (A x)`, beside the branches that are there: several
 * LoRAs add up. Updates of other kinds become such a branch where that takes less
 * memory, else ΔW stands beside W as a whole. The weights of the model are not
 * changed, quantised ones neither. Nothing is added if anything does not fit.
 *
 * Source: Hu et al. 2021, https://arxiv.org/abs/2106.09685, section 4.1.
 *
 * @param layers Linear layers and gains of the model by path.
 * @param file LoRA, from {@linkcode readLora}.
 * @param options See {@linkcode AttachLoraOptions}.
 * @returns A handle that detaches it, owned by the caller.
 *
 * @throws {LoraError} If a layer is missing or of another width, or a DoRA has
 * no gains.
 * @throws {RangeError} If the scale is not finite.
 *
 * @example Usage
 * ```ts
 * import { attachLora, readLora } from "@edit-transfer/lora";
 * import { Linear, openDevice, Tensor } from "@edit-transfer/tensor";
 * import { memoryWeights } from "@edit-transfer/weights";
 * import assert from "node:assert/strict";
 *
 * const one = (value: number) => ({
 *   dtype: "F32" as const,
 *   shape: [1, 1],
 *   data: Float32Array.of(value),
 * });
 * const file = await readLora(memoryWeights({
 *   "transformer.proj_out.lora_A.weight": one(2),
 *   "transformer.proj_out.lora_B.weight": one(3),
 * }));
 *
 * using device = await openDevice("cpu");
 * using x = Tensor.from(device, [1], { shape: [1, 1] });
 * const layer = new Linear(Tensor.from(device, [10], { shape: [1, 1] }));
 * using lora = attachLora(new Map([["proj_out", layer]]), file, { scale: 0.5 });
 *
 * using y = layer.forward(x); // 10 + 0.5 · 3 · 2
 * assert.deepEqual([...await y.data()], [13]);
 * assert.equal(lora.matched, 1);
 * lora.detach();
 * assert.equal(layer.branches.length, 0);
 * ```
 */
export function attachLora(
  layers: ReadonlyMap<string, Linear | Gain>,
  file: Pick<LoraFile, "path" | "layers"> & Partial<LoraFile>,
  options: AttachLoraOptions = {},
): AttachedLora {
  const { scale = 1, allowUnmatched = false, gains = new Map() } = options;
  if (!Number.isFinite(scale)) {
    throw new RangeError(
      `Cannot attach LoRA as its scale must be finite: got ${scale}`,
    );
  }
  const { matched, unmatched } = requireMatch(shapesOf(layers), {
    file,
    verb: "attach",
    allowUnmatched,
  });

  const undo: (() => void)[] = [];
  const detach = () => {
    for (const step of undo.splice(0)) step();
  };
  try {
    for (const key of scale === 0 ? [] : matched) {
      const layer = layers.get(key)!;
      const update = file.layers.get(key)!;
      const upload = new Uploads(options.device ?? layer.weight.device, undo);
      if (layer instanceof Gain) addChange(layer, { update, scale, upload });
      else {
        const plan = { key, path: file.path, scale, gains };
        addPlan(layer, { plan: planLayer(update, plan), upload });
      }
    }
  } catch (error) {
    detach(); // out of memory half way
    throw error;
  }
  return {
    matched: matched.length,
    unmatched,
    detach,
    [Symbol.dispose]: detach,
  };
}

/** Changes the gain of a norm. */
function addChange(
  gain: Gain,
  { update, scale, upload }: {
    update: LayerUpdate;
    scale: number;
    upload: Uploads;
  },
): void {
  if (update.kind !== "gain") return;
  const { replaces } = update;
  const values = upload.vector(update.values);
  upload.push(gain.changes, { values, scale, replaces });
}

/** Adds to a linear layer; as f32 where the layer's own weight is that. */
function addPlan(
  layer: Linear,
  { plan, upload }: { plan: ReturnType<typeof planLayer>; upload: Uploads },
): void {
  const { pair, whole, factor, bias, outGain, inGain } = plan;
  const wide = layer.weight.dtype === "f32";
  const matrix = (matrix: LoraMatrix) =>
    upload.matrix(wide ? widened(matrix) : matrix);
  if (pair !== undefined) {
    const branch = { A: matrix(pair.A), B: matrix(pair.B), scale: factor };
    upload.push(layer.branches, branch);
  }
  if (whole ?? bias ?? outGain ?? inGain) {
    upload.push(layer.deltas, {
      weight: whole && matrix(whole),
      scale: factor,
      bias: bias && upload.vector(bias),
      outGain: outGain && upload.vector(outGain),
      inGain: inGain && upload.vector(inGain),
    });
  }
}

const DTYPES = { F32: "f32", F16: "f16", BF16: "bf16" } as const;

/** Puts values on a device and notes how to take them away again. */
class Uploads {
  readonly #device: Device;
  readonly #undo: (() => void)[];

  constructor(device: Device, undo: (() => void)[]) {
    this.#device = device;
    this.#undo = undo;
  }

  /** A matrix as it is stored. */
  matrix({ dtype, shape, data }: LoraMatrix): Tensor {
    return this.#keep(
      Tensor.from(this.#device, data, { shape, dtype: DTYPES[dtype] }),
    );
  }

  /** A vector of f32. */
  vector(values: Float32Array<ArrayBuffer>): Tensor {
    return this.#keep(Tensor.from(this.#device, values));
  }

  /** Adds to a list of a layer. */
  push<T>(list: T[], item: T): void {
    list.push(item);
    this.#undo.unshift(() => { // before its tensors are freed
      const index = list.indexOf(item);
      if (index !== -1) list.splice(index, 1);
    });
  }

  #keep(tensor: Tensor): Tensor {
    keep(tensor);
    this.#undo.push(() => tensor.dispose());
    return tensor;
  }
}
