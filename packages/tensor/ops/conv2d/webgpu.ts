import { gemm } from "../../gemm/webgpu/gemm.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { viewOf } from "../../webgpu/view.ts";
import type { Conv2dKernel } from "./kernels.ts";

/** A matrix product whose rows are windows of x. */
export function conv2dWebGpu(context: GpuContext): Conv2dKernel {
  return (out, x, weight, { bias, stride, padding }) => {
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
  };
}
