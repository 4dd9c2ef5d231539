/** Lines of WebAssembly text, one for each index below `n`. */
export function repeat(n: number, line: (i: number) => string): string {
  return Array.from({ length: n }, (_, i) => line(i)).join("\n");
}

/**
 * Moves the constant vectors of a loop into locals before it, each once: the
 * engine would make them anew each time. Text in which `loop` stands as
 * `build` makes it of its body.
 */
export function hoisted(body: string, build: (body: string) => string): {
  readonly locals: string;
  readonly code: string;
} {
  const names = new Map<string, string>();
  const moved = body.replaceAll(
    /\((?:f32x4|i32x4)\.splat \((?:f32|i32)\.const [^()]*\)\)/g,
    (constant) => {
      if (!names.has(constant)) names.set(constant, `$const${names.size}`);
      return get(names.get(constant)!);
    },
  );
  const entries = [...names];
  return {
    locals: entries.map(([, name]) => `(local ${name} v128)`).join(" "),
    code: entries.map(([constant, name]) => `(local.set ${name} ${constant})`)
      .join("\n") + build(moved),
  };
}

/** A constant in all four lanes. */
export function splat(value: number): string {
  return `(f32x4.splat (f32.const ${value}))`;
}

/** `a b + c`, fused where relaxed SIMD is there. */
export type MultiplyAdd = (a: string, b: string, c: string) => string;

/** Polynomial by Horner's rule, highest coefficient first. */
export function polynomial(
  madd: MultiplyAdd,
  x: string,
  coefficients: readonly number[],
): string {
  return coefficients.slice(1).reduce(
    (sum, c) => madd(sum, x, splat(c)),
    splat(coefficients[0]!),
  );
}

/**
 * `for (i = first; i < end; i += step) body`, for a local `i` of the function.
 * An `end` that is not a constant has to be cheap: it is evaluated each time.
 */
export function loop(
  i: string,
  { first = "(i32.const 0)", end, step = "(i32.const 1)" }: {
    readonly first?: string | undefined;
    end: string;
    readonly step?: string | undefined;
  },
  body: string,
): string {
  return `(local.set ${i} ${first})
  (block ${i}.done (loop ${i}.next
    (br_if ${i}.done (i32.ge_u (local.get ${i}) ${end}))
    ${body}
    (local.set ${i} (i32.add (local.get ${i}) ${step}))
    (br ${i}.next)))`;
}

/** Shorthand of `local.get`. */
export function get(name: string): string {
  return `(local.get ${name})`;
}

/** Sum of addresses or counts. */
export function sum(...terms: string[]): string {
  return terms.reduce((a, b) => `(i32.add ${a} ${b})`);
}

/** Product of counts. */
export function product(...factors: string[]): string {
  return factors.reduce((a, b) => `(i32.mul ${a} ${b})`);
}

/** A number of f32 elements, in bytes. */
export function bytes(elements: string): string {
  return `(i32.shl ${elements} (i32.const 2))`;
}
