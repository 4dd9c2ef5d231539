import type { GpuContext } from "../../webgpu/context.ts";
import type { KernelVariant } from "../../webgpu/variant.ts";
import {
  bind,
  forParts,
  maxElements,
  shifted,
  type View,
  viewOf,
} from "../../webgpu/view.ts";
import { WG } from "../../webgpu/workgroup.ts";
import groupNormApplyWgsl from "./group_norm_apply.wgsl" with { type: "text" };
import groupNormCombineWgsl from "./group_norm_combine.wgsl" with {
  type: "text",
};
import groupNormStatsWgsl from "./group_norm_stats.wgsl" with { type: "text" };
import type { GroupNormKernel } from "./kernels.ts";

const STATS: KernelVariant = {
  name: "group_norm_stats",
  source: groupNormStatsWgsl,
};
const COMBINE: KernelVariant = {
  name: "group_norm_combine",
  source: groupNormCombineWgsl,
};
const APPLY: readonly KernelVariant[] = [0, 1].map((SILU) => ({
  name: "group_norm_apply",
  source: groupNormApplyWgsl,
  spec: { SILU },
}));

export function groupNormWebGpu(context: GpuContext): GroupNormKernel {
  return (out, x, options) => {
    const { weight, bias, groups, eps, silu } = options;
    const [B, h, w, C] = x.shape as readonly [number, number, number, number];
    const P = h * w;
    const size = C / groups;
    const most = maxElements(context, "f32");
    const pixels = Math.max(
      1,
      Math.min(Math.max(16, Math.ceil(P / 512)), Math.floor(most / C)),
    );
    const blocks = Math.ceil(P / pixels);
    const partial = scratch(context, B * blocks * groups * 2);
    const stats = scratch(context, B * groups * 2);

    // statistics of each block
    const partials = bind(context, partial, B * blocks * groups * 2);
    for (let b = 0; b < B; b++) {
      forParts(blocks, Math.floor(most / C / pixels), (start, count) => {
        const first = b * P + start * pixels;
        const covered = Math.min(count * pixels, P - start * pixels);
        const from = bind(
          context,
          shifted(viewOf(x), first * C),
          covered * C,
        );
        const length = count * groups;
        context.run({
          variant: STATS,
          reads: [from.binding],
          writes: [partials.binding],
          ints: [
            length,
            groups,
            size,
            C,
            P,
            pixels,
            from.first,
            start * pixels,
            (b * blocks + start) * groups,
          ],
          workgroups: Math.ceil(length / WG),
          work: covered * C * 4,
        });
      });
    }

    // of each image
    const joined = bind(context, stats, B * groups * 2);
    context.run({
      variant: COMBINE,
      reads: [partials.binding],
      writes: [joined.binding],
      ints: [
        B * groups,
        groups,
        blocks,
        pixels * size,
        (P - (blocks - 1) * pixels) * size,
      ],
      floats: [eps],
      workgroups: Math.ceil(B * groups / WG),
      work: B * groups * blocks * 8,
    });

    forParts(x.size, most, (start, length) => {
      const from = bind(context, shifted(viewOf(x), start), length);
      const to = bind(context, shifted(viewOf(out), start), length);
      context.run({
        variant: APPLY[Number(silu)]!,
        reads: [
          from.binding,
          joined.binding,
          bind(context, viewOf(weight), C).binding,
          bind(context, viewOf(bias), C).binding,
        ],
        writes: [to.binding],
        ints: [start, length, C, P * C, size, groups, from.first, to.first],
        workgroups: Math.ceil(length / WG),
        work: length * 8,
      });
    });
    context.release(partial.storage);
    context.release(stats.storage);
  };
}

function scratch(context: GpuContext, length: number): View {
  return { storage: context.allocate("f32", length), dtype: "f32", first: 0 };
}
