import { isList, type Json, type JsonRecord } from '@watchbill/base';
import { type Found, type ImportNote, type Path, shown, type Table, tableOf } from './table.ts';

/** What a conversion tells while it goes on. */
export interface Conversion {
  readonly tell: (note: ImportNote) => void;
  /** Notes where a value of the simulation came from. */
  readonly from: (target: Path, source: Path) => void;
}

/** Names of fields there, as `snake_case`, by their name here; several where they changed. */
export type Names = Readonly<Record<string, readonly string[]>>;

/** The fields of a table that only have another name here. */
export function renamed(table: Table, names: Names, target: Path, { from }: Conversion): JsonRecord {
  const made: Record<string, Json> = {};
  for (const [name, sources] of Object.entries(names)) {
    const found = table.take(...sources);
    if (found === undefined) continue;
    made[name] = found.value;
    from([...target, name], found.path);
  }
  return made;
}

/** A field that is there only where it has a value; its place is noted. */
export function field(
  name: string,
  value: Json | undefined,
  target: Path,
  found: Found | undefined,
  { from }: Conversion,
): JsonRecord {
  if (value === undefined) return {};
  if (found !== undefined) from([...target, name], found.path);
  return { [name]: value };
}

/** `env`, a list of names and values, as a table. */
export function envOf(found: Found | undefined, { tell }: Conversion): JsonRecord | undefined {
  if (found === undefined) return undefined;
  if (!isList(found.value)) {
    tell({
      path: found.path,
      kind: 'refused',
      what: 'this is not a list of names and values',
      remedy: 'correct it',
    });
    return undefined;
  }
  const pairs = found.value.flatMap((one, index) => {
    const table = tableOf(one, [...found.path, index], tell);
    const name = table.take('name');
    const value = table.take('value');
    table.finish({});
    if (typeof name?.value === 'string') return [[name.value, shown(value?.value)] as const];
    tell({ path: table.path, kind: 'refused', what: 'this has no name', remedy: 'write name and value' });
    return [];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

const SCHEMES: Readonly<Record<string, string>> = { sr: 'sr25519', ed: 'ed25519', ec: 'ecdsa' };
/** What a type signs with where it is not said. */
const USUAL: Readonly<Record<string, string>> = { gran: 'ed25519', beef: 'ecdsa' };

/** `["audi", "cust_ed"]` as `{audi: sr25519, cust: ed25519}`. */
export function keyTypesOf(found: Found | undefined, { tell }: Conversion): JsonRecord | undefined {
  if (found === undefined) return undefined;
  const texts = isList(found.value) ? found.value : [found.value];
  const pairs = texts.flatMap((one, index) => {
    const [, type = '', scheme] = /^([a-z]{4})(?:_(sr|ed|ec))?$/.exec(shown(one)) ?? [];
    if (type !== '') return [[type, SCHEMES[scheme ?? ''] ?? USUAL[type] ?? 'sr25519'] as const];
    tell({
      path: [...found.path, index],
      kind: 'refused',
      what: `${shown(one)} is no type of a key`,
      remedy: 'write four letters, with _sr, _ed or _ec where the scheme is not the usual one',
    });
    return [];
  });
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
}

/** A list that is written only where something is in it. */
export function some(list: readonly string[]): Json | undefined {
  return list.length === 0 ? undefined : list;
}
