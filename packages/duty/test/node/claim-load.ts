// Another validator of the same ledger, which claims all the time.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ServiceProcess } from '@watchbill/testkit';
import { makeToken } from '@watchbill/testkit/scenario';
import { postClaim } from '@watchbill/testkit/service/race';

const CHAIN = `0x${'7a'.repeat(32)}`;
const KEY = `0x${'42'.repeat(32)}`;
const NODE = 'load';
/** A new slot, and so a grant with its transaction, ten times a second. */
const SLOT_MS = 100;
/** Four questions for each slot: one is granted, the others are repeats or denied. */
const EVERY_MS = 25;
const ANSWER_MS = 5_000;

export interface ClaimLoad {
  /** Ends the claims. Returns how many were answered, and how many were granted as new. */
  stop(): Promise<{ readonly answers: number; readonly grants: number }>;
}

/** Begins the claims at the service that `alive` answers. Claims without an answer are not failures. */
export async function startClaimLoad(alive: () => ServiceProcess): Promise<ClaimLoad> {
  const service = alive();
  const of = { chain: CHAIN, key: KEY };
  const roster = [{ name: NODE, rank: 0 }];
  const readiness = { required: false };
  const ceilings = { slotMs: SLOT_MS };
  await service.admin('PUT', '/v1/policies', { ...of, roster, readiness, ceilings, duties: { babe: {} } });
  await service.admin('POST', '/v1/adoptions', { ...of, floors: { babe: null }, confirmation: 'a new key' });
  const secret = await makeToken(service, { role: 'node', name: NODE });
  const counted = { answers: 0, grants: 0 };
  let isOver = false;
  const work = async (): Promise<void> => {
    while (!isOver) {
      const reason = await claimSlot(alive().url, secret).catch(() => null);
      if (reason !== null) counted.answers += 1;
      if (reason === 'new') counted.grants += 1;
      await sleep(EVERY_MS);
    }
  };
  const working = work();
  return {
    async stop() {
      isOver = true;
      await working;
      return counted;
    },
  };
}

async function claimSlot(url: string, secret: string): Promise<string> {
  const slot = String(Math.floor(Date.now() / SLOT_MS));
  const claim = { claimId: `load-${slot}`, chain: CHAIN, key: KEY, duty: 'babe', unit: slot, part: 'seal' };
  const payload = { digest: `0x${'ab'.repeat(32)}`, incarnation: 'ab'.repeat(16) };
  return (await postClaim(url, secret, { ...claim, ...payload }, ANSWER_MS)).body.reason ?? '';
}
