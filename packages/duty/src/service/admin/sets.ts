import type { OriginalCaller } from '../contract.ts';
import { type CoreContext, readTexts, transact } from '../ground/context.ts';
import { keys } from '../ground/keys.ts';
import { decodeRecord, encodeRecord, toBytes } from '../ground/records.ts';

/**
 * The authority set of each node's voter, shared by the services of a ledger and kept over their restarts.
 * Another node of the key in a set proves nothing: each voter restarts by itself. A round of the old set that
 * one node was granted could be granted to another under the name of the new one.
 */
export function createSetRecords(context: CoreContext) {
  const setOf = (text = null as string | null) =>
    text === null ? null : BigInt(decodeRecord('set', text).set);
  const write = async (key: string, value: Uint8Array | null) =>
    (await transact(context, { compares: [], writes: [{ key, value }] })).outcome === 'applied';

  return {
    /** The node's round was seen to restart in this set, or the key was adopted in it. */
    async knows({ chain, key, node }: OriginalCaller, setId: bigint): Promise<boolean> {
      const ownKey = keys.restartedSet(chain, key, node);
      const [adopted, own] = await readTexts(context, [keys.adoptedSet(chain, key), ownKey]);
      const known = setOf(own);
      // A node whose database went back will meet that set again, and cannot be judged by this record.
      if (known !== null && known > setId) await write(ownKey, null);
      return known === setId || setOf(adopted) === setId;
    },
    async restarted({ chain, key, node }: OriginalCaller, setId: bigint): Promise<void> {
      const value = toBytes(encodeRecord('set', { set: setId.toString() }));
      if (await write(keys.restartedSet(chain, key, node), value)) return;
      const event = { event: 'set-unwritten', chain, key, node };
      context.parts.log.warn(event, 'a restart of rounds was not recorded');
    },
  };
}
