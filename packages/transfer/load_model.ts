import { loadPipeline, type TextCacheOptions } from "@edit-transfer/pipeline";
import {
  editWork,
  type MemoryPlan,
  needsPlan,
  planMemory,
} from "@edit-transfer/plan";
import {
  type Device,
  type DeviceChoice,
  openDevice,
} from "@edit-transfer/tensor";
import {
  chooseModel,
  type ChooseModelOptions,
  type ModelChoice,
} from "./choose_model.ts";
import { Model } from "./model.ts";

/** Options of {@linkcode loadModel}. */
export interface LoadModelOptions extends ChooseModelOptions {
  /**
   * Where to run: on a WebGPU adapter or the cpu, opened here and freed with the
   * model, or on a device that stays the caller's.
   *
   * @default {"auto": a hardware adapter if there is one, else the cpu}
   */
  readonly device?: DeviceChoice | Device | undefined;
  /**
   * Bytes that may be taken from the device; blocks of the transformer that do
   * not fit are read in each step.
   *
   * @default {as many as it takes; large models on the cpu keep within 4 GiB}
   */
  readonly maxVram?: number | undefined;
  /**
   * Side of a panel in pixels that memory is planned for.
   *
   * @default {the model's own}
   */
  readonly panelSize?: number | undefined;
  /**
   * A plan that was made before, instead of one for `maxVram`.
   *
   * @default {none}
   */
  readonly plan?: MemoryPlan | undefined;
  /**
   * Whether the text encoders stay loaded, for many prompts on a small model.
   *
   * @default {false}
   */
  readonly keepTextEncoders?: boolean | undefined;
  /**
   * Where text states of large encoders are kept for later runs.
   *
   * @default {nowhere}
   */
  readonly textCache?: TextCacheOptions | undefined;
}

/**
 * Opens a model with its own LoRA and caption template, on a device.
 *
 * Configs and headers are checked here; weights are read when a part is first
 * needed.
 *
 * @param path Model folder, or weight file with the rest of the model beside
 * it; left out, the embedded model, which knows drawn figures only.
 * @param options See {@linkcode LoadModelOptions}.
 * @returns The model, owned by the caller.
 *
 * @throws {FormatError} If a file is malformed or of another architecture.
 * @throws {LoraError} If a LoRA does not fit the transformer.
 * @throws {MemoryPlanError} If an edit does not fit into `maxVram`.
 * @throws {DeviceError} If the device cannot be opened.
 * @throws {Error} If a file is missing.
 *
 * @example Usage
 * ```ts
 * import { blankImage } from "@edit-transfer/image";
 * import { loadModel } from "@edit-transfer/transfer";
 * import assert from "node:assert/strict";
 *
 * await using model = await loadModel("models/micro", { device: "cpu" });
 * const grey = blankImage(64, 64, [128, 128, 128]);
 * const { image } = await model.edit(
 *   { before: grey, after: grey, query: grey, edit: "smiling" },
 *   { seed: 42, steps: 1 },
 * );
 * assert.equal(image.width, 64);
 * ```
 */
export async function loadModel(
  path?: string,
  options: LoadModelOptions = {},
): Promise<Model> {
  const { device: asked = "auto", maxVram, keepTextEncoders, textCache } =
    options;
  const choice = await chooseModel(path, options);
  const plan = options.plan ?? await planFor(choice, options);
  await using owned = new AsyncDisposableStack();
  const device = typeof asked !== "string" ? asked : owned.adopt(
    await openDevice(asked, { maxBytes: maxVram }),
    (device) => device[Symbol.dispose](),
  );
  const pipeline = owned.use(
    await loadPipeline(choice.path, {
      device,
      loras: choice.loras,
      keepTextEncoders,
      textCache,
      resident: plan?.resident,
    }),
  );
  return new Model({
    ...choice,
    pipeline,
    plan,
    lorasGenerate: options.loras !== undefined,
    owned: owned.move(),
  });
}

/** A plan where it is asked for, or where the cpu may not hold the model. */
async function planFor(
  { path, loras }: ModelChoice,
  options: LoadModelOptions,
): Promise<MemoryPlan | undefined> {
  const { device = "auto", maxVram, panelSize, keepTextEncoders } = options;
  const kind = typeof device === "string" ? device : device.kind;
  if (maxVram === undefined && !await needsPlan(path, kind)) return undefined;
  return await planMemory(path, {
    device: kind,
    maxBytes: maxVram,
    loras,
    keepTextEncoders,
    work: editWork({ panelSize }),
  });
}
