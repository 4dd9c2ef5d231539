/**
 * Tries the measures of people on real composites, two rows of before and after
 * each: does identity tell true pairs from shuffled ones, do all pair scores
 * together, is the front view found, do the rows of one pose agree? Prints the
 * numbers and a table as Markdown; the exit code is 1 if a number is too low.
 *
 * With `--fit` it writes the coefficients of `pairScore` anew.
 *
 * Usage: deno run -A checks/people_scores.ts FOLDER [--fit]
 */
import { splitComposite } from "@edit-transfer/dataset";
import { atomicWrite } from "@edit-transfer/files";
import { crop, decodeImage, type Image } from "@edit-transfer/image";
import {
  fitPairScore,
  headTurn,
  isFrontView,
  type LabelledPair,
  openDetector,
  PAIR_TERMS,
  type PairCoefficients,
  pairScore,
  pairTerms,
  type Panel,
  poseAgreement,
  poseChange,
} from "@edit-transfer/people";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** Side of a panel, and what is cut off all around as panels bleed, in pixels. */
const SIDE = 512;
const INSET = 4;

/** Edits that move the body, by words of their captions. */
const POSES = [
  "running",
  "lowered head",
  "raising arms",
  "clapping",
  "crossing arms",
  "sitting",
  "side view",
  "jumping",
  "thumbs-up",
] as const;

/** Composites whose panels were looked at. */
const LOOKED_AT = new Set(
  [1, 3, 5, 11, 14, 18, 23, 29, 33, 34, 37, 40].map((id) =>
    String(id).padStart(4, "0")
  ),
);
/** Panels of these that show no face in front: composite and panel, from the top left. */
const NOT_IN_FRONT = new Set(["0003 1", "0003 3"]);

/** One row of a composite. */
interface Row {
  readonly composite: string;
  readonly pose: string | undefined;
  readonly before: Panel;
  readonly after: Panel;
}

const { positionals: [folder], values: { fit } } = parseArgs({
  allowPositionals: true,
  options: { fit: { type: "boolean", default: false } },
});
if (folder === undefined) {
  process.stderr.write("Usage: checks/people_scores.ts FOLDER [--fit]\n");
  process.exit(2);
}

const rows = await readRows(folder);
const pairs = rows.flatMap((a) =>
  rows.map((b): LabelledPair & { readonly of: readonly [Row, Row] } => ({
    of: [a, b],
    terms: pairTerms(a.before, b.after),
    isPair: a === b,
  }))
);
if (fit) {
  const { bias, mean, weight } = fitPairScore(pairs);
  const rounded = (x: number) => Number(x.toPrecision(6));
  const text = JSON.stringify(
    {
      bias: rounded(bias),
      mean: mean.map(rounded),
      weight: weight.map(rounded),
    },
    null,
    2,
  );
  await atomicWrite(
    fileURLToPath(
      new URL("../packages/people/pair_coefficients.json", import.meta.url),
    ),
    new TextEncoder().encode(`${text}\n`),
  );
}

/** A number with what it has to reach. */
interface Finding {
  readonly name: string;
  readonly value: number;
  readonly least?: number | undefined;
  readonly counts: string;
}
const findings: Finding[] = [
  ...PAIR_TERMS.map((name) =>
    pairFinding(
      name,
      ({ terms }) => terms[name],
      name === "identity" ? 0.94 : undefined,
    )
  ),
  pairFinding("all, composites left out", leftOut(), 0.98),
  frontFinding(),
  poseFinding(),
];
process.stdout.write("| AUC | found | wanted | of |\n|---|--:|--:|---|\n");
for (const { name, value, least, counts } of findings) {
  process.stdout.write(
    `| ${name} | ${value.toFixed(3)} | ${least ?? ""} | ${counts} |\n`,
  );
}
printTable();
process.exit(
  findings.some(({ value, least = 0 }) => !(value >= least)) ? 1 : 0,
);

async function readRows(folder: string): Promise<Row[]> {
  await using detector = await openDetector({
    onNotice: (notice) => process.stderr.write(`${notice}\n`),
  });
  const rows: Row[] = [];
  const files = (await readdir(folder)).sort();
  for (const file of files.filter((name) => name.endsWith(".png"))) {
    const composite = file.replace(/\.png$/, "");
    const caption = files.find((name) =>
      name.endsWith(".txt") && Number.parseInt(name) === Number(composite)
    );
    const words = caption && await readFile(join(folder, caption), "utf8");
    const pose = POSES.find((pose) => words?.includes(pose));
    const panels: Panel[] = [];
    const pictures = await splitComposite(
      await decodeImage(join(folder, file)),
      { size: { width: SIDE, height: SIDE }, seams: "detect" },
    );
    for (const picture of pictures) {
      panels.push(await detector.panel(inset(picture)));
    }
    for (const [i, j] of [[0, 1], [2, 3]] as const) {
      rows.push({ composite, pose, before: panels[i]!, after: panels[j]! });
    }
    process.stderr.write(`${composite}\n`);
  }
  return rows;
}

