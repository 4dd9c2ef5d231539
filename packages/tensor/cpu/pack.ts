import type { Tensor } from "../tensor.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage, type Packed } from "./storage.ts";

/** Columns of a panel. */
const PANEL = 8;
/** Elements that are widened at a time. */
const CHUNK = 1 << 18;

/** A right operand as it is stored. */
export interface Unpacked {
  readonly batch: number;
  readonly N: number;
  readonly K: number;
  /** Whether it is `[batch, N, K]`, else `[batch, K, N]`. */
  readonly transposed: boolean;
}

/**
 * Runs `body` with the operand in panels. From the second use of a
 * layout on the panels are kept until the tensor is disposed, since weights
 * are used again, in training both as they are and transposed.
 */
export function withPacked(
  cpu: Cpu,
  b: Tensor,
  shape: Unpacked,
  body: (packed: Packed) => void,
): void {
  const storage = cpuStorage(b);
  const key = `${shape.batch},${shape.N},${shape.K},${shape.transposed}`;
  const kept = storage.packed.get(key);
  if (kept !== undefined) return body(kept);
  const batchBytes = Math.ceil(shape.N / PANEL) * PANEL * shape.K * 4;
  const sizeBytes = shape.batch * batchBytes;
  const offset = cpu.heap.allocate(sizeBytes);
  let keep = false;
  try {
    const packed = { offset, sizeBytes, batchBytes };
    pack(cpu, b, shape, packed);
    keep = storage.packed.has(key);
    storage.packed.set(key, keep ? packed : undefined);
    body(packed);
  } finally {
    if (!keep) cpu.heap.release(offset, sizeBytes);
  }
}

function pack(cpu: Cpu, b: Tensor, shape: Unpacked, packed: Packed): void {
  const { batch, N, K, transposed } = shape;
  const { offset: from } = cpuStorage(b);
  if (b.dtype === "f32") {
    return packF32(cpu, shape, { from, to: packed.offset, ...packed });
  }
  // 16-bit: rows of [N, K] panel by panel, else the whole of [K, N]
  const widen = b.dtype === "bf16"
    ? cpu.programs.widenBf16
    : cpu.programs.widenF16;
  const columns = transposed
    ? Math.min(Math.ceil(CHUNK / (K * PANEL)) * PANEL, N)
    : N;
  const wide = cpu.heap.allocate(columns * K * 4);
  try {
    for (let n = 0; n < batch; n++) {
      for (let j = 0; j < N; j += columns) {
        const width = Math.min(columns, N - j);
        widen(wide, from + (n * N + j) * K * 2, width * K);
        packF32(cpu, { batch: 1, N: width, K, transposed }, {
          from: wide,
          to: packed.offset + n * packed.batchBytes + j * K * 4,
          batchBytes: packed.batchBytes,
        });
      }
    }
  } finally {
    cpu.heap.release(wide, columns * K * 4);
  }
}

/** Packs f32 values at an address. */
export function packF32(
  { jobs }: Cpu,
  { batch, N, K, transposed }: Unpacked,
  { from, to, batchBytes }: { from: number; to: number; batchBytes: number },
): void {
  const panels = Math.ceil(N / PANEL);
  jobs.run("pack", {
    from,
    fromBatch: N * K * 4,
    to,
    toBatch: batchBytes,
    N,
    K,
    transposed: transposed ? 1 : 0,
    panels,
  }, { tasks: batch * panels, work: batch * N * K });
}
