/**
 * Runs every command of README.md, so that none of them goes stale.
 *
 * A command is a line of a code block marked `sh`. The ones that the pipeline
 * has run before this tool are passed over.
 *
 * Usage: deno run -A tools/check_readme.ts
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

const RUN_BEFORE = /deno(@[\d.]+)? task (test|demo|ok)$/;

const readme = readFileSync("README.md", "utf8");
const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)];
const commands = blocks.flatMap(([, block]) =>
  block!.replaceAll("\\\n", " ").split("\n")
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "")
);
if (commands.length === 0) {
  throw new Error("Cannot check README.md as it has no sh block");
}

for (const command of commands) {
  if (RUN_BEFORE.test(command)) continue;
  process.stderr.write(`$ ${command}\n`);
  const own = command.replace(
    /^(npx -y deno@[\d.]+|deno)(?= )/,
    Deno.execPath(),
  );
  const { status } = spawnSync(own, { shell: true, stdio: "inherit" });
  if (status !== 0) {
    process.stderr.write(`README.md: "${command}" ended with ${status}\n`);
    process.exit(1);
  }
}
