import { decodeImage, encodePng, resize, tileGrid } from "@edit-transfer/image";
import assert from "node:assert/strict";
import {
  cliCommand,
  editArgs,
  filesIn,
  fixture,
  inFolder,
  runCli,
} from "./_run_cli.ts";
import { readRecord } from "./record.ts";
import { lockOutput } from "./output.ts";

const demo = (name: string) => fixture(`demo/0000/${name}.png`);
const size = async (path: string) => {
  const { width, height } = await decodeImage(path);
  return [width, height];
};

/** Writes the demo's query at another size. */
async function writeQuery(path: string, width: number, height: number) {
  const query = await decodeImage(demo("query"));
  await Deno.writeFile(
    path,
    await encodePng(await resize(query, { width, height })),
  );
}

Deno.test("a folder of queries becomes a folder of answers of their sizes, told by sidecars", async () => {
  await inFolder(async (cwd) => {
    Deno.mkdirSync(`${cwd}/in`);
    await writeQuery(`${cwd}/in/a.png`, 90, 60);
    await writeQuery(`${cwd}/in/b.png`, 20, 60);
    const args = editArgs("--query", "in", "-o", "made/new", "--sidecar");
    const run = await runCli([...args, "--save-sheet", "--steps", "1"], {
      cwd,
    });
    assert.equal(run.code, 0, run.stderr);
    assert.deepEqual(run.stdout.trim().split("\n"), [
      "made/new/a.png",
      "made/new/b.png",
      "made/new/sheet.png",
    ]);
    assert.deepEqual(await size(`${cwd}/made/new/a.png`), [90, 60]);
    assert.deepEqual(await size(`${cwd}/made/new/b.png`), [20, 60]);
    const names = ["a", "b", "sheet"].flatMap((x) => [`${x}.json`, `${x}.png`]);
    assert.deepEqual(filesIn(`${cwd}/made/new`), names);
    assert.match(
      run.stderr,
      /panels of 64 pixels a side, and draws poorly at 80 x 48/,
    );

    const made = await Deno.readFile(`${cwd}/made/new/b.png`);
    for (const from of ["b.png", "b.json"]) {
      const again = await runCli(
        [
          "edit",
          "-C",
          `made/new/${from}`,
          "-o",
          "again.png",
          "--no-metadata",
          "--force",
        ],
        { cwd },
      );
      assert.equal(again.code, 0, again.stderr);
      assert.deepEqual(await Deno.readFile(`${cwd}/again.png`), made);
    }
    const foreign = await runCli(editArgs("-o", "again.png"), { cwd });
    assert.match(
      foreign.stderr,
      /"again\.png" as it must not replace a file of another program/,
    );
  });
});

Deno.test("--composite edits the third panel of one picture, and -C repeats it", async () => {
  await inFolder(async (cwd) => {
    const [before, after, query] = await Promise.all(
      ["source", "edited", "query"].map((name) => decodeImage(demo(name))),
    ) as [never, never, never];
    const blank = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3) };
    const grid = tileGrid([before, after, query, blank]);
    await Deno.writeFile(`${cwd}/grid.png`, await encodePng(grid));
    const common = ["--device", "cpu", "--steps", "1", "--edit", "jumping"];
    const run = await runCli(
      ["edit", "--composite", "grid.png", ...common, "-o", "a.jpg"],
      { cwd },
    );
    assert.equal(run.code, 0, run.stderr);
    const { record } = await readRecord(`${cwd}/a.jpg`);
    assert.ok(record.command === "edit" && "composite" in record.inputs);
    assert.deepEqual(await size(`${cwd}/a.jpg`), [64, 64]);
    const again = await runCli(["edit", "-C", "a.jpg", "-o", "b.jpg"], { cwd });
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(
      await Deno.readFile(`${cwd}/b.jpg`),
      await Deno.readFile(`${cwd}/a.jpg`),
    );
    const both = await runCli(editArgs("--composite", "grid.png"), { cwd });
    assert.match(
      both.stderr,
      /as --composite holds example and query: got --example/,
    );
    assert.equal(both.code, 2);
  });
});

Deno.test("-o - writes one picture to the standard output, and nothing else", async () => {
  await inFolder(async (cwd) => {
    const run = await cliCommand(editArgs("--steps", "1", "-o", "-"), { cwd })
      .output();
    assert.equal(run.code, 0);
    const { width } = await decodeImage(run.stdout);
    assert.equal(width, 64);
    assert.deepEqual(filesIn(cwd), []);
    for (
      const [flags, message] of [
        [["--seed", "1-3"], /as it takes one picture: got 3/],
        [["--save-grid"], /as it takes one picture: got other files with it/],
        [["--json"], /got -o - and --json/],
      ] as const
    ) {
      const refused = await runCli(editArgs("-o", "-", ...flags), { cwd });
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, message);
    }
  });
});

Deno.test("an output that another run writes, or that is protected, is not replaced", async () => {
  await inFolder(async (cwd) => {
    {
      await using _held = await lockOutput(`${cwd}/a.png`);
      const second = await runCli(editArgs("-o", "a.png"), { cwd });
      assert.equal(second.code, 1);
      assert.match(
        second.stderr,
        /^error: Cannot write "a\.png" as one run at a time may write there: process \d+ holds it$/m,
      );
      await using _default = await lockOutput(`${cwd}/out.png`);
      const free = await runCli(editArgs("--steps", "1"), { cwd });
      assert.equal(free.stdout, "out_2.png\n");
      assert.match(
        free.stderr,
        /"out\.png" is written by another run: "out_2\.png"/,
      );
    }
    assert.deepEqual(filesIn(cwd), ["out_2.png"]);
    Deno.chmodSync(`${cwd}/out_2.png`, 0o444);
    const closed = await runCli(editArgs("-o", "out_2.png"), { cwd });
    assert.match(
      closed.stderr,
      /must not replace a write-protected file: got one/,
    );
    const other = await runCli(editArgs("-o", "a.gif"), { cwd });
    assert.match(
      other.stderr,
      /outputs are PNG, JPEG or WebP files: got the extension ".gif"/,
    );
  });
});

Deno.test("previews of an earlier run are cleared, other files stay", async () => {
  await inFolder(async (cwd) => {
    const run = (steps: string) =>
      runCli(editArgs("--steps", steps, "--preview-dir", "p"), { cwd });
    assert.equal((await run("3")).code, 0);
    Deno.copyFileSync(demo("query"), `${cwd}/p/step_009.png`);
    assert.equal((await run("1")).code, 0);
    assert.deepEqual(filesIn(`${cwd}/p`), ["step_001.png", "step_009.png"]);
  });
});
