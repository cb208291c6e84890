import { createHash } from 'node:crypto';
import { shellWord } from '@watchbill/kit/ssh';
import { z } from 'zod';
import type { MachineItem, MachineResource } from '../../file/graph/index.ts';
import { recordFolder, wrapped } from './script.ts';

const text = z.string();
const rights = { owner: text, group: text, mode: text };

const ITEM = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('user'), name: text, home: text }),
  z.object({ kind: z.literal('directory'), path: text, ...rights }),
  z.object({ kind: z.literal('file'), path: text, ...rights, text }),
  z.object({ kind: z.literal('binary'), path: text, source: text, sha256: text, ...rights }),
  z.object({ kind: z.literal('unit'), name: text, text }),
]);

const RECORD = z.object({
  format: z.literal('watchbill/machine-record/1'),
  id: text,
  lifecycle: z.enum(['reconcile', 'create-once']),
  subject: z.object({
    pool: text.nullable(),
    node: text.nullable(),
    role: z.enum(['validator', 'collator', 'boot', 'rpc', 'archive', 'backup']).nullable(),
    keySet: text.nullable(),
  }),
  item: ITEM,
});

/** An item that we made on a machine, as it was declared then: the record of its owner. */
export type MachineRecord = z.infer<typeof RECORD>;

/** Null if the text is not a record. */
export function readRecord(recordText: string): MachineRecord | null {
  try {
    return RECORD.parse(JSON.parse(recordText));
  } catch {
    return null;
  }
}

function recordFile(network: string, id: string): string {
  return `${recordFolder(network)}/${createHash('sha256').update(id).digest('hex').slice(0, 32)}.json`;
}

/** Written before the item is made, so that none of our items ever lacks its record. */
export function writeRecordScript(
  network: string,
  { id, lifecycle, subject, body }: MachineResource,
): string {
  const record: MachineRecord = {
    format: 'watchbill/machine-record/1',
    id,
    lifecycle,
    subject,
    item: itemOf(body),
  };
  const folder = shellWord(recordFolder(network));
  const file = shellWord(recordFile(network, id));
  return `install -d -m 0755 -- ${folder}
base64 -d > ${file}.new <<'EOF'
${wrapped(JSON.stringify(record))}
EOF
sync -- ${file}.new
mv -T -- ${file}.new ${file}`;
}

export function removeRecordScript(network: string, id: string): string {
  return `rm -f -- ${shellWord(recordFile(network, id))}`;
}

/** The text of a unit or a file is on the machine itself. */
function itemOf(item: MachineItem): MachineItem {
  return 'text' in item ? { ...item, text: '' } : item;
}
