import { printable } from "@edit-transfer/files/printable";
import process from "node:process";

/**
 * Writes a result to the standard output, {@linkcode printable} and with a line
 * break. Text in JSON stays the same text.
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
  process.stdout.write(`${printable(text)}\n`);
}

/**
 * Writes a line for people to the standard error stream, {@linkcode printable}.
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
  process.stderr.write(`${printable(text)}\n`);
}
