import { LoraError } from "@edit-transfer/lora";
import { MemoryPlanError } from "@edit-transfer/plan";
import { DeviceError, OutOfMemoryError } from "@edit-transfer/tensor";
import { CommanderError } from "commander";

/** Exit codes of the program. */
const EXIT = {
  success: 0,
  failure: 1,
  usage: 2,
  noDevice: 3,
  outOfMemory: 4,
  interrupted: 130,
} as const;

/** Thrown when flags do not make sense together. */
export class UsageError extends Error {
  /** Always `"UsageError"`. */
  override readonly name = "UsageError";
}

/** Thrown when the device that was asked for cannot be opened. */
export class NoDeviceError extends DeviceError {
  /** Always `"NoDeviceError"`. */
  override readonly name = "NoDeviceError";
}

/** Exit code that a failure ends the program with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) {
    return error.exitCode === 0 ? EXIT.success : EXIT.usage;
  }
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof NoDeviceError) return EXIT.noDevice;
  if (isOutOfMemory(error)) return EXIT.outOfMemory;
  if (error instanceof DOMException && error.name === "AbortError") {
    return EXIT.interrupted;
  }
  return EXIT.failure;
}

/** What to tell the user about a failure; nothing where help was printed. */
export function explain(
  error: unknown,
  { stack }: { readonly stack: boolean },
): string | undefined {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined;
    return error.message.replace(/\s*\n\s*/g, " ");
  }
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  return stack && error.stack !== undefined ? `error: ${error.stack}` : [
    `error: ${error.message.replace(/\s*\n\s*/g, " ")}`,
    unmatchedTable(error),
  ].filter(Boolean).join("\n\n");
}

/** What of a LoRA did not fit, if that is what failed. */
function unmatchedTable(error: Error): string {
  return error instanceof LoraError ? error.table() : "";
}

/** Whether memory ran out, or would, on a device or in the runtime itself. */
function isOutOfMemory(error: unknown): boolean {
  return error instanceof OutOfMemoryError ||
    error instanceof MemoryPlanError ||
    error instanceof RangeError && /allocation failed/i.test(error.message);
}
