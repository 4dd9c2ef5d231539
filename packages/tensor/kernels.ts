import type { Op } from "./op.ts";
import * as operations from "./operations.ts";

type Operations = typeof operations;

/** Kernels of all operations on one backend. */
export type Kernels = {
  readonly [Name in keyof Operations]: Operations[Name] extends Op<infer Kernel>
    ? Kernel
    : never;
};

/** The kernels that a backend has of each operation. */
export function kernelsOf(
  backend: <Kernel>(op: Op<Kernel>) => Kernel,
): Kernels {
  return Object.fromEntries(
    Object.entries(operations as Record<string, Op<unknown>>)
      .map(([name, op]) => [name, backend(op)]),
  ) as Kernels;
}
