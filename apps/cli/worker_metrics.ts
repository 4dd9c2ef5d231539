import type { WorkEvent } from "@edit-transfer/queue";
import process from "node:process";

/** Counters of a worker, served in Prometheus' text form. */
export interface WorkerMetrics extends AsyncDisposable {
  /** Address that gives them. */
  readonly url: string;
  /** Counts what happened. */
  count(event: WorkEvent): void;
}

/** Bounds of the seconds of a job. */
const SECONDS = [0.1, 0.3, 1, 3, 10, 30, 60, 120, 300, 1000];

/** Serves a worker's counters to this machine alone. */
export async function serveMetrics(
  port: number,
  labels: { readonly worker: string; readonly queue: string },
): Promise<WorkerMetrics> {
  const { Counter, Gauge, Histogram, Registry } = await import("prom-client");
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  const registers = [registry];
  const jobs = new Counter({
    name: "edit_transfer_jobs_total",
    help: "Tries of jobs by what came of them",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of ["done", "retry", "failed", "stopped"]) {
    jobs.inc({ outcome }, 0);
  }
  const seconds = new Histogram({
    name: "edit_transfer_job_seconds",
    help: "Seconds of the jobs that are done",
    buckets: SECONDS,
    registers,
  });
  const running = new Gauge({
    name: "edit_transfer_jobs_running",
    help: "Jobs that this worker has",
    registers,
  });
  new Gauge({
    name: "edit_transfer_resident_bytes",
    help: "Memory of the process",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port,
    onListen() {},
  }, async (request) => {
    if (new URL(request.url).pathname !== "/metrics") {
      return new Response("The metrics are at /metrics\n", { status: 404 });
    }
    const headers = { "content-type": registry.contentType };
    return new Response(await registry.metrics(), { headers });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/metrics`,
    count({ event, seconds: length }) {
      if (event === "taken") return running.set(1);
      if (!["done", "retry", "failed", "stopped"].includes(event)) return;
      running.set(0);
      jobs.inc({ outcome: event });
      if (event === "done" && length !== undefined) seconds.observe(length);
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
