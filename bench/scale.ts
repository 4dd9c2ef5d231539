/**
 * How a queue scales: a simulation of 1 to 1,000 workers that share a database
 * and a store, with seeded times. Prints the tables of docs/scale.md.
 *
 * A worker takes a job (statements at the database), reads its inputs (requests
 * at the store), encodes text and pictures, steps, writes its picture and
 * completes the job (statements). Database and store are stations of a few
 * servers, at which requests wait for each other in order of arrival; each worker
 * also adds its heartbeats to the database.
 *
 * Usage: deno run -A bench/scale.ts [--seed 1] [--price 2.5]
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { markdownTable } from "./markdown_table.ts";
import { seededRandom } from "../packages/weights/_fuzz.ts";

const { values: flags } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    price: { type: "string", default: "2.5" },
  },
});

/** What a job and its surroundings take, in seconds unless said otherwise. */
interface Setting {
  /** Statements of a job at the database: taken, noted twice, completed. */
  readonly statements: number;
  /** A statement, at one of the database's connections that work at once. */
  readonly statement: number;
  readonly connections: number;
  /** Heartbeats and looks of a worker, statements a second. */
  readonly beats: number;
  /** A request at the store, and bytes a second that it gives in all. */
  readonly request: number;
  readonly bytesPerSecond: number;
  /** Bytes that a job reads and writes, with its pair in the cache. */
  readonly bytes: number;
  /** Text encoders, pictures to latents and back. */
  readonly text: number;
  readonly pictures: number;
  readonly step: number;
  readonly steps: number;
  /** Relative spread of all times of a worker. */
  readonly spread: number;
}

/** Database and store; statement and beats as bench/queue.ts measured them. */
const SITE = {
  statements: 4,
  statement: 0.0013,
  connections: 4,
  beats: 4.6,
  request: 0.03,
  bytesPerSecond: 1.25e8, // a network of 1 Gbit/s
  bytes: 1e6, // a query and an output of 512 x 512
  spread: 0.1,
};

/** The embedded model as measured on two cores, and three cards of FLUX.1-dev. */
const MODELS: Readonly<Record<string, Setting>> = {
  "embedded, cpu": {
    ...SITE,
    bytes: 2e4,
    text: 0.03,
    pictures: 0.03,
    step: 0.06,
    steps: 4,
  },
  "2 s a step": { ...SITE, text: 0.4, pictures: 0.6, step: 2, steps: 35 },
  "0.5 s a step": { ...SITE, text: 0.2, pictures: 0.3, step: 0.5, steps: 35 },
  "0.1 s a step": { ...SITE, text: 0.1, pictures: 0.1, step: 0.1, steps: 35 },
};

/** Servers that work at once; each request gets the one that is free first. */
class Station {
  readonly #free: number[];
  busy = 0;
  constructor(servers: number) {
    this.#free = Array(servers).fill(0);
  }
  /** When a request of an arrival time is served. */
  serve(arrival: number, length: number): number {
    let first = 0;
    for (const [i, free] of this.#free.entries()) {
      if (free < this.#free[first]!) first = i;
    }
    const end = Math.max(arrival, this.#free[first]!) + length;
    this.#free[first] = end;
    this.busy += length;
    return end;
  }
  get servers(): number {
    return this.#free.length;
  }
}

/** Events by time. */
class Agenda {
  readonly #heap: [time: number, worker: number, stage: number][] = [];
  add(event: [number, number, number]): void {
    const heap = this.#heap;
    let i = heap.push(event) - 1;
    while (i > 0 && heap[(i - 1) >> 1]![0] > event[0]) {
      heap[i] = heap[(i - 1) >> 1]!;
      i = (i - 1) >> 1;
    }
    heap[i] = event;
  }
  next(): [number, number, number] | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]![0] < heap[child]![0]) {
        child++;
      }
      if (heap[child]![0] >= last![0]) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = last!;
    return first;
  }
}

