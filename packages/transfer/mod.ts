/**
 * Edit transfer: one example pair shows an edit, which a model makes to another
 * picture.
 *
 * ```ts
 * import { decodeImage } from "@edit-transfer/image";
 * import { loadModel } from "@edit-transfer/transfer";
 * import assert from "node:assert/strict";
 *
 * const picture = (name: string) => decodeImage(`fixtures/demo/0000/${name}.png`);
 * await using model = await loadModel(); // the embedded model, on any device
 * using prepared = await model.prepare({
 *   before: await picture("source"),
 *   after: await picture("edited"),
 *   query: await picture("query"),
 *   edit: "jumping",
 * });
 * for (const seed of [1, 2]) {
 *   const { image } = await prepared.run({ seed, steps: 1 });
 *   assert.equal(image.width, 64);
 * }
 * ```
 *
 * @module
 */
export {
  chooseModel,
  type ChooseModelOptions,
  type ModelChoice,
} from "./choose_model.ts";
export { hashModel, type ModelHash } from "./hash_model.ts";
export { loadModel, type LoadModelOptions } from "./load_model.ts";
export type { Model } from "./model.ts";
export type {
  Conditions,
  DenoiseStep,
  EditDefaults,
  EditInputs,
  EditOptions,
  EditResult,
  ExampleInputs,
  GenerateOptions,
  GenerateResult,
  LoraChoice,
  PreparedEdit,
  PreparedExample,
  Seed,
  TextCacheOptions,
} from "@edit-transfer/pipeline";
