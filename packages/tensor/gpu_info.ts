import { findGpu, isSoftware } from "./webgpu/adapter.ts";
import { f16Fault } from "./webgpu/f16_trial.ts";
import { matrixUnits } from "./webgpu/matrix_units.ts";

/** What a WebGPU adapter says about itself. */
export interface GpuInfo {
  /** Name for people, e.g. the name of the card. */
  readonly description: string;
  /** Whether it is a program that runs on the cpu. */
  readonly software: boolean;
  /** Optional features that can be used, sorted. */
  readonly features: readonly string[];
  /** Matrix units that kernels can use, e.g. `"f16 16 × 16 × 16"`. */
  readonly matrixUnits: readonly string[];
  /** Why f16 and its matrix units are not used although it has them, if so. */
  readonly f16Fault?: string | undefined;
  /** Limits that decide what fits and how it is split. */
  readonly limits: {
    /** Bytes of the largest buffer. */
    readonly maxBufferSize: number;
    /** Bytes that one binding can span. */
    readonly maxStorageBufferBindingSize: number;
    /** Bytes of memory that a workgroup shares. */
    readonly maxComputeWorkgroupStorageSize: number;
    /** Threads of a workgroup. */
    readonly maxComputeInvocationsPerWorkgroup: number;
  };
}

/**
 * Describes the WebGPU adapter that `openDevice("webgpu")` would open.
 *
 * @param options `again` tries f16 again where it was found to fail.
 * @returns The description, or nothing if there is no adapter.
 *
 * @example Usage
 * ```ts
 * import { gpuInfo } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * const info = await gpuInfo();
 * assert.ok(info === undefined || info.limits.maxBufferSize > 0);
 * ```
 */
export async function gpuInfo(
  options: { readonly again?: boolean | undefined } = {},
): Promise<GpuInfo | undefined> {
  const adapter = await findGpu({ software: true });
  if (adapter === undefined) return undefined;
  const { limits, info } = adapter;
  const fault = await f16Fault(adapter, options);
  const features = new Set([...adapter.features].map(String));
  if (fault !== undefined) features.delete("shader-f16");
  return {
    description: info.description || info.vendor || "unknown",
    software: isSoftware(adapter),
    features: [...features].sort(),
    f16Fault: fault,
    matrixUnits: matrixUnits(adapter, features).units.map((
      { type, M, N, K },
    ) => `${type} ${M} × ${N} × ${K}`),
    limits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup:
        limits.maxComputeInvocationsPerWorkgroup,
    },
  };
}
