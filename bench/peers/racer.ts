import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";

/** A product to measure, `[M, K]` by `[K, N]`. */
export type Size = readonly [M: number, K: number, N: number];

/** Milliseconds after which a candidate that says nothing is given up. */
const PATIENCE = 60_000;

/**
 * A candidate in a process of its own, which stands still but for its turns:
 * the threads that a library leaves waiting cannot slow the others.
 */
export class Racer {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #errors: string[] = [];
  /** Name in the table. */
  name = "";

  private constructor(command: string, args: readonly string[]) {
    this.#process = spawn(command, args, {
      env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" },
    });
    this.#process.on("error", (error) => this.#errors.push(error.message));
    this.#process.stderr!.on("data", (text) => this.#errors.push(String(text)));
    this.#process.stdin!.on("error", () => {});
    this.#lines = createInterface({ input: this.#process.stdout! })
      [Symbol.asyncIterator]();
  }

  /**
   * Starts a candidate.
   *
   * @throws {Error} If it does not come up.
   */
  static async start(
    command: string,
    args: readonly string[],
  ): Promise<Racer> {
    const racer = new Racer(command, args);
    racer.name = JSON.parse(await racer.#line()).name;
    racer.#signal("SIGSTOP");
    return racer;
  }

  /** Seconds of a product, as often as it fits the time. */
  async run([M, K, N]: Size, milliseconds: number): Promise<number[]> {
    this.#signal("SIGCONT");
    const task = JSON.stringify({ M, K, N, milliseconds });
    this.#process.stdin!.write(`${task}\n`);
    const line = await this.#line();
    this.#signal("SIGSTOP");
    return JSON.parse(line);
  }

  /** Ends it. */
  stop(): void {
    this.#signal("SIGKILL");
  }

  #signal(name: "SIGSTOP" | "SIGCONT" | "SIGKILL"): void {
    try {
      process.kill(this.#process.pid!, name);
    } catch {
      // it has ended
    }
  }

  async #line(): Promise<string> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE);
    });
    const answer = async () => {
      for (;;) {
        const next = await this.#lines.next();
        if (next.done || /^(\{"|\[\d)/.test(next.value)) return next; // else chatter
      }
    };
    const next = await Promise.race([answer(), late]);
    clearTimeout(timer);
    if (next !== undefined && !next.done) return next.value;
    this.stop();
    const said = this.#errors.join("").trim().split("\n")
      .filter((line) => !/^Warning: max/.test(line)).slice(-1)[0];
    throw new Error(
      `Cannot measure it as it ${
        next === undefined ? "took too long" : "ended"
      }: got ${said || `code ${this.#process.exitCode ?? "none"}`}`,
    );
  }
}
