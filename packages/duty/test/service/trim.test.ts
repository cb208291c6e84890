import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { steppedClock, temporaryFolder, untilReady } from '@watchbill/testkit';
import { leaveNothing } from '@watchbill/testkit/leave-nothing';
import { keyOf, setUpKey } from '@watchbill/testkit/service/ledger-setup';
import { commandLine } from './cli-process.ts';
import { assertDecided, type Ground, startGround } from './ledger-ground.ts';

leaveNothing('trim');

const TRIMMED_KEY = keyOf(3);
const SLOT_MS = 20;
/** More than a service looks back at. */
const SLOTS = 1_500;
const DAYS = 40;

const claimed = (ground: Ground, slot: number, changes = {}) =>
  ground.claim(slot, { key: TRIMMED_KEY, ...changes });

async function grant(ground: Ground, from: number, count: number): Promise<void> {
  for (let slot = from; slot < from + count; slot += 1)
    assertDecided(await claimed(ground, slot), 200, 'granted', 'new');
}

/** A service that granted many slots, forty days later. */
async function fortyDaysLater(context: TestContext) {
  const { dir, remove } = await temporaryFolder('trim');
  const clock = steppedClock(join(dir, 'clock'));
  const genesisMs = Date.now() - 60_000;
  const ground = await startGround(context, { dir, env: clock.env });
  context.after(remove);
  const { service } = ground;
  await setUpKey(service, { key: TRIMMED_KEY, nodes: ['a', 'b'], slotMs: SLOT_MS, genesisMs });
  await grant(ground, 1, SLOTS);
  await service.kill('SIGTERM');
  clock.setOffset(DAYS * 86_400);
  await service.restart();
  await untilReady(service);
  const cli = commandLine(context, clock.env);
  const connection = ['--url', service.url, '--token-file', join(service.dir, 'operator.token')];
  const ledger = (...args: readonly string[]) => cli.run('ledger', ...args);
  const slotNow = Math.floor((Date.now() + DAYS * 86_400_000 - genesisMs) / SLOT_MS);
  return { ground, cli, connection, ledger, slotNow };
}

test('old entries leave a running service for a file, and it answers as before', {
  timeout: 180_000,
}, async (context) => {
  const { ground, cli, connection, ledger, slotNow } = await fortyDaysLater(context);
  const young = await ledger('trim', '--before', '5d', '--out', 'young.ledger', ...connection);
  assert.equal(young.code, 2, young.errors);
  assert.match(young.errors, /the last 31 days stay in the ledger/);
  assert.ok(!existsSync(join(cli.cwd, 'young.ledger')));

  const [trimmed] = await Promise.all([
    ledger('trim', '--before', '35d', '--out', 'old.ledger', ...connection),
    grant(ground, slotNow, 50),
  ]);
  assert.equal(trimmed.code, 0, trimmed.errors);
  const removed = /^removed (\d+) entries and (\d+) answers from before /m.exec(trimmed.out);
  const [, entries = '', answers = ''] = removed ?? [];
  // The adoption and the old slots, but for the newest 1,024 entries; the grants beside it move the limit.
  assert.ok(Number(entries) > SLOTS - 1_024 && Number(entries) <= SLOTS - 1_024 + 52, trimmed.out);
  assert.equal(Number(answers), SLOTS);

  // The same unit for another block, long ago and now.
  for (const slot of [1_400, 2]) {
    const { body } = await claimed(ground, slot, { payload: 'cd' });
    assert.equal(body.outcome, 'denied', JSON.stringify(body));
  }
  await ground.service.kill('SIGKILL');
  await ground.service.restart();
  await untilReady(ground.service);
  await grant(ground, slotNow + 50, 5);

  const later = await ledger('export', '--out', 'later.ledger', ...connection);
  assert.equal(later.code, 0, later.errors);
  const alone = await ledger('verify', 'later.ledger');
  assert.equal(alone.code, 4, alone.out);
  assert.match(alone.out, /unproven epoch-start/);
  const whole = await ledger('verify', 'later.ledger', 'old.ledger');
  assert.equal(whole.code, 0, whole.out);
  assert.match(whole.out, /^PROVEN/m);

  const over = await ledger('trim', '--before', '35d', '--out', 'old.ledger', ...connection);
  assert.equal(over.code, 2, 'a file is never overwritten');
  const second = await ledger('trim', '--before', '35d', '--out', 'second.ledger', ...connection);
  assert.equal(second.code, 0, second.errors);
  assert.match(second.out, /^removed \d+ entr(y|ies) and 0 answers /m);
});
