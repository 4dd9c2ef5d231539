import { hashFile } from "@edit-transfer/files";
import {
  type CaseMetric,
  type CaseSets,
  type Condition,
  type ConditionResult,
  CONDITIONS,
  drawnSets,
  evaluate,
  type EvaluateOptions,
  hasAnswer,
  MORE_CONDITIONS,
  OutputStore,
  readCases,
  readResults,
  reportPaths,
  type Results,
  ScoreCache,
  SUITES,
} from "@edit-transfer/evaluate";
import type { Split } from "@edit-transfer/figures";
import {
  type Conditions,
  deviceIdentity,
  modelHash,
} from "@edit-transfer/pipeline";
import type { Device } from "@edit-transfer/tensor";
import { UsageError } from "@edit-transfer/terminal";
import { chooseModel } from "@edit-transfer/transfer";
import { join, resolve } from "node:path";
import config from "./deno.json" with { type: "json" };
import { METHODS } from "./open_methods.ts";
import type { MetricFlags } from "./open_metrics.ts";
import { checkFree, makeFolder } from "./output.ts";
import type { NamedFolder } from "./read_methods.ts";

/** Flags of `evaluate`. */
export interface EvaluateFlags extends MetricFlags {
  readonly model?: string | undefined;
  readonly lora?: string | undefined;
  readonly loraAllowUnmatched?: true | undefined;
  readonly device: "auto" | "webgpu" | "cpu";
  readonly count: number;
  readonly seed: number;
  readonly seeds: number;
  readonly steps?: number | undefined;
  readonly editConditions?: Conditions | undefined;
  readonly split: Split;
  readonly cases?: string | undefined;
  readonly size: number;
  readonly conditions?: readonly string[] | undefined;
  readonly suite?: readonly string[] | undefined;
  readonly methods?: readonly string[] | undefined;
  readonly results?: readonly NamedFolder[] | undefined;
  readonly metrics?: readonly string[] | undefined;
  readonly sheet: number;
  readonly output?: string | undefined;
  readonly saveOutputs?: true | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
}

/** The cases of an evaluation. */
interface Sets {
  readonly sets: CaseSets;
  /** Number of cases of the first set. */
  readonly count: number;
  /** Number of those without an answer. */
  readonly unanswered: number;
  /** Side of a panel in pixels. */
  readonly size: number;
}

/** Cases that are drawn, or the first set from a folder. */
export async function chooseSets(flags: EvaluateFlags): Promise<Sets> {
  const { cases: folder, count, split, seed } = flags;
  if (folder === undefined) {
    const { size } = flags;
    const sets = drawnSets({ split, seed, count, size });
    return { sets, count, unanswered: 0, size };
  }
  const given = await readCases(folder, { count });
  const [first] = given;
  if (first === undefined) {
    throw new UsageError(
      `Cannot evaluate as there must be a case: got none in "${folder}"`,
    );
  }
  const size = first.query.width;
  const drawn = drawnSets({ split, seed, count, size });
  return {
    sets: { ...drawn, seen: () => Promise.resolve(given) },
    count: given.length,
    unanswered: given.filter((one) => !hasAnswer(one)).length,
    size,
  };
}

/** Rows of a report. */
export interface Rows {
  /** Conditions of each method that edits. */
  readonly methods: ReadonlyMap<string, readonly Condition[]>;
  /** Results of other systems. */
  readonly imported: readonly {
    readonly row: Condition;
    readonly results: Results;
  }[];
  /** Names of all rows, from top to bottom. */
  readonly names: readonly string[];
}

/** What is measured: a model under conditions, or methods beside each other. */
export async function chooseRows(
  flags: EvaluateFlags,
  { sets, unanswered }: Sets,
): Promise<Rows> {
  const { results = [] } = flags;
  const { methods = results.length === 0 ? ["ours"] : [] } = flags;
  const isPlain = flags.methods === undefined && results.length === 0;
  const asked = flags.suite?.flatMap((name) => SUITES[name]!) ??
    flags.conditions ??
    (isPlain && unanswered === 0 ? undefined : ["right"]);
  const conditions = asked === undefined
    ? CONDITIONS
    : [...CONDITIONS, ...MORE_CONDITIONS]
      .filter(({ name }) => asked.includes(name));
  const isOne = conditions.length === 1;
  const conditionsOf = (method: string) =>
    isPlain ? conditions : conditions.map((condition) => ({
      ...condition,
      name: isOne ? method : `${method}-${condition.name}`,
      title: isOne
        ? METHODS[method]!.title
        : `${METHODS[method]!.title}: ${condition.title}`,
    }));
  const edited = new Map(methods.map((name) => [name, conditionsOf(name)]));
  const right = CONDITIONS.find(({ name }) => name === "right")!;
  const twice = results.find(({ name }) => edited.has(name));
  if (twice !== undefined) {
    throw new UsageError(
      `Cannot evaluate as rows must differ in name: got "${twice.name}" as a method and as results`,
    );
  }
  const imported = await Promise.all(
    results.map(async ({ name, folder }) => ({
      row: { ...right, name, title: name },
      results: await readResults(folder, await sets.seen()),
    })),
  );
  return {
    methods: edited,
    imported,
    names: [...edited.values()].flat().concat(imported.map(({ row }) => row))
      .map(({ name }) => name),
  };
}

