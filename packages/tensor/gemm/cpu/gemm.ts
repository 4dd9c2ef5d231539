import type { Cpu } from "../../cpu/cpu.ts";
import {
  CONTROL,
  FORMS,
  MAX_BLOCK,
  MAX_ROWS,
  PANEL,
  POINTWISE,
  TILE_ROWS,
} from "../../cpu/wasm/control.ts";
import type { Activation } from "../epilogue.ts";

/** Multiplications of a task, some 0.2 ms. */
const TASK_WORK = 6_000_000;
/** Tasks a thread, so that one that is held up does not hold up all. */
const TASKS_PER_THREAD = 8;
/** Most rows of a task that packs columns for them. */
const MAX_ROWS_OF_PACKED = 8 * MAX_ROWS;
/** Most columns that are packed at a time. */
const MAX_COLUMNS_OF_PACKED = 16 * PANEL;

/** A product and its epilogue; addresses and strides in bytes. */
export interface Gemm {
  readonly a: number;
  readonly aBatch: number;
  readonly b: number;
  readonly bBatch: number;
  /** How b is stored; in panels if left out. */
  readonly form?: (typeof FORMS)[number] | undefined;
  readonly c: number;
  /** Bytes between rows of c; those of N columns if left out. */
  readonly ldc?: number | undefined;
  /** Not with `accumulate`. */
  readonly bias: number | undefined;
  readonly batch: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  /** Adds to what c holds. */
  readonly accumulate?: boolean | undefined;
  readonly activation?: Activation | undefined;
  readonly residual?: GemmResidual | undefined;
}

/** What is added at the end, laid out like c. */
export interface GemmResidual {
  readonly x: number;
  /** `[G, N]`, if there is a gate. */
  readonly gate?: number | undefined;
  /** Bytes between rows of the gate. */
  readonly ldgate: number;
  /** Rows of c that share a row of the gate. */
  readonly gateRows: number;
}

/** Runs a product as a job, cut into blocks of rows and columns. */
export function gemm({ heap, jobs }: Cpu, product: Gemm): void {
  const { a, aBatch, b, bBatch, c, bias, batch, M, N, K } = product;
  const { form = "panels", ldc = N * 4, activation, residual } = product;
  const blocks = form === "panels"
    ? blocksOf(product, jobs.threads)
    : widePacked(product, jobs.threads);
  const rowTasks = Math.ceil(M / blocks.rows);
  const columnTasks = Math.ceil(N / blocks.columns);
  const init = product.accumulate === true ? 2 : bias === undefined ? 0 : 1;
  // a block of K of the columns of a task, or all K of a panel that is cut
  const scratchBytes = form === "panels"
    ? 0
    : 4 * Math.max(blocks.columns * Math.min(K, MAX_BLOCK), PANEL * K);
  const scratch = scratchBytes === 0
    ? 0
    : heap.allocate(jobs.threads * scratchBytes);
  jobs.run("gemm", {
    a,
    lda: K * 4,
    aBatch,
    b,
    form: FORMS.indexOf(form),
    bBatch,
    c,
    ldc,
    cBatch: M * ldc,
    bias: bias ?? CONTROL.zeros,
    init,
    M,
    N,
    K,
    ...blocks,
    rowTasks,
    columnTasks,
    activation: activation === undefined
      ? 0
      : 1 + POINTWISE.indexOf(activation),
    residual: residual?.x ?? 0,
    gate: residual?.gate ?? 0,
    ldgate: residual?.ldgate ?? 0,
    gateRows: residual?.gateRows ?? 1,
    scratch,
    scratchBytes,
  }, {
    tasks: batch * rowTasks * columnTasks,
    work: batch * ceilTo(M, TILE_ROWS) * N * K,
  });
  if (scratchBytes > 0) heap.release(scratch, jobs.threads * scratchBytes);
}

interface Blocks {
  readonly rows: number;
  readonly columns: number;
}

/** Blocks of rows, and of columns where rows are few. */
function blocksOf({ batch, M, N, K }: Gemm, threads: number): Blocks {
  const wanted = Math.ceil(threads * TASKS_PER_THREAD / batch);
  const rows = Math.min(
    Math.max(ceilTo(M / wanted, TILE_ROWS), 4 * TILE_ROWS),
    MAX_ROWS,
  );
  const columns = Math.max(
    ceilTo(
      Math.min(
        N / Math.ceil(wanted / Math.ceil(M / rows)),
        TASK_WORK / (rows * K),
      ),
      PANEL,
    ),
    4 * PANEL,
  );
  return { rows, columns };
}

/** Blocks of columns, which are then packed for as many rows as can be. */
function widePacked({ batch, M, N }: Gemm, threads: number): Blocks {
  const wanted = Math.ceil(threads * TASKS_PER_THREAD / batch);
  const most = Math.min(M, MAX_ROWS_OF_PACKED);
  const columns = ceilTo(
    Math.min(N / wanted, MAX_COLUMNS_OF_PACKED),
    PANEL,
  );
  const columnTasks = Math.ceil(N / columns);
  const rows = columnTasks >= wanted / 2
    ? most
    : Math.max(ceilTo(M * columnTasks / wanted, TILE_ROWS), MAX_ROWS);
  return { rows: Math.min(rows, MAX_ROWS_OF_PACKED), columns };
}

function ceilTo(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
