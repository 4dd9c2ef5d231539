import { DeviceError, OutOfMemoryError } from "../errors.ts";

/**
 * What a GPU says later about work that it was given.
 *
 * An invalid submit resolves as if it had worked, so every error that is
 * reported is kept and thrown by the next {@linkcode check}.
 */
export class ErrorQueue {
  readonly #gpu: GPUDevice;
  readonly #name: string;
  readonly #pending: Promise<void>[] = [];
  #failure: Error | undefined;
  #closed = false;

  constructor(gpu: GPUDevice, name: string) {
    this.#gpu = gpu;
    this.#name = name;
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.fail((event as GPUUncapturedErrorEvent).error.message);
    });
    gpu.lost.then(({ reason, message }) => {
      if (this.#closed) return;
      this.fail(`the device was lost (${reason}): ${message}`);
    });
    gpu.pushErrorScope("validation");
  }

  /** Keeps an error, unless there was one before. */
  fail(message: string): void {
    this.#failure ??= new DeviceError(
      `Cannot go on with ${this.#name} as it refused work: got ${message.trim()}`,
    );
  }

  /** Throws if the device was destroyed or anything failed. */
  check(): void {
    if (this.#closed) {
      throw new DeviceError(`Cannot use ${this.#name} as it was destroyed`);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Allocates so that a lack of memory is kept as an error. */
  allocating<T>(
    { sizeBytes, usedBytes }: { sizeBytes: number; usedBytes: number },
    allocate: () => T,
  ): T {
    this.#gpu.pushErrorScope("out-of-memory");
    const allocated = allocate();
    this.#pending.push(
      this.#gpu.popErrorScope().then((error) => {
        if (error === null) return;
        this.#failure ??= new OutOfMemoryError(
          sizeBytes,
          usedBytes,
          this.#name,
        );
      }, () => {}),
    );
    return allocated;
  }

  /** Waits for the errors on everything so far, and throws if one is bad. */
  async settle(): Promise<void> {
    const scope = this.#gpu.popErrorScope();
    this.#gpu.pushErrorScope("validation");
    const error = await scope.catch(() => null);
    if (error !== null) this.fail(error.message);
    await Promise.all(this.#pending.splice(0));
    this.check();
  }

  /** From now on {@linkcode check} says that the device was destroyed. */
  close(): void {
    this.#closed = true;
  }
}
