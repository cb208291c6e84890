import assert from 'node:assert/strict';
import { connect } from 'node:net';
import test, { type TestContext } from 'node:test';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { nodeSecret } from '@watchbill/testkit/service/ledger-setup';
import {
  assertDecided,
  assertFalse,
  assertLogKeepsSecrets,
  assertProblem,
  claimBody,
  type Ground,
  slotOfNow,
  startGround,
  WIRE_KEY,
} from './bad-input-ground.ts';

leaveNothing('load');

/** Half of all places, for a node that asks alone. */
const SHARE = 3;
/** An honest request that a slow moment delays comes in it all the same. */
const REQUEST_TIMEOUT_MS = 3_000;
const TRICKLE_MS = 50;
/** Far above the limit of the service: only a connection that is never ended reaches it. */
const NEVER_MS = 120_000;

/**
 * Send a start, then one byte after the other, until the service ends the connection; answers what it said.
 */
function trickle(ground: Ground, start: string, byte: string): Promise<string> {
  const { port } = new URL(ground.service.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    // After what has come was read: a byte on a connection that was ended would lose the answer that waits
    // there.
    const sending = setInterval(() => setImmediate(() => socket.write(byte)), TRICKLE_MS);
    const never = setTimeout(() => end(() => reject(new Error('a slow client was never ended'))), NEVER_MS);
    let heard = '';
    const end = (tell: () => void): void => {
      clearInterval(sending);
      clearTimeout(never);
      socket.destroy();
      tell();
    };
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    // A client that goes on sending may see the end as a reset.
    socket.on('error', () => end(() => resolve(heard)));
    socket.on('close', () => end(() => resolve(heard)));
    socket.write(start);
  });
}

async function underWay(ground: Ground, count: number): Promise<void> {
  for (let seen = -1; seen !== count; ) {
    const health = (await ground.service.admin('GET', '/v1/health')) as { inFlight: number };
    seen = health.inFlight;
  }
}

test('a node that has its share of the claims under way gets 429 with Retry-After, and other nodes are served', async (context: TestContext) => {
  const ground = await startGround(context, {
    // Slot 0 begins now, and a standby waits the first minute of it.
    genesisMs: Date.now(),
    standbyDelayMs: 60_000,
    env: { WATCHBILL_LIMITS_MAX_IN_FLIGHT: String(2 * SHARE) },
  });
  const standby = await ground.secret('node', 'b');
  const wire = await nodeSecret(ground.service, 'b', WIRE_KEY);
  const before = await ground.kept();
  const leaving = new AbortController();
  const held = Array.from({ length: SHARE }, (_each, index) =>
    ground.service
      .fetch('/v1/claims', {
        method: 'POST',
        headers: { authorization: `Bearer ${standby}`, 'content-type': 'application/json' },
        body: JSON.stringify(claimBody({ claimId: `held-${index}`, unit: '0', timeoutMs: 25_000 })),
        signal: leaving.signal,
      })
      .then(() => 'answered')
      .catch(() => 'left'),
  );
  await underWay(ground, SHARE);
  const refused = await ground.claim({ unit: '0' }, standby);
  assertProblem(refused, 429, 'too-many-in-flight');
  assert.match(String(refused.headers.get('retry-after')), /^[1-9][0-9]*$/);
  assert.equal(await ground.kept(), before);
  const original = await ground.send('PUT', `/original/${wire}/authorize/slot/0`, { secret: null });
  assertFalse(original, 429, 'the original wire protocol');
  assert.match(String(original.headers.get('retry-after')), /^[1-9][0-9]*$/);
  assert.equal((await ground.send('GET', '/readyz')).status, 200, 'reads are answered all the same');
  assertDecided(await ground.claim({ unit: '0' }), 200, 'granted', 'new');
  leaving.abort();
  await Promise.all(held);
  await underWay(ground, 0);
  await assertLogKeepsSecrets(ground);
});

test('clients that trickle a header or a body are ended, and the others are served meanwhile', async (context: TestContext) => {
  const ground = await startGround(context, {
    env: { WATCHBILL_LIMITS_REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS) },
  });
  const kept = await ground.kept();
  const head = `POST /v1/claims HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ground.node}\r\nContent-Type: application/json\r\n`;
  const wire = `PUT /original/${ground.wire}/authorize/slot/${slotOfNow()} HTTP/1.1\r\nHost: x\r\n`;
  const slow = {
    header: trickle(ground, `${head}X-Slow: `, 'x'),
    body: trickle(ground, `${head}Content-Length: 5000\r\n\r\n{`, ' '),
    silent: trickle(ground, '', ''),
    'original body': trickle(ground, `${wire}Content-Length: 5000\r\n\r\n`, ' '),
  };
  let open = Object.keys(slow).length;
  for (const each of Object.values(slow)) void each.then(() => open--);
  for (let served = 0; open > 0 || served === 0; served++) {
    assert.equal((await ground.send('GET', '/v1/marks')).status, 200);
    await new Promise((resolve) => setTimeout(resolve, TRICKLE_MS));
  }
  assert.equal(await ground.kept(), kept, 'nothing was recorded');
  const answers = { header: await slow.header, body: await slow.body, wire: await slow['original body'] };
  for (const name of ['header', 'body'] as const) {
    assert.match(answers[name], /^HTTP\/1\.1 408 /, name);
    assert.match(answers[name], /"code":"request-timeout"/, name);
  }
  assert.match(answers.wire, /^HTTP\/1\.1 408 .*\r\n\r\nfalse$/s);
  assertDecided(await ground.claim(), 200, 'granted', 'new');
  await assertLogKeepsSecrets(ground);
});
