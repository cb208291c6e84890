import type { Transaction } from '../../rounds/stored.ts';
import type { IntentQueries } from './port.ts';

/** The most transactions of a stored round. */
const LONGEST_DETAIL = 1_024;

/** The transactions of a stored round, for `noteTransaction`: the first line of each extrinsic and state. */
export async function journalTransactions(
  queries: IntentQueries,
  round: string,
): Promise<readonly Transaction[]> {
  const first = new Map<string, Transaction>();
  for (const { nominator, extrinsic, to, atMs, reason, detail } of await queries.journalOfRound(round)) {
    if (extrinsic === null || first.has(`${extrinsic} ${to}`)) continue;
    const text = `${reason}: ${detail}`.slice(0, LONGEST_DETAIL);
    first.set(`${extrinsic} ${to}`, { nominator, hash: extrinsic, state: to, atMs, detail: text });
  }
  return [...first.values()];
}
