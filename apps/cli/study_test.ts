import { writeCases } from "@edit-transfer/figures";
import assert from "node:assert/strict";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { savedAnswers } from "../../packages/study/_test_study.ts";
import { inFolder, runCli } from "./_run_cli.ts";

const COUNT = 6;

Deno.test("study make writes a page, study tally counts what people answered", () =>
  inFolder(async (cwd) => {
    const at = (name: string) => join(cwd, name);
    await writeCases(at("cases"), {
      split: "test",
      seed: 1,
      count: COUNT,
      size: 16,
    });
    for (const [name, panel] of [["ours", "target"], ["copy", "query"]]) {
      await mkdir(at(name!));
      for (let i = 0; i < COUNT; i++) {
        await copyFile(
          at(`cases/000${i}/${panel}.png`),
          at(`${name}/out_${i}.png`),
        );
      }
      await writeFile(
        at(`${name}/results.jsonl`),
        Array.from(
          { length: COUNT },
          (_, i) => `{"id": "000${i}", "output": "out_${i}.png", "seed": 0}\n`,
        ).join(""),
      );
    }
    await rm(at("copy/out_5.png"));
    await writeFile(at("rules.json"), '{"leastSeconds": 3}');
    const make = (...more: string[]) =>
      runCli([
        ...["study", "make", "--cases", "cases", "-o", "out"],
        ...["--method", "ours=ours", "--method", "copy=copy"],
        ...more,
      ], { cwd });

    const made = await make("--tasks", "5", "--rules", "rules.json");
    assert.equal(made.code, 0, made.stderr);
    assert.equal(made.stdout, "out/page/index.html\n");
    assert.match(
      made.stderr,
      /1 of 6 cases are left out, as not all methods have edited them/,
    );
    const study = JSON.parse(await readFile(at("out/study.json"), "utf8"));
    assert.equal(study.rules.leastSeconds, 3);
    const over = await make("--tasks", "5");
    assert.equal(over.code, 2);
    assert.match(over.stderr, /one is there, which answers may be of/);

    await mkdir(at("answers"));
    for (const name of ["a", "b"]) {
      await writeFile(
        at(`answers/${name}.json`),
        savedAnswers(study, name, "ours"),
      );
    }
    await writeFile(at("answers/x.json"), "prose");
    const tally = (...more: string[]) =>
      runCli(["study", "tally", "out", "answers", ...more], { cwd });
    const text = await tally();
    assert.equal(text.code, 0, text.stderr);
    assert.match(
      text.stdout,
      /^ours +copy +1\.000 +1\.000 … 1\.000 +0\.722 … 1\.000 +10 of 10 +0\.0059$/m,
    );
    assert.match(text.stdout, /^People: 2 of 2 counted$/m);
    assert.match(
      text.stderr,
      /notice: Cannot read "answers\/x.json" as it must be JSON/,
    );
    const json = JSON.parse((await tally("--json")).stdout);
    assert.equal(json.questions[0].pairs[0].share, 1);
    assert.equal(json.notices.length, 1);
  }));
