import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import type { DeviceArray } from "../../device_array.ts";
import { DTYPE_BYTES } from "../../dtype.ts";
import type { LowRankBranch } from "../epilogue.ts";
import { packFolded } from "./fold_branches.ts";
import { pack, panelBytes, type RightOperand, type Unpacked } from "./pack.ts";

/** Rows from which on it costs next to nothing to pack for each product. */
const MANY_ROWS = 192;

/** What is asked for: the layout, for products of so many rows. */
type Wanted = Unpacked & {
  readonly rows: number;
  /** Branches to fold in. */
  readonly branches?: readonly LowRankBranch[] | undefined;
};

/** Whether panels of a layout may be kept for products of so many rows. */
export function keepsPanels(
  { panels }: Cpu,
  b: DeviceArray,
  wanted: Wanted,
): boolean {
  return wanted.rows < MANY_ROWS &&
    (cpuStorage(b).panels.get(keyOf(wanted)) !== undefined ||
      panels.fits(wanted.batch * panelBytes(wanted)));
}

/**
 * The operand in panels if these are kept, else as it is stored. Panels are
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
  const { panels } = cpuStorage(b);
  const key = keyOf(wanted);
  const kept = panels.get(key);
  const batchBytes = panelBytes(wanted);
  if (kept !== undefined && sameBranches(kept.branches, branches)) {
    return { offset: kept.offset, form: "panels", batchBytes };
  }
  const again = panels.has(key) || branches.length > 0;
  if (!again || !keepsPanels(cpu, b, wanted)) {
    panels.set(key, kept);
    return storedOperand(b, wanted);
  }
  const sizeBytes = batch * batchBytes;
  const offset = cpu.panels.allocate(cpuStorage(b), key, sizeBytes);
  panels.set(key, { offset, sizeBytes, branches: [...branches] });
  if (branches.length === 0) {
    pack(cpu, storedOperand(b, wanted), { ...wanted, to: offset });
  } else packFolded(cpu, b, { ...wanted, branches, to: offset });
  return { offset, form: "panels", batchBytes };
}

/** Runs `body` with the operand in panels, for a moment if they are not kept. */
export function withPanels(
  cpu: Cpu,
  b: DeviceArray,
  shape: Unpacked,
  body: (panels: RightOperand) => void,
): void {
  const right = rightOperand(cpu, b, { ...shape, rows: 1 });
  if (right.form === "panels") return body(right);
  const batchBytes = panelBytes(shape);
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
