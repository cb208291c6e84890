import type { Note } from '../../rules.ts';
import { TRANSPORT_REFUSALS, type TransportRefusal } from '../../transport/port.ts';

/** Refusals that an honest member causes now and then. Only the metrics count them. */
const USUAL: ReadonlySet<TransportRefusal> = new Set(['duplicate', 'own-past']);

/** The code of the notice that another process uses the key of this member. */
export const OWN_KEY_ELSEWHERE = 'own-key-elsewhere' satisfies TransportRefusal;

const HINTS: Partial<Readonly<Record<TransportRefusal, string>>> = {
  'bad-signature': 'check the clocks of both machines, and that the key is the one in the group file',
  'wrong-group': 'check that both use the same group file',
};

/**
 * Reports refusals of the transport: each reason of each member once, so that an attacker cannot fill the
 * log. A seat of null is a peer that never identified itself.
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
    if (reason === OWN_KEY_ELSEWHERE) {
      note({ code: reason, text: TRANSPORT_REFUSALS[reason] });
      return;
    }
    const who = seat === null ? 'an unidentified peer' : nameAt(seat);
    const hint = HINTS[reason] === undefined ? '' : `; ${HINTS[reason]}`;
    const text = `refused from ${who}: ${TRANSPORT_REFUSALS[reason]}${hint} (reported once; see transport_refusals_total for the count)`;
    note({ code: `refused-${reason}`, text });
  };
}
