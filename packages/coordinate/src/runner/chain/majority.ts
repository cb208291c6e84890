/** How many of the endpoints must agree: more than half. */
export function majorityOf(endpoints: number): number {
  return Math.floor(endpoints / 2) + 1;
}

/** The highest height that a majority has reached; null if too few have reported one. */
export function majorityHeight(heights: readonly (bigint | null)[]): bigint | null {
  const told = heights.filter((height) => height !== null).toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  return told[majorityOf(heights.length) - 1] ?? null;
}

/** The answer of a majority, or why there is none. `differs`: places in the list with another answer. */
export type Agreed =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly differs: readonly number[] }
  | { readonly ok: false; readonly why: string };

/** An answer is bytes, or the reason why there are none. */
export function agreedInput(answers: readonly (Uint8Array | string)[]): Agreed {
  const votes = new Map<string, number[]>();
  answers.forEach((answer, place) => {
    if (typeof answer === 'string') return;
    const name = Buffer.from(answer).toString('hex');
    votes.set(name, [...(votes.get(name) ?? []), place]);
  });
  const needed = majorityOf(answers.length);
  for (const [name, places] of votes) {
    if (places.length < needed) continue;
    const differs = answers.flatMap((answer, place) =>
      typeof answer !== 'string' && !places.includes(place) ? [place] : [],
    );
    return { ok: true, bytes: Uint8Array.from(Buffer.from(name, 'hex')), differs };
  }
  const failures = answers.filter((answer) => typeof answer === 'string');
  if (votes.size <= 1) return { ok: false, why: failures.join('; ') };
  const told = `${answers.length} endpoints gave ${votes.size} different answers, none of them ${needed} times`;
  return { ok: false, why: [told, ...failures].join('; ') };
}
