import type { Image } from "@edit-transfer/image";
import type {
  DenoiseStep,
  EditInputs,
  Pipeline,
  Seed,
} from "@edit-transfer/pipeline";
import type { OptionRules, OptionsOf, OptionValues } from "./method_options.ts";

/** What a method is run with. */
export interface MethodRunOptions {
  /** Seed of the noise, where there is any; 42 by default. */
  readonly seed?: Seed | undefined;
  /** Stops the run before the next step with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step, which the next one waits for. */
  readonly onStep?: ((step: DenoiseStep<Image>) => unknown) | undefined;
}

/** What a method made. */
export interface MethodResult {
  /** The answer, as large as the query where panels match it. */
  readonly image: Image;
  /** The answer as a panel. */
  readonly panel: Image;
  /** Its latents, `[c, h, w]`; none of a picture that is copied. */
  readonly latents: Float32Array;
  /** Milliseconds of each stage. */
  readonly timings: { readonly denoise: number; readonly decode: number };
}

/** A task of which all that no seed decides is encoded. */
export interface PreparedMethod extends Disposable {
  /** Caption of what is made. */
  readonly prompt: string;
  /** Side of a square panel in pixels; others have its area. */
  readonly panelSize: number;
  /** Before, after and query, as panels of one size. */
  readonly panels: readonly Image[];
  /** Facts that a user should know. */
  readonly notices: readonly string[];
  /** Milliseconds of each stage so far. */
  readonly timings: { readonly text: number; readonly encode: number };
  /** Answers for a seed. */
  run(options?: MethodRunOptions): Promise<MethodResult>;
}

/** What others do with an example, a query and words. */
export interface Method {
  /** Short name, e.g. `"flowedit"`. */
  readonly name: string;
  /** Name in tables. */
  readonly title: string;
  /** Program that it follows, at a commit. */
  readonly source: string;
  /** What it can be told, with the values of that program. */
  readonly options: OptionRules;
  /** Whether it draws noise; else all seeds give one picture. */
  readonly drawsNoise: boolean;
  /** Encodes what all seeds share; the result is the caller's. */
  prepare(
    pipeline: Pipeline,
    inputs: EditInputs,
    options: OptionValues,
  ): Promise<PreparedMethod>;
}

/** A method whose own options are known by name and type. */
export function defineMethod<Rules extends OptionRules>(
  method: Omit<Method, "options" | "prepare"> & {
    readonly options: Rules;
    prepare(
      pipeline: Pipeline,
      inputs: EditInputs,
      options: OptionsOf<Rules>,
    ): Promise<PreparedMethod>;
  },
): Method {
  return method;
}
