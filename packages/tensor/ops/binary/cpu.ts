import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import { broadcastStrides } from "../../cpu/strides.ts";
import type { DeviceArray } from "../../device_array.ts";
import type { BinaryFunction, BinaryKernel } from "./kernels.ts";

type Operand = Float32Array;

export function binaryCpu(cpu: Cpu): BinaryKernel {
  const { programs } = cpu;
  return (out, a, b, f) => {
    if (a.size === out.size && b.size === out.size && f !== "step") {
      programs[f](
        cpuStorage(out).offset,
        cpuStorage(a).offset,
        cpuStorage(b).offset,
        out.sizeBytes,
      );
    } else broadcast(cpu, out, [a, b], f);
  };
}

/** Row by row, with steps of 0 where an operand is repeated. */
function broadcast(
  { programs }: Cpu,
  out: DeviceArray,
  [a, b]: readonly [a: DeviceArray, b: DeviceArray],
  f: BinaryFunction,
): void {
  const y = f32(out);
  const left = f32(a);
  const right = f32(b);
  const n = out.shape.at(-1) ?? 1;
  const aStrides = broadcastStrides(a.shape, out.shape);
  const bStrides = broadcastStrides(b.shape, out.shape);
  const aStep = aStrides.at(-1) ?? 0;
  const bStep = bStrides.at(-1) ?? 0;
  const index = new Array<number>(Math.max(out.shape.length - 1, 0)).fill(0);
  const vectors = f !== "step" && aStep === 1 && bStep === 1 && n % 4 === 0;
  const [to, fromA, fromB] = [out, a, b].map((x) => cpuStorage(x).offset) as [
    number,
    number,
    number,
  ];
  let ai = 0;
  let bi = 0;
  for (let yi = 0; yi < y.length; yi += n) {
    if (vectors) {
      programs[f](to + 4 * yi, fromA + 4 * ai, fromB + 4 * bi, 4 * n);
    } else row(f, y, left, right, yi, ai, bi, n, aStep, bStep);
    for (let axis = index.length - 1; axis >= 0; axis--) {
      ai += aStrides[axis]!;
      bi += bStrides[axis]!;
      if (++index[axis]! < out.shape[axis]!) break;
      ai -= aStrides[axis]! * out.shape[axis]!;
      bi -= bStrides[axis]! * out.shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** One row of the result; the steps are 0 where an operand is repeated. */
function row(
  f: BinaryFunction,
  y: Operand,
  a: Operand,
  b: Operand,
  yi: number,
  ai: number,
  bi: number,
  n: number,
  aStep: number,
  bStep: number,
): void {
  const end = yi + n;
  switch (f) {
    case "add":
      for (; yi < end; ai += aStep, bi += bStep) y[yi++] = a[ai]! + b[bi]!;
      break;
    case "sub":
      for (; yi < end; ai += aStep, bi += bStep) y[yi++] = a[ai]! - b[bi]!;
      break;
    case "mul":
      for (; yi < end; ai += aStep, bi += bStep) y[yi++] = a[ai]! * b[bi]!;
      break;
    case "div":
      for (; yi < end; ai += aStep, bi += bStep) y[yi++] = a[ai]! / b[bi]!;
      break;
    case "max":
      for (; yi < end; ai += aStep, bi += bStep) {
        y[yi++] = Math.max(a[ai]!, b[bi]!);
      }
      break;
    case "min":
      for (; yi < end; ai += aStep, bi += bStep) {
        y[yi++] = Math.min(a[ai]!, b[bi]!);
      }
      break;
    case "step":
      for (; yi < end; ai += aStep, bi += bStep) {
        y[yi++] = a[ai]! > b[bi]! ? 1 : a[ai]! === b[bi]! ? 0.5 : 0;
      }
      break;
  }
}
