import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import type { DeviceArray } from "../../device_array.ts";
import { DTYPE_BYTES } from "../../dtype.ts";
import type { LowRankBranch } from "../epilogue.ts";
import { packMerged } from "./merge_branches.ts";
import { pack, packedBytes, type RightOperand, type Unpacked } from "./pack.ts";

/** Rows from which on it costs next to nothing to pack for each product. */
const MANY_ROWS = 192;

/** What is asked for: the layout, for products of so many rows. */
type Wanted = Unpacked & {
  readonly rows: number;
  /** Branches to fold in. */
  readonly branches?: readonly LowRankBranch[] | undefined;
};

/** Whether a packed layout may be kept for products of so many rows. */
export function keepsPacked(
  { packCache }: Cpu,
  b: DeviceArray,
  wanted: Wanted,
): boolean {
  return wanted.rows < MANY_ROWS &&
    (cpuStorage(b).packed.get(keyOf(wanted)) !== undefined ||
      packCache.fits(wanted.batch * packedBytes(wanted)));
}

/**
 * The packed operand if it is kept, else as it is stored. Packed forms are
 * kept from the second use on, or the first with branches, since weights
 * are used again.
 */
export function rightOperand(
  cpu: Cpu,
  b: DeviceArray,
  wanted: Wanted,
): RightOperand {
  const { batch, rows, branches = [] } = wanted;
  if (rows >= MANY_ROWS) return storedOperand(b, wanted);
  const { packed } = cpuStorage(b);
  const key = keyOf(wanted);
  const kept = packed.get(key);
  const batchBytes = packedBytes(wanted);
  if (kept !== undefined && sameBranches(kept.branches, branches)) {
    return { offset: kept.offset, form: "panels", batchBytes };
  }
  const again = packed.has(key) || branches.length > 0;
  if (!again || !keepsPacked(cpu, b, wanted)) {
    packed.set(key, kept);
    return storedOperand(b, wanted);
  }
  const sizeBytes = batch * batchBytes;
  const offset = cpu.packCache.allocate(cpuStorage(b), key, sizeBytes);
  packed.set(key, { offset, sizeBytes, branches: [...branches] });
  if (branches.length === 0) {
    pack(cpu, storedOperand(b, wanted), { ...wanted, to: offset });
  } else packMerged(cpu, b, { ...wanted, branches, to: offset });
  return { offset, form: "panels", batchBytes };
}

/** Runs `body` with the packed operand, for a moment if it is not kept. */
export function withPackedB(
  cpu: Cpu,
  b: DeviceArray,
  shape: Unpacked,
  body: (packed: RightOperand) => void,
): void {
  const right = rightOperand(cpu, b, { ...shape, rows: 1 });
  if (right.form === "panels") return body(right);
  const batchBytes = packedBytes(shape);
  const sizeBytes = shape.batch * batchBytes;
  const to = cpu.heap.allocate(sizeBytes);
  try {
    pack(cpu, right, { ...shape, to });
    body({ offset: to, form: "panels", batchBytes });
  } finally {
    cpu.heap.release(to, sizeBytes);
  }
}

/** The operand as it lies in memory. */
function storedOperand(
  b: DeviceArray,
  { N, K, transposed }: Unpacked,
): RightOperand {
  const dtype = b.dtype as "f32" | "bf16" | "f16";
  return {
    offset: cpuStorage(b).offset,
    form: transposed ? `${dtype}Transposed` : dtype,
    batchBytes: N * K * DTYPE_BYTES[dtype],
  };
}

function keyOf({ batch, N, K, transposed }: Unpacked): string {
  return `${batch},${N},${K},${transposed}`;
}

/** Whether branches are the same tensors with the same factors. */
function sameBranches(
  left: readonly LowRankBranch[],
  right: readonly LowRankBranch[],
): boolean {
  return left.length === right.length &&
    left.every(({ A, B, scale }, i) =>
      A === right[i]!.A && B === right[i]!.B && scale === right[i]!.scale
    );
}
