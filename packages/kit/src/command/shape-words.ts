import type { z } from 'zod';

const LIST = 'a list, such as [one, two]';
const SECTION = 'a section, such as {name: value}';
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  ...{ array: LIST, tuple: LIST, object: SECTION, record: SECTION },
};
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

/** The words of a shape for a wrong value of a person: `safeParse(value, { error: inWords })`. */
export const inWords: z.core.$ZodErrorMap = (issue) => {
  const unit = UNITS[String(issue.origin)] ?? '';
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined) return 'is missing';
      // YAML takes digits without quotes for a number, for example the hash `0x91b1`.
      const isBare = issue.expected === 'string' && /number|bigint|boolean/.test(typeof issue.input);
      return `must be ${KINDS[issue.expected] ?? issue.expected}${isBare ? ': put it between quotes' : ''}`;
    }
    case 'too_small':
      return `must ${unit === '' ? 'be' : 'have'} at least ${issue.minimum}${unit}`;
    case 'too_big':
      return `must ${unit === '' ? 'be' : 'have'} at most ${issue.maximum}${unit}`;
    case 'invalid_format':
    case 'invalid_value':
      return 'is not in its form';
    default:
      return undefined;
  }
};
