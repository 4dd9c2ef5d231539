import { formOf } from "./forms/mod.ts";
import type { LayerUpdate, LowRankUpdate } from "./lora_file.ts";
import type { LoraStyle } from "./lora_style.ts";
import { MODEL_PARTS, partOf } from "./model_part.ts";

/**
 * Metadata that says rank and alpha: in the manner of kohya for all styles, and
 * for `peft` the config of PEFT, as diffusers writes it since 0.35. That one is
 * left out where layers have an alpha of their own in the file: diffusers does
 * not take both.
 */
export function adapterMetadata(
  layers: ReadonlyMap<string, LayerUpdate>,
  { style }: { style: LoraStyle },
): Record<string, string> {
  const updates = [...layers.values()];
  const ranks = updates.flatMap((update) => formOf(update).rank(update) ?? []);
  const r = Math.max(0, ...ranks);
  const alphas = new Set(
    updates.flatMap((update) => "alpha" in update ? [update.alpha] : []),
  );
  const metadata: Record<string, string> = { rank: String(r) };
  metadata.ss_network_dim = String(r);
  if (alphas.size === 1) {
    metadata.alpha = metadata.ss_network_alpha = String([...alphas][0]);
  }
  metadata.ss_network_module = "networks.lora_flux";
  metadata.ss_base_model_version = "flux1";
  const pairs = [...layers].filter((entry): entry is [string, LowRankUpdate] =>
    entry[1].kind === "lowRank"
  );
  if (
    style !== "peft" || pairs.length < updates.length ||
    pairs.some(([, { scaling }]) => scaling !== 1)
  ) return metadata;
  const fields = MODEL_PARTS.flatMap((part) => {
    const own = pairs.map(([key, update]) => ({ ...partOf(key), update }))
      .filter((layer) => layer.part === part);
    return own.length === 0
      ? []
      : Object.entries(configOf(own)).map(([k, v]) => [`${part}.${k}`, v]);
  });
  const config = JSON.stringify(Object.fromEntries(fields), null, 2);
  metadata.lora_adapter_metadata = config;
  return metadata;
}

/** PEFT's config of the layers of one part. */
function configOf(
  layers: readonly { readonly path: string; readonly update: LowRankUpdate }[],
): Record<string, unknown> {
  const ranks = layers.map(({ path, update }) =>
    [path, update.A.shape[0]] as const
  );
  const r = Math.max(...ranks.map(([, rank]) => rank));
  // a key would also match the end of longer paths
  const others = Object.fromEntries(
    ranks.filter(([, rank]) => rank !== r)
      .map(([path, rank]) => [`^${path}`, rank]),
  );
  return {
    alpha_pattern: others,
    bias: "none",
    lora_alpha: r,
    lora_dropout: 0,
    peft_type: "LORA",
    r,
    rank_pattern: others,
    target_modules: layers.map(({ path }) => path).sort(),
    use_dora: layers.every(({ update }) => update.magnitude !== undefined),
    use_rslora: false,
  };
}
