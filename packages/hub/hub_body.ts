import type { HubRepo } from "./hub_repo.ts";
import type { HubAnswer } from "./hub_request.ts";

/**
 * Bytes of an answer while they come fast enough; whoever stops reading ends the
 * answer.
 */
export async function* hubBody(
  { limits, signal }: HubRepo,
  { response, stop }: HubAnswer,
): AsyncGenerator<Uint8Array> {
  const { stallMs, stallBytes } = limits;
  let waited = 0;
  let received = 0;
  const reader = response.body?.getReader();
  try {
    while (reader !== undefined) {
      const start = performance.now();
      const timer = setTimeout(
        () =>
          stop.abort(
            new DOMException(
              `fewer than ${stallBytes} bytes came in ${stallMs} ms`,
              "TimeoutError",
            ),
          ),
        Math.max(0, stallMs - waited),
      );
      const { done, value } = await reader.read()
        .finally(() => clearTimeout(timer));
      if (done) return;
      waited += performance.now() - start;
      received += value.length;
      if (received >= stallBytes) waited = received = 0;
      yield value;
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw error;
  } finally {
    stop.abort();
    reader?.releaseLock();
  }
}
