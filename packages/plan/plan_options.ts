import type { LoraChoice, Pipeline } from "@edit-transfer/pipeline";
import type { DeviceChoice } from "@edit-transfer/tensor";

/** Work with a model; gives the facts that a user should know beforehand. */
export type PlannedWork = (pipeline: Pipeline) => Promise<readonly string[]>;

/** Options of {@linkcode planMemory}. */
export interface PlanMemoryOptions {
  /** Device to plan for, as for `openDevice`. */
  device: DeviceChoice;
  /**
   * WebGPU implementation whose adapter to plan for.
   *
   * @default {Dawn, from npm:webgpu}
   */
  readonly gpu?: GPU | undefined;
  /**
   * Bytes that may be taken from the device.
   *
   * @default {as many as it takes to keep all parts there; on the cpu within 4 GiB}
   */
  readonly maxBytes?: number | undefined;
  /**
   * LoRAs of the transformer.
   *
   * @default {[]}
   */
  readonly loras?: readonly LoraChoice[] | undefined;
  /**
   * Whether the text encoders stay where everything fits.
   *
   * @default {false}
   */
  readonly keepTextEncoders?: boolean | undefined;
  /** What will be done: it is run on a device without memory. */
  work: PlannedWork;
  /**
   * The same with less memory, to propose it where the work does not fit: its
   * name, e.g. `"--panel-size 256"`, for each that is tried, the best first.
   *
   * @default {none}
   */
  readonly smaller?:
    | ((sizes: Pick<Pipeline, "panelSize" | "tokenSize">) => readonly {
      readonly name: string;
      readonly work: PlannedWork;
    }[])
    | undefined;
}
