import { appendFileSync } from "node:fs";
import process from "node:process";

let test = "";

/**
 * Names the test that runs, and the device it runs on, for the error log.
 *
 * @param name Name of the test, e.g. `"rmsNorm() matches the golden [cpu]"`.
 *
 * @example Usage
 * ```ts
 * import { nameRunningTest } from "@edit-transfer/testing";
 *
 * nameRunningTest("rmsNorm() matches the golden [cpu]");
 * ```
 */
export function nameRunningTest(name: string): void {
  test = name;
}

/**
 * Adds a measured error to the file that `EDIT_TRANSFER_ERRORS` names, a JSON
 * object a line; does nothing without that variable.
 *
 * `bench/error_table.ts` makes the table of docs/numerics.md from the file.
 *
 * @param error Relative error reached.
 * @param limit Largest error that the test allows.
 *
 * @example Usage
 * ```ts
 * import { logError } from "@edit-transfer/testing";
 *
 * logError(1e-7, 1e-5);
 * ```
 */
export function logError(error: number, limit: number): void {
  const path = process.env.EDIT_TRANSFER_ERRORS;
  if (path === undefined || path === "") return;
  const file = new Error().stack?.match(/[\w/]+_test\.ts/)?.[0] ?? "";
  const place = file.slice(file.lastIndexOf("/packages/") + 1);
  appendFileSync(
    path,
    JSON.stringify({ file: place, test, error, limit }) + "\n",
  );
}
