/** A field that differs. */
import { isList, isRecord, type Json, type JsonList, type JsonRecord, sameJson } from '@watchbill/kit';
export interface Difference {
  readonly path: readonly (string | number)[];
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

type Path = Difference['path'];

/**
 * The differences, field by field. Lists of named things are compared by name, command lines by flag; a list
 * with another order only is one difference. Empty only if both are equal.
 */
export function differences(
  before: Json | undefined,
  after: Json | undefined,
  path: Path = [],
): readonly Difference[] {
  if (sameJson(before, after)) return [];
  if (isRecord(before) && isRecord(after)) return ofRecords(before, after, path);
  if (isList(before) && isList(after)) return ofLists(before, after, path);
  return [{ path, before, after }];
}

/**
 * The same for the fields of `after` only: other fields are defaults of a server, or belong to other
 * managers.
 */
export function declaredDifferences(
  before: Json | undefined,
  after: Json,
  path: Path = [],
): readonly Difference[] {
  if (isRecord(before) && isRecord(after))
    return Object.keys(after)
      .sort()
      .flatMap((key) => declaredDifferences(before[key], after[key] ?? null, [...path, key]));
  if (isList(before) && isList(after)) {
    const [one, other] = [byName(before), byName(after)];
    if (one !== null && other !== null && before.length === after.length)
      return declaredDifferences(one, other, path);
    if (before.length === after.length && !after.every((each) => typeof each === 'string'))
      return after.flatMap((each, index) => declaredDifferences(before[index], each, [...path, index]));
  }
  return differences(before, after, path);
}

function ofRecords(before: JsonRecord, after: JsonRecord, path: Path): readonly Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return keys.flatMap((key) => differences(before[key], after[key], [...path, key]));
}

function ofLists(before: JsonList, after: JsonList, path: Path): readonly Difference[] {
  const whole = [{ path, before, after }];
  const named = [byName(before), byName(after)] as const;
  const flags = [byFlag(before), byFlag(after)] as const;
  const [one, other] = named[0] !== null && named[1] !== null ? named : flags;
  if (one !== null && other !== null) {
    const found = ofRecords(one, other, path);
    if (found.length > 0) return found;
  } else if (before.length === after.length) {
    return before.flatMap((each, index) => differences(each, after[index], [...path, index]));
  }
  return whole;
}

const NAMES = ['name', 'mountPath', 'port', 'topologyKey'];

/** A list of items with unique names, by name. */
function byName(list: JsonList): JsonRecord | null {
  const nameOf = (each: Json) => {
    if (!isRecord(each)) return null;
    const metadata = each.metadata;
    const of = isRecord(metadata) ? metadata : each;
    const key = NAMES.find((one) => typeof of[one] === 'string' || typeof of[one] === 'number');
    return key === undefined ? null : String(of[key]);
  };
  const names = list.map(nameOf);
  if (names.includes(null) || new Set(names).size !== names.length) return null;
  return Object.fromEntries(list.map((each, index) => [names[index] ?? '', each]));
}

/**
 * A command line by its flags; what follows a double dash is under `-- FLAG`. Other words are kept as they
 * are.
 */
function byFlag(list: JsonList): JsonRecord | null {
  const words = list.filter((each) => typeof each === 'string');
  if (words.length !== list.length || !words.some((word) => word.startsWith('--'))) return null;
  const flags: Record<string, string[]> = {};
  let half = '';
  for (const [index, word] of words.entries()) {
    if (word === '--') {
      half = '-- ';
      continue;
    }
    const cut = word.indexOf('=');
    const isFlag = word.startsWith('--');
    const name = isFlag ? `${half}${cut === -1 ? word : word.slice(0, cut)}` : `${half}word ${index}`;
    flags[name] = [...(flags[name] ?? []), isFlag ? (cut === -1 ? 'set' : word.slice(cut + 1)) : word];
  }
  return Object.fromEntries(
    Object.entries(flags).map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  );
}
