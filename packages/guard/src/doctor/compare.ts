import type { Finding, Report } from './report.ts';

/** Things that are new, and things that are gone: `unknown` if their place was not looked at again. */
export function difference<One>(
  [before, now]: readonly [readonly One[], readonly One[]],
  idOf: (one: One) => string,
  isLooked: (one: One) => boolean,
) {
  const [old, current] = [new Set(before.map(idOf)), new Set(now.map(idOf))];
  const gone = before.filter((each) => !current.has(idOf(each)));
  const appeared = now.filter((each) => !old.has(idOf(each)));
  return { appeared, gone: gone.filter(isLooked), unknown: gone.filter((each) => !isLooked(each)) };
}

/** Compares by check and subject. A finding is mended if its check looked again at the same places. */
export function changesSince(before: Report, now: Report) {
  const isSameLook = before.places.every((place) => now.places.includes(place));
  const letterBefore = new Map(before.groups.map(({ id, letter }) => [id, letter]));
  const { appeared, gone, unknown } = difference<Finding>(
    [before.findings, now.findings],
    ({ check, subject }) => `${check} ${subject}`,
    ({ check }) => isSameLook && now.looked.includes(check),
  );
  const letters = now.groups.flatMap(({ id, title, letter }) => {
    const old = letterBefore.get(id) ?? '-';
    return old === letter ? [] : [{ title, before: old, now: letter }];
  });
  return { sinceMs: before.atMs, appeared, mended: gone, unknown, letters };
}

export type Changes = ReturnType<typeof changesSince>;
