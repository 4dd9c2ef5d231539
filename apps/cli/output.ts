import { access, constants, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { UsageError } from "./exit_code.ts";

/** Where pictures of a run go. */
export interface OutputNames {
  /** Picture for a seed. */
  image(seed: number): string;
  /** Grid for a seed. */
  grid(seed: number): string;
  /** Preview after a step. */
  preview(dir: string, seed: number, step: number): string;
}

/**
 * Names of the outputs: `out.png`, or `out_seed_7.png` where there are several
 * seeds.
 */
export function outputNames(
  output: string,
  seeds: readonly number[],
): OutputNames {
  const extension = extname(output) || ".png";
  const stem = output.slice(0, output.length - extname(output).length);
  const of = (seed: number) => seeds.length > 1 ? `${stem}_seed_${seed}` : stem;
  return {
    image: (seed) => `${of(seed)}${extension}`,
    grid: (seed) => `${of(seed)}_grid${extension}`,
    preview: (dir, seed, step) =>
      join(
        dir,
        `${seeds.length > 1 ? `seed_${seed}_` : ""}step_${
          String(step).padStart(3, "0")
        }.png`,
      ),
  };
}

/** Refuses an output that could not be written, before any work is done. */
export async function checkOutput(output: string): Promise<void> {
  const extension = extname(output).toLowerCase();
  if (extension !== "" && extension !== ".png") {
    throw new UsageError(
      `Cannot write "${output}" as outputs are PNG files: got the extension "${extension}"`,
    );
  }
  if ((await stat(output).catch(() => undefined))?.isDirectory()) {
    throw new Error(`Cannot write "${output}": it is a folder`);
  }
  const folder = dirname(output);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new Error(
      `Cannot write "${output}": there is no folder "${folder}"`,
    );
  }
  try {
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new Error(
      `Cannot write "${output}": the folder "${folder}" is not writable`,
      { cause },
    );
  }
}
