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

/** `node:worker_threads` where there is one, which browsers have not. */
export function workerThreads():
  | typeof import("node:worker_threads")
  | undefined {
  const { process } = globalThis as {
    readonly process?: typeof import("node:process") | undefined;
  };
  return process?.getBuiltinModule?.("node:worker_threads");
}

/**
 * Starts a thread that joins every job. It does not keep the process alive,
 * except in a browser, where there is no process to keep.
 */
export function startThread(start: ThreadStart): Thread {
  const url = new URL("./worker.ts", import.meta.url);
  const threads = workerThreads();
  if (threads === undefined) {
    const worker = new Worker(url, { type: "module" });
    worker.postMessage(start);
    return worker;
  }
  const worker = new threads.Worker(entryOf(url), { workerData: start });
  worker.on("error", () => {}); // the other threads do its tasks
  worker.unref();
  return { terminate: () => void worker.terminate() };
}

/** A thread of Node begins with a file or with text, which may import an address. */
function entryOf(url: URL): URL {
  if (url.protocol === "file:") return url;
  const text = encodeURIComponent(`import ${JSON.stringify(url.href)};`);
  return new URL(`data:text/javascript,${text}`);
}
