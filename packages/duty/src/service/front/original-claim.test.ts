import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { dutyNamed } from '../../rule/index.ts';
import { policyOf } from '../claim/testing/claim.ts';
import { denied } from '../ground/verdict.ts';
import type { OriginalTarget } from '../original/targets.ts';
import { CHAIN, KEY } from '../testing/services.ts';
import { clockOf } from '../testing/world.ts';
import { type DeskSetup, fakeDesk, ORIGINAL } from './testing/desk.ts';

const CALLER = { node: 'a', chain: CHAIN, key: KEY };
const SLOT = { kind: 'slot', number: '7' } as const;
const ROUND = { kind: 'round', number: '7' } as const;
const grandpa = dutyNamed('grandpa') ?? assert.fail();

const desk = (context: TestContext, setup: DeskSetup = {}) =>
  fakeDesk(context, { policy: ORIGINAL, ...setup });
const NOTE = {
  ...{ detail: '', chain: CHAIN, key: KEY, parts: [], digest: null, node: 'a', incarnation: 'original' },
  ...{ claimId: 'original', seq: null, via: 'original', tookMs: 0 },
};

describe('the number of a question', () => {
  test('is a canonical u64', async (context) => {
    const { front } = desk(context);
    const reasonOf = async (number: string) =>
      (await front.claimOriginal({ kind: 'slot', number }, CALLER)).reason;
    for (const number of ['0', '7', '18446744073709551615'])
      assert.equal(await reasonOf(number), 'new', number);
    const beyond = ['18446744073709551616', '9'.repeat(21)];
    for (const number of ['', '-1', '07', '+7', ' 7', '7 ', '7\n', '0x7', 'x', '1e3', ...beyond])
      assert.equal(await reasonOf(number), 'malformed', JSON.stringify(number));
  });

  test('that is malformed is answered no, noted and measured', async (context) => {
    const { front, notes, measured, asked } = desk(context);
    const reply = await front.claimOriginal({ kind: 'session', number: '07' }, CALLER);
    assert.deepEqual(reply, { allowed: false, outcome: 'denied', reason: 'malformed' });
    const detail = 'the number is not a canonical u64';
    const atMs = clockOf(context).nowMs();
    const rest = { ...NOTE, atMs, outcome: 'denied', reason: 'malformed', detail };
    assert.deepEqual(notes, [{ ...rest, duty: 'session', unit: '' }]);
    assert.deepEqual([measured, asked], [['session denied malformed 0'], []]);
  });
});

describe('a question that is no claim', () => {
  const ends = async (context: TestContext, setup: DeskSetup) => {
    const one = desk(context, setup);
    const { allowed, outcome, reason } = await one.front.claimOriginal(SLOT, CALLER);
    assert.deepEqual([allowed, one.asked], [false, []]);
    const [note] = one.notes;
    const atMs = clockOf(context).nowMs();
    assert.deepEqual(note, { ...NOTE, atMs, outcome, reason, detail: note?.detail, duty: 'slot', unit: '7' });
    assert.deepEqual(one.measured, [`slot ${outcome} ${reason} 0`]);
    return { said: `${outcome}:${reason} ${note?.detail}`, ...one };
  };

  test('because the policy does not enable the protocol, or there is none', async (context) => {
    const said = 'denied:not-listed the policy does not enable the original wire protocol';
    const off = await ends(context, { policy: policyOf() });
    assert.equal(off.said, said);
    assert.deepEqual(off.signs, [], 'it is no sign of life');
    assert.equal((await ends(context, { policy: null })).said, said);
  });

  test('because the policy was not read', async (context) => {
    const load = () => Promise.reject(new Error('no answer'));
    const { said, warnings } = await ends(context, { policy: null, load });
    assert.equal(said, 'unknown:store-unavailable the policy was not read');
    assert.deepEqual(warnings, [{ event: 'claim-unread', error: 'Error: no answer' }]);
  });

  test('because its unit was not found, or the mark was not read', async (context) => {
    const verdict = denied('set-unconfirmed', 'the set is new');
    const target = async (): Promise<OriginalTarget> => ({ ok: false, verdict });
    assert.equal((await ends(context, { target })).said, 'denied:set-unconfirmed the set is new');
    const failing = await ends(context, { target: () => Promise.reject(new Error('no answer')) });
    assert.equal(failing.said, 'unknown:store-unavailable the mark was not read');
  });
});

test('a question is a claim of the node without a digest, which must rise, also if its policy is not known yet', async (context) => {
  const { front, asked } = desk(context, { policy: null, load: async () => ({ policy: ORIGINAL }) });
  assert.equal((await front.claimOriginal(SLOT, CALLER)).allowed, true);
  const [one] = asked;
  const { duty, ...claim } = one?.claim ?? assert.fail('not asked');
  assert.deepEqual(
    [duty.name, claim],
    [
      'babe',
      {
        ...{ ledger: null, epoch: null, chain: CHAIN, key: KEY, unit: [1n], parts: ['seal'], digest: null },
        ...{ owner: { node: 'a', incarnation: 'original' }, term: null, strictlyIncreasing: true },
      },
    ],
  );
  assert.deepEqual(
    [one?.claimId, one?.via, one?.said, (one?.deadlineMs ?? 0) - (one?.arrivedMs ?? 0)],
    ['original', 'original', { kind: 'nothing' }, 2_500],
  );
});

test('a round is entered under the present term of the watch, within two and a half seconds', async (context) => {
  const parts = ['enter', 'prevote', 'precommit'] as const;
  const target = async (): Promise<OriginalTarget> => ({ ok: true, duty: grandpa, unit: [0n, 7n], parts });
  const { front, asked } = desk(context, { target });
  await front.claimOriginal(ROUND, CALLER);
  assert.equal(asked[0]?.claim.term, 9n);
  assert.equal((asked[0]?.deadlineMs ?? 0) - (asked[0]?.arrivedMs ?? 0), 2_500);
});

test('a question about a slot or a session is a sign of life; one about a round is a claim for the watch', async (context) => {
  const { front, signs } = desk(context, { signOfLife: () => Promise.reject(new Error('no answer')) });
  await front.claimOriginal(SLOT, CALLER);
  await front.claimOriginal({ kind: 'session', number: '7' }, CALLER);
  assert.deepEqual(signs, ['a', 'a']);
  await front.claimOriginal(ROUND, CALLER);
  assert.deepEqual(signs, ['a', 'a']);
});

test('the reads before a claim count as the claim', async (context) => {
  const { promise, resolve } = Promise.withResolvers<OriginalTarget>();
  const { front } = desk(context, { maxInFlight: 1, target: () => promise });
  const first = front.claimOriginal(SLOT, CALLER);
  await clockOf(context).sleep(1);
  const busy = { name: 'PermitFault', code: 'too-many-in-flight' };
  await assert.rejects(front.claimOriginal(SLOT, CALLER), busy);
  assert.equal(front.inFlight(), 1);
  resolve({ ok: false, verdict: denied('set-unconfirmed', '') });
  assert.equal((await first).allowed, false);
});
