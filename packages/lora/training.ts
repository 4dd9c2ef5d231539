import { parseForeignJson } from "@edit-transfer/files";
import type { LoraFile } from "./lora_file.ts";

/** What a LoRA says about its training, each undefined if it does not. */
export type Training = Pick<
  LoraFile,
  | "baseModel"
  | "baseModelHash"
  | "panelMode"
  | "panelSize"
  | "panelShapes"
  | "guidance"
  | "conditions"
  | "conditionSigma"
  | "template"
  | "step"
>;

/** Name of each field in the metadata. */
const FIELDS = {
  baseModel: "base_model",
  baseModelHash: "base_model_hash",
  panelMode: "panel_mode",
  panelSize: "panel_size",
  panelShapes: "panel_shapes",
  guidance: "guidance",
  conditions: "conditions",
  conditionSigma: "condition_sigma",
  template: "template",
  step: "step",
} as const satisfies Record<keyof Training, string>;

/**
 * What a LoRA's metadata say of its training: a JSON object under
 * `edit_transfer`, or flat fields `base_model`, `panel_mode`, `panel_size`,
 * `panel_shapes`, `guidance`, `conditions`, `template` and so on. A field that does not parse
 * counts as absent.
 *
 * @param metadata Free text of the file.
 * @returns The fields that are there.
 *
 * @example Usage
 * ```ts
 * import { readTraining } from "@edit-transfer/lora";
 * import assert from "node:assert/strict";
 *
 * assert.equal(readTraining({ conditions: "kept" }).conditions, "kept");
 * ```
 */
export function readTraining(
  metadata: Readonly<Record<string, string>>,
): Training {
  const fields: Record<string, unknown> = {
    ...metadata,
    ...parseObject(metadata.edit_transfer),
  };
  const text = (name: keyof Training) => {
    const value = fields[FIELDS[name]];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const number = (name: keyof Training) => {
    const value = fields[FIELDS[name]];
    if (typeof value !== "number" && text(name)?.trim() === undefined) {
      return undefined;
    }
    return Number.isFinite(Number(value)) ? Number(value) : undefined;
  };
  const panelShapes = text("panelShapes");
  const conditions = text("conditions");
  const conditionSigma = number("conditionSigma");
  return {
    baseModel: text("baseModel"),
    baseModelHash: text("baseModelHash"),
    panelMode: text("panelMode"),
    panelSize: number("panelSize"),
    ...panelShapes !== undefined && { panelShapes },
    guidance: number("guidance"),
    template: text("template"),
    step: number("step"),
    ...(conditions === "joint" || conditions === "kept") && { conditions },
    ...conditionSigma !== undefined && { conditionSigma },
  };
}

/** The fields that are there as metadata, to be read by the above. */
export function trainingMetadata(
  training: Partial<Training>,
): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [key, name] of Object.entries(FIELDS)) {
    const value = training[key as keyof Training];
    if (value !== undefined) metadata[name] = String(value);
  }
  if (training.step !== undefined) {
    metadata.training_info = JSON.stringify({ step: training.step });
  }
  return metadata;
}

function parseObject(text: string | undefined): object {
  try {
    const json = parseForeignJson(text ?? "{}");
    return typeof json === "object" && json !== null ? json : {};
  } catch {
    return {};
  }
}
