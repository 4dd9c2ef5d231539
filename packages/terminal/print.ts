import { printable } from "@edit-transfer/files/printable";
import { stderr, stdout } from "./streams.ts";

/**
 * Writes a result to the standard output, {@linkcode printable} and with a line
 * break. Text in JSON stays the same text. Where it cannot be written, the
 * program goes on; {@linkcode flushOutput} tells in the end.
 *
 * @param text What the program was asked for.
 *
 * @example Usage
 * ```ts
 * import { print } from "@edit-transfer/terminal";
 *
 * print("out.png");
 * ```
 */
export function print(text: string): void {
  stdout.write(`${printable(text)}\n`);
}

/**
 * Writes bytes to the standard output, as they are; see {@linkcode print}.
 *
 * @param bytes What the program was asked for, e.g. a picture.
 *
 * @example Usage
 * ```ts
 * import { printBytes } from "@edit-transfer/terminal";
 *
 * printBytes(new TextEncoder().encode("a picture"));
 * ```
 */
export function printBytes(bytes: Uint8Array): void {
  stdout.write(bytes);
}

/**
 * Writes a line for people to the standard error stream, {@linkcode printable};
 * where nobody reads it, the program goes on.
 *
 * @param text A notice or an error.
 *
 * @example Usage
 * ```ts
 * import { warn } from "@edit-transfer/terminal";
 *
 * warn("notice: the prompt was cut");
 * ```
 */
export function warn(text: string): void {
  stderr.write(`${printable(text)}\n`);
}

/**
 * Waits until both streams have been written.
 *
 * @returns When they are.
 *
 * @throws {Error} If the standard output could not be written, but for a reader
 * that had read enough.
 *
 * @example Usage
 * ```ts
 * import { flushOutput, print } from "@edit-transfer/terminal";
 *
 * print("out.png");
 * await flushOutput();
 * ```
 */
export async function flushOutput(): Promise<void> {
  await stderr.flush();
  const fault = await stdout.flush();
  if (fault === undefined || fault.code === "EPIPE") return;
  throw new Error(
    `Cannot write to the standard output: ${
      fault.code === "ENOSPC" ? "the disk is full" : fault.message
    }; all else is done`,
    { cause: fault },
  );
}
