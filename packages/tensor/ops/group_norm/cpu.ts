import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage, f32 } from "../../cpu/storage.ts";
import type { DeviceArray } from "../../device_array.ts";
import { pointwise } from "../unary/cpu.ts";
import type { GroupNormKernel } from "./kernels.ts";

/** Pixels that are summed in f32, before f64 takes over. */
const RUN = 256;

export function groupNormCpu(cpu: Cpu): GroupNormKernel {
  return (out, x, { weight, bias, groups, eps, silu }) => {
    const [B, , , C] = x.shape as [number, number, number, number];
    const image = C % 4 === 0 ? vectorImage(cpu, out, x) : plainImage(out, x);
    for (let b = 0; b < B; b++) {
      const means = groupMeans(image.sums(b), groups);
      const variances = groupMeans(image.squares(b, means), groups);
      // y = gain x + offset, once a channel
      const gain = variances.map((v, c) =>
        f32(weight)[c]! / Math.sqrt(v + eps)
      );
      const offset = gain.map((g, c) => f32(bias)[c]! - means[c]! * g);
      image.scale(b, gain, offset);
    }
    image.free();
    if (silu) {
      const { offset } = cpuStorage(out);
      pointwise(cpu, "silu", { to: offset, from: offset, n: x.size });
    }
  };
}

/** Passes over an image `[pixels, C]` of a batch; what they give is `[C]`. */
interface ImagePasses {
  /** Mean over the pixels. */
  sums(b: number): Float64Array;
  /** Mean of the squared distance. */
  squares(b: number, means: Float64Array): Float64Array;
  /** Writes `gain x + offset`. */
  scale(b: number, gain: Float64Array, offset: Float64Array): void;
  free(): void;
}

/** Means over the channels of each group, which all of them get. */
function groupMeans(values: Float64Array, groups: number): Float64Array {
  const width = values.length / groups;
  for (let first = 0; first < values.length; first += width) {
    const part = values.subarray(first, first + width);
    part.fill(part.reduce((a, b) => a + b) / width);
  }
  return values;
}

/** For channels that fill whole vectors. */
function vectorImage(
  { heap, programs }: Cpu,
  out: DeviceArray,
  x: DeviceArray,
): ImagePasses {
  const [B, , , C] = x.shape as [number, number, number, number];
  const rowBytes = C * 4;
  const pixels = x.size / B / C;
  const scratch = heap.allocate(2 * rowBytes);
  const [first, second] = [scratch, scratch + rowBytes];
  const channels = (at: number) => new Float32Array(heap.memory.buffer, at, C);
  const at = (tensor: DeviceArray, b: number, pixel = 0) =>
    cpuStorage(tensor).offset + (b * pixels + pixel) * rowBytes;
  const over = (b: number, run: (from: number, rows: number) => void) => {
    const total = new Float64Array(C);
    const sums = channels(first);
    for (let pixel = 0; pixel < pixels; pixel += RUN) {
      sums.fill(0);
      run(at(x, b, pixel), Math.min(RUN, pixels - pixel));
      for (let c = 0; c < C; c++) total[c]! += sums[c]! / pixels;
    }
    return total;
  };
  return {
    sums: (b) =>
      over(
        b,
        (from, rows) => programs.sumChannels(first, from, rows, rowBytes),
      ),
    squares(b, means) {
      channels(second).set(means);
      return over(
        b,
        (from, rows) =>
          programs.squareChannels(first, from, rows, rowBytes, second),
      );
    },
    scale(b, gain, offset) {
      channels(first).set(gain);
      channels(second).set(offset);
      const [to, from] = [at(out, b), at(x, b)];
      programs.scaleChannels(to, from, pixels, rowBytes, first, second);
    },
    free: () => heap.release(scratch, 2 * rowBytes),
  };
}

/** For any number of channels. */
function plainImage(out: DeviceArray, x: DeviceArray): ImagePasses {
  const [B, , , C] = x.shape as [number, number, number, number];
  const size = x.size / B;
  const part = (tensor: DeviceArray, b: number) =>
    f32(tensor).subarray(b * size, (b + 1) * size);
  const over = (b: number, f: (value: number, c: number) => number) => {
    const total = new Float64Array(C);
    const values = part(x, b);
    for (let i = 0; i < size; i += C) {
      for (let c = 0; c < C; c++) total[c]! += f(values[i + c]!, c);
    }
    return total.map((sum) => sum * C / size);
  };
  return {
    sums: (b) => over(b, (value) => value),
    squares: (b, means) => over(b, (value, c) => (value - means[c]!) ** 2),
    scale(b, gain, offset) {
      const [y, values] = [part(out, b), part(x, b)];
      for (let i = 0; i < size; i += C) {
        for (let c = 0; c < C; c++) {
          y[i + c] = values[i + c]! * gain[c]! + offset[c]!;
        }
      }
    },
    free() {},
  };
}
