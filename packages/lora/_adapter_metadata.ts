import type { LoraPair } from "./lora_file.ts";
import type { LoraStyle } from "./lora_style.ts";

/**
 * Metadata that says rank and alpha: in the manner of kohya for all styles, and
 * for `peft` the config of PEFT, as diffusers writes it since 0.35. That one is
 * left out where layers have an alpha of their own in the file: diffusers does
 * not take both.
 */
export function adapterMetadata(
  pairs: ReadonlyMap<string, LoraPair>,
  { style }: { style: LoraStyle },
): Record<string, string> {
  const ranks = [...pairs].map(([path, { A }]) => [path, A.shape[0]] as const);
  const r = Math.max(...ranks.map(([, rank]) => rank));
  const alphas = new Set([...pairs.values()].map(({ alpha }) => alpha));
  const metadata: Record<string, string> = { rank: String(r) };
  metadata.ss_network_dim = String(r);
  if (alphas.size === 1) {
    metadata.alpha = metadata.ss_network_alpha = String([...alphas][0]);
  }
  metadata.ss_network_module = "networks.lora_flux";
  metadata.ss_base_model_version = "flux1";
  const plain = [...pairs.values()].every(({ scaling }) => scaling === 1);
  if (style !== "peft" || !plain) return metadata;
  const others = Object.fromEntries(ranks.filter(([, rank]) => rank !== r));
  const config = {
    alpha_pattern: others,
    bias: "none",
    lora_alpha: r,
    lora_dropout: 0,
    peft_type: "LORA",
    r,
    rank_pattern: others,
    target_modules: [...pairs.keys()].sort(),
    use_dora: false,
    use_rslora: false,
  };
  metadata.lora_adapter_metadata = JSON.stringify(
    Object.fromEntries(
      Object.entries(config).map(([k, v]) => [`transformer.${k}`, v]),
    ),
    null,
    2,
  );
  return metadata;
}
