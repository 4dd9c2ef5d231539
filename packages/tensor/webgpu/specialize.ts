/** Values for the `// @spec` lines of a kernel, by the name each declares. */
export type Spec = Readonly<Record<string, number | string>>;

/**
 * Fills in the `// @spec` lines of a WGSL source.
 *
 * A kernel marks what `override` cannot express, such as element types, with
 * lines of the form `alias T = f32; // @spec` or `const TM = 4u; // @spec`. The
 * file is a valid shader as it stands; specializing only swaps the value on
 * those lines.
 *
 * @param source WGSL text.
 * @param spec Value of each marked name. Names left out keep their default.
 * @returns The WGSL text to compile.
 *
 * @throws {RangeError} If `spec` names something the source does not mark.
 */
export function specialize(source: string, spec: Spec): string {
  let code = source;
  for (const [name, value] of Object.entries(spec)) {
    const line = new RegExp(
      `^((?:alias|const) ${name} = )[^;]+(;.*// @spec)`,
      "m",
    );
    if (!line.test(code)) {
      throw new RangeError(
        `Cannot specialize kernel as no "@spec" line declares "${name}"`,
      );
    }
    const literal = typeof value === "number" ? `${value}u` : value;
    code = code.replace(line, `$1${literal}$2`);
  }
  return code;
}
