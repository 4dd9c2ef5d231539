/**
 * How an answer sees text and given panels. `joint`: all see each other, in
 * every step. `kept`: text and given panels are computed once, blind to the
 * answer, and their keys and values kept.
 */
export type Conditions = "joint" | "kept";

/** Who says how conditions are seen: a LoRA, a model folder. */
export interface ConditionSettings {
  /** See {@linkcode Conditions}. */
  readonly conditions?: Conditions | undefined;
  /** Noise level that kept text and panels are told, 0…1. */
  readonly conditionSigma?: number | undefined;
}

/** What an edit does unless its caller says otherwise. */
export interface EditDefaults {
  /** See {@linkcode Conditions}. */
  readonly conditions: Conditions;
  /** Noise level that kept text and panels are told, 0…1. */
  readonly conditionSigma: number;
  /** Euler steps. */
  readonly steps: number;
}

/**
 * Defaults of a model: of its last LoRA that says any, of its folder, or the
 * paper's.
 *
 * @param settings Settings of the folder.
 * @param loras What its LoRAs say.
 * @returns Steps and conditions.
 *
 * @example Usage
 * ```ts
 * import { editDefaults } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const { steps, conditions } = editDefaults({}, [{ conditions: "kept" }]);
 * assert.deepEqual([steps, conditions], [35, "kept"]);
 * ```
 */
export function editDefaults(
  settings: ConditionSettings & { readonly steps?: number | undefined },
  loras: readonly ConditionSettings[],
): EditDefaults {
  const { conditions = "joint", conditionSigma = 1 } =
    loras.findLast((lora) => lora.conditions !== undefined) ?? settings;
  return { steps: settings.steps ?? 35, conditions, conditionSigma };
}

/** Whether a value names conditions. */
export function isConditions(value: unknown): value is Conditions {
  return value === "joint" || value === "kept";
}

/** Says so where a LoRA runs under other conditions than it was trained for. */
export function conditionNotices(
  conditions: Conditions,
  trained: Conditions,
): readonly string[] {
  if (conditions === trained) return [];
  return [
    conditions === "kept"
      ? "Conditions are kept, but the model and its LoRA were trained with joint ones: " +
        "this costs the embedded model nothing; of others it is not known"
      : "Conditions are joint, but the LoRA was trained with kept ones: leave --conditions out to use these",
  ];
}
