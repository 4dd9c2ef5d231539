import type { Tensor } from "../tensor.ts";

/** Keeps a tensor for the backward pass, even if its owner frees it before. */
export type Save = (tensor: Tensor) => Tensor;

/** Inputs of an operation; options that were left out are `undefined`. */
export type Inputs = readonly (Tensor | undefined)[];

/**
 * Gradients of the inputs from those of the outputs: new tensors, or `dy`
 * itself, with as many elements as the input has.
 */
export type GradientRule<Dy> = (dy: Dy) => readonly (Tensor | undefined)[];

/**
 * Makes the rule of an operation that has to be recorded: saves what the rule
 * reads, given which inputs need a gradient.
 */
export type RuleMaker<Dy> = (
  needs: readonly boolean[],
  save: Save,
) => GradientRule<Dy>;

/** What operations are recorded on. */
export interface Recording {
  /** Records an operation if a gradient may flow through it. */
  record(
    outputs: readonly Tensor[],
    inputs: Inputs,
    make: RuleMaker<readonly (Tensor | undefined)[]>,
  ): void;
}

/** What operations are recorded on now. */
let active: Recording | undefined;

/** What operations are recorded on now, if on anything. */
export function activeRecording(): Recording | undefined {
  return active;
}

/** Runs `body` while operations are recorded on `recording`, or not at all. */
export function whileRecording<T>(
  recording: Recording | undefined,
  body: () => T,
): T {
  const before = active;
  active = recording;
  try {
    return body();
  } finally {
    active = before;
  }
}

/** Runs `body` without recording. */
export function unrecorded<T>(body: () => T): T {
  return whileRecording(undefined, body);
}

/**
 * Records an operation with one result, if a gradient may flow to one of its
 * inputs; returns the result.
 */
export function recorded(
  y: Tensor,
  inputs: Inputs,
  make: RuleMaker<Tensor>,
): Tensor {
  active?.record([y], inputs, (needs, save) => {
    const rule = make(needs, save);
    return ([dy]) => rule(dy!);
  });
  return y;
}
