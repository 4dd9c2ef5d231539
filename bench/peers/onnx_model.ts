/** Field numbers of the messages of onnx.proto that are used. */
type Bytes = readonly number[];

/**
 * An ONNX file with one matrix product, `C = A B`, `[M, K]` by `[K, N]`.
 *
 * With `onDevice`, A and B are `[1, 1]` and spread to their shapes by the
 * model, and C is its largest element, `[1, 1]`.
 *
 * Source: onnx/onnx@1.19, `onnx/onnx.proto`.
 */
export function productModel({ M, K, N, onDevice }: {
  readonly M: number;
  readonly K: number;
  readonly N: number;
  readonly onDevice: boolean;
}): Uint8Array {
  const [a, b, c] = onDevice ? ["a", "b", "c"] : ["A", "B", "C"];
  const one = [1, 1];
  const nodes = [
    ...onDevice
      ? [node("Expand", ["A", "sizeA"], a!), node("Expand", ["B", "sizeB"], b!)]
      : [],
    node("MatMul", [a!, b!], c!),
    ...onDevice ? [node("ReduceMax", [c!], "C")] : [],
  ];
  const graph = [
    ...nodes.flatMap((each) => message(1, each)),
    ...text(2, "product"),
    ...onDevice
      ? [
        ...message(5, integers("sizeA", [M, K])),
        ...message(5, integers("sizeB", [K, N])),
      ]
      : [],
    ...message(11, value("A", onDevice ? one : [M, K])),
    ...message(11, value("B", onDevice ? one : [K, N])),
    ...message(12, value("C", onDevice ? one : [M, N])),
  ];
  const opset = [...text(1, ""), ...varint(2, 13)];
  return Uint8Array.from([
    ...varint(1, 8),
    ...message(7, graph),
    ...message(8, opset),
  ]);
}

function node(operation: string, inputs: string[], output: string): Bytes {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...text(2, output),
    ...text(4, operation),
  ];
}

/** A float tensor of a shape. */
function value(name: string, shape: readonly number[]): Bytes {
  const dimensions = shape.flatMap((n) => message(1, varint(1, n)));
  const tensor = [...varint(1, 1), ...message(2, dimensions)];
  return [...text(1, name), ...message(2, message(1, tensor))];
}

/** A constant list of 64-bit integers. */
function integers(name: string, list: readonly number[]): Bytes {
  return [
    ...varint(1, list.length),
    ...varint(2, 7),
    ...list.flatMap((n) => varint(7, n)),
    ...text(8, name),
  ];
}

function varint(field: number, n: number): Bytes {
  return [...base128(field << 3), ...base128(n)];
}

function message(field: number, content: Bytes): Bytes {
  return [...base128(field << 3 | 2), ...base128(content.length), ...content];
}

function text(field: number, content: string): Bytes {
  return message(field, [...new TextEncoder().encode(content)]);
}

function base128(n: number): number[] {
  return n < 128 ? [n] : [n % 128 + 128, ...base128(Math.floor(n / 128))];
}
