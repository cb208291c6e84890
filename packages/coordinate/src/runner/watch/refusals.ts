import type { Note } from '../../rules.ts';
import { TRANSPORT_REFUSALS, type TransportRefusal } from '../../transport/port.ts';

/** What an honest member does now and then; the metrics count it. */
const USUAL: ReadonlySet<TransportRefusal> = new Set(['duplicate']);

const HINTS: Partial<Readonly<Record<TransportRefusal, string>>> = {
  'bad-signature': 'are the clocks of both machines right, and the key that of the group file?',
  'wrong-group': 'do both run the same group file?',
};

/**
 * Tells what the transport refuses: each reason of each member once, so that nobody fills a log by sending rubbish. A seat of null
 * is somebody who never said who it is.
 */
export function refusalTeller(
  nameAt: (seat: number) => string,
  note: (note: Note) => void,
): (reason: TransportRefusal, seat: number | null) => void {
  const told = new Set<string>();
  return (reason, seat) => {
    const key = `${seat ?? '-'} ${reason}`;
    if (USUAL.has(reason) || told.has(key)) return;
    told.add(key);
    const who = seat === null ? 'somebody' : nameAt(seat);
    const hint = HINTS[reason] === undefined ? '' : `; ${HINTS[reason]}`;
    const text = `refused from ${who}: ${TRANSPORT_REFUSALS[reason]}${hint} (told once; the metrics count on)`;
    note({ code: `refused-${reason}`, text });
  };
}
