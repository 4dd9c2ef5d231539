import type { Image } from "@edit-transfer/image";
import type { Metric, MetricSource } from "@edit-transfer/metrics";
import {
  type Detector,
  openDetector,
  type OpenDetectorOptions,
} from "./detector.ts";
import { expressionAgreement } from "./expression.ts";
import { type EditedPeople, headPoseError } from "./head_pose.ts";
import { identity } from "./identity.ts";
import { MODELS } from "./models.ts";
import type { Person } from "./person.ts";
import { poseAgreement, poseChange } from "./pose.ts";

/** What a metric of people is told besides the output. */
export interface PeopleCase {
  /** Example before its edit. */
  readonly before: Image;
  /** Example after it. */
  readonly after: Image;
  /** Picture that was edited. */
  readonly query: Image;
}

/** A measure of people, which needs no answer. */
export interface PeopleMetric extends Metric<number | undefined, PeopleCase> {
  /** Name in reports. */
  readonly name: PeopleMetricName;
  /** The model that scores. */
  readonly source: MetricSource;
}

/** Names of the metrics. */
export type PeopleMetricName = typeof PEOPLE_METRICS[number];

/** Names of the metrics, in the order of a report. */
export const PEOPLE_METRICS = [
  "identity",
  "pose",
  "head-pose",
  "expression",
] as const;

/** Options of {@linkcode openPeopleMetrics}. */
export interface OpenPeopleMetricsOptions
  extends Pick<OpenDetectorOptions, "folder" | "onNotice" | "signal"> {
  /** Which metrics; all by default. */
  readonly names?: readonly PeopleMetricName[] | undefined;
  /** What looks for people; the models of the package by default. */
  readonly detector?: Detector | undefined;
}

/** Metrics of people, until they are disposed of. */
export interface PeopleMetrics extends AsyncDisposable {
  /** The metrics, in the order of their names. */
  readonly metrics: readonly PeopleMetric[];
  /** What was seen so far. */
  readonly facts: PeopleFacts;
}

/** What was seen in the pictures that were looked at. */
export interface PeopleFacts {
  /** Outputs that were scored, once a metric. */
  readonly scores: number;
  /** Scores that are unknown as somebody is not to be seen. */
  readonly unknown: number;
  /** One sentence about them, for people; undefined if all are known. */
  readonly notice: string | undefined;
}

type Definition = Pick<PeopleMetric, "best" | "digits" | "unit" | "source"> & {
  measure(people: EditedPeople): number | undefined;
  /** Which of the pictures it looks at. */
  readonly panels: readonly (keyof EditedPeople)[];
  readonly needs: "faces" | "bodies";
};

const ALL = ["before", "after", "query", "output"] as const;

const DEFINITIONS: Readonly<Record<PeopleMetricName, Definition>> = {
  "identity": {
    best: 1,
    digits: 2,
    source: MODELS.faceres,
    panels: ["query", "output"],
    needs: "faces",
    measure: ({ query, output }) => identity(query, output),
  },
  "pose": {
    best: 1,
    digits: 2,
    source: MODELS["movenet-thunder"],
    panels: ALL,
    needs: "bodies",
    measure({ before, after, query, output }) {
      const example = poseChange(before, after);
      const edit = poseChange(query, output);
      return example && edit && poseAgreement(example, edit);
    },
  },
  "head-pose": {
    best: 0,
    digits: 1,
    unit: "°",
    source: MODELS.facemesh,
    panels: ALL,
    needs: "faces",
    measure: headPoseError,
  },
  "expression": {
    best: 1,
    digits: 2,
    source: MODELS.emotion,
    panels: ALL,
    needs: "faces",
    measure: expressionAgreement,
  },
};

/**
 * Metrics of the people in pictures: `identity` ({@linkcode identity} of query
 * and output), `pose` ({@linkcode poseAgreement} of the edit with its example), `head-pose`
 * ({@linkcode headPoseError}) and `expression` ({@linkcode expressionAgreement}).
 *
 * The models are downloaded at the first time. Only what the named metrics
 * need is loaded.
 *
 * @param options See {@linkcode OpenPeopleMetricsOptions}.
 * @returns The metrics; dispose of them to free the models.
 *
 * @throws {RangeError} If no metric has such a name.
 * @throws {Error} If the models cannot be downloaded or loaded.
 *
 * @example Usage
 * ```ts
 * import { type Detector, openPeopleMetrics } from "@edit-transfer/people";
 * import { blankImage } from "@edit-transfer/image";
 * import assert from "node:assert/strict";
 *
 * const nobody: Detector = {
 *   person: () => Promise.resolve({}),
 *   panel: (image) =>
 *     Promise.resolve({ image, person: {}, mask: new Uint8Array(1) }),
 *   [Symbol.asyncDispose]: () => Promise.resolve(),
 * };
 * await using people = await openPeopleMetrics({
 *   names: ["identity"],
 *   detector: nobody,
 * });
 * const [metric] = people.metrics;
 * const image = blankImage(8, 8);
 * const known = { before: image, after: image, query: image };
 * assert.equal(await metric!.score(image, known), undefined);
 * assert.match(people.facts.notice!, /^1 of 1 scores of people are unknown/);
 * ```
 */
export async function openPeopleMetrics(
  options: OpenPeopleMetricsOptions = {},
): Promise<PeopleMetrics> {
  const { names = PEOPLE_METRICS, detector: given, ...rest } = options;
  for (const name of names) {
    if (!PEOPLE_METRICS.includes(name)) {
      throw new RangeError(
        `Cannot measure people as metrics must be ${
          PEOPLE_METRICS.join(", ")
        }: got "${name}"`,
      );
    }
  }
  const needs = new Set(names.map((name) => DEFINITIONS[name].needs));
  const detector = given ?? await openDetector({
    ...rest,
    faces: needs.has("faces"),
    bodies: needs.has("bodies"),
  });
  const counts = { scores: 0, unknown: 0 };
  const metrics = names.map((name): PeopleMetric => {
    const { measure, panels, needs: _, ...facts } = DEFINITIONS[name];
    return {
      name,
      ...facts,
      async score(output, { before, after, query }) {
        const images = { before, after, query, output };
        const people: Record<keyof EditedPeople, Person> = {
          before: {},
          after: {},
          query: {},
          output: {},
        };
        for (const panel of panels) {
          people[panel] = await detector.person(images[panel]);
        }
        const score = measure(people);
        counts.scores++;
        if (score === undefined) counts.unknown++;
        return score;
      },
      summarize: meanOfKnown,
    };
  });
  return {
    metrics,
    facts: {
      get scores() {
        return counts.scores;
      },
      get unknown() {
        return counts.unknown;
      },
      get notice() {
        const { scores, unknown } = counts;
        if (unknown === 0) return undefined;
        return `${unknown} of ${scores} scores of people are unknown: a face or body that they need is not to be seen`;
      },
    },
    async [Symbol.asyncDispose]() {
      if (given === undefined) await detector[Symbol.asyncDispose]();
    },
  };
}

function meanOfKnown(scores: readonly (number | undefined)[]): number {
  const known = scores.filter((score) => score !== undefined);
  return known.reduce((sum, score) => sum + score, 0) / known.length;
}
