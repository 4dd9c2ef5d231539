import {
  gemmShuffleWgsl,
  type GemmSpec,
  gemmTileWgsl,
} from "@edit-transfer/kernels";
import { DTYPE_BYTES } from "../backend.ts";
import type { GpuContext } from "./context.ts";
import type { KernelVariant } from "./variant.ts";
import { bind, shifted, type View } from "./view.ts";

/** Windows of a convolution, as the rows of the first operand. */
export interface Windows {
  readonly inH: number;
  readonly inW: number;
  readonly Cin: number;
  readonly kh: number;
  readonly kw: number;
  readonly outH: number;
  readonly outW: number;
  readonly stride: number;
  readonly padTop: number;
  readonly padLeft: number;
}

/** A matrix product `out = a b + bias`, for each of a batch. */
export interface Gemm {
  readonly out: View;
  readonly a: View;
  readonly b: View;
  readonly bias?: View | undefined;
  readonly batch: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  /** Whether `b` is stored `[N, K]`. */
  readonly transposeB: boolean;
  /** Elements from matrix to matrix; 0 shares one. */
  readonly aBatch: number;
  readonly bBatch: number;
  readonly outBatch: number;
  /** Elements from row to row of `out`; N unless this is a part. */
  readonly ldo: number;
  /** Elements from row to row of `a`. */
  readonly lda: number;
  /** Elements from row to row of `b` as stored. */
  readonly ldb: number;
  /** Adds to what `out` holds. */
  readonly accumulate?: boolean;
  /** If the rows of `a` are windows of images; then `batch` is 1. */
  readonly windows?: Windows;
  /** Output pixel that is row 0. */
  readonly rowFirst?: number;
  /** Forces a kernel, to test it. */
  readonly tile?: GemmTile;
}

/** A kernel and its tile: so many rows, or elements of an invocation's side. */
export type GemmTile =
  | {
    readonly kernel: "shuffle";
    readonly lanes: number;
    readonly rows: number;
  }
  | { readonly kernel: "tile"; readonly perThread: number };

const GRID = 65_535;

/** Runs a matrix product in parts that can be bound and do not take too long. */
export function gemm(context: GpuContext, task: Gemm): void {
  const { batch, M, N, K, transposeB, ldo, ldb, aBatch, bBatch } = task;
  const room = context.maxBindingBytes - 512;
  const split = (parts: number, total: number) => Math.ceil(total / parts);

  // batch by batch unless all of some matrices fit
  const largest = Math.max(
    task.outBatch * 4,
    aBatch * 4,
    bBatch * DTYPE_BYTES[task.b.dtype],
  );
  if (batch > 1) {
    const most = Math.max(
      1,
      Math.min(
        Math.floor(room / largest),
        Math.floor(context.maxWork / (2 * M * N * K)),
        GRID,
      ),
    );
    if (most < batch) {
      for (let start = 0; start < batch; start += most) {
        gemm(context, {
          ...task,
          batch: Math.min(most, batch - start),
          out: shifted(task.out, start * task.outBatch),
          a: shifted(task.a, start * aBatch),
          b: shifted(task.b, start * bBatch),
        });
      }
      return;
    }
  }

  // columns, if b is too large; its rows if it is stored [K, N]
  const bBytes = (transposeB ? N : K) * ldb * DTYPE_BYTES[task.b.dtype];
  if (batch === 1 && bBytes > room) {
    const parts = Math.ceil(bBytes / room);
    if (transposeB) {
      const most = aligned(split(parts, N), 64);
      for (let start = 0; start < N; start += most) {
        gemm(context, {
          ...task,
          N: Math.min(most, N - start),
          out: shifted(task.out, start),
          b: shifted(task.b, start * ldb),
          bias: task.bias && shifted(task.bias, start),
        });
      }
    } else {
      const most = aligned(split(parts, K), 64);
      for (let start = 0; start < K; start += most) {
        gemm(context, {
          ...task,
          K: Math.min(most, K - start),
          a: shifted(task.a, start),
          b: shifted(task.b, start * ldb),
          bias: start === 0 ? task.bias : undefined,
          accumulate: start > 0,
        });
      }
    }
    return;
  }

  // rows, if a or out is too large or there is too much to compute
  const { windows } = task;
  const aRow = windows === undefined
    ? task.lda
    : windows.inW * windows.Cin * windows.stride / windows.outW;
  const rowBytes = 4 * Math.max(ldo, aRow);
  const halo = windows === undefined
    ? 0
    : 4 * windows.inW * windows.Cin * (windows.kh + windows.stride);
  const parts = Math.max(
    batch === 1 ? M * rowBytes / Math.max(room - halo, rowBytes) : 1,
    batch === 1 ? 2 * M * N * K / context.maxWork : 1,
    M / (GRID * 8),
  );
  if (parts > 1) {
    const most = aligned(split(Math.ceil(parts), M), 16);
    if (most < M) {
      for (let start = 0; start < M; start += most) {
        gemm(context, {
          ...task,
          M: Math.min(most, M - start),
          out: shifted(task.out, start * ldo),
          a: windows === undefined ? shifted(task.a, start * task.lda) : task.a,
          rowFirst: (task.rowFirst ?? 0) + start,
        });
      }
      return;
    }
  }
  dispatch(context, task);
}

