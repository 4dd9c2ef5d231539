import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const TOOL = fileURLToPath(new URL("./render_figures.ts", import.meta.url));

Deno.test("panels and captions agree in number, every fourth instance composes two edits, and the last are general", () => {
  const dir = mkdtempSync(join(tmpdir(), "render-figures-"));
  const options = [
    "--instances",
    "40",
    "--identities",
    "3",
    "--size",
    "16",
    "--composed",
    "0.25",
    "--general",
    "0.2",
  ];
  execFileSync(Deno.execPath(), [
    "run",
    "-A",
    "--no-check",
    TOOL,
    ...options,
    "-o",
    dir,
  ], {
    stdio: "pipe",
  });
  const lines = readFileSync(join(dir, "captions.jsonl"), "utf8").trim().split(
    "\n",
  )
    .map((line) => JSON.parse(line));
  assert.equal(
    readFileSync(join(dir, "panels.u8")).length,
    40 * 3 * 2 * 16 * 16 * 3,
  );
  assert.equal(lines.length, 40);
  assert.equal(lines.filter(({ types }) => types.length === 2).length, 10);
  assert.deepEqual(
    lines.map(({ types }) => types.some((type: string) => /^any-/.test(type))),
    Array.from({ length: 40 }, (_, index) => index >= 32),
  );
  for (
    const { edit, caption, parameters, types, sourceCaptions, editedCaptions }
      of lines
  ) {
    assert(caption.includes(edit));
    assert.equal(parameters.length, types.length);
    assert.equal(sourceCaptions.length, 3);
    assert(editedCaptions.every((text: string) => text.includes(edit)));
  }
  rmSync(dir, { recursive: true });
});

Deno.test("a missing folder is a usage error", () => {
  const { status, stderr } = spawnSync(Deno.execPath(), [
    "run",
    "-A",
    "--no-check",
    TOOL,
  ]);
  assert.equal(status, 2);
  assert.match(stderr.toString(), /^Cannot render figures as it takes -o DIR/);
});
