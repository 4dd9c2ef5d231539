import { cacheFolder } from "@edit-transfer/files";
import {
  isServerGone,
  openQueue,
  work,
  type WorkEvent,
} from "@edit-transfer/queue";
import {
  EXIT_CODES,
  exitCodeOf,
  print,
  Progress,
} from "@edit-transfer/terminal";
import { readEditDefaults } from "@edit-transfer/pipeline";
import type { Model } from "@edit-transfer/transfer";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type DeviceFlags, withDeviceFlags } from "../flags.ts";
import { batchMemory } from "../memory_plan.ts";
import { makeFolder } from "../output.ts";
import {
  checkModel,
  hashNamedModel,
  namedModel,
  openModel,
  planRun,
} from "../open_model.ts";
import {
  port,
  type QueueFlags,
  queueOf,
  withQueueFlag,
} from "../queue_flags.ts";
import { queueStore } from "../queue_store.ts";
import { jobModel, queueName, runQueuedEdit } from "../queued_edit.ts";
import type { Context, Verb } from "../verb.ts";

interface Flags extends DeviceFlags, Partial<QueueFlags> {
  /** Name of the worker. */
  readonly name?: string | undefined;
  /** Folder of the inputs that were used last. */
  readonly cache?: string | undefined;
  /** Whether to end when no job waits or runs. */
  readonly untilEmpty?: true | undefined;
  /** Port of the metrics. */
  readonly metrics?: number | undefined;
}

/** `worker`: makes the edits of a queue, with the model kept loaded. */
export const verb: Verb = (command, context) => {
  withQueueFlag(command)
    .option(
      "--store <place>",
      "folder or s3://bucket/prefix of the files, as in batch (default: the queue's database)",
    )
    .option("--name <name>", "name in logs (default: host and process)")
    .option("--cache <dir>", "folder of the inputs that were used last")
    .option("--until-empty", "end when no job of its model waits or runs")
    .option(
      "--metrics <port>",
      "serve counters for Prometheus on this port of 127.0.0.1",
      port,
    );
  withDeviceFlags(command)
    .option("--verbose", "stacks of errors")
    .addHelpText(
      "after",
      "\nTakes the jobs of its model and LoRA, and leaves those of others. Ctrl-C or SIGTERM ends it" +
        "\nafter the job that runs, a second one at once; what it had is taken again by another." +
        "\nWhat happens is printed as JSON, a line each. EDIT_TRANSFER_QUEUE may hold the address," +
        "\nPGPASSWORD its password.",
    )
    .action((flags) => run(flags, context));
};

async function run(flags: Flags, { signal }: Context): Promise<void> {
  const address = queueOf(flags, "work");
  const worker = flags.name ?? `${hostname()}-${process.pid}`;
  const device = flags.device ?? "auto";
  const folder = flags.cache ??
    join(cacheFolder() ?? ".", "edit-transfer", "inputs");

  // 1. the model, before any job waits for it
  const named = await namedModel(flags, { ownLora: true });
  await checkModel(named);
  await makeFolder(folder, "inputs");
  const plan = await planRun(
    () => Promise.resolve(batchMemory([undefined], undefined)),
    { model: named, device, flags },
  );
  const hashes = await hashNamedModel(named);
  const defaults = await readEditDefaults(named);
  const name = queueName(jobModel(named, hashes));
  await using stack = new AsyncDisposableStack();
  let counters: { count(event: WorkEvent): void } | undefined;
  const log = ({ output: _, ...event }: WorkEvent) => {
    counters?.count(event);
    const time = new Date().toISOString();
    print(JSON.stringify({ time, worker, ...event }));
  };
  if (flags.metrics !== undefined) {
    const { serveMetrics } = await import("../worker_metrics.ts");
    const metrics = stack.use(
      await serveMetrics(flags.metrics, { worker, queue: name }),
    );
    log({ event: "ready", message: metrics.url });
    counters = metrics;
  }
  let model: Model | undefined;
  const close = async () => {
    await model?.[Symbol.asyncDispose]();
    model = undefined;
  };
  stack.defer(close);
  const open = async () => {
    model ??= await openModel(named, {
      device,
      plan,
      flags,
      keepTextEncoders: true,
    });
    await model.load();
    return model;
  };
  await open();
  signal.throwIfAborted();

  // 2. jobs, until it is told to end
  let away = false;
  const queue = stack.use(
    await openQueue(address, {
      worker,
      wait: signal,
      onFault(error) {
        if (!away) log({ event: "waiting", message: error.message });
        away = true;
      },
    }),
  );
  const store = await queueStore(queue, flags.store);
  const progress = new Progress({ quiet: true });
  const maker = {
    ...{ named, hashes, defaults, open, progress, store },
    cache: folder,
  };
  while (!signal.aborted) {
    const broken = new AbortController();
    await work(queue, {
      name,
      worker,
      signal: AbortSignal.any([signal, broken.signal]),
      untilEmpty: flags.untilEmpty,
      run: (data, job) => runQueuedEdit(data, job, maker),
      isTransient(error) {
        const { name } = error as Error;
        if (name === "TransientError" || isServerGone(error)) return true;
        const code = exitCodeOf(error);
        if (code !== EXIT_CODES.device && code !== EXIT_CODES.outOfMemory) {
          return false;
        }
        broken.abort(); // the model is opened anew before the next job
        return true;
      },
      onEvent(event) {
        away = false;
        log(event);
      },
    });
    if (!broken.signal.aborted || signal.aborted) break;
    await close();
    await open();
  }
  log({ event: "ended" });
}
