import {
  type Intent,
  type IntentQueries,
  type IntentRow,
  type IntentStore,
  makeIntent,
  takesEra,
} from '../../transactions/index.ts';

/** More manual attempts in one round suggest a problem that needs attention. */
export const MOST_MANUAL_TRIES = 8;
/** More than a nominator has in one era. */
const MOST_ROWS = 100;

/**
 * The round name of a manual intent, for example `2200 by hand 1`; the first one has the name of the round.
 */
export function manualRound(round: string, count: number): string {
  return count === 0 ? round : `${round} by hand ${count}`;
}

/** Whether an intent belongs to that round, made by the service or by hand. */
export function isOfRound(named: string, round: string): boolean {
  return named === round || named.startsWith(`${round} by hand `);
}

type Parts = Omit<Intent, 'id' | 'round'>;
type ManualIntent = { readonly intent: Intent; readonly isOpen: boolean } | { readonly why: string };

/**
 * The intent for carrying out a round by hand: the open one, or a new one if the era has no nomination yet;
 * otherwise the reason.
 */
export async function manualIntent(
  store: IntentStore & IntentQueries,
  round: string,
  parts: Parts,
): Promise<ManualIntent> {
  for (let count = 0; count <= MOST_MANUAL_TRIES; count += 1) {
    const intent = makeIntent({ ...parts, round: manualRound(round, count) });
    const stored = await store.load(intent.id);
    if (stored !== null && stored.state.stage === 'ended') continue;
    if (stored !== null) return { intent: stored.state.intent, isOpen: true };
    const rows = await store.list({ nominator: parts.nominator, limit: MOST_ROWS });
    const other = rows.find((row) => row.era === parts.era && hasEra(row));
    if (other === undefined) return { intent, isOpen: false };
    return { why: `era ${parts.era} has its nomination: ${other.id.slice(0, 12)} is ${other.state}` };
  }
  return { why: `it was tried ${MOST_MANUAL_TRIES} times by hand` };
}

function hasEra({ state, reason }: IntentRow): boolean {
  const isEnded = state === 'failed' || state === 'cancelled' || state === 'superseded';
  return !isEnded || (reason !== null && takesEra(reason));
}
