import type { KeyMap } from "./key_map.ts";
import { KEY_MAP_BFL } from "./key_map_bfl.ts";

/** A path with its dots as underscores. */
const flat = (path: string) => path.replaceAll(".", "_");

/**
 * Names of kohya-ss/sd-scripts: the modules of flux behind `lora_unet_`; also
 * the layers of diffusers behind `lora_transformer_` or `lora_unet_`, as other
 * trainers write them in the same manner.
 *
 * Source: `_convert_kohya_flux_lora_to_diffusers` of huggingface/diffusers
 * 0.42.1, loaders/lora_conversion_utils.py.
 */
export const KEY_MAP_KOHYA: KeyMap = [
  ...KEY_MAP_BFL.map((entry) => ({
    ...entry,
    module: `lora_unet_${flat(entry.module)}`,
  })),
  ...KEY_MAP_BFL.flatMap(({ layers }) => layers).flatMap((layer) =>
    ["lora_transformer_", "lora_unet_"].map((prefix) => ({
      module: prefix + flat(layer),
      layers: [layer],
    }))
  ),
];
