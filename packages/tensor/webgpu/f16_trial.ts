import { cacheFolder } from "@edit-transfer/files";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";
import { TOGGLES } from "./adapter.ts";
import { adapterFile, type TuningIdentity } from "./tuning_cache.ts";
import { mayRun, mayUse } from "./permission.ts";

/** Options of {@linkcode f16Fault}. */
export interface F16TrialOptions {
  /** Whether it is tried again where it failed before. */
  readonly again?: boolean | undefined;
  /** Folder for files that can be made again. */
  readonly folder?: string | undefined;
  /** What is run in a process of its own; see `f16_program.ts`. */
  readonly program?: URL | undefined;
  /** Milliseconds after which it counts as hanging. */
  readonly limit?: number | undefined;
}

/** What came of a trial. */
interface Trial {
  /** What went wrong, or `null`. */
  readonly fault: string | null;
  /** Whether that is known for good: not where the program did not begin. */
  readonly sure: boolean;
}

/** What is kept of it. */
interface Kept extends Pick<Trial, "fault"> {
  readonly identity: TuningIdentity;
}

/** Exit code of the program if its products are wrong. */
const WRONG = 3;

const tried = new Map<string, Promise<string | undefined>>();

/**
 * What keeps f16 from being used on an adapter of Dawn, if anything.
 *
 * On cards of NVIDIA under Vulkan Dawn offers f16 only when told to, and one
 * release of it aborted there. So the first use is tried in another process,
 * and what came of it is remembered for this adapter, driver and release.
 *
 * @param adapter Adapter.
 * @param options See {@linkcode F16TrialOptions}.
 * @returns One sentence for the user, or nothing where f16 works.
 */
export async function f16Fault(
  { info, features }: Pick<GPUAdapter, "info" | "features">,
  { again = false, folder = cacheFolder(), ...options }: F16TrialOptions = {},
): Promise<string | undefined> {
  if (
    !/nvidia/i.test(info.vendor) || process.platform === "darwin" ||
    !features.has("shader-f16")
  ) return undefined;
  const library = import.meta.resolve("webgpu");
  const { vendor, architecture, device, description } = info;
  const identity = { vendor, architecture, device, description, library };
  const path = folder && adapterFile(folder, identity, "f16");
  const key = JSON.stringify([identity, folder]);
  let trial = again ? undefined : tried.get(key);
  if (trial === undefined) {
    trial = remembered({ path, identity, again }, () => run(library, options));
    tried.set(key, trial);
  }
  const fault = await trial;
  return fault &&
    `f16 and matrix units are off on ${description}, as a trial of them in another process ${fault}: products run in f32; "doctor" tries again`;
}

/** The fault that was kept, else that of a trial, which is kept if it ran. */
async function remembered(
  { path, identity, again }: {
    readonly path: string | undefined;
    readonly identity: TuningIdentity;
    readonly again: boolean;
  },
  run: () => Promise<Trial>,
): Promise<string | undefined> {
  if (path && !again && mayUse("read", path)) {
    try {
      const kept: Kept = JSON.parse(await readFile(path, "utf8"));
      const same = JSON.stringify(kept.identity) === JSON.stringify(identity);
      if (same && (kept.fault === null || typeof kept.fault === "string")) {
        return kept.fault ?? undefined;
      }
    } catch {
      // absent or damaged: tried again
    }
  }
  const { fault, sure } = await run();
  if (sure && path && mayUse("write", dirname(path))) {
    try {
      await mkdir(dirname(path), { recursive: true });
      const kept: Kept = { identity, fault };
      await writeFile(path, `${JSON.stringify(kept, null, 2)}\n`);
    } catch {
      // tried again the next time
    }
  }
  return fault ?? undefined;
}

/** Runs the trial. */
async function run(
  library: string,
  {
    program = new URL("./f16_program.ts", import.meta.url),
    limit = 60_000,
  }: F16TrialOptions,
): Promise<Trial> {
  const denied = { fault: "may not be started", sure: false };
  const { Deno } = globalThis as {
    readonly Deno?: { build: { standalone: boolean } } | undefined;
  };
  if (!mayRun(process.execPath) || Deno?.build.standalone) return denied;
  const { spawn } = await import("node:child_process");
  const { fileURLToPath } = await import("node:url");
  const file = program.protocol === "file:"
    ? fileURLToPath(program)
    : program.href;
  const args = [file, library, ...TOGGLES];
  const child = spawn(
    process.execPath,
    Deno === undefined ? args : [
      "run",
      "-A",
      "--quiet",
      "--no-check",
      "--no-config",
      "--no-lock",
      ...args,
    ],
    { stdio: "ignore" },
  );
  return await new Promise((resolve) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limit);
    const end = (fault: string | null, sure = true) => {
      clearTimeout(timer);
      resolve({ fault, sure });
    };
    child.on("error", () => end(denied.fault, false));
    child.on("exit", (code, signal) => {
      if (code === 0) end(null);
      else if (late) end(`did not end within ${limit / 1000} s`);
      else if (code === WRONG) end("gave wrong results");
      else end(`ended with ${signal ?? `exit code ${code}`}`, code === null);
    });
  });
}
