import { cacheFolder, envVariable } from "@edit-transfer/files";
import tensorPackage from "../deno.json" with { type: "json" };
import { DeviceError } from "../errors.ts";
import { findGpu, isSoftware } from "./adapter.ts";
import type { TunedShape } from "./tuned_shape.ts";
import {
  adapterFile,
  readTuning,
  type TunedKernel,
  type TunedKernels,
  type TuningIdentity,
  writeTuning,
} from "./tuning_cache.ts";
import { fastest } from "./tuning_fastest.ts";
import { candidates, hasVariant, trialOf } from "./tuning_shape.ts";
import { kernelTimer } from "./tuning_timer.ts";
import {
  type KernelTuner,
  openUntunedDevice,
  type WebGpuDevice,
} from "./webgpu_device.ts";

/** What a {@linkcode Tuner} needs. */
export interface TunerOptions {
  /** Opens a device like the tuned one, for trials that may break it. */
  readonly open: () => Promise<WebGpuDevice>;
  /** What was measured before. */
  readonly known: Map<string, TunedKernel>;
  /** Keeps what was measured. */
  readonly save: (kernels: TunedKernels) => Promise<void>;
}

/**
 * Measures the variants that can compute a shape, and remembers the fastest.
 *
 * Trials run on a device of their own: a variant that the driver refuses only
 * loses.
 */
export class Tuner implements KernelTuner {
  readonly #options: TunerOptions;
  readonly #met = new Map<string, TunedShape>();
  /** Buckets of which a race showed nothing, or which have one variant only. */
  readonly #settled = new Set<string>();
  #noting = false;

  constructor(options: TunerOptions) {
    this.#options = options;
  }

  /** What was measured, by bucket. */
  get kernels(): TunedKernels {
    return this.#options.known;
  }

  /** The fastest variant for a shape, if it was measured. */
  variant(
    device: WebGpuDevice,
    bucket: string,
    shape: TunedShape,
  ): string | undefined {
    const tuned = this.#options.known.get(bucket)?.variant;
    if (tuned !== undefined) {
      return hasVariant(device, shape, tuned) ? tuned : undefined;
    }
    if (this.#noting && !this.#settled.has(bucket) && !this.#met.has(bucket)) {
      this.#met.set(bucket, shape);
    }
    return undefined;
  }

  /** Runs work and notes the shapes in it that are not known. */
  note<T>(body: () => T): T {
    this.#noting = true;
    try {
      return body();
    } finally {
      this.#noting = false;
    }
  }

  /**
   * Measures the shapes that were noted.
   *
   * @param onProgress Told how many are done, and how many there are.
   * @returns Whether any was measured.
   */
  async measure(
    onProgress?: (done: number, all: number) => void,
  ): Promise<boolean> {
    const met = [...this.#met];
    this.#met.clear();
    if (met.length === 0) return false;
    const { open, known, save } = this.#options;
    let measured = false;
    let device = await open();
    try {
      for (const [i, [bucket, shape]] of met.entries()) {
        onProgress?.(i, met.length);
        const race = startRace(device, shape);
        while (race.names.length > 1) {
          const kernel = await race.run(device);
          if (kernel !== undefined) {
            measured = true;
            known.set(bucket, kernel);
            await save(new Map([[bucket, kernel]])); // each, as it takes long
            break;
          }
          device[Symbol.dispose](); // a refused variant leaves it unusable
          device = await open();
        }
      }
    } finally {
      device[Symbol.dispose]();
    }
    for (const [bucket] of met) this.#settled.add(bucket);
    return measured;
  }
}

/** A race of the variants that can compute a shape. */
function startRace(device: WebGpuDevice, shape: TunedShape) {
  const names = candidates(device, shape);
  const first = names[0]!;
  let running = first;
  /** The winner, or nothing if a variant failed, which is then left out. */
  const run = async (
    device: WebGpuDevice,
  ): Promise<TunedKernel | undefined> => {
    try {
      using trial = trialOf(device, shape);
      const timer = kernelTimer(device);
      const times = await fastest(names, {
        time: (name) => timer.time(() => trial.run(running = name)),
      });
      const [best, microseconds] = times[0]!;
      const [, suggestedMicroseconds] = times.find(([name]) => name === first)!;
      return {
        variant: best,
        microseconds,
        suggested: first,
        suggestedMicroseconds,
      };
    } catch {
      // without the suggested one, or without memory, there is no race
      if (running === first) names.length = 0;
      else names.splice(names.indexOf(running), 1);
    }
  };
  return { names, run };
}

/**
 * Gives a device a tuner with what was measured on this adapter before, unless
 * the adapter is software or `EDIT_TRANSFER_TUNE` says otherwise: `off`, `on`,
 * or `all` for software adapters too.
 */
export async function attachTuner(
  device: WebGpuDevice,
  adapter: GPUAdapter,
): Promise<void> {
  const mode = envVariable("EDIT_TRANSFER_TUNE") ?? "on";
  if (!["off", "on", "all"].includes(mode)) {
    throw new DeviceError(
      `Cannot tune ${device.name} as EDIT_TRANSFER_TUNE is off, on or all: got "${mode}"`,
    );
  }
  if (mode === "off" || (isSoftware(adapter) && mode !== "all")) return;
  await startTuner(device, adapter);
}

/**
 * Gives a device a tuner.
 *
 * @param device Device to tune.
 * @param adapter Its adapter.
 * @param options `folder` keeps measurements; `again` forgets earlier ones.
 * @returns The tuner.
 */
export async function startTuner(
  device: WebGpuDevice,
  adapter: GPUAdapter,
  { folder = cacheFolder(), again = false }: {
    readonly folder?: string | undefined;
    readonly again?: boolean | undefined;
  } = {},
): Promise<Tuner> {
  const identity = identityOf(adapter);
  const path = folder && adapterFile(folder, identity, "tuning");
  const tuner = new Tuner({
    open: async () =>
      await openUntunedDevice((await findGpu({ software: true }))!, {
        hardware: isSoftware(adapter) && !device.software,
        precision: device.precision,
      }),
    known: path && !again ? await readTuning(path, identity) : new Map(),
    save: async (kernels) => {
      if (path) await writeTuning(path, { identity, kernels });
    },
  });
  device.tuner = tuner;
  device.tuned = (bucket, shape) => tuner.variant(device, bucket, shape);
  return tuner;
}

/** Adapter, driver and version, as far as they are told. */
function identityOf({ info }: GPUAdapter): TuningIdentity {
  const { vendor, architecture, device, description } = info;
  return {
    vendor,
    architecture,
    device,
    description,
    version: tensorPackage.version,
  };
}
