import { LINE_KINDS, lineShape } from '@watchbill/duty/proof';
import { blocks, code, filled, rows, table } from '../../../../scripts/reference/markdown.mjs';
import { schemaRows } from '../../../../scripts/reference/schema-rows.mjs';

const KINDS = {
  header: ['once, first', 'which ledger and service, and what follows'],
  head: ['one per mark', 'the last entry that the service knows'],
  entry: ['any number', 'a grant or an adoption, as it was written, with its hash'],
  decision: ['any number', 'an answer `granted` that this service gave'],
  word: ['any number', 'a report of a node that the store did not explain, and its release'],
  change: ['any number, if `hasMarks`', 'who changed a policy, a freeze, a roster or a token, and when'],
  mark: ['one per mark, if `hasMarks`', 'floor and remembered units in the store'],
  end: ['once, last', 'counts, and the SHA-256 of all bytes before this line'],
};

/** The JSON Schema of a line. */
export function exportSchema() {
  return { title: 'A line of a ledger export', ...lineShape.toJSONSchema() };
}

/** docs/duty/reference/ledger-export.md */
export function exportPage({ oneOf, anyOf = oneOf }) {
  const variants = new Map(anyOf.map((one) => [one.properties.kind.const, one]));
  return filled(new URL('ledger-export.md', import.meta.url), {
    kinds: rows(['header', ...LINE_KINDS, 'end'].map((kind) => [code(kind), ...KINDS[kind]])),
    fields: blocks(
      [...variants].flatMap(([kind, schema]) => [
        `### ${kind}`,
        table(['field', 'type', 'required', 'meaning'], schemaRows(schema)),
      ]),
    ),
  });
}
