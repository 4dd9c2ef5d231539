import type { DatasetTask, PreparedItem } from "./dataset_task.ts";
import type { EncodingCache } from "./encoding_cache.ts";
import type { SeamSurvey } from "./survey_seams.ts";

/** Likeness of a row's pictures under which a picture without seams is a single one. */
const LEAST_LIKENESS = 0.5;
/** Names in a notice before it says "and n more". */
const NAMED = 5;
/** Rows and columns of a composite that have a seam. */
const SEAMS = ["top row", "bottom row", "left column", "right column"] as const;

/** What {@linkcode checkSeams} needs. */
export interface CheckSeamsOptions {
  readonly items: readonly PreparedItem[];
  readonly cache: EncodingCache;
  readonly onNotice: (notice: string) => void;
  readonly onProgress: (done: number, all: number) => void;
}

/**
 * Looks at the seams of all composites that are cut where these are found, and
 * says what was found in one notice; a single picture among them is refused.
 */
export async function checkSeams(
  tasks: readonly DatasetTask[],
  { items, cache, onNotice, onProgress }: CheckSeamsOptions,
): Promise<void> {
  const composites = tasks.map((task, i) => ({ task, item: items[i]! }))
    .filter(({ task }) => task.hasSeams);
  if (composites.length === 0) return;
  const unclear: string[] = [];
  let shift = 0;
  for (const [i, { task, item }] of composites.entries()) {
    const survey = await surveyOf(task, { item, cache });
    await task.named(() => Promise.resolve(refuseSingle(survey)));
    shift = Math.max(shift, survey.shift);
    if (survey.unclear.length > 0) {
      unclear.push(`${task.name} (${survey.unclear.join(", ")})`);
    }
    onProgress(i + 1, composites.length);
  }
  const found = composites.length - unclear.length;
  const more = unclear.length > NAMED
    ? ` and ${unclear.length - NAMED} more`
    : "";
  const rest = unclear.length === 0
    ? ""
    : `; not clear, and cut at the centre there: ${
      unclear.slice(0, NAMED).join(", ")
    }${more}`;
  onNotice(
    `seams of ${composites.length} composites: all four clear in ${found}, up to ${shift} pixels off the centre${rest}`,
  );
}

/** The survey of a task, kept beside the encodings. */
async function surveyOf(
  task: DatasetTask,
  { item, cache }: { item: PreparedItem; cache: EncodingCache },
): Promise<SeamSurvey> {
  const key = { kind: "seams", content: item.content, cut: task.cut };
  const { seams } = await cache.get(key, async () => {
    const { unclear, shift, likeness } = await task.survey();
    const flags = SEAMS.map((name) => unclear.includes(name) ? 1 : 0);
    const data = Float32Array.of(...flags, shift, likeness);
    return { seams: { shape: [data.length], data } };
  });
  const values = [...seams!.data];
  return {
    unclear: SEAMS.filter((_, i) => values[i] === 1),
    shift: values[SEAMS.length]!,
    likeness: values[SEAMS.length + 1]!,
  };
}

function refuseSingle({ unclear, likeness }: SeamSurvey): void {
  const least = [-1, -1, -1, 0, LEAST_LIKENESS][unclear.length]!;
  if (likeness >= least) return;
  throw new RangeError(
    `Cannot cut it into panels as it must be four pictures: got no seam, and halves that are as alike as ${
      likeness.toFixed(2)
    }, where a composite has ${LEAST_LIKENESS} to 1; leave a single picture out, or say seams: centre if it is a composite`,
  );
}
