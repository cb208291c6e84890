import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Clock, systemRandom } from '@watchbill/kit';
import { openCaller } from '@watchbill/kit/call';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { ClaimReply, PolicyDocument } from '../service/contract.ts';
import { testServer } from '../service/http/testing/server.ts';
import { openLedger } from '../service/ledger/open.ts';
import { adoptOther, claimOf, seal, startAdopted } from '../service/testing/services.ts';
import { worldOf } from '../service/testing/world.ts';
import { createMemoryStore } from '../store/testing/memory-store.ts';
import { withExport } from './export.ts';
import { verifyExports } from './verify.ts';

/** The server over the real service, on a memory store and a real ledger. */

const UNITS = 60;
const OTHER_KEY = `0x${'cd'.repeat(32)}`;

/**
 * Time stands still for the service, so no deadline of a claim passes however slow the disk and the network
 * are.
 */
async function startWhole(context: TestContext, change: Partial<PolicyDocument> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'watchbill-whole-'));
  worldOf(context).atEnd(() => rm(dir, { recursive: true, force: true }));
  const still = createVirtualClock();
  // A pause of no time lets others run, although the time stands still.
  const sleep: Clock['sleep'] = (ms, signal) => (ms === 0 ? setImmediate() : still.sleep(ms, signal));
  const clock = { ...still, sleep };
  const ledger = await openLedger({ dir, clock, random: systemRandom() });
  const store = createMemoryStore({ clock });
  const started = await startAdopted(context, change, { store, parts: { clock, ledger } });
  return { ...started, permit: withExport(started.permit, ledger, clock) };
}

const { ask } = openCaller({ kept: true });

async function post(
  url: string,
  secret: string,
  body: object,
): Promise<{ status: number; reply: ClaimReply }> {
  const answer = await ask(`${url}/v1/claims`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    deadlineMs: 60_000,
    mostBytes: 100_000,
  });
  return { status: answer.status, reply: JSON.parse(answer.text) as ClaimReply };
}

test('a claim that names an entry without a signed word is answered like any other, and stops no key', async (context) => {
  const { permit } = await startWhole(context, { standbyDelayMs: 0 });
  await adoptOther(permit, ['c'], OTHER_KEY);
  const server = await testServer(permit);
  context.after(() => server.close(1_000));
  const [a, c] = await Promise.all(
    ['a', 'c'].map(async (name) => (await permit.createToken({ role: 'node', name }, 'test')).secret),
  );
  const { epoch } = await permit.health();
  const forged = { epoch, seq: '999', hash: 'ff'.repeat(32) };
  const asked = { ...claimOf({ unit: '1' }), atLeast: forged };
  const { reply } = await post(server.url, a ?? '', asked);
  assert.equal(reply.reason, 'new');
  const word = reply.word ?? '';
  const bent = claimOf({ unit: '2', word: `${word.slice(0, -8)}00000000` });
  assert.equal((await post(server.url, a ?? '', bent)).reply.reason, 'word-refused');
  const short = claimOf({ unit: '2', word: word.slice(0, -8) });
  assert.equal((await post(server.url, a ?? '', short)).status, 400);
  const other = await post(server.url, c ?? '', claimOf({ key: OTHER_KEY, unit: '1' }));
  assert.equal(other.reply.reason, 'new');
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
  assert.deepEqual(await permit.rollbackReports(), []);
});

test('the ledger of a running service is exported while claims go on, and the export is proven', async (context) => {
  const { permit } = await startWhole(context, { standbyDelayMs: 0 });
  const server = await testServer(permit);
  context.after(() => server.close(1_000));
  const node = (await permit.createToken({ role: 'node', name: 'a' }, 'test')).secret;
  const operator = (await permit.createToken({ role: 'operator', name: 'ada' }, 'test')).secret;
  let claimed = 0;
  const claimNext = async () => {
    claimed += 1;
    const { reply } = await post(server.url, node, claimOf({ unit: `${claimed}`, digest: seal('01') }));
    assert.equal(reply.outcome, 'granted');
  };
  for (let unit = 0; unit < UNITS; unit++) await claimNext();
  const exported = async (query: string, between: () => Promise<void>) => {
    const headers = { authorization: `Bearer ${operator}` };
    const answer = await fetch(`${server.url}/v1/ledger/export${query}`, { headers });
    const bytes: Uint8Array[] = [];
    for await (const part of answer.body ?? []) {
      bytes.push(part as Uint8Array);
      await between();
    }
    return verifyExports([{ name: 'one.ledger', bytes }], { scratch: ':memory:' });
  };
  const during = await exported('', claimNext);
  assert.deepEqual(
    during.findings.map(({ kind }) => kind),
    ['no-marks'],
  );
  assert.ok(claimed > UNITS);
  const after = await exported('?marks=true', async () => undefined);
  assert.equal(after.verdict, 'proven');
});