function inset(image: Image): Image {
  const side = SIDE - 2 * INSET;
  return crop(image, { left: INSET, top: INSET, width: side, height: side });
}

/** Share of (positive, negative) that are in order. */
function auc(positives: readonly number[], negatives: readonly number[]) {
  let sum = 0;
  for (const a of positives) {
    for (const b of negatives) sum += a > b ? 1 : a === b ? 0.5 : 0;
  }
  return sum / (positives.length * negatives.length);
}

type Pair = typeof pairs[number];

function pairFinding(
  name: string,
  score: (pair: Pair) => number | undefined,
  least?: number,
): Finding {
  const scored = pairs.map((pair) => ({ ...pair, score: score(pair) }));
  const values = (is: (pair: Pair) => boolean) =>
    scored.filter(is).map(({ score }) => score).filter((x) => x !== undefined);
  const trueOnes = values(({ isPair }) => isPair);
  const others = values(({ isPair }) => !isPair);
  const hard = values(({ isPair, of: [a, b] }) =>
    !isPair && a.composite === b.composite
  );
  return {
    name,
    value: auc(trueOnes, others),
    least,
    counts: `${trueOnes.length} pairs, ${others.length} shuffled; ${
      auc(trueOnes, hard).toFixed(3)
    } against the other row of the same composite`,
  };
}

/** Scores of pairs by coefficients that have seen neither of their composites. */
function leftOut(): (pair: Pair) => number | undefined {
  const fitted = new Map<string, PairCoefficients>();
  return ({ of, terms }) => {
    const own = of.map(({ composite }) => composite).sort();
    const key = own.join();
    const coefficients = fitted.get(key) ??
      fitPairScore(
        pairs.filter(({ of }) =>
          of.every(({ composite }) => !own.includes(composite))
        ),
      );
    fitted.set(key, coefficients);
    return pairScore(terms, coefficients);
  };
}

function frontFinding(): Finding {
  const turns = { front: [] as number[], other: [] as number[] };
  let wrong = 0;
  for (const [i, { composite, before, after }] of rows.entries()) {
    if (!LOOKED_AT.has(composite)) continue;
    for (const [j, { person }] of [before, after].entries()) {
      const isFront = !NOT_IN_FRONT.has(`${composite} ${2 * (i % 2) + j}`);
      turns[isFront ? "front" : "other"].push(-(headTurn(person) ?? Infinity));
      if (isFrontView(person) !== isFront) wrong++;
    }
  }
  return {
    name: "front view",
    value: auc(turns.front, turns.other),
    least: 0.98,
    counts:
      `${turns.front.length} in front, ${turns.other.length} not; the rule errs in ${wrong}`,
  };
}

function agreement(a: Row, b: Row): number | undefined {
  const [one, other] = [a, b].map(({ before, after }) =>
    poseChange(before.person, after.person)
  );
  return one && other && poseAgreement(one, other);
}

function poseFinding(): Finding {
  const moving = rows.filter(({ pose }) => pose !== undefined);
  const same: number[] = [];
  const others: number[] = [];
  let unknown = 0;
  for (const [i, a] of moving.entries()) {
    for (const b of moving.slice(i + 1)) {
      const value = agreement(a, b);
      if (value === undefined) unknown++;
      else (a.pose === b.pose ? same : others).push(value);
    }
  }
  return {
    name: "pose agreement",
    value: auc(same, others),
    least: 0.9,
    counts:
      `${same.length} of one type, ${others.length} of two, ${unknown} unknown`,
  };
}

function printTable() {
  const shown = (x: number | undefined, digits = 2) =>
    x === undefined ? "unknown" : x.toFixed(digits);
  process.stdout.write(
    "\n| composite | row | identity | background | scale | figure colours | background colours | pair | turn before, after | pose agreement of its rows |\n" +
      "|---|--:|--:|--:|--:|--:|--:|--:|---|--:|\n",
  );
  for (const [i, row] of rows.entries()) {
    const { terms } = pairs.find(({ of: [a, b] }) => a === row && b === row)!;
    const cells = [
      row.composite,
      i % 2 + 1,
      ...PAIR_TERMS.map((name) => shown(terms[name])),
      shown(pairScore(terms)),
      [row.before, row.after].map(({ person }) => shown(headTurn(person)))
        .join(", "),
      i % 2 === 0 ? shown(agreement(row, rows[i + 1]!)) : "",
    ];
    process.stdout.write(`| ${cells.join(" | ")} |\n`);
  }
}
