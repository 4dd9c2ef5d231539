import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { openQueue } from "../../packages/queue/mod.ts";
import type { TestServer } from "../../packages/queue/_test_postgres.ts";
import { cliCommand, fixture, runCli } from "./_run_cli.ts";

/** A worker in a process of its own, and what it logs. */
export interface TestWorker {
  readonly name: string;
  readonly pid: number;
  /** Lines of its log so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Job that it has now. */
  readonly job: string | undefined;
  /** Sends a signal. */
  kill(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): void;
  /** Its exit code, when it has ended. */
  readonly code: Promise<number>;
}

/** Starts a worker of the embedded model. */
export function startWorker(
  name: string,
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Record<string, string> | undefined;
  },
): TestWorker {
  const child = cliCommand(
    ["worker", "--device", "cpu", "--name", name, "--cache", name, ...args],
    options,
  ).spawn();
  const log: Readonly<Record<string, unknown>>[] = [];
  const read = async () => {
    let rest = "";
    for await (
      const part of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      const lines = (rest + part).split("\n");
      rest = lines.pop()!;
      for (const line of lines) log.push(JSON.parse(line));
    }
  };
  const reading = Promise.all([read(), child.stderr.cancel()]);
  return {
    name,
    pid: child.pid,
    log,
    get job() {
      const last = log.findLast(({ job }) => job !== undefined);
      return last?.event === "taken" ? last.job as string : undefined;
    },
    kill: (signal) => child.kill(signal),
    code: child.status.then(async ({ code }) => {
      await reading;
      return code;
    }),
  };
}

/** Waits until something holds. */
export async function until(
  holds: () => unknown,
  what: string,
  minutes = 5,
): Promise<void> {
  for (const end = Date.now() + minutes * 60_000; Date.now() < end;) {
    if (await holds()) return;
    await setTimeout(20);
  }
  throw new Error(
    `Cannot go on as it must happen within ${minutes} minutes: ${what}`,
  );
}

/** Writes jobs of two example pairs, a seed each; the lines are relative to the folder. */
export async function writeJobs(
  folder: string,
  { jobs, steps, seed = 0 }: {
    readonly jobs: number;
    readonly steps: number;
    /** Seed of the first. */
    readonly seed?: number | undefined;
  },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of ["source", "edited", "query"]) {
    await copyFile(
      fixture(`demo/0000/${name}.png`),
      join(folder, `${name}.png`),
    );
  }
  const lines = Array.from({ length: jobs }, (_, i) =>
    JSON.stringify({
      before: "source.png",
      after: "edited.png",
      query: i % 2 === 0 ? "query.png" : "source.png",
      edit: "jumping",
      steps,
      seed: seed + i,
      output: `${i}.png`,
    }));
  await writeFile(join(folder, "jobs.jsonl"), lines.join("\n"));
}

/** SHA-256 of each picture that the jobs make; undefined for one that is not there. */
export async function hashOutputs(
  folder: string,
  jobs: number,
): Promise<(string | undefined)[]> {
  return await Promise.all(
    Array.from(
      { length: jobs },
      (_, i) =>
        readFile(join(folder, `${i}.png`)).then(
          (bytes) => createHash("sha256").update(bytes).digest("hex"),
          () => undefined,
        ),
    ),
  );
}

/** What came of a batch whose workers and server were killed. */
export interface KillReport {
  /** Pictures that have the bytes of `batch` without a queue. */
  readonly same: number;
  /** Jobs that are recorded as done, each once. */
  readonly done: number;
  /** Jobs in any other state, and rows beyond one a job. */
  readonly other: number;
  /** Tries that nobody ended: the kills hit them. */
  readonly lostTries: number;
  /** Jobs of the killed workers that were done in another try. */
  readonly doneAgain: number;
  /** Exit code of the waiting `batch`. */
  readonly code: number;
  readonly seconds: number;
  readonly secondsAlone: number;
  /** What the waiting `batch` said. */
  readonly stderr: string;
}

/**
 * Runs jobs on several workers, kills some of them in the middle of a job and
 * restarts the server, and compares with the same jobs without a queue.
 */
export async function killWorkers(
  folder: string,
  server: TestServer,
  { jobs, workers, kills, restarts, steps, args = [], env }: {
    readonly jobs: number;
    readonly workers: number;
    readonly kills: number;
    readonly restarts: number;
    readonly steps: number;
    /** Further flags of batch and workers, such as the store. */
    readonly args?: readonly string[] | undefined;
    readonly env?: Record<string, string> | undefined;
  },
): Promise<KillReport> {
  const alone = join(folder, "alone");
  const queued = join(folder, "queued");
  for (const one of [alone, queued]) await writeJobs(one, { jobs, steps });
  const batch = ["batch", "jobs.jsonl", "--device", "cpu"];
  let start = performance.now();
  const plain = await runCli(batch, { cwd: alone });
  if (plain.code !== 0) throw new Error(plain.stderr);
  const secondsAlone = (performance.now() - start) / 1000;

  const at = ["--queue", server.url, ...args];
  const cwd = folder;
  const fleet = Array.from(
    { length: workers },
    (_, i) => startWorker(`w${i + 1}`, at, { cwd, env }),
  );
  await until(
    () => fleet.every(({ log }) => log.some((e) => e.event === "ready")),
    "all workers are ready",
  );
  start = performance.now();
  const running = runCli([...batch, ...at, "--lease", "10"], {
    cwd: queued,
    env,
  });
  const doneBy = () =>
    fleet.flatMap(({ log }) => log).filter(({ event }) => event === "done")
      .length;
  const events = kills + restarts;
  const killed: string[] = [];
  for (let k = 0; k < events; k++) {
    const share = (k + 1) / (events + 2);
    await until(
      () => doneBy() >= share * jobs,
      `${share} of the jobs are done`,
    );
    if (k === 1 && restarts > 0 || kills === 0) {
      await server.stop("immediate");
      await setTimeout(1000);
      await server.start();
      continue;
    }
    const victim = fleet[killed.length]!;
    await until(() => victim.job !== undefined, "a worker has a job");
    await setTimeout(100); // in the middle of it
    killed.push(victim.job ?? "");
    victim.kill("SIGKILL");
    await victim.code;
  }
  const { code, stderr } = await running;
  const seconds = (performance.now() - start) / 1000;
  for (const worker of fleet.slice(killed.length)) worker.kill("SIGTERM");
  await Promise.all(fleet.map((worker) => worker.code));

  await using queue = await openQueue(server.url);
  const count = async (text: string, values: unknown[] = []) =>
    Number((await queue.sql(text, values))[0]!.n);
  const done = await count(
    "select count(distinct id) n from pgboss.job where state = 'completed' and source_id is null",
  );
  const rows = await count("select count(*) n from pgboss.job");
  const [wanted, got] = await Promise.all(
    [alone, queued].map((one) => hashOutputs(one, jobs)),
  );
  return {
    same: wanted!.filter((hash, i) => hash !== undefined && hash === got![i])
      .length,
    done,
    other: rows - done,
    lostTries: await count(
      "select count(*) n from edit_transfer.attempt where ended is null",
    ),
    doneAgain: await count(
      `select count(*) n from edit_transfer.attempt
        where outcome = 'done' and try > 1 and job = any($1::uuid[])`,
      [killed.filter((id) => id !== "")],
    ),
    code,
    seconds,
    secondsAlone,
    stderr,
  };
}
