import {
  type Case,
  type CaseMetric,
  PICTURE_METRICS,
} from "@edit-transfer/evaluate";
import type { Image } from "@edit-transfer/image";
import type { PeopleMetricName } from "@edit-transfer/people";
import { exists } from "@edit-transfer/files";
import { type Device, openDevice } from "@edit-transfer/tensor";
import { UsageError } from "@edit-transfer/terminal";
import { join } from "node:path";
import { locateModel } from "./locate_model.ts";

/** Flags of `evaluate` that metrics need. */
export interface MetricFlags {
  /** Folder of CLIP ViT-L/14, and of its processor if that is another. */
  readonly clip?: readonly string[] | undefined;
  /** The same of PickScore v1. */
  readonly pickscore?: readonly string[] | undefined;
  /** The same of EditCLIP. */
  readonly editclip?: readonly string[] | undefined;
  /** Endpoint of a judge. */
  readonly judge?: string | undefined;
  /** Its model. */
  readonly judgeModel?: string | undefined;
}

/** What metrics are opened with. */
export interface MetricOptions extends MetricFlags {
  readonly device: Device;
  /** Folder of the report, where replies of a judge are kept. */
  readonly output?: string | undefined;
  readonly signal: AbortSignal;
  readonly tell: (notice: string) => void;
}

/** Metrics that are open, by what opened them. */
export interface OpenMetrics extends AsyncDisposable {
  /** The metrics. */
  readonly metrics: readonly CaseMetric[];
  /** What there is to tell before some outputs are measured, of cases like one. */
  readonly starting?:
    | ((outputs: number, one: Case) => Promise<readonly string[]>)
    | undefined;
  /** What there is to tell when all is measured. */
  readonly ending?: (() => readonly string[]) | undefined;
}

/** Metrics that are opened together. */
interface Group {
  /** Their names. */
  readonly names: readonly string[];
  /** Loads what they need, for the ones that are asked for. */
  open(names: readonly string[], options: MetricOptions): Promise<OpenMetrics>;
}

