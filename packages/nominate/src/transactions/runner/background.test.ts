import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createVirtualClock, field } from '@watchbill/kit/testing';
import type { SigningAnswer, TransactionSigner } from '../signers/port.ts';
import { requestBy } from '../signers/testing/request.ts';
import { backgroundSigners } from './background.ts';

const ACCOUNT = `0x${'11'.repeat(32)}`;
const SIGNED: SigningAnswer = { result: 'signature', signature: `0x${'22'.repeat(64)}` };
const WAIT_MS = 2_000;
const TIMEOUT_MS = 60_000;

/** A signer whose requests the test answers, behind the background. */
function slowSigner() {
  const clock = createVirtualClock();
  const calls: { readonly id: string; readonly signal: AbortSignal; answer: (one: SigningAnswer) => void }[] =
    [];
  const signer: TransactionSigner = {
    account: ACCOUNT,
    scheme: 'sr25519',
    sign: ({ id }, signal) =>
      new Promise((resolve) => {
        calls.push({ id, signal, answer: resolve });
      }),
  };
  const limits = { waitMs: WAIT_MS, timeoutMs: TIMEOUT_MS, clock };
  const background = backgroundSigners(new Map([[ACCOUNT, signer]]), limits);
  const askFor = async (id: string, ms: number): Promise<SigningAnswer> => {
    const wrapped = background.signers.get(ACCOUNT);
    assert.ok(wrapped !== undefined);
    let answer: SigningAnswer | null = null;
    void wrapped.sign(requestBy(ACCOUNT, { id }), new AbortController().signal).then((given) => {
      answer = given;
    });
    await clock.advance(ms);
    assert.ok(answer !== null, `the turn waited longer than ${ms} ms`);
    return answer;
  };
  const ask = (id: string) => askFor(id, WAIT_MS);
  return { clock, calls, ask, askAtOnce: (id: string) => askFor(id, 0), close: background.close };
}

describe('a signer in the background', () => {
  test('a slow one: the turn continues, and a later turn gets the answer to the same request', async () => {
    const { clock, calls, ask } = slowSigner();
    assert.deepEqual(await ask('a'), { result: 'waiting', why: 'the signer has not answered yet' });
    assert.equal((await ask('a')).result, 'waiting');
    calls[0]?.answer(SIGNED);
    assert.deepEqual(await ask('a'), SIGNED);
    assert.equal(calls.length, 1);
    assert.equal(clock.pending(), 0);
  });

  test('one that hangs is stopped at its time limit, and no turn waits for its next try', async () => {
    const { clock, calls, ask, askAtOnce } = slowSigner();
    await ask('a');
    await clock.advance(TIMEOUT_MS);
    assert.equal(calls[0]?.signal.aborted, true);
    const why = `signature: no answer within ${TIMEOUT_MS} ms`;
    assert.deepEqual(await ask('a'), { result: 'unavailable', why });
    const before = clock.nowMs();
    assert.deepEqual(await askAtOnce('a'), { result: 'waiting', why });
    assert.equal(clock.nowMs(), before);
    assert.equal(calls.length, 2);
  });

  test('another request stops the one before, and never gets its answer', async () => {
    const { calls, ask } = slowSigner();
    await ask('a');
    const second = ask('b');
    assert.equal(calls[0]?.signal.aborted, true);
    calls[0]?.answer(SIGNED);
    assert.equal((await second).result, 'waiting');
    assert.deepEqual(calls.map(field('id')), ['a', 'b']);
  });

  test('closing stops the request under way', async () => {
    const { calls, ask, close } = slowSigner();
    await ask('a');
    close();
    assert.equal(calls[0]?.signal.aborted, true);
    assert.equal((await ask('a')).result, 'unavailable');
  });
});
