import { existsSync } from "node:fs";
import process from "node:process";

/** Dawn's toggles: f16 on NVIDIA under Vulkan, and exact timestamps. */
export const TOGGLES = [
  "enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia",
  "disable-dawn-features=timestamp_quantization",
];

/** Options of {@linkcode findGpu}. */
export interface FindGpuOptions {
  /** WebGPU implementation; Dawn from npm:webgpu when left out. */
  readonly gpu?: GPU | undefined;
  /** Whether an adapter that is a program on the cpu will do. */
  software: boolean;
}

let dawn: Promise<GPU | undefined> | undefined;
let fault: string | undefined;

/** Why Dawn could not be loaded, if it was tried and could not. */
export function dawnFault(): string | undefined {
  return fault;
}

/**
 * Finds an adapter, without ever throwing because of a missing driver.
 *
 * @param options See {@linkcode FindGpuOptions}.
 * @returns The adapter, or nothing if there is none that fits.
 */
export async function findGpu(
  { gpu, software }: FindGpuOptions,
): Promise<GPUAdapter | undefined> {
  if (gpu === undefined && !software && !hasGpuNode()) return undefined;
  const api = gpu ?? await (dawn ??= loadDawn());
  if (api === undefined) return undefined;
  let adapter: GPUAdapter | null;
  try {
    adapter = await api.requestAdapter({ powerPreference: "high-performance" });
  } catch {
    return undefined; // Dawn throws where there is no Vulkan loader
  }
  if (adapter === null || (isSoftware(adapter) && !software)) return undefined;
  return adapter;
}

/** Whether an adapter runs on the cpu. */
export function isSoftware(adapter: GPUAdapter): boolean {
  const { vendor, architecture, description } = adapter.info;
  const { isFallbackAdapter = false } = adapter.info as {
    readonly isFallbackAdapter?: boolean | undefined;
  };
  return isFallbackAdapter ||
    /^(software|swiftshader)$/i.test(architecture) ||
    /llvmpipe|swiftshader|basic render/i.test(`${vendor} ${description}`);
}

/** Invocations of a subgroup, if all kernels have as many, else 0. */
export function subgroupSize(
  info: GPUAdapterInfo,
  features: GPUSupportedFeatures,
): number {
  const { subgroupMinSize = 0, subgroupMaxSize = -1 } = info as {
    readonly subgroupMinSize?: number | undefined;
    readonly subgroupMaxSize?: number | undefined;
  };
  const fixed = features.has("subgroups" as GPUFeatureName) &&
    subgroupMinSize === subgroupMaxSize;
  return fixed ? subgroupMaxSize : 0;
}

/**
 * Whether the system may have a GPU. On Linux a GPU has a device file; without
 * one, Dawn would be loaded only to warn about drivers on the terminal.
 */
function hasGpuNode(): boolean {
  if (process.platform !== "linux") return true;
  return ["/dev/dri", "/dev/nvidia0", "/dev/dxg"].some((path) =>
    existsSync(path)
  );
}

/**
 * Loads Dawn, where there is a build of it for this platform, by an address that
 * is computed: Deno would fetch it before the first line runs.
 */
async function loadDawn(): Promise<GPU | undefined> {
  const host = globalThis as {
    readonly Deno?: unknown;
    readonly process?: unknown;
  };
  if (host.Deno === undefined && host.process === undefined) return undefined;
  try {
    const { create }: typeof import("./dawn.ts") = await import(
      import.meta.url.replace(/adapter(\.\w+)$/, "dawn$1")
    );
    return create(TOGGLES) as unknown as GPU;
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
    return undefined;
  }
}
