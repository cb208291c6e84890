import { hash as digestOf } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock, systemRandom } from '@watchbill/kit';
import { canonicalJson, FIRST_PREV } from '../../../rule/index.ts';
import { openLedger } from '../../../service/index.ts';
import { openSqliteStore } from '../../../store/index.ts';
import { chainOf, dataFolder, LEDGER_ID } from '../../ledger/testing/ground.ts';
import { CHAIN, completedPolicy, KEY } from '../../testing/fake-ledger.ts';

/** A data folder and an SQLite store for the tests of the command. */

const clock = systemClock({ unref: true });
const random = systemRandom();
const EPOCH = '0e'.repeat(16);

export const POLICY = completedPolicy({
  roster: [{ name: 'alpha', rank: 0 }],
  duties: { grandpa: {} },
  ceilings: { slotMs: 6_000, observers: ['w'] },
  readiness: { required: false },
});

/** The store has a separate file, so that either can be put back alone. */
export const CONFIG = 'service: { name: one }\nstore: { path: data/store.sqlite }\n';

/** The records of a policy that is the first of its key. */
export function policyRecords(policy: object): Readonly<Record<string, unknown>> {
  const change = { v: 1, by: 'x', atMs: 1, prev: FIRST_PREV, version: 1, policy, token: null };
  const versionId = digestOf('sha256', canonicalJson(change));
  return {
    [`policy/${CHAIN}/${KEY}/current`]: { v: 1, versionId, version: 1 },
    [`policy/${CHAIN}/${KEY}/version/${versionId}`]: JSON.parse(canonicalJson(change)),
  };
}

/** A service whose ledger file remembers units up to `3/15`, over a store that has the policy and no mark. */
export async function disaster(t: TestContext): Promise<string> {
  const dataDir = await dataFolder(t, chainOf('grandpa', 5).entries);
  const cwd = join(dataDir, '..');
  writeFileSync(join(cwd, 'watchbill.yaml'), CONFIG);
  const ledger = await openLedger({ dir: dataDir, clock, random });
  const { serviceId } = ledger;
  await ledger.close();
  await putAll(cwd, {
    ledger: { v: 1, id: LEDGER_ID, createdMs: 1 },
    epoch: { v: 2, epoch: EPOCH },
    'secret/peers': { v: 1, secret: 'hunter2' },
    [`service/${serviceId}`]: {
      v: 1,
      name: 'one',
      url: null,
      state: 'serving',
      vouchedBy: 'creation',
      reason: 'x',
    },
    ...policyRecords(POLICY),
  });
  return cwd;
}

/** Writes records into the SQLite store of the service. */
export async function putAll(cwd: string, records: Readonly<Record<string, unknown>>): Promise<void> {
  const store = await openSqliteStore({ path: join(cwd, 'data', 'store.sqlite'), clock, random });
  const writes = Object.entries(records).map(([key, value]) => ({
    key,
    value: Buffer.from(JSON.stringify(value)),
  }));
  await store.transact([{ compares: [], writes }]);
  await store.close();
}

/** A floor above everything that is remembered. */
export const FLOOR = ['--floor', `${CHAIN}/${KEY}/grandpa=3/20`];
