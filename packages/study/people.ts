import { quantile } from "@edit-transfer/statistics";
import type { PersonAnswers, Side } from "./answers.ts";
import type { Study, Task } from "./study_file.ts";

/** What is known of a person besides what they prefer. */
export interface PersonReport {
  /** File of the answers. */
  readonly file: string;
  /** Random name of the person. */
  readonly person: string;
  /** Tasks answered. */
  readonly answered: number;
  /** Attention checks answered. */
  readonly checks: number;
  /** Those of them that were answered wrongly. */
  readonly wrongChecks: number;
  /** Answers to doubled tasks. */
  readonly repeated: number;
  /** Those of them that are as before. */
  readonly alike: number;
  /** Median time of a task in seconds; null without answers. */
  readonly medianSeconds: number | null;
  /** Rules of the study that exclude the person, a clause each; none if counted. */
  readonly excluded: readonly string[];
}

/** What a person chose: the method behind a side. */
export function chosen(task: Task, side: Side): string {
  return side === "left" ? task.left : task.right;
}

/** A person held to the study's rules. */
export function personReport(
  { file, person, tasks }: PersonAnswers,
  study: Study,
): PersonReport {
  const edit = study.questions[0]!.name;
  const byId = new Map(study.tasks.map((task) => [task.id, task]));
  let [checks, wrongChecks, repeated, alike] = [0, 0, 0, 0];
  for (const [id, { sides }] of tasks) {
    const task = byId.get(id)!;
    if (task.kind === "check") {
      checks++;
      if (chosen(task, sides[edit]!) !== "answer") wrongChecks++;
    }
    const first = tasks.get(task.of ?? "");
    if (first === undefined) continue;
    for (const [name, side] of Object.entries(sides)) {
      repeated++;
      const before = chosen(byId.get(task.of!)!, first.sides[name]!);
      if (chosen(task, side) === before) alike++;
    }
  }
  const seconds = quantile(
    Array.from(tasks.values(), ({ seconds }) => seconds),
    0.5,
  );
  const { rules } = study;
  const all = study.tasks.length;
  const faults: [boolean, string][] = [
    [
      tasks.size < rules.leastAnswered * all,
      `answered ${tasks.size} of ${all} tasks, fewer than ${
        percent(rules.leastAnswered)
      }`,
    ],
    [
      wrongChecks > rules.mostWrongChecks * checks,
      `failed ${wrongChecks} of ${checks} attention checks, more than ${
        percent(rules.mostWrongChecks)
      }`,
    ],
    [
      alike < rules.leastConsistency * repeated,
      `gave ${alike} of ${repeated} answers again, fewer than ${
        percent(rules.leastConsistency)
      }`,
    ],
    [
      seconds < rules.leastSeconds,
      `took ${
        seconds.toFixed(1)
      } s a task in the median, less than ${rules.leastSeconds} s`,
    ],
  ];
  return {
    file,
    person,
    answered: tasks.size,
    checks,
    wrongChecks,
    repeated,
    alike,
    medianSeconds: Number.isNaN(seconds) ? null : seconds,
    excluded: faults.flatMap(([isFault, clause]) => isFault ? [clause] : []),
  };
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}