const GROUPS: readonly Group[] = [
  {
    names: PICTURE_METRICS.map(({ name }) => name),
    open: (names) =>
      Promise.resolve({
        metrics: PICTURE_METRICS.filter(({ name }) => names.includes(name)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  },
  clipGroup("clip", "openai/clip-vit-large-patch14", [
    ...["clip-t", "clip-i", "clip-dir"],
  ]),
  clipGroup("pickscore", "yuvalkirstain/PickScore_v1", ["pickscore"]),
  clipGroup("editclip", "QWW/EditCLIP", ["editclip"]),
  {
    names: ["identity", "pose", "head-pose", "expression"],
    open: openPeople,
  },
  { names: ["lmm", "vie"], open: openJudged },
];

/** Names of all metrics. */
export const METRIC_NAMES: readonly string[] = GROUPS.flatMap(({ names }) =>
  names
);

/**
 * Metrics by their names, in the order of the names. Only what they need is
 * loaded.
 */
export async function openMetrics(
  names: readonly string[],
  options: MetricOptions,
): Promise<OpenMetrics> {
  await using owned = new AsyncDisposableStack();
  const groups: OpenMetrics[] = [];
  for (const group of GROUPS) {
    const own = names.filter((name) => group.names.includes(name));
    if (own.length === 0) continue;
    groups.push(owned.use(await group.open(own, options)));
  }
  const open = groups.flatMap(({ metrics }) => metrics);
  const parts = owned.move();
  return {
    metrics: names.map((name) => open.find((metric) => metric.name === name)!),
    starting: async (outputs, one) =>
      (await Promise.all(
        groups.map(({ starting }) => starting?.(outputs, one)),
      ))
        .flatMap((told) => told ?? []),
    ending: () => groups.flatMap(({ ending }) => ending?.() ?? []),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

/** Metrics of one CLIP model, whose folder a flag of its name gives. */
function clipGroup(
  flag: "clip" | "pickscore" | "editclip",
  repository: string,
  names: readonly string[],
): Group {
  return {
    names,
    async open(names, options) {
      const [folder, processor] = options[flag] ?? [];
      if (folder === undefined) {
        throw new UsageError(
          `Cannot measure ${
            names.join(", ")
          } as --${flag} DIR is required: got none; \`pull ${repository}\` gets it`,
        );
      }
      const { openClipMetrics } = await import("@edit-transfer/clip");
      await using owned = new AsyncDisposableStack();
      // a model may need all the memory that a device of the cpu has
      const device = options.device.kind === "cpu"
        ? owned.adopt(
          await openDevice("cpu"),
          (device) => device[Symbol.dispose](),
        )
        : options.device;
      const path = await locateModel(folder);
      const opened = owned.use(
        await openClipMetrics(path, {
          device,
          names,
          processor: await processorOf(path, processor ?? options.clip?.[0]),
        }),
      );
      opened.notices.forEach(options.tell);
      const { model, architecture, sha256, preprocessing } = opened.facts;
      const source = {
        model: `${model} (${architecture})`,
        hash: String(sha256),
        preprocessing: String(preprocessing),
      };
      const parts = owned.move();
      return {
        metrics: opened.metrics.map((metric) => ({ ...metric, source })),
        [Symbol.asyncDispose]: () => parts.disposeAsync(),
      };
    },
  };
}

/** Folder of the processor, where the model comes without one. */
async function processorOf(
  model: string,
  other: string | undefined,
): Promise<string | undefined> {
  const names = ["preprocessor_config.json", "processor_config.json"];
  for (const name of names) {
    if (await exists(join(model, name))) return undefined;
  }
  return other === undefined ? undefined : await locateModel(other);
}

/** Measures of people. */
async function openPeople(
  names: readonly string[],
  { signal, tell }: MetricOptions,
): Promise<OpenMetrics> {
  const { openPeopleMetrics } = await import("@edit-transfer/people");
  const people = await openPeopleMetrics({
    names: names as readonly PeopleMetricName[],
    onNotice: tell,
    signal,
  });
  return {
    metrics: people.metrics,
    ending: () => [people.facts.notice].filter((one) => one !== undefined),
    [Symbol.asyncDispose]: () => people[Symbol.asyncDispose](),
  };
}

/** Scores of a judge. */
async function openJudged(
  names: readonly string[],
  { judge: url, judgeModel: model, output, signal, tell }: MetricOptions,
): Promise<OpenMetrics> {
  if (url === undefined || model === undefined) {
    throw new UsageError(
      `Cannot measure ${
        names.join(", ")
      } as --judge URL and --judge-model NAME are required: got ${
        url ?? model ?? "none"
      }`,
    );
  }
  const {
    lmmMetric,
    lmmScore,
    openJudge,
    unscoredNotices,
    vieMetric,
    vieScore,
  } = await import("@edit-transfer/judge");
  const judge = await openJudge({
    url,
    model,
    replies: output && join(output, "judge.jsonl"),
    signal,
    onNotice: tell,
  });
  const verdicts: Parameters<typeof unscoredNotices>[0][number][] = [];
  const metrics = [lmmMetric(judge), vieMetric(judge)]
    .filter(({ name }) => names.includes(name))
    .map((metric): CaseMetric => ({
      ...metric,
      async score(output: Image, one: Case) {
        const verdict = await metric.score(output, one);
        verdicts.push(verdict);
        return "score" in verdict ? verdict : undefined;
      },
    }));
  return {
    metrics,
    async starting(outputs, one) {
      const { calls, read, written } = await judge.estimate(
        names.map((name) => (ask) =>
          name === "vie"
            ? vieScore(ask, one, one.query)
            : lmmScore(ask, one, [one.query])
        ),
      );
      return [
        `${model} will be asked about ${calls * outputs} times, read about ${
          read * outputs
        } tokens and write about ${
          written * outputs
        }, less what replies in "judge.jsonl" save`,
      ];
    },
    ending() {
      const { calls, kept, read, written } = judge.spent();
      return [
        ...unscoredNotices(verdicts),
        `${model} was asked ${calls} times, ${kept} replies were kept; it read ${read} tokens and wrote ${written}`,
      ];
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
