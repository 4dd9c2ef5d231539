/**
 * What edit transfer is compared with: other methods on the same model, each
 * as its released program does it, and floors.
 *
 * Letters in shapes: c latent channels, h w height and width of a latent,
 * T text tokens, I image tokens, B batch, H heads, D head width.
 *
 * ```ts
 * import { METHODS } from "@edit-transfer/baselines";
 * import assert from "node:assert/strict";
 *
 * const names = METHODS.map(({ name }) => name);
 * assert.ok(names.includes("rf-solver-edit"));
 * ```
 *
 * @module
 */
export {
  measureVitality,
  type MeasureVitalityOptions,
} from "./measure_vitality.ts";
export type {
  Method,
  MethodResult,
  MethodRunOptions,
  PreparedMethod,
} from "./method.ts";
export {
  type OptionRule,
  type OptionRules,
  type OptionValue,
  type OptionValues,
  readMethodOptions,
} from "./method_options.ts";
export { findMethod, METHODS } from "./methods.ts";
export {
  type MethodEditor,
  openMethodEditor,
  type OpenMethodEditorOptions,
} from "./open_method_editor.ts";
export { prepareMethod } from "./prepare_method.ts";
