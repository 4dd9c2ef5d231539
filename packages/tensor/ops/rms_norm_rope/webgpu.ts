import type { GpuContext } from "../../webgpu/context.ts";
import { rowShape, rowVariant } from "../../webgpu/row_reduction.ts";
import {
  bind,
  type BoundView,
  forParts,
  maxElements,
  shifted,
  viewOf,
} from "../../webgpu/view.ts";
import type { RmsNormRopeKernel } from "./kernels.ts";
import rmsNormRopeWgsl from "./rms_norm_rope.wgsl" with { type: "text" };

export function rmsNormRopeWebGpu(context: GpuContext): RmsNormRopeKernel {
  return (out, x, { weight, cos, sin, first, eps }) => {
    const [B, L, H, D] = x.shape as readonly [number, number, number, number];
    const Lout = out.shape[2]!;
    const shape = rowShape(context, D);
    const run = (
      rows: number,
      heads: number,
      place: { from: BoundView; to: BoundView; first: number },
    ) =>
      context.run({
        variant: rowVariant("rms_norm_rope", rmsNormRopeWgsl, { shape }),
        reads: [
          place.from.binding,
          bind(context, viewOf(weight), D).binding,
          bind(context, viewOf(cos), cos.size).binding,
          bind(context, viewOf(sin), sin.size).binding,
        ],
        writes: [place.to.binding],
        ints: [
          rows,
          heads,
          D / 2,
          H,
          L,
          Lout,
          place.first,
          place.from.first / 2,
          place.to.first / 2,
        ],
        floats: [D, eps],
        workgroups: Math.ceil(rows / shape.ROWS),
        work: rows * D * 16,
      });
    if (Math.max(x.sizeBytes, out.sizeBytes) <= context.maxBindingBytes) {
      const from = bind(context, viewOf(x), x.size);
      const to = bind(context, viewOf(out), out.size);
      return run(B * L * H, H, { from, to, first });
    }
    // head by head, whose rows of out follow each other
    const most = Math.floor(maxElements(context, "f32") / (H * D));
    for (let b = 0; b < B; b++) {
      forParts(L, Math.max(1, most), (start, tokens) => {
        const place = first + start;
        for (let h = 0; h < H; h++) {
          const from = bind(
            context,
            shifted(viewOf(x), ((b * L + start) * H + h) * D),
            ((tokens - 1) * H + 1) * D,
          );
          const to = bind(
            context,
            shifted(viewOf(out), ((b * H + h) * Lout + place) * D),
            tokens * D,
          );
          run(tokens, 1, {
            from,
            to: { ...to, first: to.first - place * D }, // may wrap around
            first: place,
          });
        }
      });
    }
  };
}
