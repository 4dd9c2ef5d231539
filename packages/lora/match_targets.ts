import { nearestName } from "@edit-transfer/weights";

/**
 * Which layers a list of patterns means.
 *
 * A string is the path of a layer or the end of one, beginning at a segment, as
 * in PEFT; in it `*` stands for any characters. A regular expression matches
 * where it finds something.
 *
 * @param paths Paths of all layers.
 * @param targets Patterns.
 * @returns Paths that match one, in the order of the layers.
 *
 * @throws {RangeError} If a pattern matches no layer, naming the nearest.
 *
 * @example Usage
 * ```ts
 * import { matchTargets } from "@edit-transfer/lora";
 * import assert from "node:assert/strict";
 *
 * const paths = ["blocks.0.attn.to_q", "blocks.0.attn.to_k", "blocks.0.norm"];
 *
 * assert.deepEqual(matchTargets(paths, ["to_k"]), ["blocks.0.attn.to_k"]);
 * assert.deepEqual(matchTargets(paths, ["blocks.*.attn.*"]), paths.slice(0, 2));
 * assert.throws(() => matchTargets(paths, ["to_v"]), RangeError);
 * ```
 */
export function matchTargets(
  paths: readonly string[],
  targets: readonly (string | RegExp)[],
): string[] {
  const wanted = new Set<string>();
  for (const target of targets) {
    const pattern = typeof target === "string" ? glob(target) : target;
    const found = paths.filter((path) => path.search(pattern) !== -1);
    if (found.length === 0) throw nothingFound(paths, target);
    for (const path of found) wanted.add(path);
  }
  return paths.filter((path) => wanted.has(path));
}

/** A pattern for the whole path, or its last segments. */
function glob(target: string): RegExp {
  const parts = target.split("*").map((part) =>
    part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
  );
  return new RegExp(`(^|\\.)${parts.join(".*")}$`);
}

function nothingFound(
  paths: readonly string[],
  target: string | RegExp,
): RangeError {
  const segments = String(target).split(".").length;
  const ends = new Set(
    paths.map((path) => path.split(".").slice(-segments).join(".")),
  );
  const nearest = nearestName(String(target), ends);
  return new RangeError(
    `Cannot train LoRA as each target must match a layer: got "${target}" that matches none of ${paths.length}` +
      (nearest === undefined ? "" : `, nearest is "${nearest}"`),
  );
}
