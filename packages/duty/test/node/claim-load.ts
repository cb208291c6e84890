// Another validator of the same ledger, which claims all the time.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from '@watchbill/testkit';
import { keyOf, nodeSecret, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import { claimOnce } from '@watchbill/testkit/service/race';

const KEY = keyOf(0x42);
/** A new slot, and so a grant with its transaction, ten times a second. */
const SLOT_MS = 100;
/** Four questions for each slot: one is granted, the others are repeats or denied. */
const EVERY_MS = 25;

/**
 * Begins the claims at the service that `alive` answers; those without an answer are not failures. `stop`
 * returns how many were answered, and how many were granted as new.
 */
export async function startClaimLoad(alive: () => ServiceProcess) {
  await setUpKey(alive(), { key: KEY, nodes: ['load'], slotMs: SLOT_MS, genesisMs: 0 });
  const secret = await nodeSecret(alive(), 'load');
  const client = { urls: [], secret, key: KEY, incarnation: 'ab'.repeat(16), payload: 'ab' };
  const counted = { answers: 0, grants: 0 };
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) {
      const slot = Math.floor(Date.now() / SLOT_MS);
      const answer = await claimOnce(alive().url, client, slot).catch(() => null);
      if (answer !== null) counted.answers += 1;
      if (answer?.reason === 'new') counted.grants += 1;
      await sleep(EVERY_MS);
    }
  };
  const working = work();
  const stop = async () => {
    isOver = true;
    await working;
    return counted;
  };
  return { stop };
}
