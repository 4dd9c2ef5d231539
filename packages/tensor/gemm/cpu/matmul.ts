import type { Cpu } from "../../cpu/cpu.ts";
import { cpuStorage } from "../../cpu/storage.ts";
import { isQuantized } from "../../dtype.ts";
import type { MatmulKernel, MergesLoraKernel } from "../kernels.ts";
import { gemm } from "./gemm.ts";
import { quantizedMatmul } from "./quantized_matmul.ts";
import { residualOf } from "./residual.ts";
import { keepsPacked, rightOperand } from "./right_operand.ts";
import { withTransposed } from "./transposed.ts";

export function matmulCpu(cpu: Cpu): MatmulKernel {
  return (out, a, b, options) => {
    if (isQuantized(b.dtype)) return quantizedMatmul(cpu, out, [a, b], options);
    const { M, N, K, transposeA, transposeB, sharedA, sharedB } = options;
    const { batch, bias, branches, accumulate = false, activation } = options;
    // matrices that share b are one tall matrix
    const tall = sharedB && !sharedA;
    const rows = tall ? batch * M : M;
    const right = rightOperand(cpu, b, {
      batch: sharedB ? 1 : batch,
      N,
      K,
      transposed: transposeB,
      rows,
      branches,
    });
    withTransposed(
      cpu,
      a,
      { batch: sharedA ? 1 : batch, M, K, transposeA },
      (a) =>
        gemm(cpu, {
          a,
          aBatch: sharedA ? 0 : M * K * 4,
          b: right.offset,
          bBatch: sharedB ? 0 : right.batchBytes,
          form: right.form,
          c: cpuStorage(out).offset,
          bias: bias && cpuStorage(bias).offset,
          batch: tall ? 1 : batch,
          M: rows,
          N,
          K,
          accumulate,
          activation,
          residual: residualOf(options.residual, batch * M),
        }),
    );
  };
}

/** Whether the panels of a weight would hold its branches, too. */
export function mergesLoraCpu(
  cpu: Cpu,
): MergesLoraKernel {
  return (weight, rows) => {
    const [N, K] = weight.shape as [number, number];
    const shape = { batch: 1, N, K, transposed: true };
    return !isQuantized(weight.dtype) &&
      keepsPacked(cpu, weight, { ...shape, rows });
  };
}
