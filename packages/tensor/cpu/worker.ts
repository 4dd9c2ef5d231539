import { CONTROL } from "@edit-transfer/kernels";
import { workerData } from "node:worker_threads";
import { instantiatePrograms } from "./programs.ts";
import type { ThreadStart } from "./thread.ts";

const { module, memory, thread } = workerData as ThreadStart;
const programs = await instantiatePrograms(module, memory);
const words = new Int32Array(memory.buffer);
let epoch = Atomics.load(words, CONTROL.epoch / 4);
while (Atomics.load(words, CONTROL.stop / 4) === 0) {
  programs.join(thread);
  epoch = programs.idle(epoch);
}
