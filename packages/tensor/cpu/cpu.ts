import type { PackCache } from "../gemm/cpu/pack_cache.ts";
import type { Heap } from "./heap.ts";
import type { Jobs } from "./jobs.ts";
import type { Programs } from "./programs.ts";

/** What the operations of the cpu run on. */
export interface Cpu {
  /** Where tensors live. */
  readonly heap: Heap;
  /** Right operands of products that are kept packed. */
  readonly packCache: PackCache;
  /** WebAssembly programs on the memory of the heap. */
  readonly programs: Programs;
  /** Programs that are split into tasks. */
  readonly jobs: Jobs;
}
