import type { DeviceArray } from "../device_array.ts";
import { denseDType, DTYPE_BYTES } from "../dtype.ts";
import type { Cpu } from "./cpu.ts";
import { cpuStorage } from "./storage.ts";

/** Where a copy begins in a tensor, and how far apart neighbours are. */
export interface Placement {
  readonly tensor: DeviceArray;
  /** First element. */
  readonly first: number;
  /** Elements between neighbours along each axis of the box. */
  readonly steps: readonly number[];
}

/** Copies a box of elements from one tensor to another of the same type. */
export function copyBox(
  cpu: Cpu,
  extents: readonly number[],
  { to, from }: { to: Placement; from: Placement },
): void {
  const box = merged(extents, to.steps, from.steps);
  const size = DTYPE_BYTES[denseDType("copy", to.tensor.dtype)];
  let target = cpuStorage(to.tensor).offset / size + to.first;
  let source = cpuStorage(from.tensor).offset / size + from.first;
  const rank = box.extents.length;
  const contiguous = box.toSteps[rank - 1] === 1 &&
    box.fromSteps[rank - 1] === 1;
  const copyRows = contiguous ? copyRuns(cpu, size) : copyElements(cpu, size);
  const index = new Array<number>(rank - 2).fill(0);
  for (;;) {
    copyRows(box, target, source);
    let axis = rank - 3;
    for (; axis >= 0; axis--) {
      target += box.toSteps[axis]!;
      source += box.fromSteps[axis]!;
      if (++index[axis]! < box.extents[axis]!) break;
      target -= box.toSteps[axis]! * box.extents[axis]!;
      source -= box.fromSteps[axis]! * box.extents[axis]!;
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

interface Box {
  readonly extents: number[];
  readonly toSteps: number[];
  readonly fromSteps: number[];
}

/** Copies the last two axes of a box; positions in elements. */
type CopyRows = (box: Box, target: number, source: number) => void;

/** Joins axes that follow each other in both tensors; at least two are left. */
function merged(
  extents: readonly number[],
  toSteps: readonly number[],
  fromSteps: readonly number[],
): Box {
  const box: Box = { extents: [], toSteps: [], fromSteps: [] };
  for (const [axis, extent] of extents.entries()) {
    if (extent === 1) continue;
    const last = box.extents.length - 1;
    const to = toSteps[axis]!;
    const from = fromSteps[axis]!;
    if (
      last >= 0 && box.toSteps[last] === to * extent &&
      box.fromSteps[last] === from * extent
    ) {
      box.extents[last]! *= extent;
      box.toSteps[last] = to;
      box.fromSteps[last] = from;
    } else {
      box.extents.push(extent);
      box.toSteps.push(to);
      box.fromSteps.push(from);
    }
  }
  if (box.toSteps.at(-1) === undefined) {
    box.extents.push(1);
    box.toSteps.push(1);
    box.fromSteps.push(1);
  }
  if (box.extents.length === 1) {
    box.extents.unshift(1);
    box.toSteps.unshift(0);
    box.fromSteps.unshift(0);
  }
  return box;
}

/** Rows whose elements lie side by side in both tensors. */
function copyRuns({ programs }: Cpu, size: number): CopyRows {
  return ({ extents, toSteps, fromSteps }, target, source) => {
    const rank = extents.length;
    programs.copyRows(
      target * size,
      toSteps[rank - 2]! * size,
      source * size,
      fromSteps[rank - 2]! * size,
      extents[rank - 1]! * size,
      extents[rank - 2]!,
    );
  };
}

/** Rows whose elements are apart. */
function copyElements({ heap }: Cpu, size: number): CopyRows {
  const { buffer } = heap.memory;
  const words = size === 4 ? new Uint32Array(buffer) : new Uint16Array(buffer);
  return ({ extents, toSteps, fromSteps }, target, source) => {
    const [rows, columns] = extents.slice(-2) as [number, number];
    const [toRow, toStep] = toSteps.slice(-2) as [number, number];
    const [fromRow, fromStep] = fromSteps.slice(-2) as [number, number];
    for (let i = 0; i < rows; i++) {
      let to = target + i * toRow;
      let from = source + i * fromRow;
      for (let j = 0; j < columns; j++) {
        words[to] = words[from]!;
        to += toStep;
        from += fromStep;
      }
    }
  };
}
