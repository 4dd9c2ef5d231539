import type { Command } from "commander";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandTree } from "./commands/completion.ts";
import { completionScript } from "./completion_script.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const program = await commandTree({ signal: new AbortController().signal });

Deno.test("bash completes verbs, flags, verbs of lora and listed values", () => {
  const complete = (...words: string[]) => {
    const script = `${completionScript(program, "bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_edit_transfer
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script]);
    assert.equal(String(stderr), "");
    return String(stdout).trim().split("\n");
  };
  assert.deepEqual(complete("edit-transfer", "edi"), ["edit"]);
  assert.deepEqual(complete("edit-transfer", "edit", "--see"), ["--seed"]);
  assert.deepEqual(complete("edit-transfer", "lora", "insp"), ["inspect"]);
  assert.ok(complete("edit-transfer", "lora", "merge", "--").length > 2);
  assert.deepEqual(complete("edit-transfer", "edit", "--device", ""), [
    "auto",
    "webgpu",
    "cpu",
  ]);
});

Deno.test("fish and zsh get every verb", () => {
  const fish = completionScript(program, "fish");
  const zsh = completionScript(program, "zsh");
  for (
    const { name } of program.commands.map((one) => ({ name: one.name() }))
  ) {
    assert.match(fish, new RegExp(`-a ${name}$`, "m"));
    assert.match(zsh, new RegExp(`^    "${name}"\\) words=`, "m"));
  }
});

Deno.test("every command in the documentation exists, with its flags", async () => {
  let seen = 0;
  const files = await Array.fromAsync(
    glob(["README.md", "docs/*.md", "bench/README.md"], { cwd: ROOT }),
  );
  for (const file of files) {
    const text = (await readFile(join(ROOT, file), "utf8"))
      .replaceAll(/\\\n\s*/g, " ");
    const lines = text.matchAll(
      /(?:^ *|`)(?:edit-transfer|(?:npx -y deno@[\d.]+|deno) run [^`\n]*apps\/cli\/main\.ts) ([a-z][^`\n]*)/gm,
    );
    for (const [line, rest] of lines) {
      check(
        rest!.replace(/[#|;>].*/, "").trim().split(/\s+/),
        `${file}: ${line}`,
      );
      seen++;
    }
  }
  assert.ok(seen > 20, `got ${seen}`);
});

/** Whether a command and its long flags are in the tree. */
function check(words: readonly string[], message: string): void {
  const [first, second] = words;
  if (first === "help") return; // of any verb
  const outer = named(program, first);
  assert.ok(outer !== undefined, message);
  const command = named(outer, second) ?? outer;
  const known = ["--help", ...command.options.map(({ long }) => long)];
  for (const word of words) {
    if (!/^--[a-z]/.test(word)) continue;
    assert.ok(known.includes(word.split("=")[0]!), `${word} in ${message}`);
  }
}

function named(command: Command, name: string | undefined) {
  return command.commands.find((one) => one.name() === name);
}
