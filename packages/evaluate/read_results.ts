import { jsonLines, readText } from "@edit-transfer/files";
import { decodeImage, resize } from "@edit-transfer/image";
import { readdir, stat } from "node:fs/promises";
import { extname, isAbsolute, join, relative } from "node:path";
import type { Case } from "./case.ts";
import type { Editor } from "./editor.ts";
import { MANIFEST } from "./output_store.ts";
import { ENDINGS } from "./read_cases.ts";
import type { OutputSource } from "./timed_output.ts";

/** A picture that a folder has for a case. */
interface Result {
  /** Its path in the folder. */
  readonly output: string;
  /** Seed, 0 where none is told. */
  readonly seed: number;
  /** Seconds that it took; NaN where nobody tells. */
  readonly seconds: number;
}

/** Results of another system, an editor that has done its work. */
export interface Results extends Editor, OutputSource {
  /** Seeds that it has for a case, none where there is no picture. */
  seedsOf(one: Case): readonly number[];
  /** What is missing or odd, a sentence each. */
  readonly notices: readonly string[];
}

/**
 * Results of any system for the same cases, from a folder: `results.jsonl` with
 * `{id, output, seed?, seconds?}` a line, or pictures that are called by the id
 * of their case. What is missing, of no case, or of another ratio than the
 * query is told and left out; another size is told and brought to the query's.
 *
 * @param folder The folder.
 * @param cases The cases that were edited.
 * @returns The results.
 *
 * @throws {Error} If there is no such folder, or no picture of any case in it.
 *
 * @example Usage
 * ```ts
 * import { drawCases, readResults } from "@edit-transfer/evaluate";
 * import assert from "node:assert/strict";
 *
 * const cases = await drawCases({ split: "test", seed: 1, count: 1 });
 * await assert.rejects(readResults("none", cases), {
 *   message: 'Folder of results not found: "none"',
 * });
 * ```
 */
export async function readResults(
  folder: string,
  cases: readonly Case[],
): Promise<Results> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new Error(`Folder of results not found: "${folder}"`);
  }
  const notices: string[] = [];
  const listed = await readManifest(folder, notices) ?? await byName(folder);
  const ids = new Set(cases.map(({ id }) => id));
  const strange = listed.filter(({ id }) => !ids.has(id));
  tell(notices, {
    what: "of no case",
    names: strange.map(({ output }) => output),
  });

  // what can be scored: read once, and again when its turn comes
  const results = new Map<string, Result[]>();
  const faults = { missing: [], ratio: [], size: [], unread: [] } as Record<
    "missing" | "ratio" | "size" | "unread",
    string[]
  >;
  const byId = Map.groupBy(listed, ({ id }) => id);
  for (const { id, query } of cases) {
    const own = byId.get(id) ?? [];
    if (own.length === 0) faults.missing.push(id);
    const fitting: Result[] = [];
    for (const { output, seed, seconds } of own) {
      const image = await decodeImage(join(folder, output))
        .catch(() => undefined);
      if (image === undefined) {
        faults.unread.push(output);
        continue;
      }
      const { width, height } = image;
      const named = `${output} (${width}×${height})`;
      if (width * query.height !== height * query.width) {
        faults.ratio.push(named);
        continue;
      }
      if (width !== query.width) faults.size.push(named);
      fitting.push({ output, seed, seconds });
    }
    results.set(id, fitting);
  }
  const { width = 0, height = 0 } = cases[0]?.query ?? {};
  tell(notices, {
    what: "missing",
    names: faults.missing,
    one: "case",
    many: "cases",
  });
  tell(notices, {
    what: `of another ratio than the ${width}×${height} of the queries`,
    names: faults.ratio,
  });
  tell(notices, {
    what: "missing or no picture that can be read",
    names: faults.unread,
  });
  if (![...results.values()].some(({ length }) => length > 0)) {
    throw new Error(
      [
        `Cannot evaluate "${folder}" as it must have a picture of one of the ${cases.length} cases: got none`,
        ...notices,
      ].join("; "),
    );
  }
  const scaled: string[] = [];
  tell(scaled, {
    what: `not of the ${width}×${height} pixels of the queries`,
    names: faults.size,
  });
  const take = async ({ id, query }: Case, wanted: number) => {
    const result = results.get(id)!.find(({ seed }) => seed === wanted)!;
    const image = await resize(
      await decodeImage(join(folder, result.output)),
      query,
    );
    return { image, seconds: result.seconds, kept: true };
  };
  return {
    seedsOf: ({ id }) => (results.get(id) ?? []).map(({ seed }) => seed),
    take: (_edit, { one, seed }) => take(one, seed),
    edit: async (one, { seed }) => (await take(one, seed)).image,
    reconstruct: () =>
      Promise.reject(
        new Error(
          `Cannot reconstruct a picture as "${folder}" has results only`,
        ),
      ),
    notices: [
      ...notices.map((notice) =>
        `"${folder}": ${notice}; the rest is measured`
      ),
      ...scaled.map((notice) =>
        `"${folder}": ${notice}; they are brought to it`
      ),
    ],
  };
}

type Listed = Result & { readonly id: string };

/** Lines of the manifest, faulty ones told; undefined where there is none. */
async function readManifest(
  folder: string,
  notices: string[],
): Promise<Listed[] | undefined> {
  const path = join(folder, MANIFEST);
  if (!await stat(path).then(() => true, () => false)) return undefined;
  const listed = new Map<string, Listed>();
  const faulty: string[] = [];
  for (const { line, value } of jsonLines(await readText(path))) {
    const { id, output, seed = 0, seconds = NaN } = (value ?? {}) as Record<
      string,
      unknown
    >;
    const sound = typeof id === "string" && typeof output === "string" &&
      isWithin(folder, output) && Number.isSafeInteger(seed) &&
      typeof seconds === "number" && !(seconds < 0);
    if (!sound) faulty.push(`line ${line}`);
    else {listed.set(`${id} ${seed}`, {
        id,
        output,
        seed: seed as number,
        seconds,
      });}
  }
  tell(notices, {
    what:
      "without a text id, an output within the folder, or numbers for seed and seconds",
    names: faulty,
    one: `line of ${MANIFEST}`,
    many: `lines of ${MANIFEST}`,
  });
  return [...listed.values()];
}

/** Pictures by the ids in their names. */
async function byName(folder: string): Promise<Listed[]> {
  const names = (await readdir(folder)).sort();
  return names.flatMap((output) => {
    const ending = extname(output);
    if (!ENDINGS.some((known) => known === ending.toLowerCase())) return [];
    const id = output.slice(0, output.length - ending.length);
    return [{ id, output, seed: 0, seconds: NaN }];
  });
}

function isWithin(folder: string, output: string): boolean {
  const path = relative(folder, join(folder, output));
  return !isAbsolute(output) && path !== "" && !path.startsWith("..");
}

const NAMED = 3;

/** A sentence on some pictures, the first of them by name. */
function tell(
  notices: string[],
  { what, names, one = "picture", many = "pictures" }: {
    readonly what: string;
    readonly names: readonly string[];
    readonly one?: string | undefined;
    readonly many?: string | undefined;
  },
): void {
  if (names.length === 0) return;
  const more = names.length > NAMED ? `, and ${names.length - NAMED} more` : "";
  notices.push(
    `${names.length} ${
      names.length === 1 ? `${one} is` : `${many} are`
    } ${what}: ${names.slice(0, NAMED).join(", ")}${more}`,
  );
}
