import assert from "node:assert/strict";
import { copyFile, readFile, rm, stat, writeFile } from "node:fs/promises";
import { cliCommand, fixture, inFolder, runCli } from "./_run_cli.ts";

const PICTURES = {
  before: fixture("demo/0000/source.png"),
  after: fixture("demo/0000/edited.png"),
  query: "query.png",
};
const job = (output: string, more: object = {}) => ({
  ...PICTURES,
  edit: "jumping",
  steps: 1,
  output,
  ...more,
});

/** Calls `body` in a folder with a jobs file and a query. */
async function inBatch(
  jobs: readonly (object | string)[],
  body: (folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (cwd) => {
    await copyFile(fixture("demo/0000/query.png"), `${cwd}/query.png`);
    const lines = jobs.map((line) =>
      typeof line === "string" ? line : JSON.stringify(line)
    );
    await writeFile(`${cwd}/jobs.jsonl`, lines.join("\n"));
    await body(cwd);
  });
}

Deno.test("batch says what is wrong with a line", async () => {
  const jobs = [
    "{",
    "[1]",
    job("a.png", { sede: 1 }),
    job("b.png", { seed: -1 }),
    '{"edit": "a", "edit": "b"}',
    job("c.png", { edit: "a\0b" }),
    job("d.png", { panelSize: 20000 }),
    job("e.png", { steps: 9e15 }),
    job("f.png", { strength: 3 }),
  ];
  await inBatch(jobs, async (cwd) => {
    const { reports } = await run(cwd);
    const [broken, ...others] = reports.map(({ error }) => error);
    assert.match(broken, /^Cannot use the job as it must be JSON: got \S/);
    assert.deepEqual(others, [
      "Cannot use the job as it must be a JSON object: got another value",
      'Cannot use the job as it must have known fields only: got "sede"; did you mean "seed"?',
      'Cannot use the job as "seed" must be an integer from 0 to 18446744073709551615',
      'Cannot use the job as a key must stand once: got "edit" twice',
      'Cannot use the job as its texts must be Unicode without NUL: got "a\\u0000b"',
      'Cannot use the job as "panelSize" must be an integer from 1 to 4096',
      'Cannot use the job as "steps" must be an integer from 1 to 100000',
      'Cannot use the job as "strength" must be a number from -0.5 to 2',
    ]);
  });
});

Deno.test("batch reads jobs that begin with a byte order mark", async () => {
  await inBatch([`\ufeff${JSON.stringify(job("a.png"))}\r`], async (cwd) => {
    assert.deepEqual((await run(cwd)).statuses, ["done"]);
  });
});

const BATCH = ["batch", "jobs.jsonl", "--device", "cpu", "--json"];

/** Reports of a batch and its exit code. */
async function run(cwd: string) {
  const { code, stdout, stderr } = await runCli(BATCH, { cwd });
  const reports = stdout.split("\n").filter(Boolean).map((l) => JSON.parse(l))
    .filter(({ error }) => typeof error !== "object"); // of the whole batch
  return { code, reports, statuses: reports.map((r) => r.status), stderr };
}

Deno.test("batch makes each job, passes over failures, and says so", async () => {
  const jobs = [
    job("a.png"),
    job("b.png", { query: "absent.png" }),
    "{",
    job("c.png", { sede: 1 }),
    job("a.png", { seed: 1 }),
    job("nowhere/d.png"),
    "",
    job("e.png", { seed: 2 }),
  ];
  await inBatch(jobs, async (cwd) => {
    const { code, reports, statuses, stderr } = await run(cwd);
    assert.deepEqual(statuses, [
      "done",
      ...Array(5).fill("failed"),
      "done",
    ]);
    assert.deepEqual(reports.map(({ line }) => line), [1, 2, 3, 4, 5, 6, 8]);
    assert.match(reports[1].error, /absent\.png/);
    assert.match(reports[3].error, /sede/);
    assert.match(reports[4].error, /"a\.png" is that of line 1$/);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /error: Cannot finish "jobs\.jsonl" as every job must succeed: 5 of 7 failed\n$/,
    );
  });
});

