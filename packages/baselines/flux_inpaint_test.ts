import { quadLayout } from "@edit-transfer/composite";
import { testAgainstProgram, tokensOf } from "./_test_task.ts";
import { fluxInpaint } from "./flux_inpaint.ts";

testAgainstProgram<Parameters<typeof fluxInpaint>[1]>(
  "flux_inpaint",
  (task, options, { arrays }) =>
    fluxInpaint(
      task,
      { ...options, mask: quadLayout([4, 4, 4]).mask },
      tokensOf(arrays.noise!),
    ),
);
