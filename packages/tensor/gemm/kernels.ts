import type { DeviceArray } from "../device_array.ts";
import type { Epilogue, LowRankBranch } from "./epilogue.ts";

/**
 * `out[n] = op(a[n]) op(b[n]) + bias`, with `out` `[batch, M, N]`, after the
 * {@linkcode Epilogue}. An operand of rank 2 is shared by all of the batch.
 * `b` may be f16 or bf16, or quantised if it is shared.
 */
export type MatmulKernel = (
  out: DeviceArray,
  a: DeviceArray,
  b: DeviceArray,
  options: Epilogue & {
    readonly batch: number;
    readonly M: number;
    readonly N: number;
    readonly K: number;
    readonly transposeA: boolean;
    readonly transposeB: boolean;
    /** Whether `a` has one matrix for the whole batch. */
    readonly sharedA: boolean;
    /** Whether `b` has one matrix for the whole batch. */
    readonly sharedB: boolean;
    /** `[N]`, added to every row. */
    readonly bias: DeviceArray | undefined;
    /** Branches beside `b` `[N, K]`, where `mergesLora` says so. */
    readonly branches?: readonly LowRankBranch[] | undefined;
  },
) => void;

/**
 * Whether `matmul` of so many rows takes branches of a weight `[N, K]`: their
 * sum with the weight is kept. Else they are products of their own.
 */
export type MergesLoraKernel = (
  weight: DeviceArray,
  rows: number,
) => boolean;
