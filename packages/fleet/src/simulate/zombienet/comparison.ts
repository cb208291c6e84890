/** A comparison as bounds that are both within. */
export interface Comparison {
  readonly bounds: { readonly atLeast?: number; readonly atMost?: number };
  /** True where a bound that was not within became the next whole number. */
  readonly isStrict: boolean;
}

const OPERATORS: readonly (readonly [RegExp, (value: number) => Comparison])[] = [
  [/^(?:>=|is at least|at least)\s*/, (atLeast) => ({ bounds: { atLeast }, isStrict: false })],
  [/^(?:<=|is at most|at most)\s*/, (atMost) => ({ bounds: { atMost }, isStrict: false })],
  [/^(?:>|is greater than|greater than)\s*/, (value) => ({ bounds: { atLeast: value + 1 }, isStrict: true })],
  [/^(?:<|is lower than|lower than)\s*/, (value) => ({ bounds: { atMost: value - 1 }, isStrict: true })],
  [
    /^(?:==|=|equals|is equal to|is)?\s*/,
    (value) => ({ bounds: { atLeast: value, atMost: value }, isStrict: false }),
  ],
];

/** `is at least 5`, `> 3`, `4`; null where it is none of these, as with `!=`, which no bounds can say. Pure. */
export function comparisonOf(text: string): Comparison | null {
  for (const [pattern, made] of OPERATORS) {
    const sign = pattern.exec(text.trim())?.[0];
    if (sign === undefined) continue;
    const number = text.trim().slice(sign.length).trim();
    return /^-?\d+$/.test(number) ? made(Number(number)) : null;
  }
  return null;
}
