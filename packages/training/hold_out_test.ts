import type { Manifest } from "@edit-transfer/dataset";
import assert from "node:assert/strict";
import { holdOut } from "./hold_out.ts";

/** Composites with captions of which each stands `each` times. */
function composites(count: number, each: number): Manifest {
  return {
    path: "data",
    items: Array.from({ length: count }, (_, i) => ({
      name: `${i}.png`,
      pictures: { composite: `${i}.png` },
      caption: `edit ${Math.floor(i / each)}`,
    })),
    notices: [],
  };
}

/** Ordered pairs of four figures after each edit. */
function pairs(edits: number): Manifest {
  const items = [];
  for (let edit = 0; edit < edits; edit++) {
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        if (a === b) continue;
        const at = (figure: number, kind: string) =>
          `${edit}/${figure}-${kind}.png`;
        items.push({
          name: `line ${items.length + 1}`,
          pictures: {
            pair: {
              before: at(a, "source"),
              after: at(a, "edited"),
              query: at(b, "source"),
              target: at(b, "edited"),
            },
          },
          caption: "jumping",
        });
      }
    }
  }
  return { path: "pairs", items, notices: [] };
}

const namesOf = (manifests: readonly Manifest[]) =>
  manifests.flatMap(({ items }) => items.map(({ name }) => name));

Deno.test("a share is held out, of captions that others have", () => {
  const all = composites(24, 2);
  const { rest, held } = holdOut([all], { share: 0.25, most: 8 });
  assert.equal(namesOf(held).length, 6);
  assert.deepEqual(
    [...namesOf(rest), ...namesOf(held)].sort(),
    namesOf([all]).sort(),
  );
  const known = new Set(rest[0]!.items.map(({ caption }) => caption));
  assert.ok(held[0]!.items.every(({ caption }) => known.has(caption)));
  assert.equal(
    namesOf(holdOut([composites(500, 2)], { share: 0.1, most: 8 }).held).length,
    8,
  );
});

Deno.test("few tasks are all learned from, and nothing is held out of none", () => {
  const { rest, held } = holdOut([composites(9, 1)], { share: 0.1, most: 8 });
  assert.deepEqual([namesOf(rest).length, namesOf(held).length], [9, 0]);
});

Deno.test("tasks that share a picture stay together", () => {
  const { rest, held } = holdOut([pairs(20)], { share: 0.1, most: 24 });
  assert.equal(namesOf(held).length, 24); // two edits, all of their pairs
  const pictures = (manifests: readonly Manifest[]) =>
    new Set(
      manifests.flatMap(({ items }) =>
        items.flatMap((one) =>
          "pair" in one.pictures ? Object.values(one.pictures.pair) : []
        )
      ),
    );
  const learned = pictures(rest);
  assert.ok([...pictures(held)].every((path) => !learned.has(path)));
  // a group that is larger than what may be held out is learned from
  assert.deepEqual(
    namesOf(holdOut([pairs(20)], { share: 1, most: 8 }).held),
    [],
  );
});

Deno.test("which are held out does not depend on their order", () => {
  const all = composites(30, 3);
  const turned = { ...all, items: all.items.toReversed() };
  const held = (manifest: Manifest) =>
    namesOf(holdOut([manifest], { share: 0.1, most: 8 }).held).sort();
  assert.deepEqual(held(turned), held(all));
});
