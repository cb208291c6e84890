import type { CoreContext } from './context.ts';
import { keys } from './keys.ts';
import { createMirror, type Mirror } from './mirror.ts';
import { type DoubtRecord, decodeRecord, encodeRecord, toBytes } from './records.ts';

/**
 * Words of nodes that no comparison could settle, in the store: every service of the ledger holds what one of them was
 * told, also after a restart, and an operator's word at any of them ends it for all.
 */
export interface DoubtBook {
  get(node: string): DoubtRecord | null;
  /** Every node whose word holds something now. */
  open(): readonly DoubtRecord[];
  /** Held here at once, and in the store when this settles. Null forgets it. */
  put(node: string, record: DoubtRecord | null): Promise<void>;
  onChange(listener: () => void): void;
  stop(): void;
}

export async function createDoubtBook(context: CoreContext): Promise<DoubtBook> {
  const { store, log } = context.parts;
  const mirror: Mirror<DoubtRecord> = await createMirror(context, {
    prefix: keys.doubts,
    decode: (_key, text) => decodeRecord('doubt', text),
  });

  return {
    get: (node) => mirror.get(keys.doubt(node)) ?? null,
    open: () => [...mirror.entries()].map(([, record]) => record).filter(({ state }) => state === 'held'),
    async put(node, record) {
      const key = keys.doubt(node);
      const value = record === null ? null : toBytes(encodeRecord('doubt', record));
      // What holds counts before it is written, what releases only afterwards.
      if (record?.state === 'held') mirror.set(key, record);
      const [result] = await store.transact([{ compares: [], writes: [{ key, value }] }], {
        timeoutMs: context.options.storeTimeoutMs,
      });
      if (result?.outcome === 'applied') mirror.set(key, record);
      else
        log.error(
          { event: 'doubt-unwritten', node, outcome: result?.outcome },
          'what holds the keys was not written to the store',
        );
    },
    onChange: (listener) => void mirror.onChange(listener),
    stop: () => mirror.stop(),
  };
}
