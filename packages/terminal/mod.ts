/**
 * What programs in a terminal share: progress, tables, counts of bytes and
 * seconds, exit codes, signals, and text that is safe to show.
 *
 * It imports nothing heavy, so that `--help` starts at once.
 *
 * @example Usage
 * ```ts
 * import { exitCodeOf, formatDuration, UsageError } from "@edit-transfer/terminal";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatDuration(200), "3 min 20 s");
 * assert.equal(exitCodeOf(new UsageError("Cannot use both flags")), 2);
 * ```
 *
 * @module
 */
export { EXIT_CODES, exitCodeOf, explain } from "./exit_code.ts";
export {
  formatBytes,
  formatCount,
  formatDuration,
  parseBytes,
} from "./format.ts";
export {
  InterruptError,
  interruptible,
  type InterruptibleOptions,
} from "./interruptible.ts";
export { printable } from "@edit-transfer/files/printable";
export { flushOutput, print, printBytes, warn } from "./print.ts";
export {
  Progress,
  type ProgressOptions,
  type ProgressStep,
  type ProgressStream,
} from "./progress.ts";
export { table } from "./table.ts";
export { required, UsageError } from "./usage_error.ts";
