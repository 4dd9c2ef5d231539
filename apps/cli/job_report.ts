import { print, type Progress, warn } from "@edit-transfer/terminal";
import type { EditFlags } from "./plan_edit.ts";

/** What came of a job. */
export interface JobReport {
  readonly line: number;
  readonly status: "done" | "skipped" | "failed";
  readonly output?: string | undefined;
  readonly milliseconds?: number | undefined;
  readonly error?: string | undefined;
}

/** Tells what came of a job: JSON lines, or paths with failures aside. */
export function tellReport(
  report: JobReport,
  flags: EditFlags,
  progress: Progress,
): void {
  const { line, status, output, error } = report;
  if (flags.json === true) {
    print(JSON.stringify(report));
  } else if (status === "failed") {
    progress.end();
    warn(`failed: ${flags.query ?? "line"} ${line}: ${error}`);
  } else {
    if (status === "skipped") progress.note(`finished before: ${output}`);
    print(output!);
  }
}

/** The error of a batch some of whose jobs failed. */
export function batchFailure(
  name: string | undefined,
  { failed, all }: { readonly failed: number; readonly all: number },
): Error {
  return new Error(
    `Cannot finish "${name}" as every job must succeed: ${failed} of ${all} failed`,
  );
}
