import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/base';
export type Path = readonly (string | number)[];

/** What became of a field that could not be taken as it stands. */
export interface ImportNote {
  /** In the file that was read. */
  readonly path: Path;
  /** left-out: nothing of it is in the simulation; changed: it is, otherwise than it was written; refused: the simulation is not what was meant. */
  readonly kind: 'left-out' | 'changed' | 'refused';
  readonly what: string;
  readonly remedy: string;
}

/** What is known of a field that is left out: what is so here, and what to do instead. */
export type Reason = readonly [what: string, remedy: string];
export type Reasons = Readonly<Record<string, Reason>>;

/** A value with the place where it stood. */
export interface Found {
  readonly value: Json;
  readonly path: Path;
}

/**
 * A table of the file, of which each key is taken once. What nobody took is told by `finish`, so nothing is left out in silence. Keys are
 * asked for as `snake_case` and found as `camelCase` too.
 */
export interface Table {
  readonly path: Path;
  /** The first of these names that is there. */
  readonly take: (...names: readonly string[]) => Found | undefined;
  /** The tables of a list of tables. */
  readonly tables: (...names: readonly string[]) => readonly Table[];
  readonly table: (...names: readonly string[]) => Table | undefined;
  /** All that is left, as one value; nothing is left then. */
  readonly rest: () => JsonRecord;
  /** Tells of every key that is left: why, where that is known. */
  readonly finish: (reasons: Reasons) => void;
}

/** Reads a value as a table; tells where it is none. */
export function tableOf(value: Json, path: Path, tell: (note: ImportNote) => void): Table {
  if (!isRecord(value)) tell(notThat(path, 'a table of names and values'));
  const record: JsonRecord = isRecord(value) ? value : {};
  const left = new Set(Object.keys(record));

  function take(...names: readonly string[]): Found | undefined {
    const key = [...left].find((one) => names.includes(snake(one)));
    if (key === undefined) return undefined;
    left.delete(key);
    return { value: record[key] ?? null, path: [...path, key] };
  }

  return {
    path,
    take,
    tables: (...names) => {
      const found = take(...names);
      if (found === undefined) return [];
      if (!isList(found.value)) tell(notThat(found.path, 'a list of tables'));
      const items = isList(found.value) ? found.value : [];
      return items.map((one, index) => tableOf(one, [...found.path, index], tell));
    },
    table: (...names) => {
      const found = take(...names);
      return found === undefined ? undefined : tableOf(found.value, found.path, tell);
    },
    rest: () => {
      const rest = Object.fromEntries([...left].map((key) => [key, record[key] ?? null]));
      left.clear();
      return rest;
    },
    finish: (reasons) => {
      for (const key of left) {
        const [what, remedy] = reasons[snake(key)] ?? UNKNOWN;
        tell({ path: [...path, key], kind: 'left-out', what, remedy });
      }
      left.clear();
    },
  };
}

/** A value as a text, whatever it is. */
export function shown(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}

const UNKNOWN: Reason = ['left out: nothing is known of it', 'check how it is written'];

function notThat(path: Path, wanted: string): ImportNote {
  return { path, kind: 'refused', what: `this is not ${wanted}`, remedy: 'correct it' };
}

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
