import { type Pattern, pythonPattern } from "./_python_pattern.ts";

/**
 * Which layers PEFT's config has trained: `target_modules` less
 * `exclude_modules`, where `layers_to_transform` and `layers_pattern` leave
 * layers out of a list. All, if there are no targets.
 *
 * Source: `check_target_module_exists` of huggingface/peft 0.21.2,
 * tuners/tuners_utils.py.
 */
export async function readTargets(
  field: (name: string) => unknown,
  place: { path: string; where: string },
): Promise<(layer: string) => boolean> {
  const targets = await modules(field("target_modules"), place);
  if (targets === undefined) return () => true;
  const excluded = await modules(field("exclude_modules"), place);
  const indices = numbers(field("layers_to_transform"));
  const byIndex = indices.length > 0 && Array.isArray(field("target_modules"));
  const starts = byIndex
    ? await layerStarts(field("layers_pattern"), place)
    : [];
  const whole = texts(field("target_modules"));
  return (layer) => {
    if (excluded?.(layer) || !targets(layer)) return false;
    if (!byIndex || whole.includes(layer)) return true;
    const index = firstIndex(layer, starts);
    return index !== undefined && indices.includes(index);
  };
}

/** A pattern for whole paths, or a list of paths and of their last segments. */
async function modules(
  value: unknown,
  place: { path: string; where: string },
): Promise<Pattern | undefined> {
  if (typeof value === "string") {
    if (value === "") return undefined;
    if (value === "all-linear") return () => true;
    return await pythonPattern(value, place);
  }
  const names = texts(value);
  if (names.length === 0) return undefined;
  return (layer) =>
    names.some((name) => layer === name || layer.endsWith(`.${name}`));
}

/** What stands in front of the number of a layer; anything if empty. */
async function layerStarts(
  value: unknown,
  place: { path: string; where: string },
): Promise<Pattern[]> {
  const names = texts(typeof value === "string" ? [value] : value);
  const starts: Pattern[] = [];
  for (const name of names.filter((name) => name !== "")) {
    starts.push(
      await pythonPattern(`(.*\\.)?(${name})`, { ...place, key: name }),
    );
  }
  return starts;
}

/** First number of a path that stands behind one of the starts, and has more behind it. */
function firstIndex(
  layer: string,
  starts: readonly Pattern[],
): number | undefined {
  const segments = layer.split(".");
  const at = (i: number) => segments.slice(0, i).join(".");
  const isIndex = (i: number) =>
    /^\d+$/.test(segments[i]!) && i < segments.length - 1;
  const tests: readonly ((i: number) => boolean)[] = starts.length === 0
    ? [(i) => i >= 2] // PEFT wants two segments in front
    : starts.map((start) => (i) => start(at(i)));
  for (const test of tests) {
    const i = segments.findIndex((_, i) => isIndex(i) && test(i));
    if (i !== -1) return Number(segments[i]);
  }
  return undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((item) => typeof item === "string")
    : [];
}

function numbers(value: unknown): number[] {
  return [value].flat().filter((item) => typeof item === "number");
}
