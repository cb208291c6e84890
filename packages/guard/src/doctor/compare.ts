import type { Finding, Letter, Report } from './report.ts';

export interface Changes {
  readonly sinceMs: number;
  readonly appeared: readonly Finding[];
  /** No longer found, although their check looked again at the same places. */
  readonly mended: readonly Finding[];
  /** No longer reported, because their check could not look at the same places this time. */
  readonly unknown: readonly Finding[];
  readonly letters: readonly { readonly title: string; readonly before: Letter; readonly now: Letter }[];
}

/** Compares by check and subject. */
export function changesSince(before: Report, now: Report): Changes {
  const gone = before.findings.filter((each) => !has(now, each));
  const isSameLook = before.places.every((place) => now.places.includes(place));
  const isMended = ({ check }: Finding): boolean => isSameLook && now.looked.includes(check);
  const letterBefore = new Map(before.groups.map(({ id, letter }) => [id, letter]));
  return {
    sinceMs: before.atMs,
    appeared: now.findings.filter((each) => !has(before, each)),
    mended: gone.filter(isMended),
    unknown: gone.filter((each) => !isMended(each)),
    letters: now.groups.flatMap(({ id, title, letter }) => {
      const old = letterBefore.get(id) ?? '-';
      return old === letter ? [] : [{ title, before: old, now: letter }];
    }),
  };
}

function has({ findings }: Report, { check, subject }: Finding): boolean {
  return findings.some((each) => each.check === check && each.subject === subject);
}
