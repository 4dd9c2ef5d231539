import { atomicWrite, exists } from "@edit-transfer/files";
import { integerIn, LIMITS } from "@edit-transfer/files/limits";
import { FormatError } from "@edit-transfer/weights";
import { isAbsolute, join, normalize } from "node:path";
import { type ConditionSettings, isConditions } from "./conditions.ts";
import { hasPipelineIndex, readJson } from "./read_json.ts";

/** How a model folder is used for edits: part of the model, not of a program. */
export interface ModelSettings extends ConditionSettings {
  /** Caption template with `{edit}`. */
  readonly template?: string | undefined;
  /** LoRA of its edits, by its path below the folder. */
  readonly lora?: string | undefined;
  /** Euler steps of an edit. */
  readonly steps?: number | undefined;
  /** Pictures that it knows, if it knows one kind only. */
  readonly knows?: KnownPictures | undefined;
  /** Sides that it was made for, if it was made for some only. */
  readonly sizes?: KnownSizes | undefined;
}

/** Least and most side in pixels. */
export type Sides = readonly [least: number, most: number];

/** Sides in pixels that a model was made for. */
export interface KnownSizes {
  /** Of a panel of an edit. */
  readonly panel: Sides;
  /** Of a picture from text. */
  readonly picture: Sides;
}

/** Kind of flat drawings, in which few colours cover most of a picture. */
export interface KnownPictures {
  /** What they are, for people. */
  readonly pictures: string;
  /** Least share of a picture that its eight commonest colours cover, 0…1. */
  readonly flatShare: number;
}

/** Key in diffusers' `model_index.json`, which passes over `_` as its own. */
const KEY = "_edit_transfer";
const INDEX = "model_index.json";
/** The same object as a file, in a folder of single files. */
const ALONE = "edit_transfer.json";

/**
 * Settings of a model folder: `_edit_transfer` in diffusers' `model_index.json`,
 * or `edit_transfer.json` in a folder of single files.
 *
 * @param folder Model folder.
 * @returns The settings; empty if there are none.
 *
 * @throws {FormatError} If they are malformed.
 *
 * @example Usage
 * ```ts
 * import { readModelSettings } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 *
 * const { template, lora } = await readModelSettings("models/micro");
 * assert.match(template!, /\{edit\}/);
 * assert.equal(lora, "lora/edit_transfer.safetensors");
 * ```
 */
export async function readModelSettings(
  folder: string,
): Promise<ModelSettings> {
  const path = await fileOf(folder);
  if (!await exists(path)) return {};
  const json = await readJson(path);
  const settings = path.endsWith(INDEX)
    ? (json as Record<string, unknown> | null)?.[KEY]
    : json;
  return parseSettings(settings, path);
}

/**
 * Writes settings into a model folder; what else its files say stays.
 *
 * @param folder Model folder.
 * @param settings All of them; what is undefined goes.
 * @returns When the file is written.
 *
 * @example Usage
 * ```ts
 * import { readModelSettings, writeModelSettings } from "@edit-transfer/pipeline";
 * import assert from "node:assert/strict";
 * import { mkdtemp, rm } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 *
 * const folder = await mkdtemp(join(tmpdir(), "settings-"));
 * await writeModelSettings(folder, { template: "a person {edit}" });
 * assert.equal((await readModelSettings(folder)).template, "a person {edit}");
 * await rm(folder, { recursive: true });
 * ```
 */
export async function writeModelSettings(
  folder: string,
  settings: ModelSettings,
): Promise<void> {
  const path = await fileOf(folder);
  const { template, lora, knows, sizes, ...settled } = parseSettings(
    settings,
    path,
  );
  const { steps, conditions, conditionSigma } = settled;
  const json = await exists(path)
    ? await readJson(path) as Record<string, unknown>
    : {};
  const old = path.endsWith(INDEX) ? json[KEY] : json;
  const merged = {
    ...old as object,
    template,
    lora,
    steps,
    conditions,
    conditionSigma,
    knows,
    sizes,
  };
  const written = path.endsWith(INDEX) ? { ...json, [KEY]: merged } : merged;
  const text = `${JSON.stringify(written, undefined, 2)}\n`;
  await atomicWrite(path, new TextEncoder().encode(text));
}

async function fileOf(folder: string): Promise<string> {
  return join(folder, await hasPipelineIndex(folder) ? INDEX : ALONE);
}

function parseSettings(json: unknown, path: string): ModelSettings {
  if (json === undefined) return {};
  const refuse = (what: string, rule: string, got: unknown): never => {
    throw new FormatError(
      `Cannot read "${path}" as ${what} must be ${rule}: got ${
        JSON.stringify(got)
      }`,
      { path },
    );
  };
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return refuse(KEY, "an object", json);
  }
  const { template, lora, steps, conditions, conditionSigma, knows, sizes } =
    json as Record<string, unknown>;
  if (
    template !== undefined &&
    !(typeof template === "string" && template.includes("{edit}"))
  ) refuse("template", "a text with {edit}", template);
  if (lora !== undefined && !isBelow(lora)) {
    refuse("lora", "a path below the folder", lora);
  }
  if (
    steps !== undefined && !integerIn(LIMITS.steps).safeParse(steps).success
  ) {
    refuse("steps", `an integer from ${LIMITS.steps.join(" to ")}`, steps);
  }
  if (conditions !== undefined && !isConditions(conditions)) {
    refuse("conditions", '"joint" or "kept"', conditions);
  }
  if (
    conditionSigma !== undefined &&
    !(typeof conditionSigma === "number" && conditionSigma >= 0 &&
      conditionSigma <= 1)
  ) refuse("conditionSigma", "a number of 0 to 1", conditionSigma);
  if (knows !== undefined && !isKnownPictures(knows)) {
    refuse("knows", "texts of pictures and a flatShare of 0 to 1", knows);
  }
  if (sizes !== undefined && !isKnownSizes(sizes)) {
    refuse("sizes", "panel and picture, each [least, most] in pixels", sizes);
  }
  return {
    template,
    lora,
    knows,
    sizes,
    ...steps !== undefined && { steps },
    ...conditions !== undefined && { conditions },
    ...conditionSigma !== undefined && { conditionSigma },
  } as ModelSettings;
}

function isKnownSizes(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { panel, picture } = value as Record<string, unknown>;
  return [panel, picture].every((sides) =>
    Array.isArray(sides) && sides.length === 2 &&
    sides.every((side) => Number.isSafeInteger(side) && side > 0) &&
    sides[0] <= sides[1]
  );
}

function isKnownPictures(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { pictures, flatShare } = value as Record<string, unknown>;
  return typeof pictures === "string" && typeof flatShare === "number" &&
    flatShare >= 0 && flatShare <= 1;
}

/** Whether a path leads to something in the folder that it starts from. */
function isBelow(path: unknown): boolean {
  return typeof path === "string" && path !== "" && !isAbsolute(path) &&
    !/^\.\.([\\/]|$)/.test(normalize(path));
}
