import { isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { parseAllDocuments } from 'yaml';

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
