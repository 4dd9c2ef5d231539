import { DeviceError } from "./errors.ts";
import type { TunedShape } from "./webgpu/tuned_shape.ts";

/** A layer whose kernel is measured: `x [M, K]` by `weight [N, K]`. */
export interface LayerShape {
  /** Rows: tokens, or pixels of the output of a convolution. */
  readonly M: number;
  /** Outputs. */
  readonly N: number;
  /** Inputs; those of all taps of a convolution. */
  readonly K: number;
  /** Element type of the weight. */
  readonly dtype: "f32" | "f16" | "bf16";
  /** Channels of the image, if this is a convolution. */
  readonly channels?: number | undefined;
  /**
   * Whether its gradient is measured in its place: `dy [M, N]` by
   * `weight [N, K]`, or `dy` of all rows by `x`, as for a trained weight.
   */
  readonly gradient?: "x" | "weight" | undefined;
}

/** Attention whose kernel is measured, `[1, heads, L, D]`. */
export interface AttentionLayerShape {
  /** Heads of all samples. */
  readonly heads: number;
  /** Tokens. */
  readonly L: number;
  /** Head width. */
  readonly D: number;
  /** Whether its gradient is measured in its place. */
  readonly gradient?: boolean | undefined;
}

/** What was measured for a layer. */
export interface TunedLayer {
  /** Shapes that share the kernel, e.g. `"gemm 8192x4096x4096 bf16"`. */
  readonly bucket: string;
  /** Name of the fastest kernel. */
  readonly variant: string;
  /** Microseconds that it took. */
  readonly microseconds: number;
  /** Kernel that would have been taken without a measurement. */
  readonly suggested: string;
  /** Microseconds that this one took. */
  readonly suggestedMicroseconds: number;
}

/** Options of {@linkcode tuneLayers}. */
export interface TuneLayersOptions {
  /**
   * Folder for files that can be made again.
   *
   * @default {the user's}
   */
  readonly folder?: string | undefined;
  /** Called after each bucket, with how many are done and how many there are. */
  readonly onProgress?: ((done: number, all: number) => void) | undefined;
}

/**
 * Measures the kernels for layers on the WebGPU adapter, even if it was done
 * before, and keeps the result for all later runs of the program.
 *
 * @param layers Shapes; those that share a bucket are measured once.
 * @param options See {@linkcode TuneLayersOptions}.
 * @returns One row a bucket; none for shapes that only one kernel computes.
 *
 * @throws {DeviceError} If there is no adapter.
 *
 * @example Usage
 * ```ts
 * import { gpuInfo, tuneLayers } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * if (await gpuInfo() !== undefined) {
 *   const layer = { M: 16, N: 32, K: 32, dtype: "f32" } as const;
 *   const [row] = await tuneLayers([layer], { folder: "out/tuning" });
 *   assert.ok(row === undefined || row.microseconds > 0);
 * }
 * ```
 */
export async function tuneLayers(
  layers: readonly (LayerShape | AttentionLayerShape)[],
  options: TuneLayersOptions = {},
): Promise<TunedLayer[]> {
  const { folder, onProgress } = options;
  const { findGpu, openWebGpuDevice } = await import("./webgpu/device.ts");
  const { startTuner } = await import("./webgpu/tuning.ts");
  const { bucketOf } = await import("./webgpu/tuning_shape.ts");
  const adapter = await findGpu({ software: true });
  if (adapter === undefined) {
    throw new DeviceError(
      "Cannot measure kernels as no WebGPU adapter was found: install a Vulkan, Metal or DirectX 12 driver",
    );
  }
  using device = await openWebGpuDevice(adapter, { tuned: false });
  const tuner = await startTuner(device, adapter, {
    ...folder !== undefined && { folder },
    again: true,
  });
  tuner.note(() => {
    for (const layer of layers) {
      const shape = "heads" in layer ? ofAttention(layer) : ofLayer(layer);
      tuner.variant(device, bucketOf(shape), shape);
    }
  });
  await tuner.measure(onProgress);
  return [...tuner.kernels].map(([bucket, kernel]) => ({
    bucket,
    ...kernel,
  }));
}

function ofAttention(
  { heads, L, D, gradient = false }: AttentionLayerShape,
): TunedShape {
  return { pass: gradient ? "backward" : "forward", heads, Lq: L, Lk: L, D };
}

function ofLayer(
  { M, N, K, dtype, channels, gradient }: LayerShape,
): TunedShape {
  switch (gradient) {
    case "x":
      return { batch: 1, M, N: K, K: N, bType: dtype, transposeB: false };
    case "weight": {
      const [narrow, wide] = [Math.min(N, K), Math.max(N, K)];
      const extents = { batch: 1, M: narrow, N: wide, K: M };
      return { ...extents, bType: "f32", transposeB: false };
    }
    default:
      return { batch: 1, M, N, K, bType: dtype, channels };
  }
}
