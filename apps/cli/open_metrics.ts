import { type CaseMetric, PICTURE_METRICS } from "@edit-transfer/evaluate";
import type { Device } from "@edit-transfer/tensor";
import { UsageError } from "@edit-transfer/terminal";

/** Flags of `evaluate` that metrics need. */
export interface MetricFlags {
  /** Folder of CLIP ViT-L/14. */
  readonly clip?: string | undefined;
  /** Folder of PickScore v1. */
  readonly pickscore?: string | undefined;
  /** Folder of EditCLIP. */
  readonly editclip?: string | undefined;
}

/** Metrics that are open, by what opened them. */
type OpenMetrics = AsyncDisposable & {
  readonly metrics: readonly CaseMetric[];
};

/** Metrics that one package brings. */
interface Group {
  /** Their names. */
  readonly names: readonly string[];
  /** Loads what they need, for the ones that are asked for. */
  open(
    names: readonly string[],
    options: MetricFlags & { readonly device: Device },
  ): Promise<OpenMetrics>;
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
  {
    names: ["clip-t", "clip-i", "clip-dir", "pickscore", "editclip"],
    open: (names) => missing(names),
  },
  {
    names: ["identity", "pose", "head-pose", "expression"],
    open: (names) => missing(names),
  },
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
  options: MetricFlags & { readonly device: Device },
): Promise<OpenMetrics> {
  await using owned = new AsyncDisposableStack();
  const open: CaseMetric[] = [];
  for (const group of GROUPS) {
    const own = names.filter((name) => group.names.includes(name));
    if (own.length === 0) continue;
    open.push(...owned.use(await group.open(own, options)).metrics);
  }
  const parts = owned.move();
  return {
    metrics: names.map((name) => open.find((metric) => metric.name === name)!),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function missing(names: readonly string[]): Promise<never> {
  return Promise.reject(
    new UsageError(
      `Cannot measure ${
        names.join(", ")
      } as this version does not have them: leave them out of --metrics`,
    ),
  );
}
