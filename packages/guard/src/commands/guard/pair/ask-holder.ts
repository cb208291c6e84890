import type { Store } from '@watchbill/duty/store';
import { fault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import { personOf } from '@watchbill/kit/command/person';
import { asked, type RoleRecord } from '../../../pair/record.ts';
import { replaceRole, watchPair } from '../../../pair/view.ts';

const TRIES = 10;

/** A question to the active machine. */
interface Question {
  /** The machine to hand over to; null takes the question back. */
  readonly to: string | null;
  readonly reason: string;
}

/**
 * Writes the question into the record of the pair. The active guard renews its record every few seconds,
 * so one try may meet a newer one. Throws `pair-changed` if another term has begun, or if the guard of the
 * active machine stopped before it was asked.
 */
export async function askHolder(
  io: Io,
  store: Store,
  seen: RoleRecord | null,
  { to, reason }: Question,
): Promise<void> {
  for (let left = TRIES, record = seen; left > 0 && record !== null; left--) {
    if (await replaceRole(store, record, asked(record, to, personOf(io), reason))) return;
    const { record: now } = await watchPair(store, io.clock, 0, () => true);
    if (now?.term !== seen?.term || (to !== null && now?.state !== 'held')) break;
    record = now;
  }
  const what =
    to === null
      ? 'the pair changed while the handover was cancelled'
      : 'the pair changed while the handover was asked for';
  throw fault('pair-changed', 'fault', {
    what,
    remedy: 'look at `watchbill guard pair`, and run the command again',
  });
}
