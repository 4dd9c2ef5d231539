import { readJson } from "@edit-transfer/files";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { mayUse } from "./permission.ts";

/** The fastest variant of a bucket of shapes, as measured. */
export interface TunedKernel {
  /** Its name. */
  readonly variant: string;
  /** Microseconds that it took. */
  readonly microseconds: number;
  /** Variant that the shape alone suggests. */
  readonly suggested: string;
  /** Microseconds that the suggested one took. */
  readonly suggestedMicroseconds: number;
}

/** Measured variants by bucket. */
export type TunedKernels = ReadonlyMap<string, TunedKernel>;

/** What measurements hold for: another adapter, driver or version has others. */
export type TuningIdentity = Readonly<Record<string, string>>;

/**
 * File of an identity in a folder, for what was measured or what was tried: a
 * readable part and a number.
 */
export function adapterFile(
  folder: string,
  identity: TuningIdentity,
  kind: "tuning" | "f16",
): string {
  const text = JSON.stringify(identity);
  let hash = 0x811c9dc5; // FNV-1a
  for (const unit of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ unit, 0x01000193) >>> 0;
  }
  const readable = (identity.description ?? "adapter")
    .replace(/[^a-z0-9]+/gi, "-").slice(0, 48).replace(/^-|-$/g, "");
  const name = `${readable}-${hash.toString(16).padStart(8, "0")}.json`;
  return join(folder, "edit-transfer", kind, name);
}

/** Reads measurements; a file that is absent or damaged has none. */
export async function readTuning(
  path: string,
  identity: TuningIdentity,
): Promise<Map<string, TunedKernel>> {
  if (!mayUse("read", path)) return new Map();
  try {
    const json = await readJson(path) as {
      readonly identity: unknown;
      readonly kernels: Record<string, TunedKernel>;
    };
    if (JSON.stringify(json.identity) !== JSON.stringify(identity)) {
      return new Map();
    }
    return new Map(
      Object.entries(json.kernels)
        .filter(([, kernel]) => isTunedKernel(kernel)),
    );
  } catch {
    return new Map();
  }
}

/**
 * Writes measurements beside those that another process may have written in
 * the meantime. Where the folder cannot be written, nothing is kept.
 */
export async function writeTuning(
  path: string,
  { identity, kernels }: {
    readonly identity: TuningIdentity;
    readonly kernels: TunedKernels;
  },
): Promise<void> {
  if (!mayUse("write", dirname(path))) return;
  const all = new Map([...await readTuning(path, identity), ...kernels]);
  const json = {
    identity,
    kernels: Object.fromEntries([...all].sort(([a], [b]) => a < b ? -1 : 1)),
  };
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(json, null, 2)}\n`);
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

function isTunedKernel(value: unknown): value is TunedKernel {
  const { variant, microseconds, suggested, suggestedMicroseconds } =
    (value ?? {}) as Record<string, unknown>;
  return typeof variant === "string" && typeof suggested === "string" &&
    typeof microseconds === "number" &&
    typeof suggestedMicroseconds === "number";
}
