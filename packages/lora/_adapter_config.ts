import { exists, parseForeignJson, readText } from "@edit-transfer/files";
import { dirname, join } from "node:path";
import { LoraError } from "./lora_error.ts";

/** What PEFT's config says about the strength of the layers. */
export interface AdapterConfig {
  readonly alpha: number | undefined;
  readonly alphaPattern: Readonly<Record<string, number>>;
  readonly rsLora: boolean;
}

/**
 * Finds PEFT's config: in the metadata of the file, where diffusers puts it
 * with the part of the pipeline in front of each field; else in
 * `adapter_config.json` beside a file whose names begin with `base_model.`.
 */
export async function readAdapterConfig(
  path: string,
  options: {
    metadata: Readonly<Record<string, string>>;
    names: Iterable<string>;
  },
): Promise<AdapterConfig> {
  const inFile = options.metadata.lora_adapter_metadata;
  if (inFile !== undefined) {
    const where = `lora_adapter_metadata of "${path}"`;
    const fields = parseObject(inFile, { path, where });
    return parseFields(
      (name) => fields[`transformer.${name}`] ?? fields[name],
      { path, where },
    );
  }
  if ([...options.names].some((name) => name.startsWith("base_model."))) {
    const beside = join(dirname(path), "adapter_config.json");
    if (await exists(beside)) {
      const text = await readText(beside, {
        what: "LoRA config",
        fail: (message, { cause }) =>
          new LoraError(message, { path: beside, cause }),
      });
      const where = `"${beside}"`;
      const fields = parseObject(text, { path: beside, where });
      return parseFields((name) => fields[name], { path: beside, where });
    }
  }
  return { alpha: undefined, alphaPattern: {}, rsLora: false };
}

/** Alpha of a layer, if the config gives one; a pattern is the end of a path. */
export function configuredAlpha(
  config: AdapterConfig,
  layer: string,
): number | undefined {
  for (const [pattern, alpha] of Object.entries(config.alphaPattern)) {
    if (layer === pattern || layer.endsWith(`.${pattern}`)) return alpha;
  }
  return config.alpha;
}

type Place = { path: string; where: string };

function parseFields(
  field: (name: string) => unknown,
  { path, where }: Place,
): AdapterConfig {
  const fault = (rule: string) =>
    new LoraError(`Cannot read ${where} as ${rule}`, { path });
  if (field("use_dora") === true) {
    throw fault("DoRA is not supported: got use_dora true");
  }
  const alpha = field("lora_alpha");
  if (alpha !== undefined && alpha !== null && !isStrength(alpha)) {
    throw fault(
      `lora_alpha must be a number > 0: got ${JSON.stringify(alpha)}`,
    );
  }
  const alphaPattern = field("alpha_pattern") ?? {};
  if (
    typeof alphaPattern !== "object" ||
    !Object.values(alphaPattern).every(isStrength)
  ) {
    throw fault("alpha_pattern must hold numbers > 0: got something else");
  }
  return {
    alpha: isStrength(alpha) ? alpha : undefined,
    alphaPattern: alphaPattern as Record<string, number>,
    rsLora: field("use_rslora") === true,
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

function isStrength(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
