import { instantiatePrograms } from "./programs.ts";
import { type ThreadStart, workerThreads } from "./thread.ts";
import { CONTROL } from "./wasm/control.ts";

/** Joins jobs until the device stops its threads. */
async function work({ module, memory, thread }: ThreadStart): Promise<void> {
  const programs = await instantiatePrograms(module, memory);
  const words = new Int32Array(memory.buffer);
  let epoch = Atomics.load(words, CONTROL.epoch / 4);
  while (Atomics.load(words, CONTROL.stop / 4) === 0) {
    programs.join(thread);
    epoch = programs.idle(epoch);
  }
}

const threads = workerThreads();
if (threads !== undefined) await work(threads.workerData);
else {
  addEventListener(
    "message",
    (event) => work((event as MessageEvent<ThreadStart>).data),
    { once: true },
  );
}
