import { COPY_AFTER, COPY_QUERY } from "./copy.ts";
import { FLOW_EDIT } from "./flow_edit.ts";
import { FLUX_INPAINT } from "./flux_inpaint.ts";
import type { Method } from "./method.ts";
import { PROMPT_TO_PROMPT } from "./prompt_to_prompt.ts";
import { RF_SOLVER_EDIT } from "./rf_solver_edit.ts";
import { SD_EDIT } from "./sd_edit.ts";
import { STABLE_FLOW } from "./stable_flow.ts";

/** What an edit is compared with: baselines on the same model, then floors. */
export const METHODS: readonly Method[] = [
  FLUX_INPAINT,
  PROMPT_TO_PROMPT,
  RF_SOLVER_EDIT,
  STABLE_FLOW,
  FLOW_EDIT,
  SD_EDIT,
  COPY_QUERY,
  COPY_AFTER,
];

/**
 * A method by its name.
 *
 * @param name Name of one of {@linkcode METHODS}.
 * @returns The method.
 *
 * @throws {RangeError} If there is none.
 *
 * @example Usage
 * ```ts
 * import { findMethod } from "@edit-transfer/baselines";
 * import assert from "node:assert/strict";
 *
 * assert.equal(findMethod("sdedit").title, "SDEdit");
 * ```
 */
export function findMethod(name: string): Method {
  const found = METHODS.find((method) => method.name === name);
  if (found !== undefined) return found;
  throw new RangeError(
    `Cannot find a method as it must be one of ${
      METHODS.map(({ name }) => name).join(", ")
    }: got "${name}"`,
  );
}
