import type { Cpu } from "./cpu/cpu.ts";
import type { GpuContext } from "./webgpu/context.ts";

/**
 * A kernel of an operation on each backend: a function that writes `out`, whose
 * shape the caller has already checked and allocated. Tensors are dense and
 * row-major. Sums accumulate in f32 (or wider) whatever is stored.
 */
export interface Op<Kernel> {
  /** The kernel on the cpu. */
  cpu(cpu: Cpu): Kernel;
  /** The kernel that records dispatches on a GPU. */
  webgpu(context: GpuContext): Kernel;
  /**
   * Whether the kernel of the cpu takes memory besides that of tensors, or tells
   * what memory others take, so that a device that only counts memory runs it.
   */
  readonly scratch?: true | undefined;
}
