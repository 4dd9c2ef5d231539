import type { WeightSource } from "@edit-transfer/weights";
import type { KeyMap } from "./key_map.ts";
import { LoraError, type UnmatchedLora } from "./lora_error.ts";
import type { LoraExtra } from "./lora_file.ts";
import { foreignReason, otherAdapter, type Piece } from "./lora_pieces.ts";
import { type LoraName, type LoraStyle, parseName } from "./lora_style.ts";
import type { ModelPart } from "./model_part.ts";

/** A module of a LoRA file. */
export interface LoraModule {
  readonly style: LoraStyle;
  /** Part of the model; undefined if it is of another kind of model. */
  readonly part: ModelPart | undefined;
  /** Its name in the style, without what says the part. */
  readonly name: string;
  /** What stands in front of the ends of its arrays, without a prefix if it has dots. */
  readonly start: string;
  readonly keyMap: KeyMap | undefined;
  /** Names of its arrays. */
  readonly pieces: Partial<Readonly<Record<Piece, string>>>;
  /** Name of an array of it, for messages. */
  readonly first: string;
  /** Name of the array whose rows are the layer's outputs. */
  readonly outputs: string;
}

/** Arrays that belong together, by the array that tells their kind. */
const KINDS: readonly {
  readonly needs: readonly Piece[];
  readonly outputs: Piece;
  readonly called: readonly string[];
}[] = [
  { needs: ["A", "B"], outputs: "B", called: ["lora_A", "lora_B"] },
  {
    needs: ["hada1a", "hada1b", "hada2a", "hada2b"],
    outputs: "hada1a",
    called: ["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"],
  },
];

/** The names of a file by module, and those that are of none. */
export function groupNames(
  source: WeightSource,
): { modules: LoraModule[]; extras: LoraExtra[] } {
  const { path } = source;
  const groups = new Map<
    string,
    Omit<LoraName, "piece"> & { pieces: Partial<Record<Piece, string>> }
  >();
  const extras: LoraExtra[] = [];
  for (const name of source.names()) {
    const adapter = otherAdapter(name);
    if (adapter !== undefined) {
      throw new LoraError(
        `Cannot read "${path}" as a LoRA as it is ${adapter}: got "${name}"`,
        { path },
      );
    }
    const foreign = foreignReason(name);
    const parsed = foreign === undefined ? parseName(name) : undefined;
    if (parsed === undefined) {
      extras.push({
        key: name,
        reason: foreign ?? "is a whole array rather than an update of one",
        harmless: foreign !== undefined,
      });
      continue;
    }
    const { piece, ...rest } = parsed;
    const key = `${rest.part} ${rest.module}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, group = { ...rest, pieces: {} });
    const other = group.pieces[piece];
    if (other !== undefined) throw twice(path, other, name);
    group.pieces[piece] = name;
  }
  refuseOthers(path, { extras, count: groups.size });
  const incomplete: UnmatchedLora[] = [];
  const modules: LoraModule[] = [];
  for (const { pieces, module: name, ...rest } of groups.values()) {
    const fault = missingPieces(pieces);
    if (fault !== undefined) {
      incomplete.push({ key: name, reason: fault, nearest: undefined });
      continue;
    }
    const [first] = Object.values(pieces) as [string];
    const start = rest.style === "kohya" ? startOf(first) : name;
    const outputs = pieces.B ?? pieces.hada1a ?? pieces.diff ?? first;
    modules.push({ ...rest, name, start, pieces, first, outputs });
  }
  const [fault] = incomplete;
  if (fault !== undefined) {
    throw new LoraError(
      `Cannot read "${path}" as a LoRA as each module must have all of its arrays: got ${incomplete.length} of ${groups.size} that have not, the first "${fault.key}" ${fault.reason}`,
      { path, unmatched: incomplete },
    );
  }
  return { modules, extras };
}

/** Refuses a file in which nothing is of a LoRA. */
function refuseOthers(
  path: string,
  { extras, count }: { extras: readonly LoraExtra[]; count: number },
): void {
  if (count > 0) return;
  const [first] = extras;
  if (first === undefined) {
    throw new LoraError(
      `Cannot read "${path}" as a LoRA must have a layer: got no arrays`,
      { path },
    );
  }
  throw new LoraError(
    `Cannot read "${path}" as a LoRA as some of its arrays must be updates of layers: got none of ${extras.length}, the first "${first.key}"${
      first.harmless ? `, which ${first.reason}` : ""
    }`,
    {
      path,
      unmatched: extras.map(({ key, reason }) => ({
        key,
        reason,
        nearest: undefined,
      })),
    },
  );
}

/** What a module lacks, if it does. */
function missingPieces(
  pieces: Partial<Record<Piece, string>>,
): string | undefined {
  const has = (piece: Piece) => pieces[piece] !== undefined;
  for (const { needs, called } of KINDS) {
    if (!needs.some(has)) continue;
    const missing = called.filter((_, i) => !has(needs[i]!));
    return missing.length === 0 ? undefined : `has no ${missing.join(" and ")}`;
  }
  const pairs = [["w1", "w1a", "w1b"], ["w2", "w2a", "w2b"]] as const;
  if (pairs.flat().some(has)) {
    const missing = pairs.filter(([whole, a, b]) =>
      !has(whole) && !(has(a) && has(b))
    );
    return missing.length === 0
      ? undefined
      : `has no lokr_${missing.map(([whole]) => whole).join(" and lokr_")}`;
  }
  const alone: readonly Piece[] = ["diff", "diffBias", "gain", "gainDiff"];
  return alone.some(has) ? undefined : "has no lora_A and lora_B";
}

/** A name up to its first dot. */
function startOf(name: string): string {
  return name.split(".")[0]!;
}

/** Two arrays for one thing. */
export function twice(path: string, one: string, other: string): LoraError {
  return new LoraError(
    `Cannot read "${path}" as each layer must be there once: got "${one}" and "${other}"`,
    { path },
  );
}
