/** Runs of a candidate that remains in the race, besides the first two. */
const ROUNDS = 4;
/** Microseconds that the rounds may take; there is one at least. */
const PATIENCE = 2e6;
/** A candidate this much slower than the best leaves it. */
const HOPELESS = 1.5;
/** A candidate must be this much faster than the first to take its place. */
const CLEARLY = 0.97;

/**
 * Sorts candidates by the median of their times. They take turns, so that a
 * busy machine slows all of them alike; the first run of each, which compiles,
 * does not count. The first candidate stays first unless one is clearly faster.
 *
 * @param names Candidates.
 * @param options `time` runs one of them and returns its microseconds.
 * @returns Names and median times, the fastest first.
 */
export async function fastest(
  names: readonly string[],
  { time }: { readonly time: (name: string) => Promise<number> },
): Promise<[name: string, median: number][]> {
  const times = new Map<string, number[]>();
  for (const name of names) {
    await time(name);
    times.set(name, [await time(name)]);
  }
  const best = Math.min(...[...times.values()].flat());
  const racing = names.filter((name, i) =>
    i === 0 || times.get(name)![0]! <= HOPELESS * best
  );
  const each = racing.reduce((sum, name) => sum + times.get(name)![0]!, 0);
  const rounds = Math.max(1, Math.min(ROUNDS, Math.floor(PATIENCE / each)));
  for (let round = 0; round < rounds; round++) {
    for (const name of racing) times.get(name)!.push(await time(name));
  }
  const first = median(times.get(names[0]!)!) * CLEARLY;
  const order = (name: string) =>
    name === names[0] ? first : median(times.get(name)!);
  return racing.toSorted((a, b) => order(a) - order(b))
    .map((name) => [name, median(times.get(name)!)]);
}

/** The middle value; of an even number of them, the lower one. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]!;
}
