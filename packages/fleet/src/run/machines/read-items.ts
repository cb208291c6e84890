import type { MachineItem } from '../../file/graph/index.ts';
import { type MachineRecord, readRecord } from './record.ts';

export interface ReadItems {
  readonly records: readonly MachineRecord[];
  /** The items on the machine, in the order asked; null for a missing one. */
  readonly items: readonly (MachineItem | null)[];
}

/** Reads the output of the script. Null if it is damaged: then the state is unknown. */
export function readItems(output: string, asked: readonly MachineItem[]): ReadItems | null {
  const records: MachineRecord[] = [];
  const items: (MachineItem | null | undefined)[] = asked.map(() => undefined);
  for (const line of output.split('\n')) {
    const [first = '', kind = '', ...fields] = line.split(' ');
    if (first === '') continue;
    if (first === 'record') {
      const record = readRecord(decoded(kind));
      if (record === null) return null;
      records.push(record);
      continue;
    }
    const wanted = asked[Number(first)];
    if (wanted === undefined) return null;
    items[Number(first)] = kind === 'absent' ? null : asFound(wanted, fields.map(decoded));
  }
  const known = items.filter((item) => item !== undefined);
  return known.length === asked.length ? { records, items: known } : null;
}

function asFound(
  item: MachineItem,
  [first = '', group = '', mode = '', content = '']: readonly string[],
): MachineItem {
  const rights = { owner: first, group, mode };
  switch (item.kind) {
    case 'user':
      return { ...item, home: first };
    case 'directory':
      return { ...item, ...rights };
    case 'file':
      return { ...item, ...rights, text: content };
    case 'binary':
      return { ...item, ...rights, sha256: content };
    case 'unit':
      return { ...item, text: content };
  }
}

function decoded(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
