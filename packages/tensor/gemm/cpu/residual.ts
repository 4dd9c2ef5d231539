import { cpuStorage } from "../../cpu/storage.ts";
import type { Residual } from "../epilogue.ts";
import type { GemmResidual } from "./gemm.ts";

/** A residual of so many rows, by addresses. */
export function residualOf(
  residual: Residual | undefined,
  rows: number,
): GemmResidual | undefined {
  if (residual === undefined) return undefined;
  const { x, gate } = residual;
  if (gate === undefined) {
    return { x: cpuStorage(x).offset, ldgate: 0, gateRows: 1 };
  }
  const [G, N] = gate.shape as [number, number];
  return {
    x: cpuStorage(x).offset,
    gate: cpuStorage(gate).offset,
    ldgate: N * 4,
    gateRows: rows / G,
  };
}
