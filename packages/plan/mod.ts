/**
 * Memory plans: the work itself, run on a device without memory.
 *
 * ```ts
 * import { editWork, planMemory } from "@edit-transfer/plan";
 * import assert from "node:assert/strict";
 *
 * const plan = await planMemory("models/micro", {
 *   device: "cpu",
 *   work: editWork({ panelSize: 64 }),
 * });
 * assert.ok(plan.peakBytes > 0);
 * ```
 *
 * @module
 */
export type { MemoryPhase } from "./dry_run.ts";
export { type MemoryPlan, MemoryPlanError, planMemory } from "./memory_plan.ts";
export {
  editWork,
  generateWork,
  type WorkOptions,
} from "./memory_plan_work.ts";
export { needsPlan } from "./needs_plan.ts";
export type { PlanMemoryOptions, PlannedWork } from "./plan_options.ts";
export {
  planTraining,
  type PlanTrainingOptions,
  type TrainingPlan,
} from "./training_plan.ts";
