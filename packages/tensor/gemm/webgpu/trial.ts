import { cast } from "../../ops/cast/cast.ts";
import { scope } from "../../scope.ts";
import { Tensor } from "../../tensor.ts";
import type { GemmShape } from "../../webgpu/tuned_shape.ts";
import { viewOf } from "../../webgpu/view.ts";
import type { WebGpuDevice } from "../../webgpu/webgpu_device.ts";
import { fits, namedVariant } from "./choice.ts";
import { gemm } from "./gemm.ts";
import type { Gemm, Windows } from "./task.ts";
import { type GemmVariant, gemmVariants } from "./variants.ts";

/** Ways to cut K that are tried. */
const SLICES = [2, 4, 8, 16];
/** Workgroups from which K is not cut, and the fewest values of k in a slice. */
const [MANY_GROUPS, MIN_SLICE] = [512, 256];

/** An operation on operands of some shape, ready to run on any variant. */
export interface Trial extends Disposable {
  /** Records it on the variant of a name. */
  run(name: string): void;
}

/** Names of the variants that are worth a measurement for a shape. */
export function gemmCandidates(
  device: WebGpuDevice,
  shape: GemmShape,
): string[] {
  const { batch, M, N, K } = shape;
  const all = gemmVariants(device);
  const shuffles = all.filter(({ name }) => name.startsWith("shuffle:"));
  // barriers make the others crawl on a software adapter
  const variants = device.software && shuffles.length > 0 ? shuffles : all;
  const wasteful = ({ rows, columns }: GemmVariant) =>
    rows > 2 * Math.max(M, 16) || columns > 2 * Math.max(N, 16) ||
    (rows < 8 && M >= 64);
  return variants.filter((variant) => !wasteful(variant)).flatMap((variant) => {
    const { name, rows, columns } = variant;
    const groups = batch * Math.ceil(M / rows) * Math.ceil(N / columns);
    const slices = groups >= MANY_GROUPS
      ? []
      : SLICES.filter((count) => K / count >= MIN_SLICE);
    return [1, ...slices]
      .filter((count) => fits(device, { variant, slices: count }, shape))
      .map((count) => count === 1 ? name : `${name}/k${count}`);
  });
}

/** Operands of a shape. A convolution is of one square image, 3 × 3 or 1 × 1. */
export function gemmTrial(device: WebGpuDevice, shape: GemmShape): Trial {
  const { batch, N, K, bType, channels, transposeB = true } = shape;
  const windows = channels === undefined ? undefined : squareWindows(shape);
  const M = windows === undefined ? shape.M : windows.outH * windows.outW;
  const a = filled(
    device,
    windows === undefined
      ? [batch, M, K]
      : [windows.inH, windows.inW, windows.Cin],
  );
  using b32 = filled(device, [batch, N, K]);
  const b = scope(() => cast(b32, bType));
  const out = new Tensor(device, [batch * M * N]);
  const product: Gemm = {
    out: viewOf(out),
    a: viewOf(a),
    b: viewOf(b),
    batch,
    M,
    N,
    K,
    transposeB,
    aBatch: M * K,
    bBatch: N * K,
    outBatch: M * N,
    lda: K,
    ldb: transposeB ? K : N,
    ldo: N,
    ...windows && { windows },
  };
  return {
    run: (name) =>
      gemm(device, { ...product, choice: namedVariant(device, name) }),
    [Symbol.dispose]() {
      for (const tensor of [a, b, out]) tensor.dispose();
    },
  };
}

function squareWindows({ M, K, channels }: GemmShape): Windows {
  const side = Math.max(1, Math.round(Math.sqrt(M)));
  const taps = Math.max(1, Math.round(Math.sqrt(K / channels!)));
  const padding = taps >> 1;
  return {
    inH: side,
    inW: side,
    Cin: channels!,
    kh: taps,
    kw: taps,
    outH: side,
    outW: side,
    stride: 1,
    padTop: padding,
    padLeft: padding,
  };
}

/** Values as busy as those of a model: a processor computes zeros faster. */
export function filled(
  device: WebGpuDevice,
  shape: readonly number[],
): Tensor {
  const length = shape.reduce((a, b) => a * b, 1);
  const values = new Float32Array(length);
  const period = Math.min(length, 65_521);
  for (let i = 0; i < period; i++) values[i] = Math.sin(i * i);
  for (let at = period; at < length; at *= 2) values.copyWithin(at, 0, at);
  return Tensor.from(device, values, { shape });
}
