import type { Cpu } from "../cpu/cpu.ts";
import { cpuStorage } from "../cpu/storage.ts";
import type { DeviceArray } from "../device_array.ts";
import { gemm } from "../gemm/cpu/gemm.ts";
import { packF32 } from "../gemm/cpu/pack.ts";
import { transpose } from "../gemm/cpu/transposed.ts";
import type { AttentionGradientKernel } from "./kernels.ts";

/** Bytes of each of the arrays of scores that are held at a time. */
const MAX_SCORES_BYTES = 4 * 2 ** 20;
/** Columns of a packed panel. */
const PANEL = 8;
/** Rows of a task. */
const CHUNK = 96;
/** Multiplications that a score is worth, for the choice of threads. */
const WORK = 8;

/** A right operand in panels, for {@linkcode gemm}. */
type Panels = { readonly b: number; readonly bBatch: number };

/**
 * The gradients of attention, whose probabilities are computed anew: all
 * queries of some heads at a time, or some queries of one head if these have
 * too many scores.
 */
export function attentionGradientCpu(
  cpu: Cpu,
): AttentionGradientKernel {
  return ({ dq, dk, dv }, { q, k, v, dy }, { scale }) => {
    const [B, H, Lq, D] = q.shape as [number, number, number, number];
    const Lk = k.shape[2]!;
    // rows of scores, of which four can be turned at a time
    const room = Math.max(4, Math.floor(MAX_SCORES_BYTES / (16 * Lk)) * 4);
    const queries = Math.min(Lq, room);
    const heads = Math.min(B * H, Math.max(1, Math.floor(room / queries)));
    using memory = new Scratch(cpu);
    const probabilities = memory.take(heads * queries * Lk);
    const ds = memory.take(heads * queries * Lk);
    const turned = memory.take(heads * queries * Lk);
    const sum = queries < Lq ? memory.take(Lk * D) : 0;
    const panelsOf = (N: number, K: number) => memory.take(heads * panel(N, K));
    const [keys, values] = [panelsOf(Lk, D), panelsOf(Lk, D)];
    const keyRows = panelsOf(D, Lk);
    const rows = panelsOf(D, queries);

    for (let head = 0; head < B * H; head += heads) {
      const batch = Math.min(heads, B * H - head);
      const at = (tensor: DeviceArray, row: number) =>
        cpuStorage(tensor).offset + row * D * 4;
      const pack = (
        from: number,
        to: number,
        shape: { N: number; K: number; transposed: boolean },
      ): Panels => {
        const batchBytes = panel(shape.N, shape.K) * 4;
        packF32(cpu, { batch, ...shape }, { from, to });
        return { b: to, bBatch: batchBytes };
      };
      const product = (
        c: number,
        [a, aBatch]: readonly [address: number, batchBytes: number],
        panels: Panels,
        shape: { M: number; N: number; K: number },
      ) =>
        gemm(cpu, {
          a,
          aBatch,
          ...panels,
          c,
          bias: undefined,
          batch,
          ...shape,
        });
      const perKey = { N: Lk, K: D, transposed: true };
      const kPanels = pack(at(k, head * Lk), keys, perKey);
      const vPanels = pack(at(v, head * Lk), values, perKey);
      const kRows = pack(at(k, head * Lk), keyRows, {
        N: D,
        K: Lk,
        transposed: false,
      });

      for (let query = 0; query < Lq; query += queries) {
        const count = Math.min(queries, Lq - query);
        const first = head * Lq + query;
        const ofHead = Lq * D * 4;
        const weights = { rows: batch * count, columns: Lk };
        /** `out += weightsᵀ b`, for each head. */
        const addKeys = (out: DeviceArray, from: number, b: DeviceArray) => {
          transpose(cpu, { to: turned, from }, {
            batch,
            rows: count,
            columns: Lk,
          }); // [batch, Lk, count]
          const panels = pack(at(b, first), rows, {
            N: D,
            K: count,
            transposed: false,
          });
          const to = at(out, head * Lk);
          const shape = { M: Lk, N: D, K: count };
          const whole = query === 0;
          product(whole ? to : sum, [turned, Lk * count * 4], panels, shape);
          if (!whole) addTo(cpu, { to, from: sum }, Lk * D);
        };

        const shape = { M: count, N: Lk, K: D };
        product(probabilities, [at(q, first), ofHead], kPanels, shape);
        softmaxRows(cpu, probabilities, { ...weights, scale });
        if (dv !== undefined) addKeys(dv, probabilities, dy);
        if (dq === undefined && dk === undefined) continue;
        product(ds, [at(dy, first), ofHead], vPanels, shape);
        softmaxGradientRows(cpu, { ds, probabilities }, { ...weights, scale });
        if (dk !== undefined) addKeys(dk, ds, q);
        if (dq === undefined) continue;
        product(at(dq, first), [ds, count * Lk * 4], kRows, {
          M: count,
          N: D,
          K: Lk,
        });
      }
    }
  };
}

