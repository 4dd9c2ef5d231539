import { KEY_MAP_BFL_FLUX } from "@edit-transfer/weights";
import type { KeyMap } from "./key_map.ts";

/**
 * Modules of Black Forest Labs' flux, as their files have them: linear layers
 * and the norms of queries and keys.
 */
export const KEY_MAP_BFL: KeyMap = KEY_MAP_BFL_FLUX
  .map(({ from, to, halvesSwapped }) => ({
    module: from.replace(/\.scale$/, ""),
    layers: [to].flat().map((layer) => layer.replace(/\.weight$/, "")),
    halvesSwapped,
  }));
