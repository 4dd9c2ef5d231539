import type { LogRecord } from "./run_log.ts";

/** How validation went so far. */
export interface ValidationCourse {
  /** Least loss; Infinity before the first. */
  readonly best: number;
  /** Validations since the one that had it. */
  readonly since: number;
}

/**
 * The least validation loss of a run and how long ago it was, from its log: a
 * run that is taken up knows what it would have known.
 */
export function validationCourse(
  records: readonly LogRecord[],
): ValidationCourse {
  let [best, since] = [Infinity, 0];
  for (const record of records) {
    if (record.event !== "validation") continue;
    since++;
    if (!(Number(record.loss) < best)) continue;
    [best, since] = [Number(record.loss), 0];
  }
  return { best, since };
}
