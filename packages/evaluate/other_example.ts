import type { Case } from "./case.ts";

/**
 * Cases with the example pair of the next case, in a circle, that shows another
 * edit; a case stays where there is none.
 */
export function withUnrelatedExample(cases: readonly Case[]): Case[] {
  return cases.map((own, index) => {
    const later = [...cases.slice(index + 1), ...cases.slice(0, index)];
    const other = later.find(({ types }) =>
      !types.some((type) => own.types.includes(type))
    );
    return other === undefined ? own : withExample(own, other);
  });
}

/**
 * Cases with the example pair of the next case, in a circle, of the same type,
 * whose parameters differ; those with an only type are left out.
 */
export function withSameTypeExample(cases: readonly Case[]): Case[] {
  const groups = Map.groupBy(cases, ({ types }) => types.join(" + "));
  return cases.flatMap((own) => {
    const group = groups.get(own.types.join(" + "))!;
    if (group.length === 1) return [];
    return [
      withExample(own, group[(group.indexOf(own) + 1) % group.length]!),
    ];
  });
}

/**
 * Cases whose editor is told the words of the next case, in a circle, of another
 * edit; those without one are left out.
 */
export function withWrongWords(cases: readonly Case[]): Case[] {
  return cases.flatMap((own, index) => {
    const later = [...cases.slice(index + 1), ...cases.slice(0, index)];
    const other = later.find(({ types, words }) =>
      words !== own.words && !types.some((type) => own.types.includes(type))
    );
    return other === undefined ? [] : [{ ...own, told: other.words }];
  });
}

function withExample(own: Case, { before, after }: Case): Case {
  return { ...own, before, after };
}
