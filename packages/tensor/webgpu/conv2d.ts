import type { Kernels } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { GpuContext } from "./context.ts";
import { gemm } from "./gemm.ts";
import { viewOf } from "./view.ts";

/** See `Kernels.conv2d`: a matrix product whose rows are windows of x. */
export function conv2d(
  context: GpuContext,
  out: Tensor,
  [x, weight]: readonly [x: Tensor, weight: Tensor],
  { bias, stride, padding }: Parameters<Kernels["conv2d"]>[3],
): void {
  type Shape = readonly [number, number, number, number];
  const [, inH, inW, Cin] = x.shape as Shape;
  const [Cout, kh, kw] = weight.shape as Shape;
  const [B, outH, outW] = out.shape as Shape;
  const K = kh * kw * Cin;
  gemm(context, {
    out: viewOf(out),
    a: viewOf(x),
    b: viewOf(weight),
    bias: bias && viewOf(bias),
    batch: 1,
    M: B * outH * outW,
    N: Cout,
    K,
    transposeB: true,
    aBatch: 0,
    bBatch: 0,
    outBatch: 0,
    lda: 0,
    ldb: K,
    ldo: Cout,
    windows: {
      inH,
      inW,
      Cin,
      kh,
      kw,
      outH,
      outW,
      stride,
      padTop: padding.top,
      padLeft: padding.left,
    },
  });
}
