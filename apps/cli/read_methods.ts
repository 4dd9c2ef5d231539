import { type Case, readCases, readResults } from "@edit-transfer/evaluate";
import type { Image } from "@edit-transfer/image";
import { UsageError } from "@edit-transfer/terminal";
import { InvalidArgumentError } from "commander";

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
  readonly outputs: ReadonlyMap<string, Image>;
}

/**
 * Cases of a folder that all methods have edited, with their first seeds; what
 * is missing is told.
 */
export async function readMethods(
  folder: string,
  methods: readonly NamedFolder[],
  tell: (notice: string) => void,
): Promise<MethodsCase[]> {
  const cases = await readCases(folder);
  const outputs = cases.map(() => new Map<string, Image>());
  for (const { name, folder } of methods) {
    const results = await readResults(folder, cases);
    results.notices.forEach(tell);
    for (const [i, one] of cases.entries()) {
      const [seed] = results.seedsOf(one);
      if (seed === undefined) continue;
      outputs[i]!.set(name, await results.edit(one, { seed }));
    }
  }
  const whole = cases.map((one, i) => ({ ...one, outputs: outputs[i]! }))
    .filter(({ outputs }) => outputs.size === methods.length);
  if (whole.length === 0) {
    throw new UsageError(
      `Cannot compare methods as they must all have edited one of the ${cases.length} cases of "${folder}": got none`,
    );
  }
  if (whole.length < cases.length) {
    tell(
      `${
        cases.length - whole.length
      } of ${cases.length} cases are left out, as not all methods have edited them`,
    );
  }
  return whole;
}
