import { DTYPE_BYTES } from "../../dtype.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { bind, forParts, shifted, type View } from "../../webgpu/view.ts";
import gemmPackWgsl from "../wgsl/gemm_pack.wgsl" with { type: "text" };
import gemmRowMaxWgsl from "../wgsl/gemm_row_max.wgsl" with { type: "text" };
import type { Gemm } from "./task.ts";

/** Rows of f16, and what each is to be multiplied by. */
export interface Packed {
  /** Rows one after the other, each padded to a multiple of 8. */
  readonly a: View;
  readonly lda: number;
  readonly aBatch: number;
  /** Scale of each row, or of each row of pixels. */
  readonly scales: View;
  readonly scaleBatch: number;
}

/**
 * Rounds the first factor to f16, in memory that the caller releases. Each row
 * is scaled by a power of two, each image by one for all of it.
 */
export function packA(context: GpuContext, task: Gemm): Packed {
  const { windows } = task;
  const from = windows === undefined
    ? {
      M: task.M,
      batch: task.aBatch === 0 ? 1 : task.batch,
      K: task.K,
      rowStride: task.lda,
      batchStride: task.aBatch,
      groupRows: 1,
    }
    : {
      M: imageRows(task),
      batch: 1,
      K: windows.inW * windows.Cin,
      rowStride: windows.inW * windows.Cin,
      batchStride: 0,
      groupRows: windows.inH,
    };
  const rows = from.batch * from.M;
  const width = Math.ceil(from.K / 8) * 8;
  const maxima = whole(context.allocate("f32", rows), "f32");
  const scales = whole(context.allocate("f32", rows), "f32");
  const a = whole(context.allocate("f16", rows * width), "f16");
  const vector = [from.K, from.rowStride, from.batchStride, task.a.first]
    .every((n) => n % 4 === 0);
  const spec = { T: vector ? "vec4f" : "f32" };
  const unit = vector ? 4 : 1;
  const bound = (view: View) => bind(context, view, rows).binding;
  const parts = rowParts(context, from, width);
  for (const { start, count, first, length } of parts) {
    const x = bind(context, shifted(task.a, first), length);
    const xFirst = x.first - first; // where row 0 of all would be, modulo 2^32
    const ints = [
      count,
      start,
      from.M,
    ];
    context.run({
      variant: { name: "gemm_row_max", source: gemmRowMaxWgsl, spec },
      reads: [x.binding],
      writes: [bound(maxima)],
      ints: [
        ...ints,
        ...[from.K, xFirst, from.rowStride, from.batchStride]
          .map((n) => n / unit),
      ],
      workgroups: count,
      work: count * from.K,
    });
  }
  for (const { start, count, first, length } of parts) {
    const x = bind(context, shifted(task.a, first), length);
    const y = bind(context, shifted(a, start * width), count * width);
    context.run({
      variant: {
        name: "gemm_pack",
        source: gemmPackWgsl,
        spec: { ...spec, VECTOR: String(vector) },
      },
      reads: [x.binding, bound(maxima)],
      writes: [y.binding, bound(scales)],
      ints: [
        count,
        start,
        from.M,
        from.K,
        x.first - first,
        (y.first - start * width) / 8, // in octets
        from.rowStride,
        from.batchStride,
        from.groupRows,
      ],
      workgroups: count,
      work: 4 * count * from.K,
    });
  }
  context.release(maxima.storage);
  return {
    a,
    lda: width,
    aBatch: task.aBatch === 0 ? 0 : from.M * width,
    scales,
    scaleBatch: task.aBatch === 0 ? 0 : from.M,
  };
}

/** All of a storage. */
function whole(storage: View["storage"], dtype: View["dtype"]): View {
  return { storage, dtype, first: 0 };
}

/** Rows of pixels of all images that the windows see. */
function imageRows({ windows, M }: Gemm): number {
  const { inH, outH, outW } = windows!;
  return Math.ceil(M / (outH * outW)) * inH;
}

/** Runs of rows that can be bound, and the elements they span. */
function rowParts(
  { maxBindingBytes }: GpuContext,
  { batch, M, K, rowStride, batchStride }: {
    batch: number;
    M: number;
    K: number;
    rowStride: number;
    batchStride: number;
  },
  width: number,
) {
  const room = Math.floor((maxBindingBytes - 512) / DTYPE_BYTES.f32);
  const most = Math.max(1, Math.floor(room / Math.max(rowStride, width)));
  const span = (rows: number, at: number) => ({
    first: Math.floor(at / M) * batchStride + at % M * rowStride,
    length: (rows - 1) * rowStride + K,
  });
  const parts: {
    start: number;
    count: number;
    first: number;
    length: number;
  }[] = [];
  // matrices that lie one after the other are one tall matrix
  const dense = batch === 1 || batchStride === M * rowStride;
  const height = dense ? batch * M : M;
  for (let b = 0; b < batch * M; b += height) {
    forParts(height, most, (start, count) => {
      parts.push({ start: b + start, count, ...span(count, b + start) });
    });
  }
  return parts;
}
