/**
 * Mutates pictures of each format and depth: each ends in a picture within the
 * pixel limit or in one sentence of ours, never in a crash or a hang.
 *
 * Usage: deno run -A checks/fuzz_pictures.ts [SEED [RUNS [KINDS]]]
 */
import process from "node:process";
import { FUZZ_KINDS, fuzzPictures } from "../packages/image/_test_fuzz.ts";

const seed = Number(process.argv[2] ?? 1);
const runs = Number(process.argv[3] ?? 20_000);

const wanted = new RegExp(process.argv[4] ?? "");

for (const kind of FUZZ_KINDS) {
  if (!wanted.test(kind)) continue;
  const { read, refused, longestMs } = await fuzzPictures({ kind, seed, runs });
  const memory = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(
    `${kind}: ${runs} mutations, ${refused} refused, ${read} read, longest ${
      longestMs.toFixed(0)
    } ms, at most ${memory.toFixed(0)} MiB\n`,
  );
  if (longestMs > 20_000) {
    throw new Error(`A mutation of ${kind} took too long`);
  }
  if (memory > 1024) {
    throw new Error(`Mutations of ${kind} took too much memory`);
  }
}
