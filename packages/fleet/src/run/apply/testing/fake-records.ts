import type { RecordName, SharedRecords, StoredRecord } from '../shared-records.ts';

/** Records of a place in memory. */
export interface FakeRecords extends SharedRecords {
  readonly stored: Map<RecordName, StoredRecord>;
  /** Called before each write; an error that it throws is an answer that got lost. */
  readonly hook: { before: (name: RecordName, text: string) => void };
}

export function fakeRecords(): FakeRecords {
  const stored: FakeRecords['stored'] = new Map();
  const hook: FakeRecords['hook'] = { before: () => undefined };
  let writes = 0;
  return {
    stored,
    hook,
    read: async (name) => ({ ok: true, record: stored.get(name) ?? null }),
    write: async (name, text, version) => {
      try {
        hook.before(name, text);
      } catch (error) {
        return { outcome: 'unreachable', detail: String(error) };
      }
      if ((stored.get(name)?.version ?? null) !== version)
        return { outcome: 'changed', detail: 'another version' };
      const next = String(++writes);
      stored.set(name, { text, version: next });
      return { outcome: 'done', version: next };
    },
  };
}
