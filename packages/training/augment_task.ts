import { type Quad, splitQuad, tileQuad } from "@edit-transfer/composite";
import {
  type EncodedCaption,
  type HostTensor,
  type PreparedDataset,
  type PreparedItem,
  SeededRandom,
} from "@edit-transfer/dataset";
import { panelVariant } from "./augment_panel.ts";
import { shapeOf } from "./panel_shapes.ts";
import type { AugmentConfig } from "./train_config.ts";

/** Added to the seed of a draw, for the numbers that choose what is done to it. */
const AUGMENT_STREAM = 2 ** 33;

/** A composite as it is learned from once. */
export interface AugmentedTask {
  /** Clean latents of all four panels, `[c, 2h, 2w]`. */
  readonly latents: HostTensor;
  /** Its caption. */
  readonly text: EncodedCaption;
}

/** Options of {@linkcode augmentTask}. */
export interface AugmentTaskOptions {
  /** Number of the item, from 0. */
  readonly index: number;
  /** Caption of this draw, the empty one where it was left out. */
  readonly caption: string;
  /** Seed of this draw. */
  readonly drawSeed: number;
  /** Seed of the run. */
  readonly seed: number;
  readonly augment: AugmentConfig | undefined;
  /** Items of each caption, see {@linkcode itemsByCaption}. */
  readonly groups: ReadonlyMap<string, readonly number[]>;
}

/**
 * A composite with what `augment` draws for it, all of which follows from the
 * seeds: its second row may be that of another item with the same caption, all
 * panels go through one variant, rows are exchanged, and in both rows before and
 * after, which takes the caption away as it names the other direction.
 */
export async function augmentTask(
  data: PreparedDataset,
  options: AugmentTaskOptions,
): Promise<AugmentedTask> {
  const { index, caption, augment, seed } = options;
  if (augment === undefined) {
    return {
      latents: await data.latents(index),
      text: await data.text(caption),
    };
  }
  const random = new SeededRandom(AUGMENT_STREAM + options.drawSeed);
  const draws = Array.from({ length: 5 }, () => random.uniform()) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [pairing, partner, variant, rows, roles] = draws;
  const transform = panelVariant(Math.floor(variant * augment.variants), {
    augment,
    seed,
  });
  const group = options.groups.get(groupOf(data.items[index]!)) ?? [index];
  const other = pairing < augment.pairings
    ? group[Math.floor(partner * group.length)]!
    : index;
  const own = await data.latents(index, transform); // [c, 2h, 2w]
  const isRoleless = roles < augment.exchangeRoles;
  const text = await data.text(isRoleless ? "" : caption);
  const areRowsExchanged = rows < augment.exchangeRows;
  if (other === index && !areRowsExchanged && !isRoleless) {
    return { latents: own, text };
  }
  const second = other === index ? own : await data.latents(other, transform);
  const [c, H, W] = own.shape as [number, number, number];
  const shape = [c, H / 2, W / 2] as const;
  const [before, after] = splitQuad(own.data, shape); // [c, h, w]
  const [, , query, target] = splitQuad(second.data, shape); // [c, h, w]
  let panels: Quad<Float32Array> = [before, after, query, target];
  if (areRowsExchanged) {
    const [a, b, d, e] = panels;
    panels = [d, e, a, b];
  }
  if (isRoleless) {
    const [a, b, d, e] = panels;
    panels = [b, a, e, d];
  }
  const latents = Float32Array.from(tileQuad(panels, shape)); // [c, 2h, 2w]
  return { latents: { shape: own.shape, data: latents }, text };
}

function groupOf(item: PreparedItem): string {
  return `${shapeOf(item)} ${item.caption}`;
}

/** Numbers of the items that have each caption, and panels of one shape. */
export function itemsByCaption(
  { items }: Pick<PreparedDataset, "items">,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [index, item] of items.entries()) {
    const key = groupOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [index]);
    else group.push(index);
  }
  return groups;
}
