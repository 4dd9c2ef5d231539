import {
  checkpoint,
  concat,
  type DType,
  keep,
  scope,
  type Tensor,
} from "@edit-transfer/tensor";
import type { AttentionHeads, AttentionSeam } from "./attention_seam.ts";
import { DoubleBlock, type Streams } from "./double_block.ts";
import { keptAs, type KeysValues, withEarlier } from "./kept_tokens.ts";
import type { RopeTables } from "./rope.ts";
import type { SingleBlock } from "./single_block.ts";

/** A block of either kind. */
export type Block = DoubleBlock | SingleBlock;

/** Tokens on their way through the blocks, which see each other. */
export interface TokenGroup {
  /** Image, text, or both in this order; as one from the single blocks on. */
  readonly streams: readonly Tensor[];
  /** Whether there is an image. */
  readonly image: boolean;
  /** `silu(vec)`, `[B, C]`, with which every modulation begins. */
  readonly vec: Tensor;
  /** Tables of their positions, text first. */
  readonly pe: RopeTables;
}

/** What a block made of {@linkcode TokenGroup}s. */
export interface BlockResult {
  readonly groups: readonly TokenGroup[];
  /** Keys and values of all groups, where they are kept. */
  readonly kept: KeysValues | undefined;
}

/**
 * Runs a block over groups in turn: each sees itself, those before it, and what
 * was kept of earlier ones.
 */
export function runBlock(
  block: Block,
  groups: readonly TokenGroup[],
  { index, last, earlier, keeps, checked, seam }: {
    /** Place of the block. */
    readonly index: number;
    /** Whether no block comes after it: of tokens that are kept, keys and values alone are then computed. */
    readonly last: boolean;
    /** Keys and values that all groups see. */
    readonly earlier: readonly KeysValues[];
    /** Type in which keys and values of the groups are kept, if they are. */
    readonly keeps: DType | undefined;
    /** Whether the block is a checkpoint. */
    readonly checked: boolean;
    /** Seam of the last group. */
    readonly seam: AttentionSeam | undefined;
  },
): BlockResult {
  if (last && keeps !== undefined) {
    return {
      groups: groups.map((group) => ({ ...group, streams: [] })),
      kept: keysOf(block, groups, keeps),
    };
  }
  const run = checked ? checkpoint : plain;
  const outputs = run((inputs) => {
    const own: KeysValues[] = [];
    const next: Tensor[] = [];
    let at = 0;
    try {
      for (const [g, { streams, image, pe }] of groups.entries()) {
        const ends = g === groups.length - 1;
        const x = inputs.slice(at, at += streams.length);
        const vec = inputs[at++]!;
        const attending = (heads: AttentionHeads) => {
          const all = withEarlier(heads, [...earlier, ...own]);
          if (keeps !== undefined || !ends) {
            own.push({ k: keep(heads.k), v: keep(heads.v) });
          }
          return ends ? seam?.(all, index) ?? all : all;
        };
        if (block instanceof DoubleBlock) {
          const made = block.forward(byKind(x, image), vec, pe, attending);
          next.push(...[made.img, made.txt].filter((x) => x !== undefined));
        } else {
          next.push(block.forward(joined(x), vec, pe, attending)); // [B, L, C]
        }
      }
      if (keeps === undefined) return next;
      const { k, v } = keptAs(own, keeps);
      return [...next, k, v];
    } finally {
      for (const { k, v } of own) [k, v].forEach((x) => x.dispose());
    }
  }, groups.flatMap(({ streams, vec }) => [...streams, vec]));

  let at = 0;
  const passed = groups.map((group) => {
    const count = block instanceof DoubleBlock ? group.streams.length : 1;
    return { ...group, streams: outputs.slice(at, at += count) };
  });
  const [k, v] = outputs.slice(at);
  return { groups: passed, kept: k && v && { k, v } };
}

/** Keys and values of groups, as they are kept, and nothing else. */
function keysOf(
  block: Block,
  groups: readonly TokenGroup[],
  dtype: DType,
): KeysValues {
  return scope(() =>
    keptAs(
      groups.map(({ streams, image, vec, pe }) =>
        block instanceof DoubleBlock
          ? block.keys(byKind(streams, image), vec, pe)
          : block.keys(joined(streams), vec, pe) // [B, H, L, D]
      ),
      dtype,
    )
  );
}

function byKind(streams: readonly Tensor[], image: boolean): Streams {
  const [img, txt] = image ? streams : [undefined, ...streams];
  return { img, txt };
}

/** Image and text as one sequence, text first. */
export function joined(streams: readonly Tensor[]): Tensor {
  const [x, txt] = streams;
  return txt === undefined ? x! : concat([txt, x!], 1); // [B, T + I, C]
}

/** A block without a checkpoint. */
const plain: typeof checkpoint = (f, inputs) => scope(() => f(inputs));
