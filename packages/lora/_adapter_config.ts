import { exists, parseForeignJson, readText } from "@edit-transfer/files";
import { dirname, join } from "node:path";
import { pathEnd, type Pattern } from "./_python_pattern.ts";
import { readTargets } from "./_peft_targets.ts";
import { LoraError } from "./lora_error.ts";
import { MODEL_PARTS, type ModelPart } from "./model_part.ts";

/** What PEFT's config says about the layers of one part of a model. */
export interface AdapterConfig {
  /** Rank of a layer, if the config gives one. */
  rankOf(layer: string): number | undefined;
  /** Alpha of a layer, if the config gives one. */
  alphaOf(layer: string): number | undefined;
  /** Whether B A is multiplied by alpha / √r. */
  readonly rsLora: boolean;
  /** Whether layers are DoRAs. */
  readonly dora: boolean;
  /** Whether the config has a layer trained. */
  targets(layer: string): boolean;
}

/** A config for each part of a model. */
export type AdapterConfigs = Readonly<Record<ModelPart, AdapterConfig>>;

/**
 * Finds PEFT's config: in the metadata of the file, where diffusers puts it
 * with the part of the pipeline in front of each field; else in
 * `adapter_config.json` beside a file whose names begin with `base_model.`.
 */
export async function readAdapterConfigs(
  path: string,
  options: {
    metadata: Readonly<Record<string, string>>;
    names: Iterable<string>;
  },
): Promise<AdapterConfigs> {
  const inFile = options.metadata.lora_adapter_metadata;
  let place = { path, where: `lora_adapter_metadata of "${path}"` };
  let text = inFile;
  if (
    text === undefined &&
    [...options.names].some((name) => name.startsWith("base_model."))
  ) {
    const beside = join(dirname(path), "adapter_config.json");
    place = { path: beside, where: `"${beside}"` };
    if (await exists(beside)) {
      text = await readText(beside, {
        what: "LoRA config",
        fail: (message, { cause }) =>
          new LoraError(message, { path: beside, cause }),
      });
    }
  }
  const fields = text === undefined ? {} : parseObject(text, place);
  const configs: Partial<Record<ModelPart, AdapterConfig>> = {};
  for (const part of MODEL_PARTS) {
    configs[part] = await parseFields(
      (name) => fields[`${part}.${name}`] ?? fields[name],
      place,
    );
  }
  return configs as AdapterConfigs;
}

type Place = { path: string; where: string };

async function parseFields(
  field: (name: string) => unknown,
  { path, where }: Place,
): Promise<AdapterConfig> {
  const number = (name: string, rule: string, fits: (x: number) => boolean) => {
    const value = field(name) ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value === "number" && fits(value)) return value;
    throw new LoraError(
      `Cannot read ${where} as ${name} must be ${rule}: got ${
        JSON.stringify(value)
      }`,
      { path },
    );
  };
  // LoKr and LoHa of PEFT have no "lora_" in front
  const alpha = number("lora_alpha", "a number >= 0", isStrength) ??
    number("alpha", "a number >= 0", isStrength);
  const rank = number("r", "an integer >= 1", isRank);
  const patterns = async (name: string, rule: string, fits: typeof isRank) => {
    const value = field(name) ?? {};
    const entries: [string, unknown][] = typeof value === "object"
      ? Object.entries(value)
      : [[name, value]];
    const found: { pattern: Pattern; value: number }[] = [];
    for (const [key, value] of entries) {
      if (typeof value !== "number" || !fits(value)) {
        throw new LoraError(
          `Cannot read ${where} as ${name} must hold ${rule}: got something else`,
          { path },
        );
      }
      found.push({ pattern: await pathEnd(key, { path, where }), value });
    }
    return (layer: string) =>
      found.find(({ pattern }) => pattern(layer))?.value;
  };
  const alphas = await patterns("alpha_pattern", "numbers >= 0", isStrength);
  const ranks = await patterns("rank_pattern", "integers >= 1", isRank);
  return {
    rankOf: (layer) => ranks(layer) ?? rank,
    alphaOf: (layer) => alphas(layer) ?? alpha,
    rsLora: field("use_rslora") === true,
    dora: field("use_dora") === true,
    // they decide nothing, so one that cannot be read says nothing
    targets: await readTargets(field, { path, where })
      .catch(() => () => true),
  };
}

function parseObject(
  text: string,
  { path, where }: Place,
): Record<string, unknown> {
  try {
    const json = parseForeignJson(text);
    if (typeof json === "object" && json !== null) {
      return json as Record<string, unknown>;
    }
  } catch {
    // falls through
  }
  throw new LoraError(
    `Cannot read ${where} as it must be a JSON object: got ${
      text.slice(0, 40)
    }`,
    { path },
  );
}

function isStrength(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

function isRank(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
