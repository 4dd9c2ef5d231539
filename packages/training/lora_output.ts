import {
  type LowRankUpdate,
  plainLayers,
  readLora,
  saveLora,
  type Training,
} from "@edit-transfer/lora";
import { openSafetensors } from "@edit-transfer/weights";
import type { TrainConfig } from "./train_config.ts";
import type { LoraValues } from "./lora_trainer_state.ts";
import type { TrainerParameter } from "./trainer.ts";

/** What a LoRA file needs besides its values. */
export interface LoraOutput {
  readonly parameters: readonly TrainerParameter[];
  /** Strength of every layer; B A is multiplied by alpha / r. */
  readonly alpha: number;
  /** How it was trained. */
  readonly training: Partial<Training>;
  /** Templates of its captions; where there are several, all are recorded. */
  readonly templates?: readonly string[] | undefined;
  /**
   * Element type.
   *
   * @default {"F32"}
   */
  readonly dtype?: "F32" | "F16" | "BF16" | undefined;
}

/** Writes parameters as a LoRA file that `edit` and diffusers read. */
export async function writeLora(
  path: string,
  values: LoraValues,
  { parameters, alpha, training, templates = [], dtype = "F32" }: LoraOutput,
): Promise<void> {
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const matrix = (name: string) => ({
    dtype: "F32" as const,
    shape: shapes.get(name)!,
    data: values[name]!,
  });
  const layers = new Map<string, LowRankUpdate>();
  for (const layer of layersOf(parameters)) {
    const A = matrix(`${layer}.lora_A.weight`);
    const B = matrix(`${layer}.lora_B.weight`);
    const scaling = alpha / A.shape[0];
    layers.set(layer, { kind: "lowRank", A, B, alpha, scaling });
  }
  await saveLora(path, { layers }, {
    dtype,
    training,
    metadata: {
      software: "edit-transfer",
      ...templates.length > 1 && { templates: JSON.stringify(templates) },
    },
  });
}

/** Reads what {@linkcode writeLora} wrote in f32. */
export async function readLoraValues(path: string): Promise<LoraValues> {
  await using source = await openSafetensors(path);
  const values: Record<string, Float32Array<ArrayBuffer>> = {};
  for (const [layer, { A, B }] of plainLayers(await readLora(source))) {
    values[`${layer}.lora_A.weight`] = A.data as Float32Array<ArrayBuffer>;
    values[`${layer}.lora_B.weight`] = B.data as Float32Array<ArrayBuffer>;
  }
  return values;
}

/** What a LoRA file says about its training. */
export function trainingOf(
  { config, guidance, template, step, panelSize, panelShapes, modelHash }: {
    readonly config: TrainConfig;
    /** Undefined where the model does not embed it. */
    readonly guidance: number | undefined;
    readonly template: string;
    readonly step: number;
    readonly panelSize: number;
    /** Extents of panels, where not all are squares of that side. */
    readonly panelShapes: string | undefined;
    readonly modelHash: string;
  },
): Partial<Training> {
  return {
    baseModel: config.modelName,
    baseModelHash: modelHash,
    panelMode: config.panelMode,
    panelSize,
    panelShapes,
    guidance,
    conditions: config.train.conditions,
    conditionSigma: config.train.conditions === "kept"
      ? config.train.conditionSigma
      : undefined,
    template,
    step,
  };
}

function layersOf(parameters: readonly TrainerParameter[]): string[] {
  return parameters.flatMap(({ name }) =>
    /^(.*)\.lora_A\.weight$/.exec(name)?.[1] ?? []
  );
}
