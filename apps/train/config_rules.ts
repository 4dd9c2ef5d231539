/** What a config has to fulfil besides the types of its values. */

/** A value of a config whose types are not known. */
type Raw = Readonly<Record<string, unknown>> | undefined;

/**
 * Rules between keys that a config breaks, as ends of a sentence. It may break the
 * schema, too, so nothing is taken for granted; what has a wrong type is passed over.
 */
export function brokenRules(json: unknown): string[] {
  const list = at(at(json, "config"), "process");
  const process = at(list, "0");
  if (process === undefined) return [];
  const datasets = listAt(process, "datasets");
  const sets: [name: string, set: Raw][] = [
    ...datasets.map((set, i) => [`datasets.${i}`, set] as [string, Raw]),
    ...["replay", "validation"].map((name) =>
      [name, at(process, name)] as [string, Raw]
    ),
  ];
  return [
    ...rankRule(at(process, "network")),
    ...deviceRule(process.device),
    ...sets.flatMap(([name, set]) =>
      set === undefined ? [] : sourceRules(name, set)
    ),
    ...resolutionRule(datasets),
    ...sampleRule(at(process, "sample")),
  ];
}

function rankRule(network: Raw): string[] {
  if (network === undefined) return [];
  const { linear, pretrained_lora_path: pretrained } = network;
  if (linear !== undefined || pretrained !== undefined) return [];
  return [
    "network.linear, the rank, must be given where no pretrained_lora_path tells it: got neither",
  ];
}

function deviceRule(device: unknown): string[] {
  if (typeof device !== "string") return [];
  return /^(auto|cpu|webgpu|cuda(:\d+)?)$/.test(device) ? [] : [
    `device must be "auto", "cpu" or "webgpu": got ${JSON.stringify(device)}`,
  ];
}

function sourceRules(name: string, set: NonNullable<Raw>): string[] {
  const { folder_path: folder, figures, caption_template: template } = set;
  const rules: string[] = [];
  const needsOne = name !== "validation";
  const got = folder !== undefined && figures !== undefined
    ? "both"
    : folder === undefined && figures === undefined && needsOne
    ? "neither"
    : undefined;
  if (got !== undefined) {
    rules.push(`${name} must have either folder_path or figures: got ${got}`);
  }
  if (typeof template === "string" && !template.includes("{edit}")) {
    rules.push(
      `${name}.caption_template must have a place {edit} for the words: got ${
        JSON.stringify(template)
      }`,
    );
  }
  return rules;
}

/** Half the side of the composite is a panel, one for all data sets. */
function resolutionRule(datasets: readonly Raw[]): string[] {
  const sides = new Set(
    datasets.flatMap((set) => set?.resolution ?? [])
      .filter((side) => typeof side === "number"),
  );
  const [side] = sides;
  return sides.size > 1 || (side ?? 2) % 2 !== 0
    ? [
      `resolution must be one even number for all data sets: got ${
        [...sides].join(" and ")
      }`,
    ]
    : [];
}

function sampleRule(sample: Raw): string[] {
  if (sample?.image === undefined) return [];
  const images = Array.isArray(sample.image) ? sample.image.length : 1;
  const prompts = Array.isArray(sample.prompts) ? sample.prompts.length : 1;
  return images === prompts || images === 1 && prompts > 0 || prompts === 1
    ? []
    : [
      `sample.prompts must be one for each of sample.image, or one of the two a single one: got ${prompts} prompts and ${images} images`,
    ];
}

function at(value: unknown, key: string): Raw {
  if (typeof value !== "object" || value === null) return undefined;
  const found = (value as Record<string, unknown>)[key];
  return typeof found === "object" && found !== null ? found as Raw : undefined;
}

function listAt(value: Raw, key: string): Raw[] {
  const found = value?.[key];
  return Array.isArray(found) ? found.map((_, i) => at(found, String(i))) : [];
}
