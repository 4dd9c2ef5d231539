import type { MatrixUnit } from "../../packages/tensor/webgpu/matrix_units.ts";
import { Tensor } from "@edit-transfer/tensor";
import type { WebGpuDevice } from "../../packages/tensor/webgpu/device.ts";
import type { KernelVariant } from "../../packages/tensor/webgpu/variant.ts";
import { kernelTimer } from "../../packages/tensor/webgpu/tuning_timer.ts";
import { bind, viewOf } from "../../packages/tensor/webgpu/view.ts";
import copyWgsl from "./copy.wgsl" with { type: "text" };
import { fmaWgsl } from "./fma_wgsl.ts";
import { matrixWgsl, SUMS } from "./matrix_wgsl.ts";

/** The most that an adapter does, as measured. */
export interface Ceiling {
  readonly name: string;
  /** In `unit`. */
  readonly rate: number;
  readonly unit: "GB/s" | "GFLOP/s";
}

/** Microseconds that a measurement lasts at least. */
const LEAST = 20_000;
const ROUNDS = 5;

/**
 * Measures how fast an adapter copies and computes when nothing else limits it.
 *
 * @param device Device on the adapter.
 * @returns Copy bandwidth (bytes read and written), multiply-adds of f32 and
 * f16 in registers, and each kind of matrix unit.
 */
export async function ceilings(device: WebGpuDevice): Promise<Ceiling[]> {
  const found: Ceiling[] = [await copyRate(device)];
  const half = device.gpu.features.has("shader-f16");
  for (const type of ["f32", ...half ? ["f16"] as const : []] as const) {
    found.push({
      name: `multiply-add, ${type}, registers`,
      unit: "GFLOP/s",
      rate: await fmaRate(device, type),
    });
  }
  for (const unit of device.matrixUnits) {
    const { type, M, N, K } = unit;
    found.push({
      name: `matrix units, ${type} ${M}×${N}×${K} with f32 sums`,
      unit: "GFLOP/s",
      rate: await matrixRate(device, unit),
    });
  }
  return found;
}

async function copyRate(device: WebGpuDevice): Promise<Ceiling> {
  const length = (device.software ? 2 ** 25 : 2 ** 28) / 4; // numbers
  using x = Tensor.from(device, new Float32Array(length).fill(1));
  using out = new Tensor(device, [length]);
  const time = await shortest(device, () =>
    launch(device, {
      variant: { name: "bench_copy", source: copyWgsl },
      tensors: [x, out],
      ints: [length / 4],
      workgroups: Math.ceil(length / 4 / 256),
    }));
  const rate = 2 * 4 * length / time / 1e3;
  return { name: "copy, read and written", rate, unit: "GB/s" };
}

async function fmaRate(
  device: WebGpuDevice,
  type: "f32" | "f16",
): Promise<number> {
  // a software adapter has 16 registers, of 8 lanes
  const [sums, width, groups] = device.software ? [3, 8, 64] : [8, 256, 4096];
  using x = Tensor.from(device, new Float32Array(4).fill(0.5));
  using out = new Tensor(device, [groups * width * 4]);
  const source = fmaWgsl({ type, sums, width });
  return await longEnough(
    device,
    (iterations) =>
      launch(device, {
        variant: { name: `bench_fma_${type}`, source },
        tensors: [x, out],
        ints: [iterations],
        workgroups: groups,
      }),
    8 * sums * width * groups,
  );
}

async function matrixRate(
  device: WebGpuDevice,
  unit: MatrixUnit,
): Promise<number> {
  const { type, M, N, K } = unit;
  const groups = 4096;
  using x = new Tensor(device, [(M + N) * K], type);
  if (type === "f16") {
    device.upload(x.storage, new Uint16Array((M + N) * K).fill(0x3555)); // 1/3
  } else device.upload(x.storage, new Float32Array((M + N) * K).fill(1 / 3));
  using out = new Tensor(device, [groups * SUMS * M * N]);
  return await longEnough(
    device,
    (iterations) =>
      launch(device, {
        variant: {
          name: `bench_matrix_${type}_${M}_${N}_${K}`,
          source: matrixWgsl(unit, device.matrixLanes),
        },
        tensors: [x, out],
        ints: [iterations],
        workgroups: groups,
      }),
    2 * M * N * K * SUMS * groups,
  );
}

/** GFLOP/s with as many iterations as it takes to measure well. */
async function longEnough(
  device: WebGpuDevice,
  run: (iterations: number) => void,
  work: number,
): Promise<number> {
  for (let iterations = 64;; iterations *= 4) {
    const time = await shortest(device, () => run(iterations));
    if (time >= LEAST || iterations >= 2 ** 20) {
      return work * iterations / time / 1e3;
    }
  }
}

/** Fewest microseconds of a few runs. */
async function shortest(
  device: WebGpuDevice,
  run: () => void,
): Promise<number> {
  const timer = kernelTimer(device);
  await timer.time(run);
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    best = Math.min(best, await timer.time(run));
  }
  return best;
}

function launch(
  device: WebGpuDevice,
  { variant, tensors: [x, out], ints, workgroups }: {
    variant: KernelVariant;
    tensors: readonly [x: Tensor, out: Tensor];
    ints: readonly number[];
    workgroups: number;
  },
): void {
  const all = (tensor: Tensor) =>
    bind(device, viewOf(tensor), tensor.size).binding;
  device.run({
    variant,
    reads: [all(x)],
    writes: [all(out)],
    ints,
    workgroups,
    work: 0,
  });
}
