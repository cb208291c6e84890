import { LINE_KINDS, lineShape } from '@watchbill/duty/proof';
import { code, page, table } from '../../../../scripts/reference/markdown.mjs';
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
  return page('Ledger export', [
    'The memory of one service about its keys, as a file that another program can read: floors, signed units and their digests, and the identity of the chain. It is for duties of Substrate chains what the interchange format of EIP-3076 is for Ethereum. [How to make and check one](../how-to/check-the-ledger.md).',
    '[ledger-export.schema.json](ledger-export.schema.json) is the JSON Schema of a line. [Test vectors](../../../spec/duty/exports/README.md) hold whole exports, with the answer of a reader; one in Python, written from this page alone, is beside them.',
    '## Form',
    'Text in UTF-8, one JSON object per line, each ended by a line feed; over HTTP `application/x-ndjson`. A line has one text: members in the order of their names, no spaces, and every unit, sequence number and set as text. Lines stand in this order:',
    table(
      ['kind', 'how often', 'what it says'],
      ['header', ...LINE_KINDS, 'end'].map((kind) => [code(kind), ...KINDS[kind]]),
    ),
    'A mark is the memory of one `chain`, `key` and `duty`. Its entries are chained: each has the hash of the one before. [Duties](duties.md) has the form of units and digests.',
    'The changes of a key are chained in the same way, and so are those of the tokens. They come from the store, each chain from its first change to its newest, and the chains in the order of `chain/key`, `tokens` last. `hash` is the SHA-256 of the canonical text of `change`. The hash of a policy is the `policyVersion` of the entries that were written under it.',
    '## A reader refuses',
    [
      '- a line that is not the one text of its kind, or stands too late',
      '- a file without its first or last line, or with a line behind the last one',
      '- counts or a SHA-256 that differ from the last line',
      '- another `v`: there is no guess about a newer form',
      '- exports of two ledgers in one reading',
      '- a change whose hash is not its own, or that does not follow the change before it; a chain that ends before its newest change',
    ].join('\n'),
    'A checksum is not a signature: a person who can write the file can write a new one.',
    '## How to import',
    [
      '1. Stop every signer of the key that does not obey the importing ledger. An export says nothing about what is signed after it.',
      '2. Read all exports of one ledger. For each mark take the highest unit of its entries, floors and remembered units, and of held words. A decision without its entry means that entries are missing.',
      '3. The new floor is the maximum of this unit and of the floor that is there. Import never lowers a floor, so a second import, or one of an older file, changes nothing.',
      '4. If entries may be missing, or the export is not from this moment, also raise the floor above the present of the chain. `watchbill ledger import` asks two nodes and its clock for it.',
      '5. Entries whose hash differs from their text, or that name another ledger, are no memory: refuse the file.',
    ].join('\n'),
    'A floor says less than the entries: units below it are denied even if they were never signed. An import reads no [`lastUnit` of a policy](policy.md) from a change, because it says what a ledger will grant, and not what it granted; see [how to move a key](../how-to/change-ledger.md#a-key-without-a-pause).',
    '## Fields',
    ...[...variants].flatMap(([kind, schema]) => [
      `### ${kind}`,
      table(['field', 'type', 'required', 'meaning'], schemaRows(schema)),
    ]),
  ]);
}
