import type { FluxConfig } from "@edit-transfer/dit";
import type { Size } from "@edit-transfer/image";
import type { OpenedLora } from "./open_loras.ts";

/** How an edit is run, as far as a LoRA may have been trained otherwise. */
export interface RunFacts {
  /** Extents of a panel in pixels. */
  readonly panel: Size;
  /** Guidance scale. */
  readonly guidance: number;
  /** Architecture of the transformer. */
  readonly config: Pick<FluxConfig, "guidanceEmbeds">;
}

/** What LoRA files hold that does not act, or not as one may think. */
export function loraNotices(loras: readonly OpenedLora[]): string[] {
  return loras.flatMap(({ path, notices, match: { matched, unmatched } }) => [
    ...notices.map((notice) => `LoRA "${path}": ${notice}`),
    ...matched.length > 0
      ? []
      : [`LoRA "${path}" changes nothing in this model`],
    ...unmatched.length === 0 ? [] : [
      `LoRA "${path}": ${unmatched.length} layers that the model does not have are left out, the first "${
        unmatched[0]!.key
      }"`,
    ],
  ]);
}

/** Where an edit is not run as its LoRAs say that they were trained. */
export function trainingNotices(
  loras: readonly OpenedLora[],
  { panel, guidance, config }: RunFacts,
): string[] {
  return loras.flatMap((lora) => {
    const of = `LoRA "${lora.path}" was trained`;
    const notices: string[] = [];
    if (lora.panelMode !== undefined && lora.panelMode !== "panel") {
      notices.push(
        `${of} on panels encoded together, panel_mode "${lora.panelMode}", and edits encode each alone`,
      );
    }
    notices.push(...panelNotices(of, lora, panel));
    if (
      config.guidanceEmbeds && lora.guidance !== undefined &&
      lora.guidance !== guidance
    ) {
      notices.push(
        `${of} with guidance ${lora.guidance}, and this run has ${guidance}`,
      );
    }
    return notices;
  });
}

/** Where panels have a shape that a LoRA never saw. */
function panelNotices(
  of: string,
  { panelSize, panelShapes }: OpenedLora,
  { width, height }: Size,
): string[] {
  if (panelShapes !== undefined) {
    const seen = panelShapes.split(" ");
    return seen.includes(`${width}x${height}`) ? [] : [
      `${of} on panels of ${
        seen.join(", ")
      } pixels, and these have ${width}x${height}`,
    ];
  }
  if (panelSize === undefined) return [];
  if (width !== height) {
    return [
      `${of} on square panels of ${panelSize} pixels, and these have ${width}x${height}`,
    ];
  }
  return width === panelSize
    ? []
    : [`${of} on panels of ${panelSize} pixels, and these have ${width}`];
}

/**
 * Where a model is not the one that LoRAs say they were trained on.
 *
 * @param loras LoRAs of a pipeline.
 * @param sha256 Hash of its model, see {@linkcode modelHash}.
 * @returns A sentence for each LoRA that names another.
 *
 * @example Usage
 * ```ts
 * import { baseModelNotices, openModel } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const { folder, loras } = await openModel("models/micro", [
 *   { path: "models/micro/lora/edit_transfer.safetensors" },
 * ]);
 * await using _ = folder;
 * const own = loras.map((lora) => ({ ...lora, baseModelHash: "0123456789abcdef" }));
 * assert.deepEqual(baseModelNotices(own, "0123456789abcdef"), []);
 * assert.match(baseModelNotices(own, "fedcba9876543210")[0]!, /another model/);
 * ```
 */
export function baseModelNotices(
  loras: readonly OpenedLora[],
  sha256: string,
): string[] {
  return loras.flatMap(({ path, baseModel, baseModelHash }) =>
    baseModelHash === undefined || baseModelHash === sha256 ? [] : [
      `LoRA "${path}" was trained on another model than this: on ${
        baseModel ?? "one"
      } with sha256 ${baseModelHash.slice(0, 12)}, and this has ${
        sha256.slice(0, 12)
      }`,
    ]
  );
}
