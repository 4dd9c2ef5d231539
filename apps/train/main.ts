/**
 * Fine-tunes a LoRA on four-panel composites: parses the command line, runs it.
 *
 * @example Usage
 * ```sh
 * deno run -A apps/train/main.ts --config configs/edit_transfer.yaml
 * ```
 *
 * @module
 */
import process from "node:process";
import { run } from "./run.ts";

export { run };

if (import.meta.main) {
  const code = await run(process.argv.slice(2));
  process.exit(code); // a GPU library may otherwise keep the process alive
}
