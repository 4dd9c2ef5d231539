import {
  type EditInputs,
  type EditOptions,
  type EditResult,
  type ExampleInputs,
  generate,
  type GenerateOptions,
  type GenerateResult,
  type LoraChoice,
  type Pipeline,
  type PreparedEdit,
  type PreparedExample,
  prepareEdit,
  prepareExample,
} from "@edit-transfer/pipeline";
import type { MemoryPlan } from "@edit-transfer/plan";
import type { Device } from "@edit-transfer/tensor";
import type { ModelChoice } from "./choose_model.ts";

/** Parts of a {@linkcode Model}. */
interface ModelParts extends ModelChoice {
  readonly pipeline: Pipeline;
  readonly plan: MemoryPlan | undefined;
  /** Whether the LoRAs act on pictures from text too. */
  readonly lorasGenerate: boolean;
  /** The pipeline, and the device if it was opened for it. */
  readonly owned: AsyncDisposable;
}

/** A model on a device, with its LoRAs and its caption template. */
export class Model implements ModelChoice, AsyncDisposable {
  /** Model folder or weight file. */
  readonly path: string;
  /** LoRAs of its transformer. */
  readonly loras: readonly LoraChoice[];
  /** Memory plan, where one was made. */
  readonly plan: MemoryPlan | undefined;
  /** Its parts, for those who need one alone. */
  readonly pipeline: Pipeline;
  readonly #lorasGenerate: boolean;
  readonly #owned: AsyncDisposable;

  /** Use {@linkcode loadModel}. */
  constructor(parts: ModelParts) {
    this.path = parts.path;
    this.loras = parts.loras;
    this.plan = parts.plan;
    this.pipeline = parts.pipeline;
    this.#lorasGenerate = parts.lorasGenerate;
    this.#owned = parts.owned;
  }

  /** Device it runs on. */
  get device(): Device {
    return this.pipeline.device;
  }

  /** Caption template with `{edit}`: its LoRA's, its folder's, or the reference's. */
  get template(): string {
    return this.pipeline.template;
  }

  /** Side of a panel in pixels that it was made for. */
  get panelSize(): number {
    return this.pipeline.panelSize;
  }

  /** Pixels a side of one image token: a panel's side is a multiple of it. */
  get tokenSize(): number {
    return this.pipeline.tokenSize;
  }

  /**
   * Transfers the edit of an example pair to a query.
   *
   * @param inputs Example pair, query, and words of the edit.
   * @param options Seed, steps, and more; see {@linkcode EditOptions}.
   * @returns The edited query, and facts about the run.
   *
   * @throws {RangeError} If an option is out of range, or if T5 cannot read the
   * words of the edit in the caption template.
   */
  async edit(inputs: EditInputs, options?: EditOptions): Promise<EditResult> {
    using prepared = await this.prepare(inputs);
    const result = await prepared.run(options);
    return {
      ...result,
      notices: [...new Set([...prepared.notices, ...result.notices])],
      timings: { ...prepared.timings, ...result.timings },
    };
  }

  /**
   * Encodes the inputs of an edit, to run it for many seeds.
   *
   * @param inputs Example pair, query, and words of the edit.
   * @returns The prepared edit, owned by the caller.
   *
   * @throws {RangeError} As for {@linkcode Model.edit}.
   */
  prepare(inputs: EditInputs): Promise<PreparedEdit> {
    return prepareEdit(this.pipeline, inputs);
  }

  /**
   * Encodes the example of an edit, for any number of queries.
   *
   * @param inputs Example pair, and words of the edit.
   * @returns The prepared example, owned by the caller.
   *
   * @throws {RangeError} As for {@linkcode Model.edit}.
   */
  prepareExample(inputs: ExampleInputs): Promise<PreparedExample> {
    return prepareExample(this.pipeline, inputs);
  }

  /**
   * Makes a picture from text alone, without the LoRA that comes with the model.
   *
   * @param options Prompt, seed, size, and more; see {@linkcode GenerateOptions}.
   * @returns The picture, and facts about the run.
   *
   * @throws {RangeError} If an option is out of range.
   */
  generate(options: GenerateOptions): Promise<GenerateResult> {
    return generate(this.pipeline, { loras: this.#lorasGenerate, ...options });
  }

  /**
   * Loads autoencoder and transformer now, not when they are first needed.
   *
   * @throws {WeightError} If a tensor is missing or of another shape.
   */
  async load(): Promise<void> {
    await this.pipeline.vae();
    await this.pipeline.transformer();
  }

  /** Frees all parts, closes the files, and frees a device opened for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}
