import type { Image } from "@edit-transfer/image";
import type { Device } from "@edit-transfer/tensor";
import { type Conditions, reconstruct } from "@edit-transfer/pipeline";
import { loadModel, type LoadModelOptions } from "@edit-transfer/transfer";
import type { Editor } from "./editor.ts";

/** Options of {@linkcode openEditor}. */
export interface OpenEditorOptions
  extends Pick<LoadModelOptions, "loras" | "maxVram"> {
  /** Device to run on. */
  readonly device: Device;
  /** Euler steps; the model's own by default. */
  readonly steps?: number | undefined;
  /** How answers see text and given panels; the model's own by default. */
  readonly conditions?: Conditions | undefined;
  /** Called once with each sentence that edits tell about themselves. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** A model as an editor, and how it edits. */
export interface ModelEditor extends Editor, AsyncDisposable {
  /** Euler steps. */
  readonly steps: number;
  /** How answers see text and given panels. */
  readonly conditions: Conditions;
}

/**
 * A model as an editor. It is loaded twice, with LoRAs and without.
 *
 * @param path Model folder or file; left out, the embedded model.
 * @param options See {@linkcode OpenEditorOptions}.
 * @returns The editor, owned by the caller.
 *
 * @throws {Error} If a file is missing or does not fit.
 *
 * @example Usage
 * ```ts
 * import { openEditor, readCases } from "@edit-transfer/evaluate";
 * import { openDevice } from "@edit-transfer/tensor";
 * import assert from "node:assert/strict";
 *
 * using device = await openDevice("cpu", { threads: 1 });
 * await using editor = await openEditor("models/micro", { device, steps: 1 });
 * const [first] = await readCases("fixtures/demo", { count: 1 });
 * const output = await editor.edit(first!, { seed: 0 });
 * assert.equal(output.width, 64);
 * ```
 */
export async function openEditor(
  path: string | undefined,
  options: OpenEditorOptions,
): Promise<ModelEditor> {
  const { steps: askedSteps, conditions: asked, onNotice, ...load } = options;
  const told = new Set<string>();
  await using owned = new AsyncDisposableStack();
  const open = async (loras: LoadModelOptions["loras"]) =>
    owned.use(
      await loadModel(path, { ...load, loras, keepTextEncoders: true }),
    );
  const tuned = await open(options.loras);
  const base = await open(false);
  const steps = askedSteps ?? tuned.pipeline.defaults.steps;
  const conditions = asked ?? tuned.pipeline.defaults.conditions;
  const parts = owned.move();
  return {
    steps,
    conditions,
    async edit({ words, ...panels }, { seed, signal, ...how }) {
      const model = how.lora === false ? base : tuned;
      const { image, notices } = await model.edit({
        ...panels,
        ...(how.words === false ? { prompt: "" } : { edit: words }),
        ...isSquare(panels.query) && { panelSize: panels.query.width },
      }, { seed, steps, conditions, signal });
      for (const notice of notices) {
        if (!told.has(notice)) onNotice?.(notice);
        told.add(notice);
      }
      return image;
    },
    reconstruct: (picture) => reconstruct(tuned.pipeline, picture),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function isSquare({ width, height }: Image): boolean {
  return width === height;
}
