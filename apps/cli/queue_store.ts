import { databaseStore, type Queue } from "@edit-transfer/queue";
import { type ByteStore, openStore } from "@edit-transfer/store";

/** Where the files of a queue's jobs are: its database, if nobody says. */
export async function queueStore(
  queue: Queue,
  place: string | undefined,
): Promise<ByteStore> {
  return place === undefined ? databaseStore(queue) : await openStore(place);
}
