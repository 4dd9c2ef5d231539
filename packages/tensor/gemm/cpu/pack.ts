import type { Cpu } from "../../cpu/cpu.ts";
import { FORMS, PANEL } from "../../cpu/wasm/control.ts";

/** A right operand as a product reads it. */
export interface RightOperand {
  readonly offset: number;
  readonly form: (typeof FORMS)[number];
  /** Bytes from one matrix to the next. */
  readonly batchBytes: number;
}

/** What a right operand is like, `[batch, N, K]` if transposed, else `[batch, K, N]`. */
export interface Unpacked {
  readonly batch: number;
  readonly N: number;
  readonly K: number;
  readonly transposed: boolean;
}

/** Bytes of one matrix in panels of 8 columns. */
export function packedBytes({ N, K }: Pick<Unpacked, "N" | "K">): number {
  return Math.ceil(N / PANEL) * PANEL * K * 4;
}

/** Packs an operand into panels at an address. */
export function pack(
  { jobs }: Cpu,
  { offset, form, batchBytes }: RightOperand,
  { batch, N, K, to }: Omit<Unpacked, "transposed"> & { readonly to: number },
): void {
  const panels = Math.ceil(N / PANEL);
  jobs.run("pack", {
    from: offset,
    form: FORMS.indexOf(form),
    fromBatch: batchBytes,
    to,
    toBatch: packedBytes({ N, K }),
    N,
    K,
    panels,
  }, { tasks: batch * panels, work: batch * N * K });
}

/** Packs f32 values at an address. */
export function packF32(
  cpu: Cpu,
  { transposed, ...shape }: Unpacked,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  const form = transposed ? "f32Transposed" : "f32";
  const batchBytes = shape.N * shape.K * 4;
  pack(cpu, { offset: from, form, batchBytes }, { ...shape, to });
}
