import { checksum } from "./checksum.ts";
import { blankImage, type Image } from "@edit-transfer/image";
import {
  type DesignOptions,
  designStudy,
  type PersonAnswers,
  type Side,
  type Study,
  type StudyCase,
  type Task,
} from "@edit-transfer/study";

/** A study of methods on cases `case0`, `case1`, … */
export function studyOf(
  count: number,
  methods: readonly string[],
  options: Partial<DesignOptions> = {},
): Study {
  return designStudy({
    cases: Array.from({ length: count }, (_, i) => ({
      id: `case${i}`,
      isAnswered: true,
    })),
    methods,
    seed: 1,
    ...options,
  });
}

/** A picture of one grey. */
export function level(value: number, side = 8): Image {
  return blankImage(side, side, [value, value, value]);
}

/** Cases whose pictures tell by their grey what they are. */
export function casesOf(
  count: number,
  methods: readonly string[],
): StudyCase[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `case${i}`,
    before: level(1),
    after: level(2),
    query: level(3),
    answer: level(4),
    outputs: new Map(methods.map((name, k) => [name, level(10 + k)])),
  }));
}

/** What a person who answers all tasks by a rule answered. */
export function answersBy(
  study: Study,
  sideOf: (task: Task, question: string) => Side,
  person = "person",
  seconds = 5,
): PersonAnswers {
  return {
    file: `${person}.json`,
    person,
    tasks: new Map(study.tasks.map((task) => [task.id, {
      sides: Object.fromEntries(
        study.questions.map(({ name }) => [name, sideOf(task, name)]),
      ),
      seconds,
    }])),
  };
}

/** Side of a method, or of the answer in a check. */
export function sideOfMethod(task: Task, method: string): Side {
  const wanted = task.kind === "check" ? "answer" : method;
  return task.left === wanted ? "left" : "right";
}

/** The file of a person who prefers one method in all tasks, as the page saves it. */
export function savedAnswers(
  study: Study,
  person: string,
  method: string,
): string {
  const answers = {
    format: "edit-transfer answers 1",
    study: study.id,
    person,
    started: "2026-11-28T10:00:00.000Z",
    saved: "2026-11-28T10:30:00.000Z",
    order: study.tasks.map(({ id }) => id),
    answers: study.tasks.map((task) => ({
      task: task.id,
      ...Object.fromEntries(
        study.questions.map(({ name }) => [name, sideOfMethod(task, method)]),
      ),
      seconds: 6,
    })),
  };
  const all = { ...answers, checksum: checksum(JSON.stringify(answers)) };
  return JSON.stringify(all, undefined, 1);
}