/** A part rounded so that the next begins on a boundary, if it is that large. */
function aligned(part: number, to: number): number {
  return part > to ? Math.floor(part / to) * to : part;
}

function dispatch(context: GpuContext, task: Gemm): void {
  const { batch, M, N, K, transposeB, lda, ldb, ldo, windows } = task;
  const { aBatch, bBatch, outBatch, rowFirst = 0 } = task;
  const a = bindA(context, task);
  const bRows = transposeB ? N : K;
  const bColumns = transposeB ? K : N;
  const b = bind(
    context,
    task.b,
    (batch - 1) * bBatch + (bRows - 1) * ldb + bColumns,
  );
  const out = bind(
    context,
    task.out,
    (batch - 1) * outBatch + (M - 1) * ldo + N,
  );
  const bias = task.bias === undefined
    ? bind(context, { storage: context.empty, dtype: "f32", first: 0 }, 1)
    : bind(context, task.bias, N);
  const by4 = (...values: number[]) => values.every((n) => n % 4 === 0);
  const width = (vector: boolean) => vector ? "vec4" : "scalar";
  const spec: GemmSpec = {
    a: width(
      windows === undefined
        ? by4(K, lda, aBatch, a.first)
        : by4(windows.Cin, a.first),
    ),
    b: width(by4(bColumns, ldb, bBatch, b.first)),
    out: width(by4(N, ldo, outBatch, out.first)),
    bType: task.b.dtype as GemmSpec["bType"],
    transposeB,
    conv: windows !== undefined,
  };
  const tile = task.tile ?? chooseTile(context, M, N);
  const { variant, rows, columns } = tiled(tile, spec);
  const w = windows;
  context.run({
    variant,
    reads: [a.binding, b.binding, bias.binding],
    writes: [out.binding],
    ints: [
      M,
      N,
      K,
      Number(task.bias !== undefined),
      Number(task.accumulate ?? false),
      lda,
      ldb,
      ldo,
      a.first,
      b.first,
      out.first,
      bias.first,
      aBatch,
      bBatch,
      outBatch,
      ...(w === undefined ? Array<number>(10).fill(1) : [
        w.inH,
        w.inW,
        w.Cin,
        w.kh * w.kw,
        w.kw,
        w.outW,
        w.outH * w.outW,
        w.stride,
        w.padTop,
        w.padLeft,
      ]),
      rowFirst,
      rows,
    ],
    workgroups: [Math.ceil(N / columns), Math.ceil(M / rows), batch],
    work: 2 * batch * M * N * K,
  });
}

/** Binds the matrices, or the image rows that the windows see. */
function bindA(
  context: GpuContext,
  { a, batch, aBatch, M, K, lda, windows, rowFirst = 0 }: Gemm,
) {
  if (windows === undefined) {
    return bind(context, a, (batch - 1) * aBatch + (M - 1) * lda + K);
  }
  const { inH, inW, Cin, kh, outH, outW, stride, padTop } = windows;
  const inputRow = (pixel: number, tap: number) => {
    const row = Math.floor(pixel / outW); // over all images
    const within = (row % outH) * stride + tap - padTop;
    return Math.floor(row / outH) * inH +
      Math.min(Math.max(within, 0), inH - 1);
  };
  const from = inputRow(rowFirst, 0) * inW * Cin;
  const end = (inputRow(rowFirst + M - 1, kh - 1) + 1) * inW * Cin;
  const { binding, first } = bind(context, shifted(a, from), end - from);
  // the kernel counts from the first image, whose address may be before the
  // binding: the sum wraps around to the right place
  return { binding, first: first - from };
}

/** Largest tile that is not mostly empty, of the kernel that suits the adapter. */
function chooseTile(
  { subgroupSize, software }: GpuContext,
  M: number,
  N: number,
): GemmTile {
  if (software && subgroupSize > 0) {
    const lanes = subgroupSize;
    const rows = [1, 4, lanes].find((n) => M <= n) ?? 2 * lanes;
    return { kernel: "shuffle", lanes, rows };
  }
  return { kernel: "tile", perThread: M > 512 && N > 512 ? 8 : 4 };
}

/** The kernel of a tile, and the extents of what a workgroup computes. */
function tiled(
  tile: GemmTile,
  spec: GemmSpec,
): { variant: KernelVariant; rows: number; columns: number } {
  if (tile.kernel === "shuffle") {
    const { lanes, rows } = tile;
    return {
      variant: generated(
        "gemm_shuffle",
        { lanes, rows, ...spec },
        () => gemmShuffleWgsl({ ...spec, lanes, rows }),
      ),
      rows,
      columns: 4 * lanes,
    };
  }
  const { perThread } = tile;
  return {
    variant: generated(
      "gemm_tile",
      { perThread, ...spec },
      () => gemmTileWgsl({ ...spec, perThread }),
    ),
    rows: 16 * perThread,
    columns: 16 * perThread,
  };
}

const variants = new Map<string, KernelVariant>();

/** The variant of a generated kernel, written at most once. */
export function generated(
  name: string,
  spec: object,
  write: () => string,
): KernelVariant {
  const values = Object.entries(spec).map(([k, v]) => `${k}=${v}`).join(",");
  const label = `${name}[${values}]`;
  let variant = variants.get(label);
  if (variant === undefined) {
    variant = { name: label, source: write() };
    variants.set(label, variant);
  }
  return variant;
}
