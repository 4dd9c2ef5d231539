import { atomicWrite, exists, readOrdinary } from "@edit-transfer/files";
import { type FileHandle, open } from "node:fs/promises";

/** Most bytes of a log, some millions of steps. */
const MAX_BYTES = 2 ** 29;

/** A line of the log; plain JSON. */
export interface LogRecord {
  /** What happened. */
  readonly event:
    | "start"
    | "step"
    | "skip"
    | "validation"
    | "checkpoint"
    | "end";
  /** Steps done. */
  readonly step: number;
  readonly [name: string]: unknown;
}

/** The log of a run, one JSON object a line; the only file with times in it. */
export class RunLog implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #records: LogRecord[];
  readonly #path: string;

  private constructor(path: string, file: FileHandle, records: LogRecord[]) {
    this.#path = path;
    this.#file = file;
    this.#records = records;
  }

  /** Takes a log up at a step: lines beyond it, or cut short, are removed. */
  static async open(path: string, step: number): Promise<RunLog> {
    const records = (await readRecords(path)).filter((one) => one.step <= step);
    const lines = records.map((one) => `${JSON.stringify(one)}\n`).join("");
    await atomicWrite(path, new TextEncoder().encode(lines));
    return new RunLog(path, await open(path, "a"), records);
  }

  /** Records so far, those of earlier runs included. */
  get records(): readonly LogRecord[] {
    return this.#records;
  }

  /** Adds a record and the time. */
  async write(record: LogRecord): Promise<void> {
    this.#records.push(record);
    const time = new Date().toISOString();
    try {
      await this.#file.appendFile(`${JSON.stringify({ time, ...record })}\n`);
    } catch (cause) {
      throw new Error(
        `Cannot write the log "${this.#path}": ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  /** Closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

async function readRecords(path: string): Promise<LogRecord[]> {
  if (!await exists(path)) return [];
  const text = new TextDecoder().decode(await readOrdinary(path, MAX_BYTES));
  return text.split("\n").flatMap((line) => {
    try {
      const record = JSON.parse(line) as Partial<LogRecord> | null;
      return typeof record?.step === "number" ? [record as LogRecord] : [];
    } catch {
      return []; // cut short when the run was killed
    }
  });
}
