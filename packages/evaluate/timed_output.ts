import type { Image } from "@edit-transfer/image";
import type { Case } from "./case.ts";

/** An output, edited now or by an earlier run. */
export interface KeptOutput {
  /** The picture. */
  readonly image: Image;
  /** Seconds that the edit took; NaN where nobody tells. */
  readonly seconds: number;
  /** Whether it was there already. */
  readonly kept: boolean;
}

/** Which output of an evaluation. */
export interface OutputPlace {
  /** Name of the condition. */
  readonly condition: string;
  /** The case. */
  readonly one: Case;
  /** The seed. */
  readonly seed: number;
}

/** Where outputs may be already. */
export interface OutputSource {
  /**
   * The output that is there, or a new one.
   *
   * @param edit Makes the output.
   * @param place Which one.
   * @returns The output.
   */
  take(edit: () => Promise<Image>, place: OutputPlace): Promise<KeptOutput>;
  /**
   * Called when all outputs of a condition were taken.
   *
   * @param condition Name of the condition.
   */
  end?(condition: string): Promise<void>;
}

/** An output and how long it took. */
export async function timed(edit: () => Promise<Image>): Promise<KeptOutput> {
  const start = performance.now();
  const image = await edit();
  return { image, seconds: (performance.now() - start) / 1000, kept: false };
}
