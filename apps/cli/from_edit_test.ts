import { decodeImage } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { editArgs, filesIn, fixture, inFolder, runCli } from "./_run_cli.ts";
import { readRecord } from "./record.ts";

const QUERY = fixture("demo/0000/query.png");
const OTHER = fixture("demo/0000/source.png");
const DEVICE = ["--device", "cpu", "--steps", "2"];

Deno.test("edit --from-edit gives the bytes of the edit that --save-edit wrote", () =>
  inFolder(async (cwd) => {
    const seeds = ["--seed", "3", "4"];
    const saved = await runCli(
      editArgs(
        ...["--edit", "jumping", "--conditions", "kept", ...seeds],
        ...["--save-edit", "jump.edit", "-o", "a.png"],
      ),
      { cwd },
    );
    assert.equal(saved.code, 0, saved.stderr);
    assert.match(saved.stderr, /The edit itself is written to "jump.edit"/);
    assert.ok(Deno.statSync(`${cwd}/jump.edit`).size < 3e6);
    const from = ["edit", "--from-edit", "jump.edit", ...DEVICE];

    const used = await runCli(
      [...from, ...seeds, "--query", QUERY, OTHER, "-o", "b.png"],
      { cwd },
    );
    assert.equal(used.code, 0, used.stderr);
    const pixels = async (name: string) =>
      (await decodeImage(`${cwd}/${name}.png`)).data;
    for (const seed of [3, 4]) {
      assert.deepEqual(
        await pixels(`b_query_seed_${seed}`),
        await pixels(`a_seed_${seed}`),
      );
    }
    const { record } = await readRecord(`${cwd}/b_query_seed_4.png`);
    assert.ok(record.command === "edit" && "edit" in record.inputs);
    assert.equal(record.conditions, "kept");

    const again = await runCli(
      ["edit", "-C", "b_source_seed_4.png", "-o", "c.png"],
      { cwd },
    );
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await pixels("c"), await pixels("b_source_seed_4"));

    for (
      const [args, rule] of [
        [["--no-lora"], /must be made with the same LoRAs: got \w{12} at 1/],
        [["--edit", "waving"], /as it holds example, words and size.*--edit/],
        [["--conditions", "joint"], /and is kept: got --conditions joint/],
      ] as const
    ) {
      const run = await runCli([...from, "--query", QUERY, ...args], { cwd });
      assert.notEqual(run.code, 0);
      assert.match(run.stderr, rule);
    }
    const before = filesIn(cwd);
    const none = await runCli([...from, "--query", QUERY, "none.png"], { cwd });
    assert.match(none.stderr, /Picture not found: "none\.png"/);
    assert.deepEqual(filesIn(cwd), before); // of the first query neither
    const bytes = await Deno.readFile(`${cwd}/jump.edit`);
    bytes[bytes.length - 9]! ^= 16;
    await Deno.writeFile(`${cwd}/jump.edit`, bytes);
    const changed = await runCli([...from, "--query", QUERY], { cwd });
    assert.equal(changed.code, 1);
    assert.match(changed.stderr, /must be what was written: got other bytes/);
    assert.ok(!filesIn(cwd).includes("out.png"));
  }));

Deno.test("edit --save-edit wants kept conditions, and replaces no other file", () =>
  inFolder(async (cwd) => {
    const joint = await runCli(editArgs("--save-edit", "a.edit"), { cwd });
    assert.equal(joint.code, 2);
    assert.match(joint.stderr, /must be kept: got joint; add --conditions/);
    Deno.writeTextFileSync(`${cwd}/a.edit`, "mine");
    const taken = await runCli(
      editArgs("--conditions", "kept", "--save-edit", "a.edit"),
      { cwd },
    );
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, /must not replace a file of another program/);
    assert.deepEqual(filesIn(cwd), ["a.edit"]);
  }));
