import assert from "node:assert/strict";
import { copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fixture, inFolder, runCli } from "./_run_cli.ts";
import { says, testJudge } from "../../packages/judge/_test_judge_server.ts";
import { refuses } from "./_test_bad_input.ts";

const short = ["--steps", "1", "--device", "cpu"];

/** Two photographs of a kind without an answer, as cases. */
async function unansweredCases(folder: string): Promise<void> {
  for (const id of ["a", "b"]) {
    await mkdir(join(folder, id), { recursive: true });
    for (const name of ["source", "edited", "query"]) {
      await copyFile(
        fixture(`demo/0000/${name}.png`),
        join(folder, id, `${name}.png`),
      );
    }
  }
  const line = (id: string) => `{"id":"${id}","edit":"jumping"}\n`;
  await writeFile(join(folder, "cases.jsonl"), line("a") + line("b"));
}

Deno.test("evaluate puts methods and results of others beside each other, on cases without answers", async () => {
  await inFolder(async (cwd) => {
    await unansweredCases(join(cwd, "cases"));
    await mkdir(join(cwd, "copies"));
    await copyFile(fixture("demo/0000/query.png"), join(cwd, "copies/a.png"));
    const args = [
      ...["evaluate", "--cases", "cases", ...short, "-o", "r", "--json"],
      ...["--methods", "ours", "--results", "copies=copies", "--save-outputs"],
      ...["--metrics", "shift,seeds", "gain", "--seeds", "2"],
    ];
    const first = await runCli(args, { cwd });
    assert.equal(first.code, 0, first.stderr);
    assert.match(
      first.stderr,
      /^notice: "copies": 1 case is missing: b; the rest is measured$/m,
    );
    assert.match(
      first.stderr,
      /^notice: 2 of 2 cases have no answer, and do not count for gain$/m,
    );
    const { metrics, conditions } = JSON.parse(first.stdout);
    assert.deepEqual(metrics.map(({ name }: { name: string }) => name), [
      "shift",
      "seeds",
    ]);
    const [ours, copies] = conditions;
    assert.deepEqual([ours.name, ours.cases, ours.seeds], ["ours", 2, 2]);
    assert.deepEqual([copies.name, copies.cases, copies.values.shift], [
      "copies",
      1,
      0,
    ]);

    // what it kept can be read again, and is taken by a second run
    const again = await runCli(args, { cwd });
    assert.equal(again.stdout, first.stdout);
    await cp(join(cwd, "r/outputs/ours"), join(cwd, "kept"), {
      recursive: true,
    });
    await rm(join(cwd, "r"), { recursive: true });
    const kept = await runCli([
      ...["evaluate", "--cases", "cases", "--results", "ours-before=kept"],
      ...["--metrics", "shift,seeds", "--json", "-o", "r"],
    ], { cwd });
    const [before] = JSON.parse(kept.stdout).conditions;
    assert.deepEqual(before.values, ours.values);
    assert.match(
      await readFile(join(cwd, "r/report.html"), "utf8"),
      /ours-before/,
    );
  });
});

Deno.test("evaluate asks a judge, tells the cost, and counts out what has no score", async () => {
  await inFolder(async (cwd) => {
    await unansweredCases(join(cwd, "cases"));
    await mkdir(join(cwd, "copies"));
    for (const [id, name] of [["a", "query"], ["b", "edited"]]) {
      await copyFile(
        fixture(`demo/0000/${name}.png`),
        join(cwd, `copies/${id}.png`),
      );
    }
    await using server = await testJudge(
      says('{"score": [9, 4]}'),
      says('{"score": [9, 4]}'),
      says("I would rather not"),
    );
    const { code, stdout, stderr } = await runCli([
      ...["evaluate", "--cases", "cases", "--results", "copies=copies"],
      ...["--metrics", "vie", "--judge", server.url, "--judge-model", "kind"],
      ...["--json", "-o", "r"],
    ], { cwd });
    assert.equal(code, 0, stderr);
    const [{ values, measured }] = JSON.parse(stdout).conditions;
    assert.deepEqual([values.vie, measured.vie], [4, 1]);
    assert.match(
      stderr,
      /^notice: kind will be asked about 4 times, read about \d+ tokens/m,
    );
    assert.match(
      stderr,
      /^notice: 1 of 2 judgements has no score as the judge's reply could not be read/m,
    );
  });
});

refuses([
  {
    name: "a metric that is not known",
    args: ["evaluate", "--metrics", "gain,psnr"],
    code: 2,
    says: /It must be a metric of gain, keep, win, .*: got "psnr"\.$/m,
  },
  {
    name: "a method that is not known",
    args: ["evaluate", "--methods", "theirs"],
    code: 2,
    says: /It must be a method of ours, .*: got "theirs"\.$/m,
  },
  {
    name: "results without a name",
    args: ["evaluate", "--results", "copies"],
    code: 2,
    says: /It must be like ours=path\/to\/folder, /,
  },
  {
    name: "metrics whose model nobody names",
    args: ["evaluate", "--count", "1", "--metrics", "clip-t,clip-i"],
    code: 2,
    says:
      /Cannot measure clip-t, clip-i as --clip DIR is required: got none; `pull openai\/clip-vit-large-patch14` gets it$/m,
  },
  {
    name: "results that are not there",
    args: ["evaluate", "--count", "1", "--results", "copies=copies"],
    code: 1,
    says: /Folder of results not found: "copies"$/m,
  },
  {
    name: "outputs without a folder",
    args: ["evaluate", "--count", "1", "--save-outputs"],
    code: 2,
    says: /Cannot save outputs as -o DIR is required: got none$/m,
  },
  {
    name: "a suite and conditions at once",
    args: ["evaluate", "--suite", "words", "--conditions", "right"],
    code: 2,
    says:
      /'--suite <names...>' cannot be used with option '--conditions <names...>'/,
  },
  {
    name: "cases without answers and metrics that need them",
    prepare: (folder) => unansweredCases(`${folder}/cases`),
    args: ["evaluate", "--cases", "cases", "--device", "cpu"],
    code: 2,
    says:
      /Cannot evaluate as no case has an answer, which gain, keep, win need: name other metrics, such as --metrics shift$/m,
  },
]);