/**
 * Refuses an output folder that could not be written, or would lose an input;
 * says where outputs are kept while they are made.
 */
export async function checkOutputs(
  flags: EvaluateFlags,
  { names, methods }: Rows,
): Promise<string | undefined> {
  const { output, cases, model, lora, results = [] } = flags;
  if (output === undefined) {
    if (!flags.saveOutputs) return undefined;
    throw new UsageError("Cannot save outputs as -o DIR is required: got none");
  }
  await makeFolder(output, "the report");
  const inputs = [
    ...cases === undefined ? [] : [join(cases, "cases.jsonl")],
    ...[model, lora].filter((path) => path !== undefined),
  ];
  for (const path of reportPaths(output, names)) {
    await checkFree(path, inputs);
  }
  const kept = join(output, flags.saveOutputs ? "outputs" : ".unfinished");
  const lost = results.find(({ folder }) =>
    `${resolve(folder)}/`.startsWith(`${resolve(kept)}/`)
  );
  if (lost !== undefined && methods.size > 0) {
    throw new UsageError(
      `Cannot write outputs to "${kept}" as they must not replace results that are read: got "${lost.folder}"`,
    );
  }
  return kept;
}

/** Metrics that can measure something; the others are told. */
export function usableMetrics(
  metrics: readonly CaseMetric[],
  { unanswered, count }: Sets,
  tell: (notice: string) => void,
): readonly CaseMetric[] {
  if (unanswered === 0) return metrics;
  const needs = (metric: CaseMetric) => "needsAnswer" in metric;
  const names = metrics.filter(needs).map(({ name }) => name);
  if (names.length > 0) {
    tell(
      `${unanswered} of ${count} cases have no answer, and do not count for ${
        names.join(", ")
      }`,
    );
  }
  const usable = unanswered < count
    ? metrics
    : metrics.filter((metric) => !needs(metric));
  if (usable.length > 0) return usable;
  throw new UsageError(
    `Cannot evaluate as no case has an answer, which ${
      names.join(", ")
    } need: name other metrics, such as --metrics shift`,
  );
}

/** What {@linkcode measureRows} needs. */
interface MeasureOptions {
  readonly flags: EvaluateFlags;
  /** Path of the model; undefined for the embedded one. */
  readonly path: string | undefined;
  readonly device: Device;
  /** Folder where outputs are kept. */
  readonly kept: string | undefined;
  readonly tell: (notice: string) => void;
  /** What all rows share. */
  readonly common: Omit<EvaluateOptions, "scores">;
}

/** Between two seeds of a case, so that no two cases share one. */
const SEED_STEP = 1_000_000;

/** Measures all rows; `facts` are what editors tell of themselves. */
export async function measureRows(
  { methods, imported }: Rows,
  { flags, path, device, kept, tell, ...options }: MeasureOptions,
): Promise<{
  readonly results: readonly ConditionResult[];
  readonly facts: Readonly<Record<string, unknown>>;
}> {
  const { lora, seeds } = flags;
  const common = {
    ...options.common,
    scores: kept === undefined
      ? undefined
      : new ScoreCache(join(kept, "scores.jsonl")),
  };
  const results: ConditionResult[] = [];
  const facts: Record<string, unknown> = {};
  for (const [method, conditions] of methods) {
    await using editor = await METHODS[method]!.open(path, {
      device,
      steps: flags.steps,
      conditions: flags.editConditions,
      loras: lora === undefined ? undefined : [{
        path: lora,
        allowUnmatched: flags.loraAllowUnmatched === true,
      }],
      onNotice: tell,
    });
    facts.steps ??= editor.steps;
    if (methods.size === 1 && editor.conditions === "kept") {
      facts.editConditions = "kept";
    }
    if (Object.keys(editor.options ?? {}).length > 0) {
      facts[method] = JSON.stringify(editor.options);
    }
    facts.noise = seeds === 1
      ? "one seed a case, its index"
      : `${seeds} seeds a case, its index and steps of ${SEED_STEP}`;
    const store = kept === undefined ? undefined : new OutputStore(
      kept,
      JSON.stringify({
        version: config.version,
        method,
        steps: editor.steps,
        conditions: editor.conditions,
        options: editor.options,
        weights: await weightsOf(path, lora),
        device: deviceIdentity(device),
      }),
    );
    const seedsOf = (_: unknown, index: number) =>
      Array.from({ length: seeds }, (_, k) => index + k * SEED_STEP);
    results.push(
      ...await Array.fromAsync(
        evaluate(editor, { ...common, conditions, store, seedsOf }),
      ),
    );
  }
  for (const { row, results: given } of imported) {
    const there = (await common.sets.seen())
      .filter((one) => given.seedsOf(one).length > 0);
    results.push(
      ...await Array.fromAsync(evaluate(given, {
        ...common,
        sets: { ...common.sets, seen: () => Promise.resolve(there) },
        conditions: [row],
        store: given,
        seedsOf: given.seedsOf,
      })),
    );
  }
  return { results, facts };
}

/** Hashes of all weights that outputs depend on. */
async function weightsOf(
  path: string | undefined,
  lora: string | undefined,
): Promise<string[]> {
  const choice = await chooseModel(path);
  const loras = lora === undefined ? choice.loras : [{ path: lora }];
  return [
    await modelHash(choice.path),
    ...await Promise.all(loras.map(({ path }) => hashFile(path))),
  ];
}
