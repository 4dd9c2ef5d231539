import { giveBack, type Image, placeIn } from "@edit-transfer/image";
import { lockAt, type Locked } from "@edit-transfer/metrics";

/**
 * An answer at the size of its query: resized, and where it is locked, the
 * query's own pixels in unchanged places.
 *
 * @param panel The answer as a panel, not locked.
 * @param query The query as it was; undefined for the panel itself.
 * @param locked The panel locked, if it is to be.
 */
export async function answerOf(
  panel: Image,
  query: Image | undefined,
  locked?: Locked,
): Promise<Image> {
  if (query === undefined) return locked?.image ?? panel;
  const image = await giveBack(panel, query);
  if (locked === undefined) return image;
  return lockAt(image, query, { locked, place: placeIn(panel, query) });
}
