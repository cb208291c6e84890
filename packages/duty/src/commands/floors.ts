import { usageFault } from '@watchbill/kit';
import { flag } from '@watchbill/kit/command/command';
import { repeated, text } from '@watchbill/kit/command/shapes';
import { DUTY_NAMES, dutyNamed, formatUnit, parseUnit, type Unit } from '../rule/index.ts';

/** Flags of a command that plans floors: the present of the chain, and floors that no node reports. */
export const floorFlags = {
  node: flag(repeated(text('url')), 'a node of the chain, for the present rounds (repeat; two are needed)'),
  floor: flag(
    repeated(text('chain/key/duty=unit')),
    'floor of one duty, if two nodes do not report it; `never` for a duty that never signed (repeat)',
  ),
};

const NAMES = `duties: ${DUTY_NAMES.join(', ')}`;

/**
 * The texts of `--floor duty=unit`, by duty, for example `babe=281234567` or `grandpa=12/345`. Null means
 * for `duty=never`. Throws a usage fault for a wrong duty, unit or repetition.
 */
export function floorsOfFlags(texts: readonly string[]): Readonly<Record<string, string | null>> {
  const none = { what: 'the floor has no duty', remedy: `write duty=unit; ${NAMES}` };
  const floors = readFloors(texts, (name) => name, {
    none,
    example: 'for example babe=123 or grandpa=5/100',
  });
  return Object.fromEntries([...floors].map(([name, floor]) => [name, floor && formatUnit(floor)]));
}

const FORM = 'write CHAIN/KEY/DUTY=UNIT, for example 0x91b1…/0xd435…/grandpa=12/400';

/**
 * The texts of `--floor CHAIN/KEY/DUTY=UNIT`, by mark name. Null means `never`. Throws a usage fault for
 * a wrong name, unit or repetition.
 */
export function markFloors(texts: readonly string[]): ReadonlyMap<string, Unit | null> {
  const none = { what: 'the floor has no mark', remedy: `${FORM}; ${NAMES}` };
  const dutyOf = (mark: string): string | undefined => /^[^/]+\/[^/]+\/([^/]+)$/.exec(mark)?.[1];
  return readFloors(texts, dutyOf, { none, example: FORM });
}

function readFloors(
  texts: readonly string[],
  dutyOf: (name: string) => string | undefined,
  words: { readonly none: { readonly what: string; readonly remedy: string }; readonly example: string },
): ReadonlyMap<string, Unit | null> {
  const floors = new Map<string, Unit | null>();
  for (const text of texts) {
    // Split at the first `=` only: a second one belongs to the unit, which is wrong then. A floor that
    // is read too low could allow a second signature.
    const [, name = text, unit] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
    const where = `flag --floor ${name}`;
    const duty = dutyNamed(dutyOf(name) ?? '');
    if (duty === null || unit === undefined) throw usageFault(words.none.what, words.none.remedy, where);
    if (floors.has(name)) throw usageFault(`${name} has two floors`, 'give the higher one', where);
    const parsed = unit === 'never' ? null : parseUnit(duty.fields, unit);
    if (parsed?.ok === false)
      throw usageFault(`the floor of ${name} is not a unit: ${parsed.why}`, words.example, where);
    floors.set(name, parsed?.unit ?? null);
  }
  return floors;
}
