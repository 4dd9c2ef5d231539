import type { Interval } from "@edit-transfer/statistics";
import type { PersonReport } from "./people.ts";
import type { Tally } from "./tally_study.ts";

/** A table of a tally. */
export interface TallyTable {
  /** What it is about. */
  readonly title: string;
  /** Names of the columns. */
  readonly head: readonly string[];
  /** The rows. */
  readonly rows: readonly (readonly string[])[];
  /** Sentences below it. */
  readonly notes: readonly string[];
}

/**
 * The tables of a tally: a question each, then the people.
 *
 * @param tally What `tallyStudy` gave.
 * @returns The tables.
 *
 * @example Usage
 * ```ts
 * import { designStudy, tallyStudy, tallyTables } from "@edit-transfer/study";
 * import assert from "node:assert/strict";
 *
 * const cases = [{ id: "0000", isAnswered: false }];
 * const study = designStudy({ cases, methods: ["a", "b"], seed: 1, tasks: 1 });
 * const tables = tallyTables(tallyStudy(study, []));
 * assert.deepEqual(tables.map(({ rows }) => rows.length), [1, 1, 1, 0]);
 * ```
 */
export function tallyTables(tally: Tally): TallyTable[] {
  const { questions, people, counted, resamples, seed } = tally;
  const preferences = questions.map((question): TallyTable => {
    const { name, text, pairs, strengths, smoothed } = question;
    return {
      title: `${name}: ${text}`,
      head: [
        "method",
        "over",
        "share",
        "people × cases",
        "Wilson",
        "answers",
        "p (Holm)",
      ],
      rows: pairs.map((pair) => [
        pair.method,
        pair.over,
        shareText(pair.share),
        intervalText(pair.interval),
        intervalText(pair.wilson),
        `${pair.wins} of ${pair.answers}`,
        pText(pair.holm),
      ]),
      notes: [
        ...strengths === null
          ? [
            "Bradley–Terry: no strengths, as the answers do not join all methods.",
          ]
          : strengths.length > 2
          ? [
            `Bradley–Terry: ${
              strengths.map(({ method, strength, interval }) =>
                `${method} ${strength.toFixed(3)} (${intervalText(interval)})`
              ).join(", ")
            }${
              smoothed
                ? ", with half a win on each side, as one never lost"
                : ""
            }.`,
          ]
          : [],
        `Krippendorff's α of the sides: ${
          question.agreement?.toFixed(3) ?? "–"
        } (${intervalText(question.agreementInterval)}).`,
      ],
    };
  });
  return [...preferences, {
    title: `People: ${counted} of ${people.length} counted`,
    head: [
      "file",
      "answered",
      "checks failed",
      "as before",
      "median",
      "counted",
    ],
    rows: people.map((person) => [
      person.file,
      String(person.answered),
      `${person.wrongChecks} of ${person.checks}`,
      `${person.alike} of ${person.repeated}`,
      person.medianSeconds === null
        ? "–"
        : `${person.medianSeconds.toFixed(1)} s`,
      countedText(person),
    ]),
    notes: [
      `Intervals of 95 %: people × cases by ${resamples} resamples of both, seed ${seed}; Wilson's and p as if all answers were independent.`,
    ],
  }];
}

/**
 * A tally in Markdown.
 *
 * @param tally What `tallyStudy` gave.
 * @param notices Sentences on answers that were left out.
 * @returns The text.
 *
 * @example Usage
 * ```ts
 * import { designStudy, markdownTally, tallyStudy } from "@edit-transfer/study";
 * import assert from "node:assert/strict";
 *
 * const cases = [{ id: "0000", isAnswered: false }];
 * const study = designStudy({ cases, methods: ["a", "b"], seed: 1, tasks: 1 });
 * assert.match(markdownTally(tallyStudy(study, [])), /^# Which edit is better\?/);
 * ```
 */
export function markdownTally(
  tally: Tally,
  notices: readonly string[] = [],
): string {
  const row = (cells: readonly string[]) =>
    `| ${
      cells.map((cell) => cell.replace(/[|\\`*_<>[\]]/g, "\\$&")).join(" | ")
    } |\n`;
  const sections = tallyTables(tally).map(({ title, head, rows, notes }) =>
    `## ${title}\n\n${row(head)}|${" --- |".repeat(head.length)}\n${
      rows.map(row).join("")
    }${notes.map((note) => `\n${note}\n`).join("")}`
  );
  const list = notices.map((notice) => `- ${notice}\n`).join("");
  return [
    `# ${tally.title}\n`,
    `Study ${tally.study}.\n`,
    ...sections,
    ...list === "" ? [] : [`## Left out\n\n${list}`],
  ].join("\n");
}

function countedText({ excluded }: PersonReport): string {
  return excluded.length === 0 ? "yes" : `no: ${excluded.join("; ")}`;
}

function shareText(share: number | null): string {
  return share === null ? "–" : share.toFixed(3);
}

function intervalText(interval: Interval | null): string {
  return interval === null
    ? "–"
    : `${interval.map((value) => value.toFixed(3)).join(" … ")}`;
}

function pText(p: number): string {
  return p < 0.0001 ? "< 0.0001" : p.toFixed(4);
}