/** What came of a simulation. */
interface Outcome {
  readonly editsPerSecond: number;
  /** Shares of the time that each is busy. */
  readonly database: number;
  readonly store: number;
  readonly workers: number;
}

/** Runs so many jobs a worker on so many workers. */
function simulate(
  workers: number,
  setting: Setting,
  { saved = 0 }: { readonly saved?: number | undefined } = {},
): Outcome {
  const random = seededRandom(Number(flags.seed));
  const jobs = Math.max(300, workers * 6);
  const database = new Station(setting.connections);
  const store = new Station(Math.max(
    1,
    Math.round(setting.bytesPerSecond * setting.request / setting.bytes),
  ));
  const agenda = new Agenda();
  const { text, pictures, step, steps, spread, statement } = setting;
  const compute = (text + pictures + step * steps) * (1 - saved);
  // heartbeats take their share of the database from the jobs
  const beats = workers * setting.beats * statement / setting.connections;
  const slowed = statement / Math.max(1e-3, 1 - beats);
  for (let worker = 0; worker < workers; worker++) {
    agenda.add([random(1000) / 1000, worker, 0]);
  }
  let left = jobs;
  let end = 0;
  let computed = 0;
  for (let event = agenda.next(); event !== undefined; event = agenda.next()) {
    const [time, worker, stage] = event;
    const half = setting.statements / 2 * slowed;
    if (stage === 0) { // take a job
      if (left === 0) continue;
      left--;
      agenda.add([database.serve(time, half), worker, 1]);
    } else if (stage === 1) { // its query
      agenda.add([store.serve(time, setting.request), worker, 2]);
    } else if (stage === 2) {
      const length = compute * (1 + spread * (random(2001) / 1000 - 1));
      computed += length;
      agenda.add([time + length, worker, 3]);
    } else if (stage === 3) { // its picture
      agenda.add([store.serve(time, setting.request), worker, 4]);
    } else {
      const done = database.serve(time, half);
      end = Math.max(end, done);
      agenda.add([done, worker, 0]);
    }
  }
  return {
    editsPerSecond: jobs / end,
    database: Math.min(1, beats + database.busy / end / database.servers),
    store: store.busy / end / store.servers,
    workers: computed / end / workers,
  };
}

const percent = (share: number) => `${Math.round(100 * share)} %`;
const print = (text: string) => process.stdout.write(`${text}\n`);
const SIZES = [1, 4, 16, 64, 250, 1000];

for (const [name, setting] of Object.entries(MODELS)) {
  print(`\n${name}, ${setting.steps} steps:\n`);
  print(markdownTable(
    [
      "workers",
      "edits an hour",
      "a worker's",
      "database",
      "store",
      "USD for 1,000 edits",
    ],
    SIZES.map((workers) => {
      const found = simulate(workers, setting);
      const hour = found.editsPerSecond * 3600;
      return [
        `${workers}`,
        Math.round(hour).toLocaleString("en"),
        percent(found.workers),
        percent(found.database),
        percent(found.store),
        (1000 * workers * Number(flags.price) / hour).toFixed(2),
      ];
    }),
  ));
}

/**
 * Share of an edit that is not computed again where the next job has the same
 * pair and words, and text and pair are kept: those are 0.24 of a joint edit's
 * work once, of which a new query takes a third.
 */
print(
  "\njobs of one pair given to one worker, text and pair kept, 64 workers:\n",
);
print(markdownTable(
  ["model", "in any order", "by pair", "gain"],
  Object.entries(MODELS).map(([name, setting]) => {
    const { text, pictures, step, steps } = setting;
    const all = text + pictures + step * steps;
    const saved = (text + pictures / 2) / all;
    const [any, own] = [
      simulate(64, setting),
      simulate(64, setting, { saved }),
    ];
    return [
      name,
      any.editsPerSecond.toFixed(2),
      own.editsPerSecond.toFixed(2),
      percent(own.editsPerSecond / any.editsPerSecond - 1),
    ];
  }),
));
