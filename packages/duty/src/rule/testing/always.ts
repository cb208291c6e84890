import { test } from 'node:test';
import fc from 'fast-check';
import { type Claim, DUTIES, type Duty, type Mark, type Policy, type Unit } from '../index.ts';
import { anyClaim, anyMark, unitNumber } from './grown-marks.ts';
import { ask } from './samples.ts';

/** A property of single decisions: for any mark that grew from claims and any claim, of each duty. */
export function always(
  what: string,
  holds: (grown: { mark: Mark; policy: Policy }, claim: Claim, duty: Duty) => void,
): void {
  test(what, () => {
    for (const duty of DUTIES) {
      fc.assert(
        fc.property(anyMark(duty), anyClaim(duty), (grown, claim) => holds(grown, claim, duty)),
        { numRuns: 60 },
      );
    }
  });
}

/** `new`, `repeat`, or the reason why not. */
export function reasonOf(...question: Parameters<typeof ask>): string {
  return ask(...question).reason;
}

/** The highest unit that the mark knows of. */
export function highestOf(mark: Mark, duty: Duty): Unit {
  return mark.recent.at(-1)?.unit ?? mark.floor ?? unitNumber(duty, 0);
}
