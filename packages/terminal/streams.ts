import process from "node:process";

/** A standard stream whose faults never end the program, nor its work. */
class StandardStream {
  readonly #stream: () => NodeJS.WriteStream;
  #fault: NodeJS.ErrnoException | undefined;
  #listens = false;

  constructor(stream: () => NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** Whether it is a terminal, where a line can be drawn over. */
  get isTTY(): boolean {
    return this.#stream().isTTY === true;
  }

  /** Columns of the terminal. */
  get columns(): number {
    return this.#stream().columns;
  }

  /** Writes text or bytes; after the first fault, nothing more. */
  write(text: string | Uint8Array): void {
    if (this.#fault !== undefined) return;
    const stream = this.#stream();
    if (!this.#listens) stream.on("error", (error) => this.#fault ??= error);
    this.#listens = true;
    try {
      stream.write(text); // files throw, pipes tell by the event
    } catch (error) {
      this.#fault = error as NodeJS.ErrnoException;
    }
  }

  /** Waits until all is written; gives the first fault. */
  async flush(): Promise<NodeJS.ErrnoException | undefined> {
    if (!this.#listens || this.#fault !== undefined) return this.#fault;
    await new Promise<void>((done) => {
      try {
        this.#stream().write("", () => done());
      } catch {
        done();
      }
    });
    return this.#fault;
  }
}

/** For results. */
export const stdout = new StandardStream(() => process.stdout);
/** For words to people. */
export const stderr = new StandardStream(() => process.stderr);
