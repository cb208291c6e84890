import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock, systemRandom } from '@watchbill/kit';
import { temporaryFolder } from '@watchbill/kit/testing';
import { adopted, granted, type History, historyOf, LEDGER } from '../../../proof/testing/ground.ts';
import { entryHash, type LedgerEntry } from '../../../rule/index.ts';
import { openLedger } from '../../../service/index.ts';

/** For the tests of these commands: data folders of stopped services, written through the real ledger. */
export const LEDGER_ID = LEDGER;

/** An adoption with floor 10 (of grandpa 3/10), then a grant for each unit after it. */
export function chainOf(duty: 'babe' | 'grandpa', count: number): History {
  const unit = (index: number) => `${duty === 'grandpa' ? '3/' : ''}${10 + index}`;
  let history = adopted(historyOf(duty), unit(0));
  for (let index = 1; index <= count; index++)
    history = granted(history, { unit: unit(index), part: duty === 'grandpa' ? 'prevote' : 'seal' });
  return history;
}

/** A data folder with these entries; the end of the test removes it. */
export async function dataFolder(
  t: TestContext,
  entries: readonly LedgerEntry[],
  ledgerId = LEDGER_ID,
): Promise<string> {
  const dir = join(temporaryFolder(t), 'data');
  const ledger = await openLedger({ dir, clock: systemClock({ unref: true }), random: systemRandom() });
  await ledger.bind(ledgerId);
  for (let at = 0; at < entries.length; at += 10_000)
    await ledger.append(
      entries.slice(at, at + 10_000).map((entry) => ({ entry, hash: entryHash(entry), decision: null })),
    );
  await ledger.close();
  return dir;
}
