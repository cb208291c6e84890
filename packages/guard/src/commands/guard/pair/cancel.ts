import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { watchPair } from '../../../pair/view.ts';
import type { Flags } from '../flags.ts';
import { askHolder } from './ask-holder.ts';
import { withPair } from './open.ts';

/**
 * Takes the question to hand over back. The active machine stays; if its guard has ended its node for the
 * handover already, it starts the node again.
 */
export async function cancelHandOver(
  io: Io,
  { pair, reason = 'cancelled', json }: Flags<'pair', 'reason' | 'json'>,
): Promise<void> {
  await withPair(io, pair, async (store) => {
    const { record } = await watchPair(store, io.clock, 0, () => true);
    const to = record?.to ?? null;
    if (to !== null) await askHolder(io, store, record, { to: null, reason });
    const active = record?.holder ?? null;
    print(io, json, { cancelled: to, active }, () =>
      to === null
        ? `no handover is asked for; active: ${active ?? 'none'}\n`
        : `the handover to ${to} is cancelled; ${active} stays active\n`,
    );
  });
}
