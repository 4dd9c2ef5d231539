/** A module of another format, and the layers of diffusers it stands for. */
export interface KeyMapEntry {
  /** Its name, with `{i}` for the number of the block. */
  readonly module: string;
  /** Layers whose outputs it holds one after the other, `{i}` as in the name. */
  readonly layers: readonly string[];
  /** Whether the two halves of its output are in the other order in diffusers. */
  readonly halvesSwapped?: true | undefined;
}

/** All modules of a format. */
export type KeyMap = readonly KeyMapEntry[];

/** A module that a name stands for. */
export interface FoundModule {
  /** Paths of the layers, in the order of its output. */
  readonly layers: readonly string[];
  /** Whether the halves of its output are swapped. */
  readonly halvesSwapped: boolean;
}

/** Looks a module up by its name; undefined if the map does not have it. */
export function findModule(
  map: KeyMap,
  name: string,
): FoundModule | undefined {
  for (const { module, layers, halvesSwapped = false } of map) {
    const [before, after] = module.split("{i}") as [string, string?];
    if (after === undefined) {
      if (name === before) return { layers, halvesSwapped };
      continue;
    }
    if (!name.startsWith(before) || !name.endsWith(after)) continue;
    const i = name.slice(before.length, name.length - after.length);
    if (!/^\d{1,4}$/.test(i)) continue;
    const numbered = layers.map((layer) => layer.replace("{i}", i));
    return { layers: numbered, halvesSwapped };
  }
  return undefined;
}

/** Module that a layer is part of, and its place in it. */
export interface LayerPlace {
  /** Name of the module. */
  readonly module: string;
  /** All layers of the module, this one among them. */
  readonly found: FoundModule;
  /** Index of the layer among them. */
  readonly at: number;
}

/** The number of a block, in any part of the model. */
const NUMBERED =
  /^((?:single_)?transformer_blocks\.|encoder\.(?:layers|block)\.)(\d+)\./;

/** Looks a layer up by its path; undefined if no module holds it. */
export function placeLayer(map: KeyMap, layer: string): LayerPlace | undefined {
  const i = layer.match(NUMBERED)?.[2];
  const pattern = layer.replace(NUMBERED, "$1{i}.");
  for (const entry of map) {
    const at = entry.layers.indexOf(pattern);
    if (at === -1) continue;
    const module = entry.module.replace("{i}", i ?? "");
    return { module, found: findModule(map, module)!, at };
  }
  return undefined;
}
