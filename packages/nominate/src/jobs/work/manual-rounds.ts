import {
  type Intent,
  type IntentQueries,
  type IntentRow,
  type IntentStore,
  makeIntent,
  takesEra,
} from '../../transactions/index.ts';

/** A person who tries more often in one round should look what is the matter. */
export const MOST_MANUAL_TRIES = 8;
/** More than a nominator has in one era. */
const MOST_ROWS = 100;

/** What an intent of a round is called that was made by hand; the first is called as the round is. */
export function manualRound(round: string, count: number): string {
  return count === 0 ? round : `${round} by hand ${count}`;
}

/** Whether an intent was made for that round, by the service or by hand. */
export function isOfRound(named: string, round: string): boolean {
  return named === round || named.startsWith(`${round} by hand `);
}

type Parts = Omit<Intent, 'id' | 'round'>;
type ManualIntent = { readonly intent: Intent; readonly isOpen: boolean } | { readonly why: string };

/** An intent for a round that a person carries out: the one that is open, or a new one where the era is free for it; why there is none. */
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
