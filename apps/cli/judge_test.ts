import { writeCases } from "@edit-transfer/figures";
import assert from "node:assert/strict";
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Behaviour,
  fails,
  says,
  testJudge,
} from "../../packages/judge/_test_judge_server.ts";
import { inFolder, runCli } from "./_run_cli.ts";

const KEY = "sk-secret-0123456789";

/** Cases, and the outputs of two methods: the answer, and the query. */
async function methodsIn(cwd: string, count = 2): Promise<string[]> {
  await writeCases(join(cwd, "cases"), {
    split: "test",
    seed: 1,
    count,
    size: 16,
  });
  for (const [name, panel] of [["ours", "target"], ["copy", "query"]]) {
    await mkdir(join(cwd, name!));
    for (let i = 0; i < count; i++) {
      const id = String(i).padStart(4, "0");
      await copyFile(
        join(cwd, "cases", id, `${panel}.png`),
        join(cwd, name!, `${id}.png`),
      );
    }
  }
  return ["--cases", "cases", "--method", "ours=ours", "copy=copy"];
}

const vie = says('{"score": [9, 4]}');

Deno.test("judge scores methods, goes on where it was stopped, and tells the cost", () =>
  inFolder(async (cwd) => {
    const methods = await methodsIn(cwd);
    // the second picture of the second method is refused, whatever happens
    const unkind: Behaviour = (response, asked) =>
      (server.asked.length === 7 ? fails(400, `no, ${KEY}`) : vie)(
        response,
        asked,
      );
    await using server = await testJudge(unkind);
    const run = (...more: string[]) =>
      runCli([
        "judge",
        ...methods,
        ...["--judge", server.url, "--judge-model", "stand-in"],
        ...["--protocol", "vie", "-o", "out", "--parallel", "1"],
        ...more,
      ], { cwd, env: { OPENAI_API_KEY: KEY } });

    const first = await run();
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /notice: 8 calls, [\d,]+ tokens read/);
    assert.match(
      first.stderr,
      /1 of 4 judgements has no score as the judge gave no reply: Cannot judge as http:.* got status 400, "no, …"/,
    );
    assert.match(first.stdout, /^ours +4\.00 \(4\.00 … 4\.00\) .* 2 of 2$/m);
    assert.match(first.stdout, /^copy .* 1 of 2$/m);
    assert.equal(server.asked[0]!.authorization, `Bearer ${KEY}`);

    const again = await run("--json");
    assert.equal(server.asked.length, 9, "asks what has no score alone");
    const { rows, spent } = JSON.parse(again.stdout);
    assert.deepEqual([spent.calls, spent.kept], [2, 6]);
    assert.deepEqual(
      rows.map(({ method, scored }: Record<string, unknown>) => [
        method,
        scored,
      ]),
      [["ours", 2], ["copy", 2]],
    );
    const lines = (await readFile(join(cwd, "out/judgements.jsonl"), "utf8"))
      .trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines.length, 4);
    assert.equal(lines[0].verdict.score[0].overall, 4);
    for (const name of ["replies.jsonl", "judge.json", "judgements.jsonl"]) {
      const text = await readFile(join(cwd, "out", name), "utf8");
      assert.ok(!text.includes(KEY), name);
    }
  }));

Deno.test("judge compares pairs with controls; a judge that is down scores nothing", () =>
  inFolder(async (cwd) => {
    const methods = await methodsIn(cwd, 1);
    const first = '{"edit": 1, "preservation": 1, "overall": 1}';
    await using server = await testJudge(says(first));
    const run = (...more: string[]) =>
      runCli(
        ["judge", ...methods, "--judge-model", "m", "-o", "out", ...more],
        {
          cwd,
        },
      );
    const pairs = await run(
      ...["--judge", server.url, "--protocol", "pairwise"],
      ...["--control", "blind", "swapped"],
    );
    assert.equal(pairs.code, 0, pairs.stderr);
    assert.match(pairs.stdout, /^ours +copy +0\.50 \(0\.05 … 0\.95\)/m);
    assert.match(pairs.stdout, /^ours, swapped +copy/m);
    assert.equal(server.asked.length, 6);
    assert.equal(server.asked[0]!.authorization, undefined);

    const url = server.url;
    await server[Symbol.asyncDispose]();
    const down = await run("--judge", url, "--judge-model", "n");
    assert.equal(down.code, 1);
    assert.match(
      down.stderr,
      /^error: Cannot score any of 1 judgements: 1 of 1 judgements has no score as the judge gave no reply: Cannot judge as http:/m,
    );
  }));
