import { Worker } from "node:worker_threads";

/** What a thread is given. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Number of the thread; the caller is 0. */
  readonly thread: number;
}

/** A running thread. */
export interface Thread {
  terminate(): void;
}

/** Starts a thread that joins every job and does not keep the process alive. */
export function startThread(start: ThreadStart): Thread {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: start,
  });
  worker.on("error", () => {}); // the other threads do its tasks
  worker.unref();
  return { terminate: () => void worker.terminate() };
}
