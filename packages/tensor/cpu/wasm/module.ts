import { attentionWat } from "./attention.ts";
import { channelsWat } from "./channels.ts";
import { CONTROL, SPILL_BYTES } from "./control.ts";
import { conv2dWat } from "./conv2d.ts";
import { gemmWat } from "./gemm.ts";
import { gradientsWat } from "./gradients.ts";
import { jobsWat } from "./jobs.ts";
import { packWat } from "./pack.ts";
import { pointwiseWat } from "./pointwise.ts";
import { rowJobsWat } from "./row_jobs.ts";
import { rowsWat } from "./rows.ts";
import { streamsWat } from "./streams.ts";
import type { MultiplyAdd } from "./text.ts";
import { widenWat } from "./widen.ts";

/**
 * The module of the cpu backend as WebAssembly text. It imports its memory,
 * which is shared; `relaxed` fuses products and sums.
 */
export function cpuWat(options: { relaxed: boolean }): string {
  const madd: MultiplyAdd = options.relaxed
    ? (a, b, c) => `(f32x4.relaxed_madd ${a} ${b} ${c})`
    : (a, b, c) => `(f32x4.add (f32x4.mul ${a} ${b}) ${c})`;
  return `(module
(import "heap" "memory" (memory 1 65536 shared))
(func $zeros (result i32) (i32.const ${CONTROL.zeros}))
(func $spill (param $thread i32) (result i32)
  (i32.add (i32.const ${CONTROL.spill})
    (i32.mul (local.get $thread) (i32.const ${SPILL_BYTES}))))
${gemmWat(madd)}
${packWat()}
${pointwiseWat(madd)}
${rowsWat(madd)}
${channelsWat(madd)}
${streamsWat(madd)}
${gradientsWat(madd)}
${rowJobsWat()}
${attentionWat()}
${conv2dWat()}
${widenWat()}
${jobsWat()})`;
}
