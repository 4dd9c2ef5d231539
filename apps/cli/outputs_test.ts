import { addPngText } from "@edit-transfer/image";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { editArgs, filesIn, fixture, inFolder, runCli } from "./_run_cli.ts";

const LORA = fixture("../models/micro/lora/edit_transfer.safetensors");
const demo = (name: string) => fixture(`demo/0000/${name}.png`);

Deno.test("no verb writes in place of a pipe, a device or a link to one", async () => {
  await inFolder(async (cwd) => {
    const pipes = ["a.png", "a_grid.png", "r/report.md", "w/0000/source.png"];
    for (const folder of ["r", "w", "w/0000"]) {
      Deno.mkdirSync(`${cwd}/${folder}`);
    }
    for (const path of pipes) execFileSync("mkfifo", [`${cwd}/${path}`]);
    for (const link of ["b.png", "b.safetensors", "b"]) {
      Deno.symlinkSync("/dev/null", `${cwd}/${link}`);
    }
    const job = {
      before: demo("source"),
      after: demo("edited"),
      query: demo("query"),
      output: "b.png",
    };
    Deno.writeTextFileSync(`${cwd}/jobs.jsonl`, JSON.stringify(job));
    const found = filesIn(cwd);
    const runs: Record<string, string[]> = {
      "a.png": editArgs("-o", "a.png", "--force"),
      "b.png": ["generate", "--prompt", "a", "-o", "b.png", "--force"],
      "/dev/null": editArgs("-o", "/dev/null", "--force"),
      "job b.png": ["batch", "jobs.jsonl", "--force"],
      "b.safetensors": [
        ...["lora", "convert", LORA, "--to", "kohya"],
        ...["-o", "b.safetensors"],
      ],
      "b as a folder": ["lora", "merge", "--lora", LORA, "-o", "b"],
      "b for conversion": [
        ...["convert", fixture("../models/micro"), "--quantize", "8"],
        ...["-o", "b", "--force"],
      ],
      "r/report.md": ["evaluate", "--count", "1", "-o", "r"],
      "w/0000/source.png": [
        ...["figures", "--count", "1", "-o", "w", "--force"],
      ],
    };
    for (const [name, args] of Object.entries(runs)) {
      const { code, stderr } = await runCli(args, { cwd });
      assert.equal(code, 1, name);
      assert.match(
        stderr,
        /Cannot write ".*": (it must be an ordinary file, and is a (pipe|device)|it is not a folder)\n/,
        name,
      );
    }
    assert.deepEqual(filesIn(cwd), found);
    for (const path of pipes) {
      assert.ok(Deno.lstatSync(`${cwd}/${path}`).isFifo);
    }
    assert.equal(Deno.readLinkSync(`${cwd}/b.png`), "/dev/null");
    assert.ok(Deno.statSync("/dev/null").isCharDevice);
  });
});

Deno.test("previews replace neither inputs, outputs nor files of others", async () => {
  await inFolder(async (cwd) => {
    Deno.mkdirSync(`${cwd}/p`);
    Deno.copyFileSync(demo("query"), `${cwd}/p/step_001.png`);
    const edit = (...args: string[]) =>
      runCli(editArgs("--preview-dir", "p", ...args), { cwd });
    const query = await edit("--query", "p/step_001.png", "--force");
    assert.match(
      query.stderr,
      /^error: Cannot write previews to "p" as they must not replace other files: got the input or output "p\/step_001\.png"; name another folder\n$/m,
    );
    Deno.renameSync(`${cwd}/p/step_001.png`, `${cwd}/q.png`);
    Deno.symlinkSync("../q.png", `${cwd}/p/Step_002.PNG`);
    const link = await edit("--query", "q.png", "--force");
    assert.match(link.stderr, /got an input or output by "p\/Step_002\.PNG"/);
    Deno.removeSync(`${cwd}/p/Step_002.PNG`);
    const output = await edit("-o", "p/step_002.png");
    assert.match(output.stderr, /got the input or output "p\/step_002\.png"/);
    Deno.copyFileSync(demo("query"), `${cwd}/p/step_002.png`);
    const foreign = await edit();
    assert.match(
      foreign.stderr,
      /got a file of another program, without --force, "p\/step_002\.png"/,
    );
    assert.deepEqual(filesIn(`${cwd}/p`), ["step_002.png"]);
    assert.deepEqual(
      Deno.readFileSync(`${cwd}/p/step_002.png`),
      Deno.readFileSync(demo("query")),
    );
    for (const args of [["--force"], []]) { // then its own
      const run = await edit(...args);
      assert.equal(run.code, 0, run.stderr);
    }
    const later = await edit("--query", "p/step_002.png", "--steps", "1");
    assert.equal(later.code, 0, later.stderr); // that step does not come
  });
});

