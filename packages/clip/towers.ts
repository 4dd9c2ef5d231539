import type { Linear, ParameterReader, Tensor } from "@edit-transfer/tensor";
import { scope } from "@edit-transfer/tensor";
import { ClipTextEncoder } from "@edit-transfer/text";
import type { ClipConfig } from "./config.ts";
import { ClipVisionEncoder } from "./vision_encoder.ts";

/** A tower of CLIP with its projection. */
export interface ClipTower<Input> extends Disposable {
  /** Features of inputs, `[B, P]`, not normalised, owned by the caller. */
  forward(inputs: Input): Tensor;
}

/** Loads the text tower and its projection; inputs are ids, `[B, T]`. */
export async function loadTextTower(
  reader: ParameterReader,
  { text, projectionSize: P }: ClipConfig,
): Promise<ClipTower<readonly (readonly number[])[]>> {
  using stack = new DisposableStack();
  const encoder = stack.use(
    await ClipTextEncoder.load(reader.at("text_model"), text),
  );
  const projection = own(
    stack,
    await reader.linear("text_projection", P, text.hiddenSize, { bias: false }),
  );
  return towerOf(stack.move(), (ids) => {
    const { pooled } = encoder.forward(ids); // [B, C]
    return projection.forward(pooled); // [B, P]
  });
}

/** Loads the vision tower and its projection; inputs are pixels, `[B, S, S, c]`. */
export async function loadVisionTower(
  reader: ParameterReader,
  { vision, projectionSize: P }: ClipConfig,
): Promise<ClipTower<Tensor>> {
  using stack = new DisposableStack();
  const encoder = stack.use(
    await ClipVisionEncoder.load(reader.at("vision_model"), vision),
  );
  const projection = own(
    stack,
    await reader.linear("visual_projection", P, vision.hiddenSize, {
      bias: false,
    }),
  );
  return towerOf(stack.move(), (pixels) => {
    const { pooled } = encoder.forward(pixels); // [B, C]
    return projection.forward(pooled); // [B, P]
  });
}

function own(stack: DisposableStack, projection: Linear): Linear {
  stack.use(projection.weight);
  return projection;
}

function towerOf<Input>(
  owned: Disposable,
  forward: (inputs: Input) => Tensor,
): ClipTower<Input> {
  return {
    forward: (inputs) => scope(() => forward(inputs)),
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}
