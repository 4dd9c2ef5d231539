import { hashFile } from "@edit-transfer/files";
import { readImageSize } from "@edit-transfer/image";
import {
  type EditFacts,
  type KeptEdit,
  openEditFile,
  panelOf,
  prepareQuery,
  seedsAtOnce,
} from "@edit-transfer/pipeline";
import { required, UsageError } from "@edit-transfer/terminal";
import { makePictures } from "./make_pictures.ts";
import { checkSame, type ModelHashes, namedModel } from "./open_model.ts";
import { readPicture } from "./edit_images.ts";
import { earlierEdit, type EditFlags, GUIDANCE, locate } from "./plan_edit.ts";
import { labelsOf, namedQueries, stemOf } from "./queries.ts";
import { type NamedFile, nameInRecord } from "./record.ts";
import type { Context } from "./verb.ts";

/** Flags that the file of an edit stands for. */
const HELD = [
  "example",
  "composite",
  "edit",
  "prompt",
  "panelSize",
  "strength",
  "lock",
  "saveGrid",
  "saveEdit",
] as const;

/** Edits queries as a file says: neither its example nor words are needed. */
export async function editFromFile(
  flags: EditFlags,
  context: Context,
): Promise<void> {
  const plan = await planFromFile(flags);
  const { path, facts, sha256, queries, steps, fit, noise, earlier } = plan;
  const { signal } = context;
  let edit: KeptEdit | undefined;

  for (const query of queries) await readImageSize(query.path); // before any work
  await makePictures({
    name: "edit",
    plan,
    flags,
    inputs: labelsOf(queries),
    stem: stemOf(queries),
    async memory() {
      const { editMemory } = await import("./memory_plan.ts");
      return editMemory({
        panelSize: facts.panelSize,
        panel: panelOf(facts),
        seeds: plan.seeds,
        strength: 1,
        lock: false,
        rank: false,
        previewDir: flags.previewDir,
        conditions: "kept",
      });
    },
    async share(model, hashes) {
      checkMade(path, facts, { hashes, loras: plan.model.loras });
      await using file = await openEditFile(path);
      return edit = await file.load(model.pipeline);
    },
    async prepare({ pipeline }, { index }) {
      const query = queries[index]!;
      const { image, sha256: hash, notices } = await readPicture(query, {
        then: plan.recorded?.query,
      });
      const prepared = await prepareQuery(pipeline, edit!, {
        image,
        fit,
        signal,
      });
      const guidance = plan.guidance;
      const own = steps ?? pipeline.defaults.steps;
      return {
        prompt: facts.prompt,
        guidance: GUIDANCE,
        notices: [...notices, ...prepared.notices],
        timings: prepared.timings,
        [Symbol.dispose]: () => prepared[Symbol.dispose](),
        atOnce: seedsAtOnce(edit!.layout, "kept"),
        run: (seeds, onStep) =>
          prepared.runSeeds(seeds, {
            steps: own,
            guidance,
            noise,
            signal,
            onStep,
          }),
        record({ seed, facts: { pathsFrom, ...rest }, output }) {
          const named = (file: NamedFile) =>
            nameInRecord(file, { output, earlier });
          return {
            command: "edit",
            ...rest,
            edit: facts.edit,
            prompt: facts.prompt,
            inputs: {
              edit: { path: named(plan.file), sha256 },
              query: { path: named(query), sha256: hash },
            },
            seed,
            steps: own,
            panelSize: facts.panelSize,
            fit,
            conditions: "kept",
            conditionSigma: facts.sigma,
            noise,
            pathsFrom,
          };
        },
      };
    },
  }, context);
}

/** What flags and an earlier run say; the file is an edit, the queries decode later. */
async function planFromFile(flags: EditFlags) {
  if (flags.autoSeeds !== undefined || flags.keepBest !== undefined) {
    throw new UsageError(
      `Cannot rank outputs of an edit from a file as ranking needs its example: got --${
        flags.autoSeeds === undefined ? "keep-best" : "auto-seeds"
      }`,
    );
  }
  const held = HELD.find((name) => flags[name] !== undefined);
  if (held !== undefined || flags.conditions === "joint") {
    const name = (held ?? "conditions joint").replace(
      /[A-Z]/g,
      (letter) => `-${letter.toLowerCase()}`,
    );
    throw new UsageError(
      `Cannot edit from a file as it holds example, words and size, and is kept: got --${name}`,
    );
  }
  const png = flags.configFrom;
  const earlier = png === undefined ? undefined : await earlierEdit(png);
  const record = earlier?.record;
  const recorded = record && "edit" in record.inputs
    ? record.inputs
    : undefined;
  const file: NamedFile = flags.fromEdit !== undefined
    ? { path: flags.fromEdit }
    : {
      name: recorded!.edit.path,
      path: await locate(recorded!.edit.path, earlier!),
    };
  const { path } = file;
  const sha256 = await hashFile(path).catch((cause) => {
    throw new Error(`Edit file not found: "${path}"`, { cause });
  });
  if (file.name !== undefined) checkSame(path, sha256, recorded!.edit.sha256);
  const queries = await namedQueries(flags.queries);
  if (queries.length === 0) {
    const name = required(recorded?.query.path, "edit", "--query IMAGE...");
    queries.push({ name, path: await locate(name, earlier!) });
  }
  await using opened = await openEditFile(path);
  return {
    file,
    path,
    sha256,
    recorded,
    facts: opened.facts,
    queries,
    model: await namedModel(flags, { earlier, ownLora: true }),
    seeds: flags.seed ?? [record?.seed ?? 42],
    steps: flags.steps ?? record?.steps,
    guidance: flags.guidance ?? record?.guidance,
    fit: flags.fit ?? record?.fit ?? opened.facts.fit,
    noise: record?.noise ?? { round: "bf16", standardize: true } as const,
    device: flags.device ?? record?.device.kind ?? "auto",
    output: flags.output,
    inputPaths: [path, ...queries.map(({ path }) => path)],
    earlier,
  };
}

/** Refuses an edit of another model or of other LoRAs. */
function checkMade(
  path: string,
  facts: EditFacts,
  { hashes, loras }: {
    readonly hashes: ModelHashes;
    readonly loras: readonly { readonly scale: number }[];
  },
): void {
  if (facts.model !== hashes.model) {
    throw new Error(
      `Cannot use edit "${path}" as it must be made with this model: got sha256 ${
        facts.model.slice(0, 12)
      }, the model has ${hashes.model.slice(0, 12)}`,
    );
  }
  const text = (all: EditFacts["loras"]) =>
    all.map(({ sha256, scale }) => `${sha256.slice(0, 12)} at ${scale}`)
      .join(", ") || "none";
  const now = text(
    loras.map(({ scale }, i) => ({ sha256: hashes.loras[i]!, scale })),
  );
  if (text(facts.loras) !== now) {
    throw new Error(
      `Cannot use edit "${path}" as it must be made with the same LoRAs: got ${
        text(facts.loras)
      }, these are ${now}`,
    );
  }
}
