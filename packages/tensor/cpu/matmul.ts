import { CONTROL } from "@edit-transfer/kernels";
import { isQuantized, type Kernels } from "../backend.ts";
import { Tensor } from "../tensor.ts";
import { addGatedKernel } from "./add_gated.ts";
import { binaryKernel } from "./binary.ts";
import type { Cpu } from "./cpu.ts";
import { matmulOfBlocks } from "./matmul_of_blocks.ts";
import { withPacked } from "./pack.ts";
import { cpuStorage } from "./storage.ts";
import { withTransposed } from "./transposed.ts";
import { pointwise } from "./unary.ts";

/** Rows of the register tile. */
const TILE_ROWS = 6;
/** Columns of a panel. */
const PANEL = 8;
/** Multiplications of a task, some 0.2 ms. */
const TASK_WORK = 6_000_000;
/** Tasks a thread, so that one that is held up does not hold up all. */
const TASKS_PER_THREAD = 4;

export function matmulKernel(cpu: Cpu): Kernels["matmul"] {
  return (out, a, b, options) => {
    const { accumulate = false, activation, residual } = options;
    if (!accumulate && activation === undefined && residual === undefined) {
      return sums(cpu, out, [a, b], options);
    }
    using y = new Tensor(out.device, out.shape);
    sums(cpu, y, [a, b], options);
    const at = cpuStorage(y).offset;
    if (accumulate) {
      cpu.programs.add(at, at, cpuStorage(out).offset, y.sizeBytes);
    }
    if (activation !== undefined) {
      pointwise(cpu, activation, { to: at, from: at, n: y.size });
    }
    if (residual?.gate !== undefined) {
      addGatedKernel(cpu)(out, residual.x, residual.gate, y);
    } else if (residual !== undefined) {
      binaryKernel(cpu)(out, residual.x, y, "add");
    } else cpuStorage(out).f32.set(cpuStorage(y).f32);
  };
}

function sums(
  cpu: Cpu,
  out: Tensor,
  [a, b]: readonly [Tensor, Tensor],
  options: Parameters<Kernels["matmul"]>[3],
) {
  const { M, N, K, transposeA, transposeB, sharedA, sharedB, bias } = options;
  const { batch } = options;
  if (isQuantized(b.dtype)) return matmulOfBlocks(cpu, out, [a, b], options);
  const c = cpuStorage(out).offset;
  withTransposed(
    cpu,
    a,
    { batch: sharedA ? 1 : batch, M, K, transposeA },
    (a) => {
      withPacked(
        cpu,
        b,
        { batch: sharedB ? 1 : batch, N, K, transposed: transposeB },
        ({ offset, batchBytes }) => {
          // matrices that share b are one tall matrix
          const tall = sharedB && !sharedA;
          gemm(cpu, {
            a,
            aBatch: sharedA ? 0 : M * K * 4,
            b: offset,
            bBatch: sharedB ? 0 : batchBytes,
            c,
            bias: bias && cpuStorage(bias).offset,
            batch: tall ? 1 : batch,
            M: tall ? batch * M : M,
            N,
            K,
          });
        },
      );
    },
  );
}

/** A product whose right operand is packed; addresses and strides in bytes. */
export interface Gemm {
  readonly a: number;
  readonly aBatch: number;
  readonly b: number;
  readonly bBatch: number;
  readonly c: number;
  readonly bias: number | undefined;
  readonly batch: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Splits a product into blocks of rows, or of columns where rows are few. */
export function gemm({ jobs }: Cpu, product: Gemm): void {
  const { a, aBatch, b, bBatch, c, bias, batch, M, N, K } = product;
  const wanted = Math.ceil(jobs.threads * TASKS_PER_THREAD / batch);
  const rows = Math.min(
    Math.max(ceilTo(M / wanted, TILE_ROWS), 4 * TILE_ROWS),
    16 * TILE_ROWS,
  );
  const rowTasks = Math.ceil(M / rows);
  const columns = Math.max(
    ceilTo(
      Math.min(N / Math.ceil(wanted / rowTasks), TASK_WORK / (rows * K)),
      PANEL,
    ),
    8 * PANEL,
  );
  const columnTasks = Math.ceil(N / columns);
  jobs.run("gemm", {
    a,
    lda: K * 4,
    aBatch,
    b,
    bBatch,
    c,
    cBatch: M * N * 4,
    bias: bias ?? CONTROL.zeros,
    biased: bias === undefined ? 0 : 1,
    M,
    N,
    K,
    rows,
    columns,
    rowTasks,
    columnTasks,
  }, { tasks: batch * rowTasks * columnTasks, work: batch * M * N * K });
}

function ceilTo(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
