import { isList, isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { parseAllDocuments } from 'yaml';
import { type Variables, variablesOf } from './command.ts';

/** The records of all documents of a text, with anchors and merged keys. Null if it is not such YAML. */
export function recordsOf(text: string): readonly JsonRecord[] | null {
  try {
    const all = parseAllDocuments(text, { merge: true, logLevel: 'silent' });
    if (!Array.isArray(all) || all.some(({ errors }) => errors.length > 0)) return null;
    const values = all.map((document) => document.toJS() as Json).filter((value) => value !== null);
    return values.every((value) => isRecord(value)) ? values : null;
  } catch {
    // Aliases that stand for more than the library is willing to write out.
    return null;
  }
}

export const text = (value: Json | undefined): string =>
  isList(value) ? value.map(String).join(' ') : value === undefined || value === null ? '' : String(value);
export const records = (value: Json | undefined): readonly JsonRecord[] =>
  isList(value) ? value.filter((each) => isRecord(each)) : [];
export const record = (value: Json | undefined): JsonRecord => (isRecord(value) ? value : {});

/** `NAME=value` of a list, or a record. */
export function environment(value: Json | undefined): Variables {
  const pairs = isList(value)
    ? value.map(String)
    : Object.entries(record(value)).map(([name, own]) => `${name}=${own}`);
  return variablesOf(pairs.join('\n'));
}
