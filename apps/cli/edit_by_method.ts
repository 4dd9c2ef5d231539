import {
  findMethod,
  type Method,
  type OptionValue,
  type OptionValues,
  type PreparedMethod,
  prepareMethod,
  readMethodOptions,
} from "@edit-transfer/baselines";
import { readImageSize, type Size, tileGrid } from "@edit-transfer/image";
import { UsageError } from "@edit-transfer/terminal";
import { makePictures } from "./make_pictures.ts";
import { namedModel } from "./open_model.ts";
import { readInputs, readPicture } from "./edit_images.ts";
import {
  earlierEdit,
  type EditFlags,
  editRecord,
  planEdit,
} from "./plan_edit.ts";
import { labelsOf, stemOf } from "./queries.ts";
import type { Context } from "./verb.ts";

/** Flags of an edit by this program's own method. */
const OWN = [
  "autoSeeds",
  "keepBest",
  "strength",
  "lock",
  "conditions",
  "fromEdit",
  "saveEdit",
] as const;

/** Edits queries by a baseline, or copies: `edit --method NAME`. */
export async function editByMethod(
  flags: EditFlags,
  context: Context,
): Promise<void> {
  // 1. flags, and what an earlier run says; the pictures decode
  const earlier = flags.configFrom === undefined
    ? undefined
    : await earlierEdit(flags.configFrom);
  const { method, options } = methodOf(flags, earlier?.record.method);
  const lora = flags.lora ??
    (earlier?.record.method === undefined ? false : undefined);
  const model = await namedModel({ ...flags, lora }, {
    earlier,
    ownLora: false,
  });
  const plan = {
    ...await planEdit(flags, { model }),
    keepBest: undefined,
    strength: 1,
    lock: false,
    best: undefined,
    noise: { round: "bf16", standardize: false } as const,
  };
  const first = await readInputs(plan);
  const { images, hashes } = first;
  const { queries, edit, prompt, panelSize, fit, seeds } = plan;
  const sizes: Size[] = [images.query];
  for (const { path } of queries.slice(1)) { // all, before any work
    sizes.push(await readImageSize(path));
  }
  const { saveGrid, previewDir } = flags;
  const { signal } = context;
  const { steps = 1, guidance = 1 } = options as Record<string, number>;

  await makePictures({
    name: method.name,
    plan: { ...plan, steps: 2 * steps, guidance: undefined }, // there and back
    flags,
    inputs: labelsOf(queries),
    stem: stemOf(queries),
    grids: saveGrid,
    async memory() {
      const { editMemory, generateMemory } = await import("./memory_plan.ts");
      const task = editMemory({
        panelSize,
        queries: fit === "match" ? sizes : undefined,
        seeds,
        conditions: "joint", // no method has more tokens at once
        strength: 1,
        lock: false,
        rank: false,
        previewDir,
      });
      if (options.panels !== "together") return task;
      // the autoencoder takes all four panels as one picture
      const size = panelSize && { width: 2 * panelSize, height: 2 * panelSize };
      const { work } = generateMemory({
        size: size || undefined,
        seeds,
        previewDir,
      });
      return { ...task, work };
    },

    // 2. captions and pictures encoded
    async prepare({ pipeline }, { index }) {
      const query = queries[index]!;
      const { image, sha256, notices } = index === 0
        ? { image: images.query, sha256: hashes.query, notices: first.notices }
        : await readPicture(query);
      const inputs = { ...images, query: image, edit, prompt, panelSize, fit };
      const prepared: PreparedMethod = await prepareMethod(
        method.name,
        pipeline,
        inputs,
        options,
      );
      const settings = {
        steps,
        conditions: "joint",
        conditionSigma: 1,
      } as const;
      return {
        prompt: prepared.prompt,
        guidance,
        notices: [
          ...notices,
          ...prepared.notices,
          ...seeds.length > 1 && !method.drawsNoise
            ? [`${method.title} draws no noise: all seeds give one picture`]
            : [],
        ],
        timings: prepared.timings,
        [Symbol.dispose]: () => prepared[Symbol.dispose](),

        // 3. a picture a seed, with its record
        atOnce: 1,
        async run([seed], onStep) {
          const made = await prepared.run({ seed, signal, onStep });
          return [{ ...made, notices: [] }];
        },
        record: (made) => ({
          ...editRecord(plan, {
            ...made,
            prepared,
            query,
            hashes: { ...hashes, query: sha256 },
            settings,
          }),
          method: { name: method.name, options },
        }),
        grid: saveGrid
          ? ({ panel }) => {
            const [before, after, query] = prepared.panels;
            return tileGrid([before!, after!, query!, panel!]);
          }
          : undefined,
      };
    },
  }, context);
}

/** The method that is asked for, and all its options. */
function methodOf(
  flags: EditFlags,
  recorded: { name: string; options: OptionValues } | undefined,
): {
  readonly method: Method;
  readonly options: Readonly<Record<string, OptionValue>>;
} {
  const flag = OWN.find((name) => flags[name] !== undefined);
  const name = flags.method ?? recorded!.name;
  if (flag !== undefined) {
    throw new UsageError(
      `Cannot edit by ${name} as only edit transfer itself takes --${
        flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
      }: got both`,
    );
  }
  try {
    const method = findMethod(name);
    const given = ["steps", "guidance"] as const;
    const options = {
      ...Object.fromEntries(
        Object.entries(method.options).map(([key, { value }]) => [key, value]),
      ),
      ...readMethodOptions(method, [
        ...Object.entries(name === recorded?.name ? recorded.options : {})
          .map(([key, value]) => `${key}=${value}`),
        ...given.flatMap((key) =>
          flags[key] === undefined ? [] : [`${key}=${flags[key]}`]
        ),
        ...flags.methodOption ?? [],
      ]),
    };
    const told = Object.entries(options).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const]
    );
    return { method, options: Object.fromEntries(told) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(error.message);
  }
}
