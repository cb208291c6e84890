import { usageFault } from '@watchbill/kit';
import { DUTIES, parseUnit, type Unit } from '../rule/index.ts';

/**
 * The texts of `--floor duty=unit`, by duty, for example `babe=281234567` or `grandpa=12/345`. Null means
 * for `duty=never`. Throws a usage fault for a wrong duty, unit or repetition.
 */
export function floorsOfFlags(texts: readonly string[]): Readonly<Record<string, string | null>> {
  const floors: Record<string, string | null> = {};
  for (const text of texts) {
    // Split at the first `=` only: a second one belongs to the unit, which is wrong then. A floor that
    // is read too low could allow a second signature.
    const at = text.indexOf('=');
    const [name, unit] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
    const duty = DUTIES.find((candidate) => candidate.name === name);
    const where = `flag --floor ${name}`;
    if (duty === undefined || at < 0)
      throw usageFault(
        'the floor has no duty',
        `write duty=unit; duties: ${DUTIES.map((d) => d.name).join(', ')}`,
        where,
      );
    if (name in floors) throw usageFault(`${name} has two floors`, 'give the higher one', where);
    const parsed = parseUnit(duty.fields, unit);
    if (!parsed.ok && unit !== 'never')
      throw usageFault(
        `the floor of ${name} is not a unit: ${parsed.why}`,
        'for example babe=123 or grandpa=5/100',
        where,
      );
    floors[name] = unit === 'never' ? null : unit;
  }
  return floors;
}

const FORM = 'write CHAIN/KEY/DUTY=UNIT, for example 0x91b1…/0xd435…/grandpa=12/400';

/**
 * The texts of `--floor CHAIN/KEY/DUTY=UNIT`, by mark name. Null means `never`. Throws a usage fault for
 * a wrong name, unit or repetition.
 */
export function markFloors(texts: readonly string[]): ReadonlyMap<string, Unit | null> {
  const floors = new Map<string, Unit | null>();
  for (const text of texts) {
    const [mark, unit] = split(text);
    const where = `flag --floor ${mark}`;
    const [chain, key, name, ...more] = mark.split('/');
    const duty = DUTIES.find((one) => one.name === name);
    if (!chain || !key || duty === undefined || more.length > 0 || unit === null)
      throw usageFault(
        'the floor has no mark',
        `${FORM}; duties: ${DUTIES.map((one) => one.name).join(', ')}`,
        where,
      );
    if (floors.has(mark)) throw usageFault(`${mark} has two floors`, 'give the higher one', where);
    if (unit === 'never') {
      floors.set(mark, null);
      continue;
    }
    const parsed = parseUnit(duty.fields, unit);
    if (!parsed.ok) throw usageFault(`the floor of ${mark} is not a unit: ${parsed.why}`, FORM, where);
    floors.set(mark, parsed.unit);
  }
  return floors;
}

/** At the first sign only: a second one belongs to the unit, and is wrong there. */
function split(text: string): readonly [string, string | null] {
  const at = text.indexOf('=');
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
