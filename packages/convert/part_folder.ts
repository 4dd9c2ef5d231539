import { atomicWrite, readJson } from "@edit-transfer/files";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ConversionError } from "./rows.ts";

/** What is known to be on disk of a file that is being written. */
export interface FileProgress {
  /** Arrays that are there whole. */
  readonly arrays: number;
  /** How far they are off, by name. */
  readonly errors: Readonly<Record<string, ConversionError>>;
}

/** What the record in the folder says. */
interface Progress {
  readonly plan: string;
  readonly files: Record<string, FileProgress>;
}

/** Made by every conversion; a folder without is none of ours. */
export const REPORT = "conversion.json";

/**
 * Folder `OUTPUT.part`, in which a conversion is made before it is renamed to
 * `OUTPUT`. The record `OUTPUT.part.json` says how far that is, for the run after
 * an interruption: it is there before the folder is, and for as long.
 */
export class PartFolder {
  /** Path of the folder. */
  readonly path: string;
  readonly #output: string;
  #progress: Progress;

  private constructor(output: string, progress: Progress) {
    this.#output = output;
    this.path = `${output}.part`;
    this.#progress = progress;
  }

  /**
   * Opens the folder that an earlier run of the same plan left, or a new one.
   *
   * @throws {Error} If there is a folder of that name that no conversion made.
   */
  static async open(output: string, plan: string): Promise<PartFolder> {
    const path = `${output}.part`;
    const found = await readdir(path).catch(() => undefined);
    const earlier = await readRecord(`${path}.json`);
    if (found !== undefined && found.length > 0 && earlier === undefined) {
      throw new Error(
        `Cannot write "${output}" as "${path}" must be free for what is not yet whole: got a folder that no conversion left`,
      );
    }
    if (earlier?.plan === plan && found !== undefined) {
      for (const name of found) {
        if (/^\..*\.tmp$/.test(name)) await rm(join(path, name));
      }
      return new PartFolder(output, earlier);
    }
    await rm(path, { recursive: true, force: true });
    const folder = new PartFolder(output, { plan, files: {} });
    await folder.#write();
    await mkdir(path);
    return folder;
  }

  /** What is there of a file. */
  of(file: string): FileProgress {
    return this.#progress.files[file] ?? { arrays: 0, errors: {} };
  }

  /** Whether a file is there under its own name, and so whole. */
  has(file: string): Promise<boolean> {
    return stat(join(this.path, file)).then(() => true, () => false);
  }

  /** Records what is on disk now. */
  async record(file: string, progress: FileProgress): Promise<void> {
    const { plan, files } = this.#progress;
    this.#progress = { plan, files: { ...files, [file]: progress } };
    await this.#write();
  }

  /** Gives the folder its name, in place of what an earlier conversion made. */
  async finish(): Promise<void> {
    const old = `${this.#output}.old`;
    await rm(old, { recursive: true, force: true }); // of a run that was killed here
    await rename(this.#output, old).catch(ignoreMissing);
    await rename(this.path, this.#output);
    await rm(`${this.path}.json`, { force: true });
    await rm(old, { recursive: true, force: true });
  }

  async #write(): Promise<void> {
    const text = JSON.stringify(this.#progress);
    await atomicWrite(`${this.path}.json`, new TextEncoder().encode(text));
  }
}

async function readRecord(path: string): Promise<Progress | undefined> {
  try {
    const record = await readJson(path) as Progress;
    return typeof record.plan === "string" ? record : undefined;
  } catch {
    return undefined;
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as { readonly code?: string | undefined }).code !== "ENOENT") {
    throw error;
  }
}
