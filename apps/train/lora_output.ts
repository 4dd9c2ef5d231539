import type { TensorData } from "@edit-transfer/weights";
import type { TrainConfig } from "./train_config.ts";
import type { ParameterValues, TrainerParameter } from "./trainer.ts";

/** Thrown when a value that would be written is not finite. */
export class NonFiniteError extends Error {
  /** Always `"NonFiniteError"`. */
  override readonly name = "NonFiniteError";
}

/** Arrays as they are written, each checked: no file may hold a NaN. */
export function toTensors(
  values: ParameterValues,
  { parameters, dtype = "F32", suffix = "" }: {
    readonly parameters: readonly TrainerParameter[];
    readonly dtype?: "F32" | "F16" | "BF16";
    readonly suffix?: string;
  },
): Record<string, TensorData> {
  const tensors: Record<string, TensorData> = {};
  for (const { name, shape } of parameters) {
    const data = values[name]!;
    // beyond 65504 a value would become infinite in f16
    const limit = dtype === "F16" ? 65519 : Infinity;
    const at = data.findIndex((value) => !(Math.abs(value) < limit));
    if (at !== -1) {
      throw new NonFiniteError(
        `Cannot save "${name}${suffix}" as its values must be finite in ${dtype}: got ${
          data[at]
        } at ${at} of ${data.length}`,
      );
    }
    tensors[`${name}${suffix}`] = { dtype, shape, data };
  }
  return tensors;
}

/** What a LoRA file says about its training. */
export function loraMetadata(
  { config, step, panelSize, parameters }: {
    readonly config: TrainConfig;
    readonly step: number;
    readonly panelSize: number;
    readonly parameters: readonly TrainerParameter[];
  },
): Record<string, string> {
  const { rank, alpha } = config.network;
  const [{ template } = { template: undefined }] = config.data;
  return {
    format: "pt",
    software: "edit-transfer",
    step: String(step),
    base_model: config.model,
    rank: String(rank),
    panel_mode: config.panelMode,
    panel_size: String(panelSize),
    guidance: config.train.guidance.toFixed(1),
    ...(template === undefined ? {} : { template }),
    ...(alpha === rank ? {} : {
      lora_adapter_metadata: JSON.stringify({
        "transformer.r": rank,
        "transformer.lora_alpha": alpha,
        "transformer.target_modules": targetsOf(parameters),
      }),
    }),
  };
}

function targetsOf(parameters: readonly TrainerParameter[]): string[] {
  return parameters.flatMap(({ name }) =>
    /^transformer\.(.*)\.lora_A\.weight$/.exec(name)?.[1] ?? []
  );
}
