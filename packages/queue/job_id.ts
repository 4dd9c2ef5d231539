import { hashText, jsonText } from "@edit-transfer/files";

/**
 * Identity of a job: a UUID that follows from what it is, so that the same job
 * put twice is one.
 *
 * @param job The job, as JSON.
 * @returns A UUID of version 8 (RFC 9562).
 *
 * @example Usage
 * ```ts
 * import { jobId } from "@edit-transfer/queue";
 * import assert from "node:assert/strict";
 *
 * assert.equal(jobId({ edit: "a" }), jobId({ edit: "a" }));
 * assert.notEqual(jobId({ edit: "a" }), jobId({ edit: "b" }));
 * ```
 */
export function jobId(job: object): string {
  const hash = hashText(jsonText(job));
  const variant = (parseInt(hash[16]!, 16) & 3 | 8).toString(16);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join("-");
}