Deno.test("a job's output is no other job's picture or output", async () => {
  await inFolder(async (cwd) => {
    for (const name of ["a.png", "c.png"]) {
      Deno.copyFileSync(demo("query"), `${cwd}/${name}`);
    }
    Deno.symlinkSync(".", `${cwd}/here`);
    const pair = { before: demo("source"), after: demo("edited"), steps: 1 };
    const jobs = [
      { ...pair, query: "a.png", output: "b.png" },
      { ...pair, query: demo("query"), output: "here/a.png" },
      { ...pair, query: "a.png", output: "here/B.PNG" },
      {
        ...pair,
        before: "c.png",
        after: "c.png",
        query: "d.png",
        output: "e.png",
      },
      { ...pair, query: "a.png", output: "D.png" },
      { ...pair, query: "a.png", output: "c.png" },
      { ...pair, query: "a.png", output: "jobs" },
    ];
    Deno.writeTextFileSync(
      `${cwd}/jobs`,
      jobs.map((job) => JSON.stringify(job)).join("\n"),
    );
    const run = await runCli(["batch", "jobs", "--force", "--json"], { cwd });
    assert.equal(run.code, 1);
    const reports = run.stdout.trim().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(
      reports.slice(0, -1).map(({ status, error }) => [
        status,
        error?.replaceAll(`${cwd}/`, ""),
      ]),
      [
        ["done", undefined],
        [
          "failed",
          'Cannot use the job as its output must replace no input: "here/a.png" is query of line 7',
        ],
        [
          "failed",
          'Cannot use the job as its output must be its own: "here/B.PNG" is that of line 1',
        ],
        ["failed", 'Picture not found: "d.png"'],
        [
          "failed",
          'Cannot use the job as its output must replace no input: "D.png" is query of line 4',
        ],
        [
          "failed",
          'Cannot use the job as its output must replace no input: "c.png" is after of line 4',
        ],
        [
          "failed",
          'Cannot use the job as its output must replace no input: "jobs" is "jobs"',
        ],
      ],
    );
    for (const name of ["a.png", "c.png"]) {
      assert.deepEqual(
        Deno.readFileSync(`${cwd}/${name}`),
        Deno.readFileSync(demo("query")),
      );
    }
  });
});

Deno.test("words that no record can hold are refused before the first step", async () => {
  await inFolder(async (cwd) => {
    const jobs = ["a\0b", "\ud800"].flatMap((words) =>
      ["edit", "prompt"].map((name) => ({
        before: demo("source"),
        after: demo("edited"),
        query: demo("query"),
        output: `${name}.png`,
        [name]: words,
      }))
    );
    for (const job of jobs) {
      Deno.writeTextFileSync(`${cwd}/jobs.jsonl`, JSON.stringify(job));
      const run = await runCli(["batch", "jobs.jsonl", "--json"], { cwd });
      const { status, error } = JSON.parse(run.stdout.split("\n")[0]!);
      assert.equal(status, "failed");
      assert.match(
        error,
        /must be Unicode without NUL: got /,
      );
      assert.deepEqual(filesIn(cwd), ["jobs.jsonl"]);
    }
  });
});

Deno.test("LoRAs, models and cases are not replaced by what is made of them", async () => {
  await inFolder(async (cwd) => {
    Deno.copyFileSync(LORA, `${cwd}/a.safetensors`);
    Deno.mkdirSync(`${cwd}/cases/0000`, { recursive: true });
    Deno.copyFileSync(fixture("demo/cases.jsonl"), `${cwd}/cases/cases.jsonl`);
    for (const name of ["source", "edited", "query", "target"]) {
      Deno.copyFileSync(demo(name), `${cwd}/cases/0000/${name}.png`);
    }
    const png = addPngText(Deno.readFileSync(demo("query")), {
      edit_transfer: "{}",
    });
    Deno.writeFileSync(`${cwd}/own.png`, png);
    Deno.symlinkSync("own.png", `${cwd}/alias.png`);
    const runs = [
      [
        "lora",
        "convert",
        "a.safetensors",
        "--to",
        "bfl",
        "-o",
        "a.safetensors",
      ],
      [
        ...["evaluate", "--cases", "cases", "--count", "1"],
        ...["--conditions", "right", "-o", "cases"],
      ],
      editArgs("--query", "own.png", "-o", "alias.png", "--force"),
    ];
    for (const args of runs) {
      const { code, stderr } = await runCli(args, { cwd });
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /Cannot write ".*" as it must not replace an input: got the same file as ".*"\n$/,
      );
    }
    assert.deepEqual(
      Deno.readFileSync(`${cwd}/a.safetensors`),
      Deno.readFileSync(LORA),
    );
    assert.deepEqual(Deno.readFileSync(`${cwd}/own.png`), png);
  });
});

Deno.test("evaluate --sheet 0 writes no sheet", async () => {
  await inFolder(async (cwd) => {
    const { code, stderr } = await runCli([
      ...["evaluate", "--count", "1", "--conditions", "no-lora"],
      ...["--steps", "1", "--device", "cpu", "--sheet", "0", "-o", "r"],
    ], { cwd });
    assert.equal(code, 0, stderr);
    assert.deepEqual(filesIn(`${cwd}/r`), [
      "cases.csv",
      "cases.jsonl",
      "report.csv",
      "report.html",
      "report.json",
      "report.md",
    ]);
  });
});
