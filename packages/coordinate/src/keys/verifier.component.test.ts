import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { KEY_SCHEMES } from './index.ts';
import { operatorKeyFrom } from './operator-key.ts';
import { signatureThread } from './signature-thread.ts';
import { verifierBy } from './verifier.ts';
import { verifySignature } from './verify.ts';

const MESSAGE = Buffer.from('a message');
const SIGNED = KEY_SCHEMES.flatMap((scheme) => {
  const key = operatorKeyFrom(scheme, new Uint8Array(32).fill(7));
  const good = key.sign(MESSAGE);
  return [good, Uint8Array.from(good, (byte, at) => (at === 40 ? byte ^ 1 : byte)), good.subarray(1)].map(
    (signature) => [key, MESSAGE, signature] as const,
  );
});
const EXPECTED = SIGNED.map((signed) => verifySignature(...signed));
const programOf = (text: string) => new URL(`data:text/javascript,${encodeURIComponent(text)}`);

test('the thread answers as this thread does, for each scheme', async () => {
  assert.deepEqual(EXPECTED, [true, false, false, true, false, false, true, false, false]);
  const later = signatureThread();
  assert.deepEqual(await Promise.all(SIGNED.map((signed) => later(...signed))), EXPECTED);
});

test('work runs until all its signatures are known, and keeps its result and its error', async () => {
  const { settled, verify } = verifierBy(signatureThread());
  let runs = 0;
  const work = () => {
    runs += 1;
    return SIGNED.map((signed) => verify(...signed));
  };
  const both = Promise.all([settled(work), settled(() => SIGNED.slice(0, 3).map((each) => verify(...each)))]);
  assert.deepEqual(await both, [EXPECTED, EXPECTED.slice(0, 3)]);
  assert.equal(runs, 7, 'one run, and one for each signature of the two slow schemes');
  assert.deepEqual(work(), EXPECTED, 'outside of settled, this thread verifies');
  await assert.rejects(
    settled(() => {
      throw new Error('a defect');
    }),
    /a defect/,
  );
});

for (const [name, text, deadlineMs, why] of [
  ['that ends', 'process.exit(0)', 60_000, /the thread ended/],
  ['that throws', 'throw new Error("no room")', 60_000, /no room/],
  ['that gives no answer', 'setInterval(() => {}, 1000)', 300, /no answer within 300 ms/],
] as const)
  test(`a thread ${name} leaves the work to this thread, with one warning`, async () => {
    const later = signatureThread(programOf(text), deadlineMs);
    const warned = once(process, 'warning');
    assert.deepEqual(await Promise.all(SIGNED.map((signed) => later(...signed))), EXPECTED);
    const [{ message }] = await warned;
    assert.match(message, why);
    assert.deepEqual(await Promise.all(SIGNED.map((signed) => later(...signed))), EXPECTED);
  });
