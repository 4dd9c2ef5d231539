import { DYE } from "../colour.ts";
import type { Random } from "../random.ts";
import type { Framing, State } from "../state.ts";

/** Parameters of an edit, which its words do not tell. */
export type Parameters = Readonly<Record<string, number | string | boolean>>;

/** Part of a figure that an edit changes; edits of one part exclude each other. */
export type Channel =
  | "view"
  | "stance"
  | "trunk"
  | "arms"
  | "head"
  | "mouth"
  | "eyes"
  | "hair"
  | "crown"
  | "ears"
  | "makeup"
  | "top"
  | "camera"
  | "background"
  | "extras"
  | "scene"
  | "filter";

/** One kind of edit. */
export interface EditType {
  /** Name in files and reports. */
  readonly name: string;
  /** What captions say of it: it completes "the subject …". */
  readonly words: string;
  /** Framings in which it shows; a single edit takes the first. */
  readonly framings: readonly Framing[];
  /** Parts of the figure that it needs for itself. */
  readonly channels: readonly Channel[];
  /** Whether it is a difference without a name, for training only; not, where it is left out. */
  readonly isGeneral?: boolean | undefined;
  /** Draws parameters that show in a framing. */
  sample(random: Random, framing: Framing): Parameters;
  /** What a figure shows before, where the edit needs something to change; the figure itself, where it is left out. */
  prepare?(state: State, parameters: Parameters, random: Random): State;
  /** Whether the edit would show on a figure; always, where it is left out. */
  shows?(state: State, parameters: Parameters): boolean;
  /** The state with the edit made. */
  apply(state: State, parameters: Parameters): State;
}

/** An edit type whose parameters have a type of their own. */
export function editType<P extends Parameters>(
  definition: Omit<EditType, "sample" | "prepare" | "shows" | "apply"> & {
    sample(random: Random, framing: Framing): P;
    prepare?(state: State, parameters: P, random: Random): State;
    shows?(state: State, parameters: P): boolean;
    apply(state: State, parameters: P): State;
  },
): EditType {
  return definition as unknown as EditType;
}

const DYES = Object.values(DYE);

/** One of the dyes. */
export function dye(random: Random): string {
  return random.pick(DYES);
}

/** Left or right. */
export function direction(random: Random): "left" | "right" {
  return random.pick(["left", "right"] as const);
}
