import { exists, pathOnDisk } from "@edit-transfer/files";
import type { Fit } from "@edit-transfer/image";
import { required, UsageError } from "@edit-transfer/terminal";
import type {
  Conditions,
  EditDefaults,
  PreparedEdit,
  Seed,
} from "@edit-transfer/transfer";
import { dirname, isAbsolute, join } from "node:path";
import { type Best, planSeeds, type SeedFlags } from "./best_seeds.ts";
import {
  type EditImages,
  type NamedInputs,
  type PICTURES,
  picturesOf,
} from "./edit_images.ts";
import type { ModelFlags } from "./flags.ts";
import type { RunFacts, RunPlan } from "./make_pictures.ts";
import { type EarlierRun, type NamedModel, namedModel } from "./open_model.ts";
import { namedQueries } from "./queries.ts";
import {
  type EditRecord,
  type NamedFile,
  nameInRecord,
  readRecord,
  recordedFile,
} from "./record.ts";

/** Guidance where nobody asks for one. */
export const GUIDANCE = 1;

/** Flags of `edit`. */
export interface EditFlags extends ModelFlags, SeedFlags {
  /** Before and after. */
  readonly example?: readonly string[] | undefined;
  /** Picture to edit. */
  readonly query?: string | undefined;
  /** All pictures to edit, or folders of them, in place of one. */
  readonly queries?: readonly string[] | undefined;
  /** Before, after and query in one picture, with a place for the answer. */
  readonly composite?: string | undefined;
  /** File of an edit, in place of an example and words. */
  readonly fromEdit?: string | undefined;
  /** Where to write the edit itself. */
  readonly saveEdit?: string | undefined;
  /** Words of the edit. */
  readonly edit?: string | undefined;
  /** Caption instead of words. */
  readonly prompt?: string | undefined;
  /** Side of a panel in pixels. */
  readonly panelSize?: number | undefined;
  /** How a picture becomes a panel. */
  readonly fit?: Fit | undefined;
  /** How answers see text and given panels. */
  readonly conditions?: Conditions | undefined;
  /** How strong the edit is. */
  readonly strength?: number | undefined;
  /** Whether unchanged places are given back from the query. */
  readonly lock?: boolean | undefined;
  /** Whether to write all four panels too. */
  readonly saveGrid?: true | undefined;
  /** Baseline that edits instead. */
  readonly method?: string | undefined;
  /** Its options, `NAME=VALUE` each. */
  readonly methodOption?: readonly string[] | undefined;
}

/** What a run of `edit` will do, from flags and from an earlier run. */
export interface EditPlan extends RunPlan, NamedInputs {
  /** All pictures to edit. */
  readonly queries: readonly NamedFile[];
  readonly edit: string | undefined;
  readonly prompt: string | undefined;
  /** Undefined for the model's own. */
  readonly panelSize: number | undefined;
  readonly fit: Fit;
  /** Undefined for the model's own, as is their noise level. */
  readonly conditions: Conditions | undefined;
  readonly conditionSigma: number | undefined;
  readonly strength: number;
  readonly lock: boolean;
  /** How the picture that is repeated was chosen. */
  readonly best: Best | undefined;
  readonly noise: EditRecord["noise"];
  readonly earlier: EarlierRun<EditRecord> | undefined;
}

/** Merges flags with the record of an earlier run; flags win. */
export async function planEdit(
  flags: EditFlags,
  shared: { readonly model?: NamedModel | undefined } = {},
): Promise<EditPlan> {
  const { example, configFrom: png } = flags;
  const earlier = png === undefined ? undefined : await earlierEdit(png);
  const record = earlier?.record;
  const pictures = picturesOf(record);
  checkExample(example);
  checkComposite(flags);
  if (flags.edit !== undefined && flags.prompt !== undefined) {
    throw new UsageError(
      "Cannot edit as --prompt replaces the caption that --edit fills: got both",
    );
  }
  const input = async (
    flag: string,
    given: string | undefined,
    key: typeof PICTURES[number],
  ): Promise<NamedFile> => {
    const name = pictures?.[key].path;
    if (given !== undefined) return { path: await pathOnDisk(given) };
    return { name, path: await locate(required(name, "edit", flag), earlier!) };
  };
  const composite = await compositeOf(flags, earlier);
  const pair = "--example BEFORE AFTER";
  const queries = composite !== undefined
    ? [composite]
    : flags.queries !== undefined
    ? await namedQueries(flags.queries)
    : [await input("--query IMAGE", flags.query, "query")];
  const inputs = {
    before: composite ?? await input(pair, example?.[0], "before"),
    after: composite ?? await input(pair, example?.[1], "after"),
    query: queries[0]!,
  };
  const words = flags.edit !== undefined || flags.prompt !== undefined
    ? flags
    : record ?? {};
  return {
    inputs,
    queries,
    isComposite: composite !== undefined,
    edit: words.edit,
    prompt: words.prompt,
    model: shared.model ?? await namedModel(flags, { earlier, ownLora: true }),
    ...planSeeds(flags, record?.seed ?? 42),
    steps: flags.steps ?? record?.steps,
    guidance: flags.guidance ?? record?.guidance,
    panelSize: flags.panelSize ?? record?.panelSize,
    fit: flags.fit ?? record?.fit ?? "match",
    conditions: flags.conditions ?? (record && (record.conditions ?? "joint")),
    conditionSigma: record?.conditionSigma,
    strength: flags.strength ?? record?.strength ?? 1,
    lock: flags.lock ?? record?.lock ?? false,
    best: DECIDING.every((flag) => flags[flag] === undefined)
      ? record?.best
      : undefined,
    noise: record?.noise ?? { round: "bf16", standardize: true },
    device: flags.device ?? record?.device.kind ?? "auto",
    output: flags.output,
    inputPaths: [inputs.before, inputs.after, ...queries].map(({ path }) =>
      path
    ),
    earlier,
  };
}

