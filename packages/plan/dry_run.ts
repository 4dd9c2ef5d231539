import {
  type ModelPart,
  type OpenedModel,
  Pipeline,
} from "@edit-transfer/pipeline";
import { type DryDevice, openDryDevice } from "@edit-transfer/tensor";
import type { PlanMemoryOptions } from "./plan_options.ts";

/** A stage of the work, and what it takes. */
export interface MemoryPhase {
  /** Which one. */
  readonly name: "text" | "encode" | "denoise" | "decode";
  /** Bytes of tensors when its part of the model is loaded. */
  readonly weightBytes: number;
  /** Bytes of the largest block that is loaded when it is needed, if any is. */
  readonly blockBytes: number;
  /** Most bytes of tensors and of the scratch memory of kernels. */
  readonly peakBytes: number;
}

/** What work would take. */
export interface DryRun {
  /** Name of the device. */
  readonly device: string;
  /** Bytes that the device can hold at most; infinite if it does not say. */
  readonly capacityBytes: number;
  /** Stages in order. */
  readonly phases: readonly MemoryPhase[];
  /** Most bytes taken from the device. */
  readonly heldBytes: number;
  /** Bytes of each block of the transformer. */
  readonly blockBytes: readonly number[];
  /** What the work says beforehand. */
  readonly notices: readonly string[];
}

/** Does the work on a device without memory. */
export async function dryRun(
  { folder, loras }: OpenedModel,
  { resident, work, keepTextEncoders, ...options }: PlanMemoryOptions & {
    readonly resident?: readonly boolean[] | undefined;
  },
): Promise<DryRun> {
  const { device: choice, gpu, maxBytes } = options;
  using device = await openDryDevice(choice, {
    ...gpu && { gpu },
    maxBytes,
  });
  const phases = new Phases(device);
  const pipeline = new Pipeline(folder, {
    device,
    loras,
    keepTextEncoders: keepTextEncoders === true,
    resident,
    onPart: (part, state, streamedBytes) =>
      phases.note(part, state, streamedBytes),
  });
  try {
    const notices = await work(pipeline);
    phases.end();
    const { blockBytes } = await pipeline.transformer();
    return {
      device: device.name,
      capacityBytes: device.capacityBytes,
      phases: phases.list(),
      heldBytes: device.memory.peakHeldBytes,
      blockBytes,
      notices,
    };
  } finally {
    pipeline.unload();
  }
}

/** Tells stages apart by the parts that they need. */
class Phases {
  readonly #device: DryDevice;
  readonly #found = new Map<
    MemoryPhase["name"],
    { weightBytes: number; blockBytes: number; peakBytes: number }
  >();
  #current: MemoryPhase["name"] | undefined;

  constructor(device: DryDevice) {
    this.#device = device;
  }

  /** Begins a stage, or notes that its part is loaded. */
  note(
    part: ModelPart,
    state: "needed" | "loaded",
    streamedBytes: number,
  ): void {
    if (state === "needed") {
      this.end();
      this.#current = part === "text"
        ? "text"
        : part === "transformer"
        ? "denoise"
        : this.#found.has("denoise")
        ? "decode"
        : "encode";
      return;
    }
    const phase = this.#phase();
    phase.weightBytes = Math.max(phase.weightBytes, this.#device.memory.bytes);
    phase.blockBytes = Math.max(phase.blockBytes, streamedBytes);
  }

  /** Ends the stage that is running. */
  end(): void {
    if (this.#current === undefined) return;
    const phase = this.#phase();
    const { peakBytes } = this.#device.memory;
    phase.peakBytes = Math.max(phase.peakBytes, peakBytes);
    this.#device.resetPeak();
  }

  /** All stages in the order of their beginnings. */
  list(): MemoryPhase[] {
    return [...this.#found].map(([name, found]) => ({ name, ...found }));
  }

  #phase() {
    let phase = this.#found.get(this.#current!);
    if (phase === undefined) {
      phase = { weightBytes: 0, blockBytes: 0, peakBytes: 0 };
      this.#found.set(this.#current!, phase);
    }
    return phase;
  }
}