/** Elements of a packed right operand. */
function panel(N: number, K: number): number {
  return Math.ceil(N / PANEL) * PANEL * K;
}

/** Memory of the heap that is freed at the end. */
class Scratch implements Disposable {
  readonly #cpu: Cpu;
  readonly #blocks: [offset: number, sizeBytes: number][] = [];

  constructor(cpu: Cpu) {
    this.#cpu = cpu;
  }

  take(elements: number): number {
    const sizeBytes = elements * 4 + 16; // programs write whole vectors
    const offset = this.#cpu.heap.allocate(sizeBytes);
    this.#blocks.push([offset, sizeBytes]);
    return offset;
  }

  [Symbol.dispose](): void {
    for (const [offset, sizeBytes] of this.#blocks) {
      this.#cpu.heap.release(offset, sizeBytes);
    }
  }
}

interface Rows {
  readonly rows: number;
  readonly columns: number;
  readonly scale: number;
}

/** Softmax of `scale x`, in place. */
function softmaxRows(
  { jobs, heap }: Cpu,
  address: number,
  { rows, columns, scale }: Rows,
): void {
  if (columns % 4 === 0) {
    jobs.run("softmaxRows", {
      x: address,
      rowBytes: columns * 4,
      rows,
      chunk: CHUNK,
      scale,
    }, { tasks: Math.ceil(rows / CHUNK), work: rows * columns * WORK });
    return;
  }
  const x = new Float32Array(heap.memory.buffer, address, rows * columns);
  for (let first = 0; first < x.length; first += columns) {
    const row = x.subarray(first, first + columns);
    let top = -Infinity;
    for (let i = 0; i < columns; i++) top = Math.max(top, scale * row[i]!);
    let sum = 0;
    for (let i = 0; i < columns; i++) {
      sum += row[i] = Math.exp(scale * row[i]! - top);
    }
    for (let i = 0; i < columns; i++) row[i]! /= sum;
  }
}

/** `ds = scale p (ds - Σ p ds)`, in place. */
function softmaxGradientRows(
  { jobs, heap }: Cpu,
  { ds, probabilities }: { ds: number; probabilities: number },
  { rows, columns, scale }: Rows,
): void {
  if (columns % 4 === 0) {
    jobs.run("softmaxGradientRows", {
      ds,
      p: probabilities,
      rowBytes: columns * 4,
      rows,
      chunk: CHUNK,
      scale,
    }, { tasks: Math.ceil(rows / CHUNK), work: rows * columns * WORK });
    return;
  }
  const { buffer } = heap.memory;
  const d = new Float32Array(buffer, ds, rows * columns);
  const p = new Float32Array(buffer, probabilities, rows * columns);
  for (let first = 0; first < d.length; first += columns) {
    let dot = 0;
    for (let i = first; i < first + columns; i++) dot += p[i]! * d[i]!;
    for (let i = first; i < first + columns; i++) {
      d[i] = scale * p[i]! * (d[i]! - dot);
    }
  }
}

/** `to += from`. */
function addTo(
  { programs, heap }: Cpu,
  { to, from }: { to: number; from: number },
  elements: number,
): void {
  const whole = elements - elements % 4; // what follows belongs to others
  programs.add(to, to, from, whole * 4);
  const x = new Float32Array(heap.memory.buffer, to, elements);
  const y = new Float32Array(heap.memory.buffer, from, elements);
  for (let i = whole; i < elements; i++) x[i]! += y[i]!;
}
