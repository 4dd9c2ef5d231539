import { keep, scope } from "../scope.ts";
import {
  type Inputs,
  type Recording,
  type RuleMaker,
  type Save,
  Tensor,
  unrecorded,
} from "../tensor.ts";

/** A tensor that a gradient may flow to. */
export interface Node {
  /** What has arrived so far, owned by the node. */
  gradient: Tensor | undefined;
  /** Whether it is one of the tensors to differentiate by. */
  readonly leaf: boolean;
}

/** Hands the gradients of the outputs on to the nodes of the inputs. */
type Backward = (gradients: readonly (Tensor | undefined)[]) => void;

/** An operation that has run. */
interface Operation {
  readonly outputs: readonly Node[];
  /** Twins of the tensors that the backward pass reads. */
  readonly saved: readonly Tensor[];
  readonly backward: Backward;
}

/**
 * Operations in the order in which they ran, of those whose result depends on
 * tensors to differentiate by.
 */
export class Tape implements Recording, Disposable {
  readonly #nodes = new WeakMap<Tensor, Node>();
  readonly #operations: Operation[] = [];
  readonly #keeps: boolean;
  readonly #outer: Tape | undefined;

  /**
   * @param options Whether it `keeps` rules and values, by default so, or only
   * what depends on what; and the tape `outer` of which this one is a part.
   */
  constructor(
    options: {
      readonly keeps?: boolean | undefined;
      readonly outer?: Tape | undefined;
    } = {},
  ) {
    this.#keeps = options.keeps ?? true;
    this.#outer = options.outer;
  }

  /** Node of a tensor, if a gradient may flow to it. */
  node(tensor: Tensor): Node | undefined {
    const node = this.#nodes.get(tensor);
    if (node !== undefined || this.#outer === undefined) return node;
    const outer = this.#outer.node(tensor);
    if (outer === undefined || outer.leaf) return outer;
    throw new Error(
      `Cannot checkpoint as what a gradient flows to must be among the inputs: got tensor [${
        tensor.shape.join(", ")
      }] from outside`,
    );
  }

  /** Lets the gradient of a tensor arrive at a node. */
  attach(tensor: Tensor, node: Node): void {
    this.#nodes.set(tensor, node);
  }

  record(
    outputs: readonly Tensor[],
    inputs: Inputs,
    make: RuleMaker<readonly (Tensor | undefined)[]>,
  ): void {
    const nodes = inputs.map((input) => input && this.node(input));
    const needs = nodes.map((node) => node !== undefined);
    if (!needs.includes(true)) return;
    const shapes = inputs.map((input) => input?.shape);
    this.recordBackward(outputs, (save) => {
      const rule = make(needs, save);
      return (dys) => {
        const results = scope(() => rule(dys));
        for (const [i, result] of results.entries()) {
          if (result === undefined || nodes[i] === undefined) continue;
          accumulate(nodes[i], result.reshape(shapes[i]!));
        }
        for (const result of results) {
          if (!dys.includes(result)) result?.dispose();
        }
      };
    });
  }

  /** Records an operation by the whole of its backward pass. */
  recordBackward(
    outputs: readonly Tensor[],
    make: (save: Save) => Backward,
  ): void {
    const nodes = outputs.map((): Node => ({
      gradient: undefined,
      leaf: false,
    }));
    outputs.forEach((output, i) => this.#nodes.set(output, nodes[i]!));
    if (!this.#keeps) return;
    const saved: Tensor[] = [];
    const save = (tensor: Tensor) => {
      const twin = keep(tensor.reshape(tensor.shape));
      saved.push(twin);
      return twin;
    };
    const backward = unrecorded(() => make(save));
    this.#operations.push({ outputs: nodes, saved, backward });
  }

  /** Runs the rules from the last operation to the first, and frees each. */
  backward(): void {
    unrecorded(() => {
      for (
        let operation = this.#operations.pop();
        operation !== undefined;
        operation = this.#operations.pop()
      ) {
        const gradients = operation.outputs.map(({ gradient }) => gradient);
        try {
          if (gradients.some((dy) => dy !== undefined)) {
            operation.backward(gradients);
          }
        } finally {
          free(operation);
        }
      }
    });
  }

  /** Frees what the operations that are left have saved. */
  [Symbol.dispose](): void {
    this.#operations.splice(0).forEach(free);
  }
}

function free({ outputs, saved }: Operation): void {
  for (const tensor of saved) tensor.dispose();
  for (const node of outputs) {
    node.gradient?.dispose();
    node.gradient = undefined;
  }
}

/** Adds a gradient, which the node then owns, to what has arrived before. */
export function accumulate(node: Node, gradient: Tensor): void {
  keep(gradient);
  const before = node.gradient;
  if (before === undefined) {
    node.gradient = gradient;
    return;
  }
  const { device, shape } = gradient;
  try {
    const total = keep(new Tensor(device, shape));
    node.gradient = total;
    device.kernels.binary(total, before, gradient, "add");
  } finally {
    before.dispose();
    gradient.dispose();
  }
}
