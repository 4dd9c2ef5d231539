import { LIMITS, type Range } from "@edit-transfer/files/limits";

/** Value of an option of a method. */
export type OptionValue = number | string | readonly number[];

/** An option of a method, as a user names it. */
export interface OptionRule<
  Value extends OptionValue | undefined = OptionValue | undefined,
> {
  /** What it is, in a few words. */
  readonly about: string;
  /** Its value where nobody gives one: that of the released program. */
  readonly value: Value;
  /** What a value must be, as the end of a sentence. */
  readonly must: string;
  /** The value that a text stands for; undefined if it is none. */
  read(text: string): Value | undefined;
}

/** Options by name. */
export type OptionRules = Readonly<Record<string, OptionRule>>;

/** Values of options by name; undefined where a method finds its own. */
export type OptionValues = Readonly<Record<string, OptionValue | undefined>>;

/** Values of a method's own options. */
export type OptionsOf<Rules extends OptionRules> = {
  readonly [Name in keyof Rules]: Rules[Name]["value"];
};

/** An integer in a range. */
export function integer(
  value: number,
  [least, most]: Range,
  about: string,
): OptionRule<number> {
  return {
    about,
    value,
    must: `must be an integer from ${least} to ${most}`,
    read(text) {
      const number = Number(text);
      const fits = /^\d+$/.test(text) && number >= least && number <= most;
      return fits ? number : undefined;
    },
  };
}

/** Place of a block from 0; by default the method's own. */
export function place(about: string): OptionRule<number | undefined> {
  const [, most] = LIMITS.layers;
  return { ...integer(0, [0, most], about), value: undefined };
}

/** A number in a range. */
export function number(
  value: number,
  [least, most]: Range,
  about: string,
): OptionRule<number> {
  return {
    about,
    value,
    must: `must be a number from ${least} to ${most}`,
    read(text) {
      const number = text.trim() === "" ? NaN : Number(text);
      return number >= least && number <= most ? number : undefined;
    },
  };
}

/** One of some words. */
export function choice<Word extends string>(
  value: Word,
  words: readonly Word[],
  about: string,
): OptionRule<Word> {
  return {
    about,
    value,
    must: `must be ${words.join(" or ")}`,
    read: (text) => words.find((word) => word === text),
  };
}

/** A text. */
export function text(value: string, about: string): OptionRule<string> {
  return { about, value, must: "must be a text", read: (text) => text };
}

/** Places of blocks, double ones first; by default the method's own. */
export function blocks(
  about: string,
): OptionRule<readonly number[] | undefined> {
  const [, most] = LIMITS.layers;
  return {
    about,
    value: undefined,
    must: `must be places of blocks from 0, like 0,1,17 or 0-56`,
    read(text) {
      const places = new Set<number>();
      for (const part of text.split(",")) {
        const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
        if (first === undefined || Number(last) >= 2 * most) return undefined;
        for (let i = Number(first); i <= Number(last); i++) places.add(i);
      }
      return places.size === 0 ? undefined : [...places];
    },
  };
}

/**
 * Values of a method's options, from texts like `steps=28`.
 *
 * @param method Its name and options, one of {@linkcode METHODS}.
 * @param texts `NAME=VALUE` each; a later one wins.
 * @returns A value for every option that is named.
 *
 * @throws {RangeError} If there is no such option, or its value is none.
 *
 * @example Usage
 * ```ts
 * import { findMethod, readMethodOptions } from "@edit-transfer/baselines";
 * import assert from "node:assert/strict";
 *
 * const method = findMethod("flowedit");
 * assert.deepEqual(readMethodOptions(method, ["steps=8"]), { steps: 8 });
 * assert.throws(() => readMethodOptions(method, ["steps=many"]), /integer/);
 * ```
 */
export function readMethodOptions(
  method: { readonly name: string; readonly options: OptionRules },
  texts: readonly string[],
): OptionValues {
  const { name: owner, options } = method;
  return Object.fromEntries(texts.map((given) => {
    const [, name = given, value] = /^([^=]*)=([^]*)$/.exec(given) ?? [];
    const rule = Object.hasOwn(options, name) ? options[name] : undefined;
    if (rule === undefined) {
      throw new RangeError(
        `Cannot set an option of ${owner} as it must be one of ${
          Object.keys(options).join(", ") || "none"
        }: got "${name}"`,
      );
    }
    const read = value === undefined ? undefined : rule.read(value);
    if (read === undefined) {
      throw new RangeError(
        `Cannot set ${name} of ${owner} as it ${rule.must}: got "${
          value ?? given
        }"`,
      );
    }
    return [name, read];
  }));
}

/** All values of a method's options: those that are given, else its own. */
export function withDefaults<Rules extends OptionRules>(
  rules: Rules,
  given: OptionValues = {},
): OptionsOf<Rules> {
  return Object.fromEntries(
    Object.entries(rules).map((
      [name, { value }],
    ) => [name, given[name] ?? value]),
  ) as OptionsOf<Rules>;
}

/** Euler steps. */
export function steps(value: number): OptionRule<number> {
  return integer(value, LIMITS.steps, "steps from noise to picture");
}

/** A guidance scale. */
export function guidance(value: number, about: string): OptionRule<number> {
  return number(value, LIMITS.guidance, about);
}

/** Captions of methods that words alone drive. */
export const CAPTIONS = {
  source: text("", "caption of the query"),
  target: text("{edit}", "caption of the answer, with the words of the edit"),
};
