import type { LoraFile } from "./lora_file.ts";

/** What a LoRA says about its training, each undefined if it does not. */
export type Training = Pick<
  LoraFile,
  "baseModel" | "panelMode" | "panelSize" | "guidance" | "template"
>;

/**
 * Reads the metadata: a JSON object under `edit_transfer`, or flat fields
 * `base_model`, `panel_mode`, `panel_size`, `guidance` and `template`. A field
 * that does not parse counts as absent.
 */
export function readTraining(
  metadata: Readonly<Record<string, string>>,
): Training {
  const fields: Record<string, unknown> = {
    ...metadata,
    ...parseObject(metadata.edit_transfer),
  };
  const text = (name: string) => {
    const value = fields[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const number = (name: string) => {
    const value = fields[name];
    if (typeof value !== "number" && text(name)?.trim() === undefined) {
      return undefined;
    }
    return Number.isFinite(Number(value)) ? Number(value) : undefined;
  };
  return {
    baseModel: text("base_model"),
    panelMode: text("panel_mode"),
    panelSize: number("panel_size"),
    guidance: number("guidance"),
    template: text("template"),
  };
}

function parseObject(text: string | undefined): object {
  try {
    const json: unknown = JSON.parse(text ?? "{}");
    return typeof json === "object" && json !== null ? json : {};
  } catch {
    return {};
  }
}
