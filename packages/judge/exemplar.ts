import type { Image } from "@edit-transfer/image";
import { resize } from "@edit-transfer/image";
import { type Part, text } from "./chat.ts";
import { picturePart } from "./picture_part.ts";

/** What an output is judged against: an example of the edit, and the query. */
export interface Exemplar {
  /** Name of the case, for the file of replies. */
  readonly id?: string | undefined;
  /** Example before its edit, `A`. */
  readonly before: Image;
  /** Example after its edit, `A′`. */
  readonly after: Image;
  /** Picture that was edited, `B`. */
  readonly query: Image;
}

/**
 * How a judge is put to the test: the example is withheld, or its two pictures
 * change places. A judge that looks gives lower scores.
 */
export type Control = "blind" | "swapped";

/** How outputs are shown to a judge. */
export interface ShowOptions {
  /**
   * See {@linkcode Control}.
   *
   * @default {none}
   */
  readonly control?: Control | undefined;
}

const RULES =
  "B is another picture, to which the same change was to be made, and everything else of it was to stay. " +
  "Left and right are as the viewer sees them. Judge what you see in the pictures alone.";

/** What a judge is told first. */
export function introduction(control: Control | undefined): string {
  const example = control === "blind"
    ? "The pictures A and A′, which show the change before and after, are withheld from you: judge as well as you can without them."
    : "A and A′ show one picture before and after a change.";
  return `You judge how well programs edit pictures. ${example} ${RULES}`;
}

/** The example, unless it is withheld, and the query, each with its letter. */
export async function exemplarParts(
  { before, after, query }: Exemplar,
  control: Control | undefined,
): Promise<Part[]> {
  const [first, second] = control === "swapped"
    ? [after, before]
    : [before, after];
  const example = control === "blind" ? [] : [
    ...await labelled("A", first),
    ...await labelled("A′", second),
  ];
  return [...example, ...await labelled("B", query)];
}

/** A picture with its label before it. */
export async function labelled(label: string, image: Image): Promise<Part[]> {
  return [text(`${label}:`), await picturePart(image)];
}

/** An output at the size of its query. */
export async function atSizeOf(query: Image, output: Image): Promise<Image> {
  const { width, height } = query;
  const isSame = output.width === width && output.height === height;
  return isSame ? output : await resize(output, { width, height });
}
