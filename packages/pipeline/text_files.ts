import { openSafetensors, writeSafetensors } from "@edit-transfer/weights";
import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { HostArray, TextEntry, TextKey } from "./text_cache.ts";

/** Where text states are kept for later runs. */
export interface TextCacheOptions {
  /** Folder, e.g. one in the user's cache folder. */
  readonly folder: string;
  /**
   * Bytes of T5's weights from which on states are kept; smaller encoders are
   * loaded as fast as files are found.
   *
   * @default {256 MiB}
   */
  readonly leastBytes?: number | undefined;
}

/** Prompts that are kept; FLUX.1-dev has 8 MiB of states for each. */
const MAX_FILES = 32;
/** Milliseconds after which a file that was never finished is nobody's. */
const ABANDONED = 60 * 60 * 1000;

/**
 * What text encoders made of prompts, in a folder: a safetensors file for each
 * prompt of each encoder. What cannot be read, or is not what was written, is as
 * good as absent; where nothing can be written, nothing is kept.
 */
export class TextFiles {
  readonly #folder: string;
  readonly #encoder: string;

  /**
   * @param folder Folder, made when there is something to keep.
   * @param encoder Identity of the encoders, see `encoderIdentity`.
   */
  constructor(folder: string, encoder: string) {
    this.#folder = folder;
    this.#encoder = encoder;
  }

  /** What is kept of a prompt, if anything is. */
  async read(key: TextKey): Promise<TextEntry | undefined> {
    const path = this.#pathOf(key);
    try {
      await using file = await openSafetensors(path);
      const { metadata } = file;
      if (
        metadata.encoder !== this.#encoder ||
        metadata.prompt !== key.prompt ||
        (metadata.loras ?? "") !== key.loras
      ) return undefined;
      const arrays: HostArray[] = [];
      for (const name of ["pooled", "states"]) {
        const { shape, dtype } = file.info(name);
        const { buffer } = await file.read(name);
        if (dtype !== "F32") return undefined;
        arrays.push({ shape, values: new Float32Array(buffer) });
      }
      const [pooled, states] = arrays as [HostArray, HostArray];
      if (digestOf(pooled, states) !== metadata.sha256) return undefined;
      const notices = JSON.parse(metadata.notices ?? "") as string[];
      const now = new Date();
      await utimes(path, now, now).catch(() => {});
      return { pooled, states, notices };
    } catch {
      return undefined;
    }
  }

  /** Keeps what was made of a prompt, in place of that used longest ago. */
  async write(key: TextKey, entry: TextEntry): Promise<void> {
    const { pooled, states, notices } = entry;
    const array = ({ shape, values }: HostArray) =>
      ({ dtype: "F32", shape, data: values }) as const;
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      await writeSafetensors(
        this.#pathOf(key),
        { pooled: array(pooled), states: array(states) },
        {
          metadata: {
            encoder: this.#encoder,
            prompt: key.prompt,
            ...key.loras !== "" && { loras: key.loras },
            notices: JSON.stringify(notices),
            sha256: digestOf(pooled, states),
          },
        },
      );
      await this.#dropOldest();
    } catch {
      // a folder that cannot be written, or a disk that is full
    }
  }

  #pathOf({ prompt, loras }: TextKey): string {
    const encoder = loras === "" ? this.#encoder : `${this.#encoder} ${loras}`;
    const name = createHash("sha256").update(`${encoder} ${prompt}`)
      .digest("hex");
    return join(this.#folder, `${name}.safetensors`);
  }

  /** Deletes what is more than may be kept, and what was never finished. */
  async #dropOldest(): Promise<void> {
    const whole: { readonly path: string; readonly time: number }[] = [];
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const time = (await stat(path).catch(() => undefined))?.mtimeMs;
      if (time === undefined) continue;
      if (/^[0-9a-f]{64}\.safetensors$/.test(name)) whole.push({ path, time });
      if (
        /^\.[0-9a-f-]{32,36}\.tmp$/.test(name) && Date.now() - time > ABANDONED
      ) {
        await rm(path, { force: true });
      }
    }
    whole.sort((a, b) => b.time - a.time);
    for (const { path } of whole.slice(MAX_FILES)) {
      await rm(path, { force: true });
    }
  }
}

function digestOf(...arrays: readonly HostArray[]): string {
  const hash = createHash("sha256");
  for (const { shape, values } of arrays) {
    hash.update(JSON.stringify(shape));
    hash.update(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
  }
  return hash.digest("hex");
}
