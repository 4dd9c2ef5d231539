/**
 * Compares CLIP at full size with transformers: features of pictures, pairs and
 * words, and scores of cases, on what tools/goldens/clip_full.py wrote. Ends
 * with a non-zero code if a feature is off by more than 1e-5 (relative), a score
 * by more than 1e-4, or what is decoded and prepared of a picture differs.
 *
 * Usage: deno run -A checks/clip_full.ts DIR [--device cpu|webgpu]
 *   [--only vit_l,vit_h,editclip] [--cases N]
 */
import {
  type ClipCase,
  ClipFeatures,
  openClipFolder,
  openClipMetrics,
} from "@edit-transfer/clip";
import { decodeImage } from "@edit-transfer/image";
import { openDevice } from "@edit-transfer/tensor";
import { print } from "@edit-transfer/terminal";
import { relativeError } from "@edit-transfer/testing";
import { openSafetensors, widen } from "@edit-transfer/weights";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";

const { values: flags, positionals: [folder] } = parseArgs({
  allowPositionals: true,
  options: {
    device: { type: "string", default: "cpu" },
    only: { type: "string", default: "vit_l,vit_h,editclip" },
    cases: { type: "string", default: "Infinity" },
  },
});
if (folder === undefined) throw new Error("Usage: clip_full.ts DIR");

/** Metrics that a model is written for. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  vit_l: ["clip-t", "clip-i", "clip-dir"],
  vit_h: ["pickscore"],
  editclip: ["editclip"],
};
/** Squares that pictures are resized to first. */
const SIDE = { picture: 480, pair: 256 };

/** A case as the script wrote it. */
interface Written {
  readonly name: string;
  readonly words: string;
  readonly panels: Readonly<
    Record<"before" | "after" | "query" | "output", string>
  >;
}

const written: Written[] = JSON.parse(
  await readFile(join(folder, "cases.json"), "utf8"),
);
const cases = written.slice(0, Number(flags.cases));

async function open({ words, panels }: Written) {
  const picture = (file: string) => decodeImage(join(folder!, file));
  const output = await picture(panels.output);
  const known: ClipCase = {
    before: await picture(panels.before),
    after: await picture(panels.after),
    query: await picture(panels.query),
    words,
  };
  return { known, output };
}

for (const name of flags.only.split(",")) {
  using device = await openDevice(flags.device as "cpu" | "webgpu");
  const path = join(folder, name);
  await using expected = await openSafetensors(`${path}.safetensors`);
  const worst = new Map<string, number>();
  const note = (what: string, error: number) =>
    worst.set(what, Math.max(worst.get(what) ?? 0, error));
  let seconds = 0;
  {
    await using model = await openClipFolder(path);
    using features = new ClipFeatures(model, device);
    for (const one of cases.slice(0, 1)) {
      const { known, output } = await open(one);
      const ours = {
        picture: () => features.picture([output], { side: SIDE.picture }),
        pair: () =>
          features.picture([known.before, known.after], { side: SIDE.pair }),
        text: () => features.text(one.words, { truncate: true }),
      };
      for (const [what, encode] of Object.entries(ours)) {
        const key = `${one.name} ${what}`;
        if (!expected.has(key)) continue;
        const start = performance.now();
        const values = await encode();
        if (what !== "text") seconds = (performance.now() - start) / 1000;
        const right = widen(await expected.read(key), "F32");
        note(`features of a ${what}`, relativeError(values, right));
      }
    }
  }
  const scores = JSON.parse(expected.metadata.scores!);
  await using opened = await openClipMetrics(path, {
    device,
    names: NAMES[name]!,
  });
  if (opened.notices.length > 0) throw new Error(opened.notices.join("; "));
  for (const one of cases) {
    const { known, output } = await open(one);
    for (const metric of opened.metrics) {
      const right = scores[one.name][metric.name];
      if (right === undefined) continue;
      const score = await metric.score(output, known);
      note(metric.name, Math.abs(score - right));
      print(`${name} ${one.name} ${metric.name}: ${score}, expected ${right}`);
    }
  }
  print(JSON.stringify(opened.facts, undefined, 2));
  for (const [what, error] of worst) {
    const limit = what.startsWith("features") ? 1e-5 : 1e-4;
    print(`${name} on ${flags.device}: ${what}: ${error.toPrecision(2)}`);
    if (!(error <= limit)) process.exitCode = 1;
  }
  print(`${name}: ${seconds.toFixed(1)} s for one pass over a picture`);
}
