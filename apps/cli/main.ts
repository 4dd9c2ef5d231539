/**
 * Command line of Edit Transfer: parses, calls the packages, prints.
 *
 * @example Usage
 * ```sh
 * deno run -A apps/cli/main.ts edit --example before.png after.png --query photo.png -o out.png
 * ```
 *
 * @module
 */
import process from "node:process";
import { exitCodeOf, explain } from "./exit_code.ts";
import { createProgram } from "./program.ts";

/**
 * Runs one command line. Ctrl-C stops it at the next step.
 *
 * @param args Arguments after the program's name.
 * @returns Exit code: 0, or 1 failure, 2 usage, 3 no device, 4 out of memory,
 * 130 interrupted.
 *
 * @example Usage
 * ```ts
 * import { run } from "@edit-transfer/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(await run(["edit", "--steps", "0"]), 2);
 * ```
 */
export async function run(args: readonly string[]): Promise<number> {
  const controller = new AbortController();
  const interrupt = () =>
    controller.abort(new DOMException("Interrupted", "AbortError"));
  process.once("SIGINT", interrupt);
  try {
    const program = createProgram({ signal: controller.signal });
    await program.parseAsync(args.length === 0 ? ["--help"] : args, {
      from: "user",
    });
    return 0;
  } catch (error) {
    const message = explain(error, { stack: args.includes("--verbose") });
    if (message !== undefined) process.stderr.write(`${message}\n`);
    return exitCodeOf(error);
  } finally {
    process.off("SIGINT", interrupt);
  }
}

if (import.meta.main) {
  const code = await run(process.argv.slice(2));
  process.exit(code); // a GPU library may otherwise keep the process alive
}
