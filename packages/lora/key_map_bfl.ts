import { KEY_MAP_BFL_FLUX } from "@edit-transfer/weights";
import type { KeyMap } from "./key_map.ts";

/** Modules of Black Forest Labs' flux: its linear layers, as their files have them. */
export const KEY_MAP_BFL: KeyMap = KEY_MAP_BFL_FLUX
  .filter(({ from }) => !from.endsWith("_norm.scale"))
  .map(({ from, to, halvesSwapped }) => ({
    module: from,
    layers: [to].flat(),
    halvesSwapped,
  }));
