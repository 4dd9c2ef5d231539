import type { Image } from "@edit-transfer/image";
import type { Device } from "@edit-transfer/tensor";
import {
  decodePanel,
  edit,
  encodePanel,
  loadPipeline,
  type LoraChoice,
  type Pipeline,
  prepareEdit,
} from "@edit-transfer/pipeline";
import type { Case } from "./case.ts";
import type { EditCaseOptions, Editor } from "./editor.ts";

/** Options of {@linkcode openEditor}. */
export interface OpenEditorOptions {
  /** Device to run on. */
  readonly device: Device;
  /** LoRAs to apply. */
  readonly loras: readonly LoraChoice[];
  /** Euler steps; 35 by default. */
  readonly steps?: number | undefined;
}

/**
 * A model folder as an editor. It is loaded twice, with its LoRAs and without.
 *
 * @param path Model folder or file.
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
 * const device = await openDevice("cpu", { threads: 1 });
 * {
 *   await using editor = await openEditor("models/micro", { device, loras: [], steps: 1 });
 *   const [first] = await readCases("fixtures/demo", { count: 1 });
 *   const output = await editor.edit(first!, { seed: 0 });
 *   assert.equal(output.width, 64);
 * }
 * device.destroy();
 * ```
 */
export async function openEditor(
  path: string,
  options: OpenEditorOptions,
): Promise<Editor & AsyncDisposable> {
  const { device, loras, steps } = options;
  const load = (loras: readonly LoraChoice[]) =>
    loadPipeline(path, { device, loras, keepTextEncoders: true });
  const tuned = await load(loras);
  const base = await load([]);
  return {
    edit: (one, options) =>
      editCase(options.lora === false ? base : tuned, one, {
        ...options,
        template: options.words === false ? "" : tuned.template,
        steps,
      }),
    reconstruct: (picture) => reconstruct(tuned, picture),
    async [Symbol.asyncDispose]() {
      await tuned[Symbol.asyncDispose]();
      await base[Symbol.asyncDispose]();
    },
  };
}

async function editCase(
  pipeline: Pipeline,
  { before, after, query, words }: Case,
  { template, ...options }: EditCaseOptions & {
    readonly template: string;
    readonly steps: number | undefined;
  },
): Promise<Image> {
  using prepared = await prepareEdit(pipeline, {
    before,
    after,
    query,
    prompt: template.replaceAll("{edit}", () => words),
    panelSize: query.width,
  });
  const steady = edit(prepared, options);
  let turn = await steady.next();
  while (turn.done !== true) turn = await steady.next();
  return turn.value.image;
}

async function reconstruct(pipeline: Pipeline, picture: Image): Promise<Image> {
  const { device } = pipeline;
  const vae = await pipeline.vae();
  const { latentChannels, downscale } = vae.config;
  const latents = await encodePanel(vae, picture, device);
  const shape = [
    latentChannels,
    picture.height / downscale,
    picture.width / downscale,
  ] as const;
  return await decodePanel(vae, latents, { shape, device });
}
