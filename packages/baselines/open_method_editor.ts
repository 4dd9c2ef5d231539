import type { Editor } from "@edit-transfer/evaluate";
import { reconstruct } from "@edit-transfer/pipeline";
import type { Device } from "@edit-transfer/tensor";
import { loadModel, type LoadModelOptions } from "@edit-transfer/transfer";
import { findMethod } from "./methods.ts";
import { type OptionValues, withDefaults } from "./method_options.ts";

/** Options of {@linkcode openMethodEditor}. */
export interface OpenMethodEditorOptions
  extends Pick<LoadModelOptions, "loras" | "maxVram"> {
  /** Device to run on. */
  readonly device: Device;
  /** Values of the method's options, by default its own. */
  readonly options?: OptionValues | undefined;
  /** Called once with each sentence that edits tell about themselves. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** A method as an editor, and what it runs with. */
export interface MethodEditor extends Editor, AsyncDisposable {
  /** Short name. */
  readonly name: string;
  /** Name in tables. */
  readonly title: string;
  /** All its options. */
  readonly options: OptionValues;
}

/**
 * A method as an editor of cases. It runs on the model without the LoRA that
 * comes with it, unless LoRAs are given.
 *
 * @param name Name of one of {@linkcode METHODS}.
 * @param path Model folder or file; left out, the embedded model.
 * @param options See {@linkcode OpenMethodEditorOptions}.
 * @returns The editor, owned by the caller.
 *
 * @throws {RangeError} If there is no such method.
 * @throws {Error} If a file is missing or does not fit.
 *
 * @example Usage
 * ```ts
 * import { openMethodEditor } from "@edit-transfer/baselines";
 * import { readCases } from "@edit-transfer/evaluate";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * await using editor = await openMethodEditor("copy-query", "models/micro", { device });
 * const [first] = await readCases("fixtures/demo", { count: 1 });
 * assert.equal(await editor.edit(first!, { seed: 0 }), first!.query);
 * ```
 */
export async function openMethodEditor(
  name: string,
  path: string | undefined,
  options: OpenMethodEditorOptions,
): Promise<MethodEditor> {
  const { options: given, onNotice, loras = false, ...load } = options;
  const method = findMethod(name);
  const values = withDefaults(method.options, given);
  const told = new Set<string>();
  const model = await loadModel(path, {
    ...load,
    loras,
    keepTextEncoders: true,
  });
  const { pipeline } = model;
  return {
    name,
    title: method.title,
    options: values,
    async edit({ words, ...panels }, { seed, signal, words: tells }) {
      const { width, height } = panels.query;
      using prepared = await method.prepare(pipeline, {
        ...panels,
        ...(tells === false ? { prompt: "" } : { edit: words }),
        ...width === height && { panelSize: width },
      }, values);
      for (const notice of prepared.notices) {
        if (!told.has(notice)) onNotice?.(notice);
        told.add(notice);
      }
      return (await prepared.run({ seed, signal })).image;
    },
    reconstruct: (picture) => reconstruct(pipeline, picture),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
