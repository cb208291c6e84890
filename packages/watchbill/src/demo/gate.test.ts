import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClaimReply, ClaimRequest } from '@watchbill/duty/service';
import { createVirtualClock } from '@watchbill/kit/testing';
import type { Api, ApiAnswer } from './api.ts';
import { createGate } from './gate.ts';
import type { Signature } from './record.ts';

type Answerer = (request: ClaimRequest, attempt: number) => ApiAnswer | Promise<ApiAnswer>;

function reply(request: ClaimRequest, changes: Partial<ClaimReply> = {}): ApiAnswer {
  const { claimId, chain, key, duty, unit, part, incarnation } = request;
  const about = { claimId, chain, key, duty, unit, part, incarnation, digest: request.digest ?? null };
  const said = {
    outcome: 'granted',
    reason: 'new',
    message: '',
    ledger: 'L',
    head: { epoch: 'e', seq: '4', hash: 'f'.repeat(64) },
    word: null,
    watch: null,
  } as const;
  return { kind: 'answer', status: 200, body: { ...said, ...about, ...changes } satisfies ClaimReply };
}

function bench(answerer: Answerer) {
  const clock = createVirtualClock({ startMs: 1_000, flowing: true });
  const asked: ClaimRequest[] = [];
  const signed: Signature[] = [];
  const complaints: string[] = [];
  const api: Api = {
    call: async (_method, _path, body) => {
      asked.push(body as ClaimRequest);
      assert.ok(asked.length < 1_000, 'the retries have no end');
      return answerer(body as ClaimRequest, asked.length);
    },
  };
  const record = { append: (one: Signature) => void signed.push(one), close: () => undefined };
  let ids = 0;
  const drawId = () => `id-${++ids}`;
  const complain = (text: string) => void complaints.push(text);
  const gate = createGate({
    api,
    record,
    clock,
    chain: 'c',
    key: 'k',
    node: 'n',
    incarnation: 'i',
    drawId,
    complain,
  });
  return { gate, clock, asked, signed, complaints };
}

const SEAL = {
  duty: 'babe',
  unit: '7',
  part: 'seal',
  digest: '0xaa',
  term: null,
  deadlineMs: 1_600,
} as const;

test('a grant for this very claim is signed', async () => {
  const { gate, signed } = bench((request) => reply(request));
  assert.equal((await gate.sign(SEAL)).outcome, 'granted');
  assert.deepEqual([signed[0]?.unit, signed[0]?.digest, signed[0]?.incarnation], ['7', '0xaa', 'i']);
});

for (const [what, changes] of Object.entries({
  'another claim': { claimId: 'other' },
  'another start': { incarnation: 'other' },
  'another payload': { digest: '0xbb' },
  'no payload': { digest: null },
  'another unit': { unit: '8' },
  'another part': { part: 'prevote' },
  'another duty': { duty: 'aura' },
  'another key': { key: 'other' },
  'another chain': { chain: 'other' },
} as const)) {
  test(`a grant for ${what} is not signed on`, async () => {
    const { gate, signed } = bench((request) => reply(request, changes));
    assert.equal((await gate.sign(SEAL)).outcome, 'unknown');
    assert.deepEqual(signed, []);
  });
}

test('denied, unknown, refused and lost answers never lead to a signature', async () => {
  const answers: readonly Answerer[] = [
    (request) => reply(request, { outcome: 'denied', reason: 'unit-taken' }),
    (request) => reply(request, { outcome: 'unknown', reason: 'store-unavailable' }),
    () => ({ kind: 'answer', status: 401, body: { code: 'identity-unknown' } }),
    () => ({ kind: 'answer', status: 503, body: { code: 'internal' } }),
    () => ({ kind: 'lost', why: 'ECONNREFUSED' }),
  ];
  const outcomes: string[] = [];
  for (const answerer of answers) {
    const { gate, signed } = bench(answerer);
    outcomes.push((await gate.sign(SEAL)).outcome);
    assert.deepEqual(signed, []);
  }
  assert.deepEqual(outcomes, ['denied', 'unknown', 'denied', 'unknown', 'unknown']);
});

test('after a lost or unknown answer the same claim is asked again', async () => {
  const { gate, asked, signed } = bench((request, attempt) => {
    if (attempt === 1) return { kind: 'lost', why: 'ECONNRESET' };
    return attempt === 2 ? reply(request, { outcome: 'unknown', reason: 'deadline' }) : reply(request);
  });
  assert.equal((await gate.sign(SEAL)).outcome, 'granted');
  assert.equal(asked.length, 3);
  assert.deepEqual(new Set(asked.map((one) => `${one.claimId} ${one.digest}`)), new Set(['id-1 0xaa']));
  assert.equal(signed.length, 1);
});

test('a grant that arrives after the deadline is not signed on', async () => {
  const { gate, clock, signed } = bench(async (request) => {
    await clock.sleep(601);
    return reply(request);
  });
  assert.equal((await gate.sign(SEAL)).outcome, 'unknown');
  assert.deepEqual(signed, []);
});

test('no claim is sent after the deadline', async () => {
  const { gate, asked } = bench((request) => reply(request));
  assert.equal((await gate.sign({ ...SEAL, deadlineMs: 1_000 })).outcome, 'unknown');
  assert.deepEqual(asked, []);
});

test('one start seals a unit at most once, whatever the answer, also when it asks twice at a time', async () => {
  const { gate, signed } = bench((request) => reply(request));
  await Promise.all([gate.sign(SEAL), gate.sign({ ...SEAL, digest: '0xbb' })]);
  await gate.sign({ ...SEAL, digest: '0xcc' });
  assert.equal(signed.length, 1);
});

test('the next claim carries the ledger that the machine received', async () => {
  const { gate, asked } = bench((request) => reply(request));
  await gate.sign(SEAL);
  await gate.sign({ ...SEAL, unit: '8' });
  assert.deepEqual(
    asked.map(({ ledger }) => ledger),
    [null, 'L'],
  );
});

test('an answer without a decision is ignored, and so is the ledger that it names', async () => {
  const { gate, asked } = bench((request, attempt) => {
    return attempt === 1
      ? reply(request, { outcome: 'unknown', reason: 'deadline', ledger: '' })
      : reply(request);
  });
  await gate.sign(SEAL);
  await gate.sign({ ...SEAL, unit: '8' });
  assert.deepEqual(
    asked.map((one) => one.ledger),
    [null, null, 'L'],
  );
});

test('a refusal that is a mistake is reported with its text', async () => {
  const { gate, complaints } = bench(() => ({ kind: 'answer', status: 400, body: { code: 'malformed' } }));
  await gate.sign(SEAL);
  assert.deepEqual(complaints, ['babe 7 seal: 400 {"code":"malformed"}']);
});