Deno.test("batch gives the bytes that edit gives, and skips what is finished", async () => {
  await inBatch([job("a.png", { seed: 3 }), job("b.png")], async (cwd) => {
    assert.deepEqual((await run(cwd)).statuses, ["done", "done"]);
    const once = await readFile(`${cwd}/a.png`);
    const { mtimeMs } = await stat(`${cwd}/b.png`);
    await runCli([
      "edit",
      ...["--example", PICTURES.before, PICTURES.after],
      ...["--query", "query.png", "--edit", "jumping", "--seed", "3"],
      ...["--steps", "1", "--device", "cpu", "-o", "alone.png"],
    ], { cwd });
    assert.deepEqual(await readFile(`${cwd}/alone.png`), once);

    await rm(`${cwd}/a.png`);
    assert.deepEqual((await run(cwd)).statuses, ["done", "skipped"]);
    assert.deepEqual(await readFile(`${cwd}/a.png`), once);
    assert.equal((await stat(`${cwd}/b.png`)).mtimeMs, mtimeMs);

    // other settings or other pictures: not finished
    await writeFile(
      `${cwd}/jobs.jsonl`,
      JSON.stringify(job("b.png", { strength: 0.5, lock: true, autoSeeds: 2 })),
    );
    assert.deepEqual((await run(cwd)).statuses, ["done"]);
    assert.deepEqual((await run(cwd)).statuses, ["skipped"]);
    await copyFile(PICTURES.after, `${cwd}/query.png`);
    assert.deepEqual((await run(cwd)).statuses, ["done"]);
  });
});

Deno.test("batch that is killed goes on to the same bytes", async () => {
  const jobs = ["a", "b", "c"].map((name, seed) =>
    job(`${name}.png`, { seed })
  );
  await inBatch(jobs, async (cwd) => {
    const child = cliCommand(BATCH, { cwd }).spawn();
    const reader = child.stdout.getReader();
    await reader.read(); // the first job is done
    child.kill("SIGKILL");
    reader.releaseLock();
    await child.output();
    const { statuses } = await run(cwd);
    assert.equal(statuses[0], "skipped");
    const pictures = await Promise.all(
      ["a", "b", "c"].map((name) => readFile(`${cwd}/${name}.png`)),
    );
    for (const name of ["a", "b", "c"]) await rm(`${cwd}/${name}.png`);
    assert.deepEqual((await run(cwd)).statuses, ["done", "done", "done"]);
    for (const [i, name] of ["a", "b", "c"].entries()) {
      assert.deepEqual(await readFile(`${cwd}/${name}.png`), pictures[i]);
    }
  });
});

Deno.test("batch refuses a file without jobs, and no file", async () => {
  await inBatch([""], async (cwd) => {
    const empty = await runCli(BATCH, { cwd });
    assert.equal(empty.code, 2);
    assert.match(empty.stderr, /as it must have a job a line: got none/);
    const absent = await runCli(["batch", "absent.jsonl"], { cwd });
    assert.equal(absent.code, 2);
    assert.match(
      absent.stderr,
      /^error: Jobs not found: "absent\.jsonl"$/m,
    );
  });
});

Deno.test("batch edits all pictures of a folder, and skips those that are finished", async () => {
  await inFolder(async (cwd) => {
    await Deno.mkdir(`${cwd}/photos`);
    await copyFile(fixture("demo/0000/query.png"), `${cwd}/photos/b.png`);
    await copyFile(fixture("demo/0000/source.png"), `${cwd}/photos/a.png`);
    await writeFile(`${cwd}/photos/a.txt`, "no picture");
    await writeFile(`${cwd}/photos/c.jpg`, "no picture");
    const args = [
      ...["batch", "--example", PICTURES.before, PICTURES.after],
      ...["--query", "photos", "-o", "edited", "--edit", "jumping"],
      ...["--steps", "1", "--seed", "3", "--device", "cpu", "--json"],
    ];
    const statuses = async () => {
      const { code, stdout } = await runCli(args, { cwd });
      assert.equal(code, 1); // c.jpg
      return stdout.trimEnd().split("\n").slice(0, -1).map((line) => {
        const { status, output } = JSON.parse(line);
        return [status, output];
      });
    };
    const outputs = ["a", "b", "c"].map((name) => `edited/${name}.png`);
    assert.deepEqual(await statuses(), [
      ["done", outputs[0]],
      ["done", outputs[1]],
      ["failed", outputs[2]],
    ]);
    await runCli([
      "edit",
      ...["--example", PICTURES.before, PICTURES.after],
      ...["--query", "photos/b.png", "--edit", "jumping", "--seed", "3"],
      ...["--steps", "1", "--device", "cpu", "-o", "edited/alone.png"],
    ], { cwd });
    assert.deepEqual(
      await readFile(`${cwd}/edited/alone.png`),
      await readFile(`${cwd}/edited/b.png`),
    );
    assert.deepEqual((await statuses()).map(([status]) => status), [
      "skipped",
      "skipped",
      "failed",
    ]);
  });
});

Deno.test("batch - reads jobs from the standard input", async () => {
  await inBatch([], async (cwd) => {
    const args = ["batch", "-", "--device", "cpu", "--quiet"];
    const child = cliCommand(args, { cwd, stdin: "piped" }).spawn();
    const input = child.stdin.getWriter();
    await input.write(
      new TextEncoder().encode(`${JSON.stringify(job("a.png"))}\n`),
    );
    await input.close();
    const { code, stdout } = await child.output();
    assert.equal(code, 0);
    assert.equal(new TextDecoder().decode(stdout), "a.png\n");
  });
});
