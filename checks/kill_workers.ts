/**
 * Runs a batch on workers of which some are killed with SIGKILL in the middle of
 * a job while the server is restarted, and compares every picture with `batch`
 * without a queue. Prints a row of a Markdown table for each store; the exit code
 * is 1 if a picture differs, or a job is lost, locked or recorded twice.
 *
 * Usage: deno run -A checks/kill_workers.ts [database folder s3 s3-faulty s3-slow]
 *   [--jobs 200] [--workers 3] [--kills 2] [--restarts 1] [--steps 4]
 *
 * Needs PostgreSQL (.ci/install_postgres.sh); s3 runs `npx s3rver@3.7.1`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { killWorkers } from "../apps/cli/_test_kill_workers.ts";
import { testServer } from "../packages/queue/_test_postgres.ts";
import { s3Server } from "./s3_server.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: "string", default: "200" },
    workers: { type: "string", default: "3" },
    kills: { type: "string", default: "2" },
    restarts: { type: "string", default: "1" },
    steps: { type: "string", default: "4" },
  },
});
const numbers = {
  jobs: Number(flags.jobs),
  workers: Number(flags.workers),
  kills: Number(flags.kills),
  restarts: Number(flags.restarts),
  steps: Number(flags.steps),
};

process.stdout.write(
  "| store | jobs | the same bytes | recorded once | lost, locked or twice | tries that were killed | of them done again | seconds | without a queue | requests that failed |\n" +
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
);
let sound = true;
for (const name of positionals.length > 0 ? positionals : ["database"]) {
  const folder = await mkdtemp(join(tmpdir(), "kill-workers-"));
  await using server = await testServer();
  await using store = name.startsWith("s3")
    ? await s3Server(join(folder, "s3"), {
      failEvery: name === "s3-faulty" ? 10 : undefined,
      delayMs: name === "s3-slow" ? 700 : 0,
    })
    : undefined;
  const args = store !== undefined
    ? ["--store", "s3://edits/check"]
    : name === "folder"
    ? ["--store", join(folder, "shared")]
    : [];
  const report = await killWorkers(folder, server, {
    ...numbers,
    args,
    env: store?.env,
  });
  const { same, done, other, lostTries, doneAgain, seconds } = report;
  const right = report.code === 0 && same === numbers.jobs &&
    done === numbers.jobs && other === 0 && lostTries >= numbers.kills &&
    doneAgain === numbers.kills;
  if (!right) process.stderr.write(report.stderr);
  sound &&= right;
  const cells = [
    ...[name, numbers.jobs, same, done, other, lostTries, doneAgain],
    ...[seconds.toFixed(1), report.secondsAlone.toFixed(1)],
    store?.failed ?? "-",
  ];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
  await rm(folder, { recursive: true });
}
process.exitCode = sound ? 0 : 1;
