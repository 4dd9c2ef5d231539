import { distance } from "./colour.ts";
import type { Identity, Look } from "./identity.ts";

/** White and black of a panda's fur. */
const FUR = { light: "#f6f4f0", dark: "#2c2a31" } as const;

/**
 * The panda with a person's build, wall and stance: the same skeleton, another
 * head, fur and no clothes. No training picture shows one.
 *
 * @param person Any figure.
 * @returns The panda; undefined before a wall as white as it is.
 *
 * @example Usage
 * ```ts
 * import { identity, pandaOf } from "@edit-transfer/figures";
 * import assert from "node:assert/strict";
 *
 * const panda = pandaOf(identity("test", 1));
 * assert.equal(panda?.look.creature, "panda");
 * ```
 */
export function pandaOf(person: Identity): Identity | undefined {
  const { build, background, floor } = person.look;
  if (distance(background, FUR.light) < 50) return undefined;
  const look: Look = {
    creature: "panda",
    build,
    skin: FUR.light,
    hairStyle: "bald",
    hair: FUR.dark,
    top: FUR.light,
    longSleeves: true,
    bottomKind: "trousers",
    bottom: FUR.dark,
    shoes: FUR.dark,
    background,
    floor,
  };
  return { ...person, look };
}
