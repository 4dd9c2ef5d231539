import { type Kernels, type QuantizedDType, storageBytes } from "../backend.ts";
import type { Tensor } from "../tensor.ts";
import type { Cpu } from "./cpu.ts";
import { dequantizeBytes } from "./dequantize.ts";
import { gemm } from "./matmul.ts";
import { packF32 } from "./pack.ts";
import { cpuStorage } from "./storage.ts";
import { withTransposed } from "./transposed.ts";

/** Bytes of widened values that are there at a time, and of their panels. */
const SCRATCH_BYTES = 32 * 2 ** 20;
/** Multiple of the elements of all blocks, and of the columns of a panel. */
const STEP = 256;

/**
 * A product whose right operand, one matrix for all of the batch, is in
 * quantised blocks: some columns of the result at a time, whose panels are not
 * kept.
 */
export function matmulOfBlocks(
  cpu: Cpu,
  out: Tensor,
  [a, b]: readonly [a: Tensor, b: Tensor],
  options: Parameters<Kernels["matmul"]>[3],
): void {
  const { heap, programs } = cpu;
  const { M, N, K, transposeA, transposeB, bias, batch } = options;
  const rows = batch * M;
  const c = cpuStorage(out).offset;
  const most = Math.min(
    Math.max(Math.floor(SCRATCH_BYTES / (4 * K * STEP)), 1) * STEP,
    N,
  );
  withTransposed(cpu, a, { batch, M, K, transposeA }, (a) => {
    for (let start = 0; start < N; start += most) {
      const columns = Math.min(most, N - start);
      const whole = columns === N;
      const partBytes = 4 * rows * columns;
      const part = whole ? c : heap.allocate(partBytes);
      withPanels(
        cpu,
        b,
        { start, columns, N, K, transposeB },
        (panels) =>
          gemm(cpu, {
            a,
            aBatch: 0,
            b: panels,
            bBatch: 0,
            c: part,
            bias: bias && cpuStorage(bias).offset + 4 * start,
            batch: 1,
            M: rows,
            N: columns,
            K,
          }),
      );
      if (whole) return;
      const rowBytes = 4 * columns;
      programs.copyRows(c + 4 * start, 4 * N, part, rowBytes, rowBytes, rows);
      heap.release(part, partBytes);
    }
  });
}

/** Runs `body` with some columns of the operand in panels. */
function withPanels(
  cpu: Cpu,
  b: Tensor,
  part: {
    readonly start: number;
    readonly columns: number;
    readonly N: number;
    readonly K: number;
    readonly transposeB: boolean;
  },
  body: (panels: number) => void,
): void {
  const { heap } = cpu;
  const { columns, K, transposeB } = part;
  const wideBytes = 4 * columns * K;
  const panelBytes = 4 * Math.ceil(columns / 8) * 8 * K;
  const panels = heap.allocate(panelBytes);
  try {
    const wide = heap.allocate(wideBytes);
    try {
      const values = new Float32Array(heap.memory.buffer, wide, columns * K);
      widenColumns(values, b, part);
      packF32(cpu, { batch: 1, N: columns, K, transposed: transposeB }, {
        from: wide,
        to: panels,
        batchBytes: panelBytes,
      });
    } finally {
      heap.release(wide, wideBytes);
    }
    body(panels);
  } finally {
    heap.release(panels, panelBytes);
  }
}

/** Columns of the operand, `[columns, K]` if it is transposed, else `[K, columns]`. */
function widenColumns(
  values: Float32Array,
  b: Tensor,
  { start, columns, N, K, transposeB }: {
    readonly start: number;
    readonly columns: number;
    readonly N: number;
    readonly K: number;
    readonly transposeB: boolean;
  },
): void {
  const dtype = b.dtype as QuantizedDType;
  const bytes = (elements: number) => storageBytes(dtype, elements);
  if (transposeB || columns === N) {
    const first = transposeB ? start * K : 0;
    return dequantizeBytes(
      values,
      b,
      bytes(first),
      bytes(first + columns * K),
    );
  }
  for (let k = 0; k < K; k++) {
    dequantizeBytes(
      values.subarray(k * columns, (k + 1) * columns),
      b,
      bytes(k * N + start),
      bytes(k * N + start + columns),
    );
  }
}
