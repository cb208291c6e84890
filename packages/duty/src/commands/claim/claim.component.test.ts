import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FakeSettings, Ran } from '@watchbill/kit/command/testing/fake-io';
import { temporaryFolder } from '@watchbill/kit/testing';
import { type FakeAnswer, fakeService, type Seen } from '../../client/testing/fake-service.ts';
import { runFake } from '../testing/run-duty.ts';

const cwd = temporaryFolder();
writeFileSync(join(cwd, 'a.token'), 'hunter2-secret\n', { mode: 0o600 });

const CHAIN = `0x${'11'.repeat(32)}`;
const KEY = `0x${'22'.repeat(32)}`;
const CLAIM = `claim --chain ${CHAIN} --key ${KEY} --duty babe --unit 7 --token-file a.token`.split(' ');

function reply(seen: Seen, outcome: string, changes: Record<string, unknown> = {}): FakeAnswer {
  const body = {
    ...(seen.body as Record<string, unknown>),
    outcome,
    reason: outcome === 'granted' ? 'new' : 'unit-taken',
    message: 'for people',
    ledger: 'l',
    head: { epoch: 'e', seq: '3', hash: 'ab' },
    watch: null,
    ...changes,
  };
  return { status: outcome === 'unknown' ? 503 : 200, body };
}

async function claimAt(
  answer: FakeAnswer | ((seen: Seen) => FakeAnswer),
  more: string[] = [],
  io: Partial<FakeSettings> = {},
): Promise<Ran & { seen: readonly Seen[] }> {
  const service = await fakeService({ answers: { 'POST /v1/claims': answer } });
  try {
    return {
      ...(await runFake([...CLAIM, '--url', service.url, ...more], { cwd, ...io })),
      seen: service.seen,
    };
  } finally {
    await service.stop();
  }
}

test('whose token it was is said where the asker is not listed and named none', async () => {
  const notListed = (seen: Seen) => reply(seen, 'denied', { reason: 'not-listed' });
  assert.doesNotMatch((await claimAt(notListed)).stderr, /--token-file/);
  const service = await fakeService({ answers: { 'POST /v1/claims': notListed } });
  try {
    const ran = await runFake([...CLAIM.slice(0, -2), '--url', service.url], { cwd });
    assert.equal(ran.code, 3, ran.stderr);
    assert.match(ran.stderr, /token of the configuration.*--token-file FILE/);
  } finally {
    await service.stop();
  }
});

test('the exit status says the outcome', async () => {
  const codes = { granted: 0, denied: 3, unknown: 4 };
  for (const [outcome, code] of Object.entries(codes)) {
    const ran = await claimAt((seen) => reply(seen, outcome));
    assert.equal(ran.code, code);
    assert.match(ran.stdout, new RegExp(`^${outcome} \\(`));
    assert.ok(!ran.all.includes('hunter2'));
  }
});

test('the claim carries the flags, the only part, and fresh random ids', async () => {
  const [one, two] = [
    await claimAt((seen) => reply(seen, 'granted')),
    await claimAt((seen) => reply(seen, 'granted')),
  ];
  const [a, b] = [one.seen[0], two.seen[0]].map((seen) => seen?.body as Record<string, string>);
  assert.equal(a?.part, 'seal');
  assert.equal(a?.unit, '7');
  assert.equal(one.seen[0]?.authorization, 'Bearer hunter2-secret');
  assert.match(a?.incarnation ?? '', /^[0-9a-f]{32}$/);
  assert.notEqual(a?.incarnation, b?.incarnation);
  assert.notEqual(a?.claimId, b?.claimId);
});

test('a reply that belongs to another claim is unknown, whatever it says', async () => {
  for (const change of [{ claimId: 'x' }, { incarnation: '00' }, { digest: '0x00' }])
    assert.equal((await claimAt((seen) => reply(seen, 'granted', change))).code, 4);
});

test('an answer that is lost is unknown; a service that is not there is unreachable', async () => {
  const lost = await claimAt('silence', ['--wait-ms', '1', '--timeout-ms', '1']);
  assert.equal(lost.code, 4);
  assert.match(lost.stderr, /does not answer within/);
  const gone = await runFake([...CLAIM, '--url', 'http://127.0.0.1:1'], { cwd });
  assert.equal(gone.code, 5);
  assert.match(gone.stderr, /watchbill serve/);
});

test('problems of the service carry their text, code and remedy', async () => {
  const problem = {
    title: 't',
    detail: 'the token is not known',
    code: 'identity-unknown',
    remedy: 'make one',
  };
  const ran = await claimAt({ status: 401, body: problem }, ['--json']);
  assert.equal(ran.code, 1);
  const { error } = JSON.parse(ran.stderr);
  assert.equal(error.code, 'identity-unknown');
  assert.equal(error.problems[0].remedy, 'make one');
  assert.equal((await claimAt({ status: 400, body: problem })).code, 2);
});

test('without a configuration and a token, the remedy is the folder that has them', async () => {
  const body = {
    title: 't',
    detail: 'no credentials: send a token or a client certificate',
    code: 'no-identity',
    remedy: 'a header',
  };
  const service = await fakeService({ answers: { 'GET /v1/policies': { status: 401, body } } });
  try {
    const ran = await runFake(['policy', 'show', '--url', service.url], { cwd });
    assert.equal(ran.code, 1);
    assert.match(ran.stderr, /there is no watchbill.yaml in this folder, and so no token/);
  } finally {
    await service.stop();
  }
});

test('an answer after which the claim may stand is unknown', async () => {
  assert.equal((await claimAt({ text: '<html>' })).code, 4);
  const failed = { title: 't', detail: 'd', code: 'internal', remedy: 'r' };
  assert.equal((await claimAt({ status: 503, body: failed })).code, 4);
  assert.equal((await claimAt({ status: 429, body: failed })).code, 1);
});

test('a token is never sent unencrypted to another machine, nor put into an address', async () => {
  const far = await runFake([...CLAIM, '--url', 'http://192.0.2.1:80'], { cwd });
  assert.equal(far.code, 2);
  assert.match(far.stderr, /unencrypted/);
  const inside = await runFake([...CLAIM, '--url', 'http://me:hunter2@127.0.0.1:1'], { cwd });
  assert.equal(inside.code, 2);
  assert.ok(!inside.all.includes('hunter2'));
});
