/**
 * What a queue costs: milliseconds a job of no work, statements and processor
 * time of an idle worker, memory of a worker over many edits, and two workers on
 * two cores beside one, in turns. Prints Markdown.
 *
 * Usage: deno run -A bench/queue.ts [overhead idle memory speed]
 *   [--jobs 1000] [--edits 500] [--rounds 3] [--seconds 30]
 *
 * Needs PostgreSQL (.ci/install_postgres.sh) and Linux.
 */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { runCli } from "../apps/cli/_run_cli.ts";
import {
  startWorker,
  type TestWorker,
  until,
  writeJobs,
} from "../apps/cli/_test_kill_workers.ts";
import { testServer } from "../packages/queue/_test_postgres.ts";
import { jobId, openQueue, putJobs, work } from "../packages/queue/mod.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: "string", default: "1000" },
    edits: { type: "string", default: "500" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "30" },
  },
});
const parts = positionals.length > 0
  ? positionals
  : ["overhead", "idle", "memory", "speed"];
const print = (line: string) => process.stdout.write(`${line}\n`);
const load = () => `load ${loadavg()[0]!.toFixed(1)}`;

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Milliseconds a job of no work, put and done. */
async function overhead(url: string): Promise<void> {
  const jobs = Number(flags.jobs);
  await using queue = await openQueue(url, { worker: "bench" });
  const all = Array.from({ length: jobs }, (_, i) => ({
    id: jobId({ i }),
    data: { i },
  }));
  let start = performance.now();
  await putJobs(queue, "edit-transfer.nothing", all);
  const put = (performance.now() - start) / jobs;
  const took: number[] = [];
  const stop = new AbortController();
  start = performance.now();
  await work(queue, {
    name: "edit-transfer.nothing",
    worker: "bench",
    signal: stop.signal,
    run: () => Promise.resolve({}),
    isTransient: () => false,
    onEvent({ event }) {
      if (event !== "done") return;
      const now = performance.now();
      took.push(now - start);
      start = now;
      if (took.length === jobs) stop.abort();
    },
  });
  const sum = took.reduce((a, b) => a + b, 0);
  print(
    `overhead: ${jobs} jobs of no work: ${put.toFixed(2)} ms to put one, ` +
      `${(sum / jobs).toFixed(1)} ms to do one (median ${
        median(took).toFixed(1)
      }); ${load()}`,
  );
}

/** Seconds of processor time that a process has had. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** What a worker without jobs costs its machine and the server. */
async function idle(url: string, folder: string): Promise<void> {
  const seconds = Number(flags.seconds);
  const worker = startWorker("idle", ["--queue", url], { cwd: folder });
  await until(() => worker.log.some((e) => e.event === "ready"), "it is ready");
  await setTimeout(5000);
  await using queue = await openQueue(url);
  const count = async () =>
    Number(
      (await queue.sql(
        "select xact_commit n from pg_stat_database where datname = current_database()",
      ))[0]!.n,
    );
  const [cpu, commits] = [cpuSeconds(worker.pid), await count()];
  await setTimeout(seconds * 1000);
  const used = (cpuSeconds(worker.pid) - cpu) / seconds;
  const statements = (await count() - commits) / seconds;
  worker.kill("SIGTERM");
  await worker.code;
  print(
    `idle: a worker takes ${(100 * used).toFixed(2)} % of a core and ${
      statements.toFixed(1)
    } statements a second; ${load()}`,
  );
}

/** Memory of a worker over many edits. */
async function memory(url: string, folder: string): Promise<void> {
  const jobs = Number(flags.edits);
  await writeJobs(folder, { jobs, steps: 2 });
  const at = ["--queue", url];
  const worker = startWorker("memory", at, { cwd: folder });
  const put = ["batch", "jobs.jsonl", "--device", "cpu", ...at, "--detach"];
  await runCli(put, { cwd: folder });
  const sizes: string[] = [];
  const done = () => worker.log.filter((e) => e.event === "done").length;
  for (const share of [0.1, 0.2, 0.4, 0.6, 0.8, 1]) {
    await until(() => done() >= share * jobs, `${share * jobs} edits`, 60);
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(
      readFileSync(`/proc/${worker.pid}/status`, "utf8"),
    )!;
    sizes.push(`${done()}: ${Math.round(Number(kilobytes) / 1000)} MB`);
  }
  worker.kill("SIGTERM");
  await worker.code;
  print(`memory: resident after edits ${sizes.join(", ")}; ${load()}`);
}

/** Lets this process, and those that it starts from now on, use some cores. */
async function stayOn(cores: string): Promise<void> {
  const args = ["-acp", cores, `${process.pid}`];
  await new Deno.Command("taskset", { args, stdout: "null" }).output();
}

/** Two workers on two cores beside one, of one thread each, in turns. */
async function speed(url: string, folder: string): Promise<void> {
  const jobs = 40;
  const rounds = Number(flags.rounds);
  const at = ["--queue", url];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const milliseconds: number[] = [];
    const order = round % 2 === 0 ? [1, 2] : [2, 1];
    for (const count of order) {
      const cwd = join(folder, `${round}-${count}`);
      await writeJobs(cwd, {
        jobs,
        steps: 20,
        seed: 1000 * (2 * round + count),
      });
      const put = ["batch", "jobs.jsonl", "--device", "cpu", ...at, "--detach"];
      await runCli(put, { cwd });
      const workers: TestWorker[] = [];
      for (let i = 0; i < count; i++) {
        await stayOn(`${i}`); // a worker has as many threads as cores
        workers.push(startWorker(`s${round}-${count}-${i}`, at, { cwd }));
      }
      await stayOn("0,1");
      const ends = () =>
        workers.flatMap(({ log }) => log).filter((e) => e.event === "done")
          .map((e) => Date.parse(e.time as string)).sort((a, b) => a - b);
      await until(() => ends().length === jobs, "all edits", 60);
      // from the end of a first job of each, when all are loaded
      const [first, last] = [ends()[count]!, ends().at(-1)!];
      milliseconds[count] = (last - first) / (jobs - count - 1);
      for (const worker of workers) worker.kill("SIGTERM");
      await Promise.all(workers.map((worker) => worker.code));
    }
    ratios.push(milliseconds[1]! / milliseconds[2]!);
    print(
      `speed, round ${round + 1}: one worker ${
        milliseconds[1]!.toFixed(0)
      } ms an edit, two ${milliseconds[2]!.toFixed(0)}: ${
        ratios.at(-1)!.toFixed(2)
      } times; ${load()}`,
    );
  }
  print(`speed: median ${median(ratios).toFixed(2)} times`);
}

for (const part of parts) {
  const folder = await mkdtemp(join(tmpdir(), "bench-queue-"));
  await using server = await testServer();
  const run = { overhead, idle, memory, speed }[part];
  if (run === undefined) throw new Error(`Part not found: "${part}"`);
  await run(server.url, folder);
  await rm(folder, { recursive: true });
}
