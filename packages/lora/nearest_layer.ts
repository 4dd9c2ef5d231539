import { nearestName } from "@edit-transfer/weights";
import { type KeyMap, placeLayer } from "./key_map.ts";
import { isBflModule, SPELLINGS } from "./lora_style.ts";
import { partOf } from "./model_part.ts";

/**
 * Layer of the model that a key most likely means: of the same part of the
 * model, a matrix for a matrix and a norm for a norm, in the names that the key
 * is written in.
 */
export function nearestLayer(
  key: string,
  { axes, shapes }: {
    /** 2 for a matrix, 1 for a norm. */
    axes: number;
    shapes: ReadonlyMap<string, readonly number[]>;
  },
): string | undefined {
  const flat = /^lora_\w+$|^lycoris_\w+$/.test(key);
  const { part, path } = flat ? flatPart(key) : partOf(key);
  const layers = [...shapes]
    .filter(([other, shape]) =>
      partOf(other).part === part && shape.length === axes
    )
    .map(([other]) => partOf(other).path);
  const spelled = (style: "kohya" | "bfl") => {
    const { keyMap, prefix } = SPELLINGS[style].parts[part]!;
    return modulesOf(keyMap!, layers).map((module) => prefix + module);
  };
  if (flat) {
    const dotted = (name: string) => name.replaceAll("_", ".");
    const names = new Map(spelled("kohya").map((name) => [dotted(name), name]));
    return names.get(nearestName(dotted(key), names.keys()) ?? "");
  }
  if (part === "transformer" && isBflModule(key)) {
    const { prefix } = SPELLINGS.bfl.parts.transformer!;
    const names = spelled("bfl").map((name) => name.slice(prefix.length));
    return nearestName(key, names);
  }
  const nearest = nearestName(path, layers);
  return nearest === undefined || part === "transformer"
    ? nearest
    : `${part}.${nearest}`;
}

function flatPart(key: string) {
  const part = !/^lora_te/.test(key)
    ? "transformer" as const
    : /_encoder_block_/.test(key)
    ? "text_encoder_2" as const
    : "text_encoder" as const;
  return { part, path: key };
}

function modulesOf(keyMap: KeyMap, layers: readonly string[]): string[] {
  const modules = layers.flatMap((layer) =>
    placeLayer(keyMap, layer)?.module ?? []
  );
  return [...new Set(modules)];
}
