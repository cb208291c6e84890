// Readers of one text of a command line. They load no library, so that a guard stays small.

/** The answer of a reader that does not take a text. */
export class Refusal {
  readonly what: string;
  readonly remedy: string;
  constructor(what: string, remedy: string) {
    this.what = what;
    this.remedy = remedy;
  }
}

/** The range of a number, and its unit: `milliseconds`. */
export interface Range {
  readonly of: string;
  readonly least: number;
  readonly most: number;
}

type Reader = (text: string) => number | Refusal;

/** A whole number in digits alone, for example `30`. */
export const wholeIn = (range: Range): Reader => within(/^\d{1,15}$/, 'whole number', range);

/** The same with decimals: `0.5`. */
export const decimalIn = (range: Range): Reader => within(/^\d{1,9}(\.\d{1,9})?$/, 'number', range);

function within(form: RegExp, kind: string, { of, least, most }: Range): Reader {
  return (given) => {
    const number = form.test(given) ? Number(given) : Number.NaN;
    if (number >= least && number <= most) return number;
    const what = `${JSON.stringify(given)} is not a ${kind} of ${of} from ${least} to ${most}`;
    return new Refusal(what, `give digits, without a unit: for example ${least}`);
  };
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of a time with its unit: `30s`, `10m`, `2h`, `3d`. */
export const secondsOf: Reader = (given) => {
  const [, digits, unit = ''] = /^([1-9]\d{0,5})([smhd])$/.exec(given) ?? [];
  const scale = UNIT_SECONDS[unit];
  if (digits !== undefined && scale !== undefined) return Number(digits) * scale;
  return new Refusal(`${JSON.stringify(given)} is not a time`, 'give 30s, 10m, 2h or 3d');
};