/** Refuses pictures beside a composite that holds them. */
function checkComposite({ composite, example, queries }: EditFlags): void {
  if (composite === undefined) return;
  if (example === undefined && queries === undefined) return;
  throw new UsageError(
    `Cannot edit as --composite holds example and query: got --${
      example === undefined ? "query" : "example"
    }`,
  );
}

/** The composite that a run is made of, if it is. */
async function compositeOf(
  { composite, example, query, queries }: EditFlags,
  earlier: EarlierRun<EditRecord> | undefined,
): Promise<NamedFile | undefined> {
  if (composite !== undefined) return { path: await pathOnDisk(composite) };
  const inputs = earlier?.record.inputs;
  if (inputs === undefined || !("composite" in inputs)) return undefined;
  if ([example, query, queries].some((flag) => flag !== undefined)) {
    return undefined;
  }
  const { path: name } = inputs.composite;
  return { name, path: await locate(name, earlier!) };
}

/** Flags that decide the pixels. */
const DECIDING = [
  "example",
  "query",
  "composite",
  "edit",
  "prompt",
  "model",
  "lora",
  "seed",
  "autoSeeds",
  "keepBest",
  "steps",
  "guidance",
  "panelSize",
  "fit",
  "conditions",
  "strength",
  "lock",
] as const satisfies readonly (keyof EditFlags)[];

/** Refuses an example that is no pair. */
export function checkExample(example: readonly string[] | undefined): void {
  if (example === undefined || example.length === 2) return;
  throw new UsageError(
    `Cannot edit as --example takes two pictures, BEFORE and AFTER: got ${example.length}`,
  );
}

export async function earlierEdit(
  png: string,
): Promise<EarlierRun<EditRecord>> {
  const { record } = await readRecord(png);
  if (record.command === "edit") return { png, record };
  throw new UsageError(
    `Cannot repeat "${png}" as it must be made by edit: got ${record.command}`,
  );
}

/** A picture that a record names; in older ones, from here or beside the output. */
export async function locate(
  name: string,
  earlier: EarlierRun,
): Promise<string> {
  const { png, record } = earlier;
  const places = [recordedFile(name, earlier)];
  if (record.pathsFrom === undefined && !isAbsolute(name)) {
    places.push(join(dirname(png), name));
  }
  for (const place of places) if (await exists(place)) return place;
  throw new Error(
    `Input of "${png}" not found: ${
      [...new Set(places)].map((place) => `"${place}"`).join(" or ")
    }; name it with --example or --query`,
  );
}

/** What the plan says, else the model's own. */
export function settingsOf(
  plan: Pick<EditPlan, "steps" | "conditions" | "conditionSigma">,
  defaults: EditDefaults,
): EditDefaults {
  return {
    steps: plan.steps ?? defaults.steps,
    conditions: plan.conditions ?? defaults.conditions,
    conditionSigma: plan.conditionSigma ?? defaults.conditionSigma,
  };
}

/** Everything that decides the pixels of an edit. */
export function editRecord(
  plan: EditPlan,
  { seed, facts, prepared, hashes, output, settings, ...made }: {
    readonly settings: EditDefaults;
    readonly seed: Seed;
    readonly best?: Best | undefined;
    readonly facts: RunFacts;
    readonly prepared: Pick<PreparedEdit, "prompt" | "panelSize">;
    readonly hashes: EditImages["hashes"];
    /** The first one, unless another is named. */
    readonly query?: NamedFile | undefined;
    readonly output: string;
  },
): EditRecord {
  const { edit, fit, strength, lock, noise, earlier } = plan;
  const { best = plan.best, query = plan.inputs.query } = made;
  const { steps, conditions, conditionSigma } = settings;
  const file = (key: typeof PICTURES[number]) => ({
    path: nameInRecord(key === "query" ? query : plan.inputs[key], {
      output,
      earlier,
    }),
    sha256: hashes[key],
  });
  const { guidance, pathsFrom, ...rest } = facts;
  return {
    command: "edit",
    ...rest,
    edit,
    prompt: prepared.prompt,
    inputs: plan.isComposite ? { composite: file("query") } : {
      before: file("before"),
      after: file("after"),
      query: file("query"),
    },
    seed,
    steps,
    guidance,
    panelSize: prepared.panelSize,
    fit,
    ...conditions === "kept" ? { conditions, conditionSigma } : {},
    ...strength === 1 ? {} : { strength },
    ...lock ? { lock } : {},
    ...best === undefined ? {} : { best },
    noise,
    pathsFrom,
  };
}
