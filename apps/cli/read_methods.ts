import { type Case, readCases } from "@edit-transfer/evaluate";
import { exists, jsonLines, readText } from "@edit-transfer/files";
import { decodeImage, type Image, resize } from "@edit-transfer/image";
import { UsageError } from "@edit-transfer/terminal";
import { InvalidArgumentError } from "commander";
import { isAbsolute, join, normalize } from "node:path";

/** Outputs of a method in a folder. */
export interface NamedFolder {
  readonly name: string;
  readonly folder: string;
}

/** Parser of `NAME=DIR`, several times. */
export function namedFolders(
  text: string,
  before: readonly NamedFolder[] = [],
): NamedFolder[] {
  const [, name, folder] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || folder === undefined) {
    throw new InvalidArgumentError(
      "It must be like ours=path/to/folder, the name of letters, digits, dots and dashes.",
    );
  }
  if (before.some((one) => one.name === name)) {
    throw new InvalidArgumentError(`Another method has the name "${name}".`);
  }
  return [...before, { name, folder }];
}

/** A case with the outputs of all methods. */
export interface MethodsCase extends Case {
  readonly id: string;
  readonly outputs: ReadonlyMap<string, Image>;
}

/**
 * Cases of a folder that all methods have edited, at the size of their queries;
 * what is missing is told.
 */
export async function readMethods(
  casesFolder: string,
  methods: readonly NamedFolder[],
  tell: (notice: string) => void,
): Promise<MethodsCase[]> {
  const cases = await readCases(casesFolder);
  const lines = jsonLines(
    await readText(join(casesFolder, "cases.jsonl"), { what: "cases" }),
  );
  const ids = lines.map(({ value }) => (value as { id: string }).id);
  const outputs = new Map<string, Map<string, Image>>(
    ids.map((id) => [id, new Map()]),
  );
  for (const { name, folder } of methods) {
    const named = await outputNames(folder);
    const missing: string[] = [];
    let resized = 0;
    for (const [i, id] of ids.entries()) {
      const path = join(folder, named?.get(id) ?? `${id}.png`);
      const image = await exists(path) && await decodeImage(path);
      if (!image) {
        missing.push(id);
        continue;
      }
      const { width, height } = cases[i]!.query;
      const isFit = image.width === width && image.height === height;
      if (!isFit) resized++;
      outputs.get(id)!.set(
        name,
        isFit ? image : await resize(image, { width, height }),
      );
    }
    if (missing.length > 0) {
      tell(
        `"${name}" has no output of ${missing.length} of ${ids.length} cases, such as "${
          missing[0]
        }"; they are left out`,
      );
    }
    if (resized > 0) {
      tell(
        `${resized} outputs of "${name}" are brought to the size of their queries`,
      );
    }
  }
  const whole = cases.flatMap((one, i): MethodsCase[] => {
    const id = ids[i]!;
    const own = outputs.get(id)!;
    return own.size === methods.length ? [{ ...one, id, outputs: own }] : [];
  });
  if (whole.length > 0) return whole;
  throw new UsageError(
    `Cannot compare methods as they must have edited a case of "${casesFolder}" all: got none`,
  );
}

/** Files by ids of cases, from a manifest if there is one: the first of each. */
async function outputNames(
  folder: string,
): Promise<Map<string, string> | undefined> {
  const path = join(folder, "results.jsonl");
  if (!await exists(folder)) {
    throw new Error(`Folder of outputs not found: "${folder}"`);
  }
  if (!await exists(path)) return undefined;
  const names = new Map<string, string>();
  for (const { line, value } of jsonLines(await readText(path))) {
    const { id, output } = (value ?? {}) as Record<string, unknown>;
    const isWithin = typeof output === "string" && !isAbsolute(output) &&
      !normalize(output).startsWith("..");
    if (typeof id !== "string" || !isWithin) {
      throw new Error(
        `Cannot read line ${line} of "${path}" as it must have the texts id and output, a file in the folder: got others`,
      );
    }
    if (!names.has(id)) names.set(id, output);
  }
  return names;
}
