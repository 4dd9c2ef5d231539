import { readPngText } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { editArgs, fixture, inFolder, runCli } from "./_run_cli.ts";

const WORDS = ["--edit", "jumping"];

Deno.test("edit --method keeps method and options, and -C repeats them", async () => {
  await inFolder(async (cwd) => {
    const args = editArgs(...WORDS, "--method", "flowedit", "--steps", "3");
    const option = ["--method-option", "nMax=2", "target=a person {edit}"];
    const run = await runCli([...args, ...option, "-o", "a.png"], { cwd });
    assert.equal(run.code, 0, run.stderr);
    const a = await Deno.readFile(`${cwd}/a.png`);
    const { edit_transfer, parameters } = readPngText(a);
    const { method, prompt, loras, steps } = JSON.parse(edit_transfer!);
    assert.equal(method.name, "flowedit");
    assert.deepEqual([method.options.nMax, steps, loras], [2, 3, []]);
    assert.equal(prompt, "a person jumping");
    assert.match(parameters!, /Steps: 3, Sampler: flowedit,/);

    const again = await runCli(["edit", "-C", "a.png", "-o", "b.png"], { cwd });
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await Deno.readFile(`${cwd}/b.png`), a);

    const other = ["edit", "-C", "a.png", "--method", "copy-query"];
    const copy = await runCli([...other, "-o", "c.png"], { cwd });
    assert.equal(copy.code, 0, copy.stderr);
  });
});

Deno.test("flags that no method takes are refused", async () => {
  for (
    const [flags, message] of [
      [
        ["--method", "magic"],
        'rf-solver-edit, stable-flow, flowedit, sdedit, copy-query, copy-after: got "magic"',
      ],
      [
        ["--method", "sdedit", "--lock"],
        "only edit transfer itself takes --lock",
      ],
      [["--method", "sdedit", "--auto-seeds", "4"], "takes --auto-seeds"],
      [
        ["--method", "copy-query", "--steps", "4"],
        'must be one of none: got "steps"',
      ],
      [
        ["--method", "sdedit", "--method-option", "strength=7"],
        "a number from 0 to 1",
      ],
      [
        ["--method-option", "steps=2"],
        "--method must name it: got --method-option steps=2 alone",
      ],
    ] as const
  ) {
    const run = await runCli(editArgs(...WORDS, ...flags), {
      cwd: fixture(""),
    });
    assert.equal(run.code, 2, run.stderr);
    assert.ok(run.stderr.includes(message), run.stderr);
  }
});
