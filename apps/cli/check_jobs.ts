import { fileKey } from "@edit-transfer/files";
import type { BatchJob } from "./batch_jobs.ts";

/**
 * The jobs, of which those are faults whose output is that of an earlier one, or
 * a picture that any of them reads: what a job makes would hang on which ran
 * before. Links, case and Unicode form of names make no difference.
 *
 * @param jobs Jobs as they were read.
 * @param others Files that all jobs need: the file of jobs, model, LoRAs.
 */
export async function checkJobs(
  jobs: readonly BatchJob[],
  others: readonly string[],
): Promise<readonly BatchJob[]> {
  const readBy = new Map<string, string>();
  for (const path of others) readBy.set(await fileKey(path), `"${path}"`);
  for (const { line, flags } of jobs) {
    const { example = [], query } = flags ?? {};
    const pictures = { before: example[0], after: example[1], query };
    for (const [name, path] of Object.entries(pictures)) {
      if (path !== undefined) {
        readBy.set(await fileKey(path), `${name} of line ${line}`);
      }
    }
  }
  const writtenBy = new Map<string, number>();
  const checked: BatchJob[] = [];
  for (const job of jobs) {
    const { line, flags } = job;
    if (flags === undefined) {
      checked.push(job);
      continue;
    }
    const key = await fileKey(flags.output);
    const [reader, writer] = [readBy.get(key), writtenBy.get(key)];
    const fault = reader !== undefined
      ? `its output must replace no input: "${flags.output}" is ${reader}`
      : writer !== undefined
      ? `its output must be its own: "${flags.output}" is that of line ${writer}`
      : undefined;
    writtenBy.set(key, writtenBy.get(key) ?? line);
    checked.push(
      fault === undefined
        ? job
        : { line, flags: undefined, fault: `Cannot use the job as ${fault}` },
    );
  }
  return checked;
}
