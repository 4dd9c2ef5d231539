import type { DeviceArray } from "../../device_array.ts";
import gemmRowMaxWgsl from "../../gemm/wgsl/gemm_row_max.wgsl" with {
  type: "text",
};
import type { GpuContext } from "../../webgpu/context.ts";
import { forRows, rowShape, rowVariant } from "../../webgpu/row_reduction.ts";
import { bind, shifted, type View, viewOf } from "../../webgpu/view.ts";
import attentionGradientRowsWgsl from "../wgsl/attention_gradient_rows.wgsl" with {
  type: "text",
};
import rowDotWgsl from "../wgsl/row_dot.wgsl" with { type: "text" };
import type { GradientFromKept } from "./run_gradient.ts";

/**
 * Log-sum-exp and scaled delta of each query, and the powers of two that bring
 * its dy and v into the range of f16: `[B H Lq, 4]`, which the caller releases.
 */
export function scaledQueries(
  context: GpuContext,
  { q, v, dy, kept }: GradientFromKept,
  type: "f16" | "f32",
): View {
  const [B, H, Lq, D] = q.shape as readonly [number, number, number, number];
  const maxima = [dy, v].map((x) => headMaxima(context, x));
  const rows = allocated(context, 4 * B * H * Lq);
  const shape = rowShape(context, D);
  forRows(context, { rows: B * H * Lq, C: D }, (start, length) => {
    const part = (view: View, row: number) =>
      bind(context, shifted(view, start * row), length * row);
    const logSumExp = part(viewOf(kept.logSumExp), 1);
    const [left, right] = [part(viewOf(dy), D), part(viewOf(kept.y), D)];
    const to = part(rows, 4);
    context.run({
      variant: rowVariant(
        "attention_gradient_rows",
        attentionGradientRowsWgsl,
        {
          shape,
        },
      ),
      reads: [
        logSumExp,
        left,
        right,
        ...maxima.map((view) => bind(context, view, B * H)),
      ].map(({ binding }) => binding),
      writes: [to.binding],
      ints: [
        start,
        length,
        Lq,
        D / 4,
        Number(type === "f16"),
        logSumExp.first,
        left.first / 4,
        right.first / 4,
        to.first / 4,
      ],
      workgroups: Math.ceil(length / shape.ROWS),
      work: length * D * 4,
    });
  });
  for (const { storage } of maxima) context.release(storage);
  return rows;
}

/** `delta = Σ_d dy y` of each query, which the caller releases. */
export function attentionDeltas(
  context: GpuContext,
  dy: DeviceArray,
  y: DeviceArray,
): View {
  const D = dy.shape[3]!;
  const delta = allocated(context, dy.size / D);
  const width = D % 4 === 0 ? 4 : 1;
  const shape = rowShape(context, D);
  forRows(context, { rows: dy.size / D, C: D }, (start, rows) => {
    const [left, right] = [dy, y].map((tensor) =>
      bind(context, shifted(viewOf(tensor), start * D), rows * D)
    ) as [ReturnType<typeof bind>, ReturnType<typeof bind>];
    const to = bind(context, shifted(delta, start), rows);
    context.run({
      variant: rowVariant("row_dot", rowDotWgsl, { shape, width }),
      reads: [left.binding, right.binding],
      writes: [to.binding],
      ints: [
        rows,
        D / width,
        left.first / width,
        right.first / width,
        to.first,
      ],
      workgroups: Math.ceil(rows / shape.ROWS),
      work: rows * D * 2,
    });
  });
  return delta;
}

/** Largest magnitude in each head of `[B, H, L, D]`, which the caller releases. */
function headMaxima(context: GpuContext, x: DeviceArray): View {
  const [B, H, L, D] = x.shape as readonly [number, number, number, number];
  const ofRows = rowMaxima(context, viewOf(x), { rows: B * H * L, K: D });
  const ofHeads = rowMaxima(context, ofRows, { rows: B * H, K: L });
  context.release(ofRows.storage);
  return ofHeads;
}

/** Largest magnitude in each row of `[rows, K]`. */
function rowMaxima(
  context: GpuContext,
  from: View,
  { rows, K }: { rows: number; K: number },
): View {
  const maxima = allocated(context, rows);
  const unit = K % 4 === 0 ? 4 : 1;
  forRows(context, { rows, C: K }, (start, count) => {
    const x = bind(context, shifted(from, start * K), count * K);
    context.run({
      variant: {
        name: "gemm_row_max",
        source: gemmRowMaxWgsl,
        spec: { T: unit === 4 ? "vec4f" : "f32" },
      },
      reads: [x.binding],
      writes: [bind(context, maxima, rows).binding],
      ints: [
        count,
        start,
        rows,
        ...[K, x.first - start * K, K, 0].map((n) => n / unit),
      ],
      workgroups: count,
      work: count * K,
    });
  });
  return maxima;
}

function allocated(context: GpuContext, length: number): View {
  return { storage: context.allocate("f32", length), dtype: "f32", first: 0 };
}
