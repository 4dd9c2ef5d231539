import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import type { DeviceArray } from "../../device_array.ts";
import { type QuantizedDType, storageBytes } from "../../dtype.ts";
import { dequantizeBytes } from "../../ops/dequantize/cpu.ts";
import type { MatmulKernel } from "../kernels.ts";
import { gemm } from "./gemm.ts";
import { residualOf } from "./residual.ts";
import { withTransposed } from "./transposed.ts";

/** Bytes of widened values that are there at a time. */
const SCRATCH_BYTES = 32 * 2 ** 20;
/** Multiple of the elements of all blocks, and of the columns of a panel. */
const STEP = 256;

/**
 * A product whose right operand, one matrix for all of the batch, is in
 * quantised blocks: some columns of the result at a time.
 */
export function quantizedMatmul(
  cpu: Cpu,
  out: DeviceArray,
  [a, b]: readonly [a: DeviceArray, b: DeviceArray],
  options: Parameters<MatmulKernel>[3],
): void {
  const { heap } = cpu;
  const { M, N, K, transposeA, transposeB, bias, batch } = options;
  const { accumulate = false, activation } = options;
  const rows = batch * M;
  const residual = residualOf(options.residual, rows);
  const most = Math.min(
    Math.max(Math.floor(SCRATCH_BYTES / (4 * K * STEP)), 1) * STEP,
    N,
  );
  const wideBytes = 4 * most * K;
  const wide = heap.allocate(wideBytes);
  withTransposed(cpu, a, { batch, M, K, transposeA }, (a) => {
    for (let start = 0; start < N; start += most) {
      const columns = Math.min(most, N - start);
      const values = new Float32Array(heap.memory.buffer, wide, columns * K);
      widenColumns(values, b, { start, columns, N, K, transposeB });
      gemm(cpu, {
        a,
        aBatch: 0,
        b: wide,
        form: transposeB ? "f32Transposed" : "f32",
        bBatch: 0,
        c: cpuStorage(out).offset + 4 * start,
        ldc: 4 * N,
        bias: bias && cpuStorage(bias).offset + 4 * start,
        batch: 1,
        M: rows,
        N: columns,
        K,
        accumulate,
        activation,
        residual: residual && {
          ...residual,
          x: residual.x + 4 * start,
          gate: residual.gate && residual.gate + 4 * start,
        },
      });
    }
  });
  heap.release(wide, wideBytes);
}

/** Columns of the operand, `[columns, K]` if it is transposed, else `[K, columns]`. */
function widenColumns(
  values: Float32Array,
  b: DeviceArray,
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
