/**
 * Puts the text of a shared file in place of the lines that stand for it.
 *
 * A kernel has one line for each declaration that it takes from another file,
 * such as `override ROWS : u32 = 64u; // @include rows.wgsl`. So it compiles as
 * it stands, alone.
 *
 * @param source WGSL text with such lines, for one file.
 * @param file Name and text of the shared file.
 * @returns The WGSL text, with the file in place of the first of those lines.
 *
 * @throws {RangeError} If no line stands for the file, or one declares what the
 * file does not.
 */
export function include(
  source: string,
  [name, text]: readonly [name: string, text: string],
): string {
  const marked = source.split("\n").filter((line) =>
    line.endsWith(`// @include ${name}`)
  );
  if (marked.length === 0) {
    throw new RangeError(`Cannot include ${name} as no line stands for it`);
  }
  const declared = text.split("\n").map(declaration);
  for (const line of marked) {
    if (!declared.includes(declaration(line) ?? line)) {
      throw new RangeError(
        `Cannot include ${name} as it does not declare: got "${line}"`,
      );
    }
  }
  const [first, ...others] = marked;
  return others.reduce(
    (code, line) => code.replace(`${line}\n`, ""),
    source.replace(first!, () => text.trimEnd()),
  );
}

/** What a line declares, e.g. `fn erfc`. */
function declaration(line: string): string | undefined {
  return /^(?:alias|const|fn|override) \w+/.exec(line)?.[0];
}
