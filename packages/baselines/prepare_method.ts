import type { EditInputs, Pipeline } from "@edit-transfer/pipeline";
import { findMethod } from "./methods.ts";
import type { PreparedMethod } from "./method.ts";
import { type OptionValues, withDefaults } from "./method_options.ts";

/**
 * Encodes what a method needs, for runs with any seeds. LoRAs of the pipeline
 * act: open it without the model's own.
 *
 * @param name Name of one of {@linkcode METHODS}.
 * @param pipeline Model to edit with.
 * @param inputs Example, query and words; a `prompt` is the caption itself.
 * @param options Values of the method's options, by default its own.
 * @returns The prepared task, owned by the caller.
 *
 * @throws {RangeError} If there is no such method, or an option or a size does
 * not fit.
 *
 * @example Usage
 * ```ts
 * import { prepareMethod } from "@edit-transfer/baselines";
 * import { blankImage } from "@edit-transfer/image";
 * import { loadPipeline } from "@edit-transfer/pipeline";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * const grey = blankImage(64, 64, [128, 128, 128]);
 * {
 *   await using pipeline = await loadPipeline("models/micro", { device });
 *   const inputs = { before: grey, after: grey, query: grey, edit: "smiling" };
 *   using prepared = await prepareMethod("sdedit", pipeline, inputs, { steps: 2 });
 *   const { image } = await prepared.run({ seed: 1 });
 *   assert.equal(image.width, 64);
 * }
 * ```
 */
export function prepareMethod(
  name: string,
  pipeline: Pipeline,
  inputs: EditInputs,
  options: OptionValues = {},
): Promise<PreparedMethod> {
  const method = findMethod(name);
  return method.prepare(
    pipeline,
    inputs,
    withDefaults(method.options, options),
  );
}
