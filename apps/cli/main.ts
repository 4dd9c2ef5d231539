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
import config from "./deno.json" with { type: "json" };
import type { Context } from "./verb.ts";
import { loadVerb, VERBS } from "./verbs.ts";

const ABOUT = "Does to a picture what an example pair shows.";

/**
 * Runs one command line. Ctrl-C, SIGTERM and SIGHUP stop it at the next step.
 *
 * @param args Arguments after the program's name.
 * @returns Exit code: 0, or 1 failure, 2 usage, 3 a device that is missing or
 * fails, 4 out of memory, 129, 130 or 143 stopped by a signal.
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
  const [first = "help", second] = args;
  if (["help", "--help", "-h"].includes(first) && second === undefined) {
    return show(help());
  }
  if (["--version", "-V"].includes(first)) return show(config.version);

  const { exitCodeOf, explain, flushOutput, interruptible, print, warn } =
    await import("@edit-transfer/terminal");
  try {
    await interruptible(async (signal) => {
      try {
        await call(args, { signal });
      } finally {
        signal.throwIfAborted(); // whatever an interrupted verb made of it
      }
    });
    await flushOutput();
    return 0;
  } catch (error) {
    const message = explain(error, { stack: args.includes("--verbose") });
    const code = exitCodeOf(error);
    if (message !== undefined) {
      warn(message);
      if (args.includes("--json")) {
        const text = message.replace(/^error: /, "");
        print(JSON.stringify({ error: { message: text, code } }));
      }
    }
    await flushOutput().catch(() => {});
    return code;
  }
}

/** Finds the verb, loads it alone, and lets it parse and run. */
async function call(args: readonly string[], context: Context): Promise<void> {
  const [first = "help", ...rest] = args;
  if (first === "help") return await call([...rest, "--help"], context);

  const [{ Command }, { print }] = await Promise.all([
    import("commander"),
    import("@edit-transfer/terminal"),
  ]);
  const program = new Command("edit-transfer")
    .exitOverride()
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      writeErr: () => {}, // errors are printed by `run`
    });
  for (const [name, about] of Object.entries(VERBS)) {
    const command = program.command(name).description(about);
    if (name === first) (await loadVerb(name)).verb(command, context);
  }
  const known = Object.hasOwn(VERBS, first);
  await program.parseAsync(known ? args : [first], { from: "user" });
}

/** The list of verbs, which needs none of them. */
function help(): string {
  const rows = Object.entries(VERBS).map(([name, about]) =>
    `  ${name.padEnd(10)} ${about}`
  );
  return [
    "Usage: edit-transfer <command> [flags]",
    ABOUT,
    `Commands:\n${rows.join("\n")}`,
    "Flags:\n  -V, --version  show the version\n" +
    "  -h, --help     show this, or with a command its flags",
  ].join("\n\n");
}

/** Prints without the streams of Node, which take longer to load than this. */
function show(text: string): 0 | 1 {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
    return 0;
  } catch {
    return 1; // nobody reads it
  }
}

if (import.meta.main) {
  const code = await run(Deno.args);
  Deno.exit(code); // a GPU library may otherwise keep the process alive
}
