import assert from "node:assert/strict";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import {
  named,
  PASSWORD,
  type TestServer,
  testServer,
} from "../../packages/queue/_test_postgres.ts";
import { fixture, inFolder, runCli } from "./_run_cli.ts";
import {
  hashOutputs,
  killWorkers,
  startWorker,
  until,
  writeJobs,
} from "./_test_kill_workers.ts";

/** Calls `body` with a folder and a server. */
async function inQueue(
  body: (cwd: string, server: TestServer) => Promise<void>,
): Promise<void> {
  await inFolder(async (cwd) => {
    await using server = await testServer();
    await body(cwd, server);
  });
}

Deno.test({
  ...named(
    "a batch survives the death of a worker and of the server, byte by byte",
  ),
  fn: () =>
    inQueue(async (cwd, server) => {
      const report = await killWorkers(cwd, server, {
        ...{ jobs: 8, workers: 2, kills: 1, restarts: 1, steps: 2 },
        args: ["--store", `${cwd}/shared`],
      });
      const { same, done, other, code, stderr } = report;
      assert.deepEqual(
        { same, done, other, code },
        { same: 8, done: 8, other: 0, code: 0 },
        stderr,
      );
      assert.ok(report.lostTries >= 1);
      assert.equal(report.doneAgain, 1);

      // asked for again: nothing is done again
      await writeFile(
        `${cwd}/queued/0.png`,
        await readFile(`${cwd}/queued/1.png`),
      );
      const again = await runCli(
        [
          ...["batch", "jobs.jsonl", "--device", "cpu", "--json"],
          ...["--queue", server.url, "--store", `${cwd}/shared`],
        ],
        { cwd: `${cwd}/queued` },
      );
      const statuses = again.stdout.trim().split("\n").map((line) =>
        JSON.parse(line).status
      );
      assert.deepEqual(statuses.sort(), ["done", ...Array(7).fill("skipped")]);
      const [first, wanted] = await Promise.all(
        ["queued", "alone"].map((one) => hashOutputs(`${cwd}/${one}`, 1)),
      );
      assert.deepEqual(first, wanted);
    }),
});

Deno.test({
  ...named(
    "a worker stops after its job, tells what it leaves, and no password is told",
  ),
  fn: () =>
    inQueue(async (cwd, server) => {
      await writeJobs(cwd, { jobs: 2, steps: 20 });
      await copyFile(fixture("demo/0000/query.png"), `${cwd}/query.png`);
      const said: string[] = [];
      const run = async (...args: string[]) => {
        const result = await runCli(args, { cwd });
        said.push(result.stdout, result.stderr);
        return result;
      };
      const at = ["--queue", server.url];
      const put = await run(
        "batch",
        "jobs.jsonl",
        "--device",
        "cpu",
        ...at,
        "--detach",
      );
      assert.match(
        put.stdout,
        /^2 jobs put in edit-transfer\.[0-9a-f]{16} of postgres:\/\/edits@127/,
      );

      const worker = startWorker("w", at, { cwd });
      const stranger = startWorker("s", [...at, "--no-lora"], { cwd });
      const left = () => stranger.log.find(({ event }) => event === "left");
      await until(() => worker.job !== undefined, "the worker has a job");
      worker.kill("SIGTERM");
      await until(left, "the other worker leaves the jobs");
      assert.match(
        String(left()!.message),
        /^jobs of another model: [12] of edit-transfer\./,
      );
      assert.equal(await worker.code, 143);
      const events = worker.log.map(({ event }) => event);
      assert.deepEqual(events, ["ready", "taken", "done", "ended"]);
      const { job, seconds } = worker.log.find(({ event }) =>
        event === "done"
      )!;
      assert.ok(Number(seconds) > 0);

      const status = await run("queue", "status", ...at, "--json");
      const { queues } = JSON.parse(status.stdout);
      const { waiting, running, done } = queues.find((q: { done: number }) =>
        q.done > 0
      );
      assert.deepEqual({ waiting, running, done }, {
        waiting: 1,
        running: 0,
        done: 1,
      });
      const shown = await run(
        "queue",
        "inspect",
        String(job).slice(0, 10),
        ...at,
      );
      assert.match(shown.stdout, /state +completed/);
      assert.match(
        (await run("queue", "drain", ...at)).stdout,
        /^1 jobs cancelled/,
      );
      assert.match(
        (await run("queue", "retry", ...at)).stdout,
        /^1 jobs begin anew/,
      );
      assert.match((await run("queue", "status", ...at)).stdout, /waiting/);

      stranger.kill("SIGINT");
      assert.equal(await stranger.code, 130);
      assert.ok(!stranger.log.some(({ event }) => event === "taken"));
      await server.stop("fast");
      const gone = await run("queue", "status", ...at, "--verbose");
      assert.match(
        gone.stderr,
        /Cannot open the queue postgres:\/\/edits@127.*ECONNREFUSED/,
      );
      assert.equal(gone.code, 1);
      const logs = JSON.stringify([worker.log, stranger.log, said]);
      assert.ok(!logs.includes(PASSWORD), logs);
    }),
});

Deno.test("flags of a queue go with one", async () => {
  await inFolder(async (cwd) => {
    const refused = async (args: string[], message: RegExp) => {
      const { code, stderr } = await runCli(args, { cwd });
      assert.match(stderr, message);
      assert.equal(code, 2);
    };
    await writeFile(`${cwd}/jobs.jsonl`, "{}");
    await refused(
      ["batch", "jobs.jsonl", "--detach"],
      /--detach as it goes with --queue/,
    );
    await refused(["worker"], /--queue postgres:.* is required: got none/);
    await refused(["queue"], /its verb must be status, inspect/);
    await refused(["queue", "inspect"], /missing required argument 'job'/);
    await refused(["batch", "jobs.jsonl", "--lease", "1"], /from 10 to 3600/);
  });
});
