import type { Programs } from "./programs.ts";
import { startThread, type Thread } from "./thread.ts";
import { CONTROL, OPERANDS, TASKS } from "./wasm/control.ts";

/** Multiplications below which waking the threads costs more than it gives. */
const SMALL_WORK = 400_000;

type Kind = keyof typeof OPERANDS;
type Operands<K extends Kind> = Record<(typeof OPERANDS)[K][number], number>;

/**
 * Runs jobs of the WebAssembly module, large ones on several threads. These
 * are started by the first large job and join once the event loop has turned;
 * until then, and where threads cannot start, the calling thread does all tasks.
 */
export class Jobs {
  /** Threads, the calling one included. */
  readonly threads: number;
  readonly #programs: Programs;
  readonly #module: WebAssembly.Module;
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #scale: Float32Array;
  #started: Thread[] | undefined;

  constructor(
    threads: number,
    programs: Programs,
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
  ) {
    this.threads = threads;
    this.#programs = programs;
    this.#module = module;
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer);
    this.#scale = new Float32Array(memory.buffer);
  }

  /** Runs `tasks` tasks, which take `work` multiplications in all. */
  run<K extends Kind>(
    kind: K,
    operands: Operands<K>,
    { tasks, work }: { tasks: number; work: number },
  ): void {
    let word = CONTROL.operands / 4;
    for (const name of OPERANDS[kind] as readonly (keyof Operands<K>)[]) {
      const words = name === "scale" ? this.#scale : this.#words;
      words[word++] = operands[name];
    }
    const code = TASKS.indexOf(kind);
    if (this.threads === 1 || tasks === 1 || work < SMALL_WORK) {
      this.#programs.runAlone(code, tasks);
      return;
    }
    this.#started ??= this.#start();
    this.#programs.run(code, tasks);
  }

  /** Ends the threads. */
  stop(): void {
    if (this.#started === undefined) return;
    Atomics.store(this.#words, CONTROL.stop / 4, 1);
    Atomics.add(this.#words, CONTROL.epoch / 4, 1);
    Atomics.notify(this.#words, CONTROL.epoch / 4);
    for (const thread of this.#started) thread.terminate();
    this.#started = [];
  }

  #start(): Thread[] {
    return Array.from(
      { length: this.threads - 1 },
      (_, i) =>
        startThread({
          module: this.#module,
          memory: this.#memory,
          thread: i + 1,
        }),
    );
  }
}
