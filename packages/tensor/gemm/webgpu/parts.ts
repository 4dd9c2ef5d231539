import { DTYPE_BYTES, storageBytes } from "../../dtype.ts";
import type { GpuContext } from "../../webgpu/context.ts";
import { shifted } from "../../webgpu/view.ts";
import { dispatchGemm, type PlannedGemm } from "./dispatch.ts";

const GRID = 65_535;

/** Runs a matrix product in parts that can be bound and do not take too long. */
export function gemmByParts(context: GpuContext, task: PlannedGemm): void {
  const { batch, M, N, K, transposeB, ldo, ldb, aBatch, bBatch } = task;
  const room = context.maxBindingBytes - 512;
  const split = (parts: number, total: number) => Math.ceil(total / parts);

  const aBytes = DTYPE_BYTES[task.a.dtype];

  // batch by batch unless all of some matrices fit
  const largest = Math.max(
    task.outBatch * 4,
    aBatch * aBytes,
    storageBytes(task.b.dtype, bBatch),
  );
  if (batch > 1) {
    const most = Math.max(
      1,
      Math.min(
        Math.floor(room / largest),
        Math.floor(context.maxWork / (2 * M * N * K)),
        M > GRID * 8 ? 1 : GRID,
      ),
    );
    if (most < batch) {
      for (let start = 0; start < batch; start += most) {
        gemmByParts(context, {
          ...task,
          batch: Math.min(most, batch - start),
          out: shifted(task.out, start * task.outBatch),
          residual: task.residual &&
            shifted(task.residual, start * task.outBatch),
          rowFirst: (task.rowFirst ?? 0) + start * M,
          a: shifted(task.a, start * aBatch),
          b: shifted(task.b, start * bBatch),
          scales: task.scales &&
            shifted(task.scales, start * (task.scaleBatch ?? 0)),
        });
      }
      return;
    }
  }

  // columns, if b is too large; its rows if it is stored [K, N]
  const bBytes = storageBytes(task.b.dtype, (transposeB ? N : K) * ldb);
  if (batch === 1 && bBytes > room) {
    const parts = Math.ceil(bBytes / room);
    if (transposeB) {
      const most = aligned(split(parts, N), 64);
      for (let start = 0; start < N; start += most) {
        gemmByParts(context, {
          ...task,
          N: Math.min(most, N - start),
          out: shifted(task.out, start),
          b: shifted(task.b, start * ldb),
          bias: task.bias && shifted(task.bias, start),
          residual: task.residual && shifted(task.residual, start),
          gate: task.gate &&
            { ...task.gate, view: shifted(task.gate.view, start) },
        });
      }
    } else {
      const most = aligned(split(parts, K), 64);
      for (let start = 0; start < K; start += most) {
        gemmByParts(context, {
          ...task,
          K: Math.min(most, K - start),
          a: shifted(task.a, start),
          b: shifted(task.b, start * ldb),
          bias: start === 0 ? task.bias : undefined,
          accumulate: start > 0 || task.accumulate,
          ...(start + most < K
            ? { activation: undefined, residual: undefined, gate: undefined }
            : {}),
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
  const rowBytes = Math.max(4 * ldo, aBytes * aRow);
  const halo = windows === undefined
    ? 0
    : aBytes * windows.inW * windows.Cin * (windows.kh + windows.stride);
  const parts = Math.max(
    batch === 1 ? M * rowBytes / Math.max(room - halo, rowBytes) : 1,
    batch === 1 ? 2 * M * N * K / context.maxWork : 1,
    M / (GRID * 8),
  );
  if (parts > 1) {
    const most = aligned(split(Math.ceil(parts), M), 16);
    if (most < M) {
      for (let start = 0; start < M; start += most) {
        gemmByParts(context, {
          ...task,
          M: Math.min(most, M - start),
          out: shifted(task.out, start * ldo),
          residual: task.residual && shifted(task.residual, start * ldo),
          a: windows === undefined ? shifted(task.a, start * task.lda) : task.a,
          scales: windows === undefined && task.scales
            ? shifted(task.scales, start)
            : task.scales,
          rowFirst: (task.rowFirst ?? 0) + start,
        });
      }
      return;
    }
  }
  dispatchGemm(context, task);
}

/** A part rounded so that the next begins on a boundary, if it is that large. */
function aligned(part: number, to: number): number {
  return part > to ? Math.floor(part / to) * to : part;
}
