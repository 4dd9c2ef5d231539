import type { Cpu } from "../cpu/cpu.ts";
import { cpuStorage } from "../cpu/storage.ts";
import { withPackedB } from "../gemm/cpu/right_operand.ts";
import type { AttentionKernel } from "./kernels.ts";

/** Most query rows of a task: their scores stay in the second cache. */
const MAX_ROWS = 48;
/** Fewest query rows of a task. */
const MIN_ROWS = 12;

export function attentionCpu(cpu: Cpu): AttentionKernel {
  return (out, q, k, v, { scale, bias }) => {
    const [B, H, Lq, D] = q.shape as [number, number, number, number];
    const Lk = k.shape[2]!;
    const batch = B * H;
    const { heap, jobs } = cpu;
    const wanted = Math.ceil(jobs.threads * 4 / batch);
    const rows = Math.min(
      Math.max(Math.ceil(Lq / wanted / 6) * 6, MIN_ROWS),
      MAX_ROWS,
    );
    const rowTasks = Math.ceil(Lq / rows);
    const scratchBytes = rows * (Lk + 7 & -8) * 4;
    const biasMatrix = Lq * Lk * 4;
    const biasHeads = bias?.shape[1] ?? 1;
    const kShape = { batch, N: Lk, K: D, transposed: true };
    const vShape = { batch, N: D, K: Lk, transposed: false };
    withPackedB(cpu, k, kShape, (keys) => {
      withPackedB(cpu, v, vShape, (values) => {
        const scratch = heap.allocate(jobs.threads * scratchBytes);
        jobs.run("attention", {
          q: cpuStorage(q).offset,
          k: keys.offset,
          kHead: keys.batchBytes,
          v: values.offset,
          vHead: values.batchBytes,
          out: cpuStorage(out).offset,
          bias: bias === undefined ? 0 : cpuStorage(bias).offset,
          biasBatch: bias?.shape[0] === 1 ? 0 : biasHeads * biasMatrix,
          biasHead: biasHeads === 1 ? 0 : biasMatrix,
          H,
          Lq,
          Lk,
          D,
          scale,
          rows,
          rowTasks,
          scratch,
          scratchBytes,
        }, { tasks: batch * rowTasks, work: 2 * batch * Lq * Lk * D });
        heap.release(scratch, jobs.threads * scratchBytes);
      });
    });
  };
}
