import {
  EDIT_TYPES,
  type FigureCase,
  figureCase,
  type Split,
} from "@edit-transfer/figures";

/**
 * Draws the same number of cases of every edit type: the first ones of each in
 * the order of their index, so that fewer are the beginning of more.
 */
export function drawByType(
  { each, ...which }: {
    readonly split: Exclude<Split, "unseen">;
    readonly seed: number;
    readonly each: number;
    /** Caption with `{edit}` in it. */
    readonly template?: string | undefined;
  },
): Map<string, FigureCase[]> {
  const drawn = new Map(
    EDIT_TYPES.map(({ name }): [string, FigureCase[]] => [name, []]),
  );
  let missing = EDIT_TYPES.length * each;
  for (let index = 0; missing > 0; index++) {
    const one = figureCase({ ...which, index });
    const own = drawn.get(one.edits[0]!.type.name)!;
    if (own.length === each) continue;
    own.push(one);
    missing--;
  }
  return drawn;
}
