import { DTYPE_BYTES } from "../dtype.ts";
import type { GpuContext } from "./context.ts";
import type { KernelVariant } from "./variant.ts";
import { bind, shifted, type View } from "./view.ts";

/** A view and its step along each axis of a loop, outermost first. */
export interface StridedView {
  readonly view: View;
  readonly strides: readonly number[];
}

/** Options of {@linkcode runStrided}. */
export interface StridedRun {
  /** Extents of the loop, outermost first. */
  readonly extents: readonly number[];
  readonly reads: readonly StridedView[];
  readonly out: StridedView;
  /** Picks the kernel from the elements that each operand takes at a time. */
  readonly variant: (widths: readonly number[]) => KernelVariant;
}

const WG = 64;
const MAX_AXES = 8;

/** Steps of a dense array. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let step = 1;
  for (const extent of shape.toReversed()) {
    strides.unshift(step);
    step *= extent;
  }
  return strides;
}

/** Runs a kernel over all positions of nested loops, in parts that can be bound. */
export function runStrided(context: GpuContext, run: StridedRun): void {
  let extents = [...run.extents];
  let steps = [...run.reads, run.out].map(({ strides }) => [...strides]);
  ({ extents, steps } = merged(extents, steps));
  const views = [...run.reads, run.out].map(({ view }) => view);
  split(context, run, { extents, steps, views });
}

interface Loop {
  extents: number[];
  steps: number[][];
  views: View[];
}

/** Drops axes of extent 1 and joins those that follow each other in memory. */
function merged(
  extents: number[],
  steps: number[][],
): { extents: number[]; steps: number[][] } {
  const newExtents: number[] = [];
  const newSteps: number[][] = steps.map(() => []);
  for (const [axis, extent] of extents.entries()) {
    if (extent === 1) continue;
    const last = newExtents.length - 1;
    const follows = last >= 0 &&
      steps.every((own, i) => newSteps[i]![last] === own[axis]! * extent);
    if (follows) {
      newExtents[last]! *= extent;
      for (const [i, own] of steps.entries()) newSteps[i]![last] = own[axis]!;
    } else {
      newExtents.push(extent);
      for (const [i, own] of steps.entries()) newSteps[i]!.push(own[axis]!);
    }
  }
  if (newExtents.length === 0) {
    return { extents: [1], steps: steps.map(() => [1]) };
  }
  return { extents: newExtents, steps: newSteps };
}

/** Halves the loop until each operand fits into a binding. */
function split(context: GpuContext, run: StridedRun, loop: Loop): void {
  const { extents, steps, views } = loop;
  const room = context.maxBindingBytes - 256 - 16;
  const large = views.findIndex(({ dtype, storage }, i) =>
    storage.capacity > context.maxBindingBytes &&
    reach(extents, steps[i]!) * DTYPE_BYTES[dtype] > room
  );
  if (large < 0) return dispatch(context, run, loop);
  const own = steps[large]!;
  const span = (axis: number) => (extents[axis]! - 1) * own[axis]!;
  const axis = extents.reduce(
    (best, _, i) => span(i) > span(best) ? i : best,
    0,
  );
  let half = Math.floor(extents[axis]! / 2);
  if (half > 64) half -= half % 64; // keeps parts aligned
  split(context, run, { ...loop, extents: extents.with(axis, half) });
  split(context, run, {
    steps,
    extents: extents.with(axis, extents[axis]! - half),
    views: views.map((view, i) => shifted(view, half * steps[i]![axis]!)),
  });
}

/** Elements from the first to the last that a loop visits. */
function reach(extents: readonly number[], own: readonly number[]): number {
  return extents.reduce((n, extent, i) => n + (extent - 1) * own[i]!, 1);
}

function dispatch(context: GpuContext, run: StridedRun, loop: Loop): void {
  const { views, extents, steps } = loop;
  const bound = views.map((view, i) =>
    bind(context, view, reach(extents, steps[i]!))
  );
  const { pack, widths } = grouping(
    loop,
    bound.map(({ first }) => first),
    run.reads.length,
  );
  if (extents.length > MAX_AXES) {
    throw new RangeError(
      `Cannot copy as at most ${MAX_AXES} axes can be told apart: got ${extents.length}`,
    );
  }
  const innermostFirst = (values: readonly number[], width: number) => {
    const list = values.toReversed();
    return [...list, ...Array<number>(MAX_AXES - list.length).fill(0)]
      .map((value, i) => i === 0 ? value : value / width);
  };
  const loopWidth = widths.at(-1)!;
  const inner = extents.at(-1)! / loopWidth;
  const length = extents.reduce((n, extent) => n * extent, 1) / loopWidth;
  context.run({
    variant: run.variant(widths.map((width) => width / pack)),
    reads: bound.slice(0, -1).map(({ binding }) => binding),
    writes: [bound.at(-1)!.binding],
    ints: [
      inner,
      ...innermostFirst(extents, 1).slice(1),
      ...steps.flatMap((own, i) => innermostFirst(own, widths[i]!)),
      length,
      extents.length,
      ...bound.map(({ first }, i) => first / widths[i]!),
    ],
    workgroups: Math.ceil(length / WG),
    work: length * loopWidth * 4,
  });
}

/**
 * How many elements each operand can take at a time: four, or one where it
 * repeats a single value. Elements of 16 bits have to go in pairs.
 */
function grouping(
  { views, extents, steps }: Loop,
  firsts: readonly number[],
  reads: number,
): { pack: number; widths: number[] } {
  const pack = 4 / DTYPE_BYTES[views[0]!.dtype];
  const inner = extents.at(-1)!;
  const fits = (width: number) =>
    inner % width === 0 &&
    steps.every((own, i) =>
      (own.at(-1) === 1 && firsts[i]! % width === 0 &&
        own.slice(0, -1).every((step) => step % width === 0)) ||
      (i > 0 && i < reads && own.at(-1) === 0)
    );
  const width = [4 * pack, pack].find(fits);
  if (width === undefined) {
    if (pack === 1) return { pack, widths: steps.map(() => 1) };
    throw new TypeError(
      `Cannot move single ${
        views[0]!.dtype
      } elements as they are stored in pairs: cast to f32 first`,
    );
  }
  return {
    pack,
    widths: steps.map((own) => own.at(-1) === 1 ? width : 1),
  };
}
