import type { KeyMap } from "./key_map.ts";
import { KEY_MAP_BFL } from "./key_map_bfl.ts";

/** A path with its dots as underscores. */
const flat = (path: string) => path.replaceAll(".", "_");

/** Layers of diffusers by their own names with underscores. */
export const KEY_MAP_DIFFUSERS_FLAT: KeyMap = KEY_MAP_BFL
  .flatMap(({ layers }) => layers)
  .map((layer) => ({ module: flat(layer), layers: [layer] }));

/**
 * Names of kohya-ss/sd-scripts, without `lora_unet_`: the modules of flux, or,
 * as other trainers write them in the same manner, the layers of diffusers.
 *
 * Source: `_convert_kohya_flux_lora_to_diffusers` of huggingface/diffusers
 * 0.42.1, loaders/lora_conversion_utils.py.
 */
export const KEY_MAP_KOHYA: KeyMap = [
  ...KEY_MAP_BFL.map((entry) => ({ ...entry, module: flat(entry.module) })),
  ...KEY_MAP_DIFFUSERS_FLAT,
];
