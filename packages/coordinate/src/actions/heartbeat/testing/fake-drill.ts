import type { ActionPlugin } from '../../port.ts';
import { fakeLedger } from '../../testing/fake-ledger.ts';
import { contextOf, fakeRoom, itemOf, planAt, proposedValue } from '../../testing/fake-members.ts';
import { drillNonce } from '../heartbeat.ts';

export const ITEM = itemOf('heartbeat', { waitBlocks: 3 }, 10n);

/** A member of a group of four, with its own chain. */
export function member(seat: number, index = 1n, settings: object = {}) {
  const ledger = fakeLedger();
  return { ledger, context: contextOf(ledger, planAt(ledger, 4, index), ITEM, settings, seat) };
}

/** One whole drill as seat 0 runs it, in which these seats signed. */
export async function drill(
  action: ActionPlugin,
  index: bigint,
  present: readonly number[],
  settings: object = {},
) {
  const { ledger, context } = member(0, index, settings);
  const room = fakeRoom(ledger);
  const value = proposedValue(context, drillNonce(context.plan));
  const [receipt] = await room.until([action.execute(room.execution(context, value, present), value)]);
  return { receipt, notes: room.notes.map((note) => note.receipt.text), told: room.told };
}
