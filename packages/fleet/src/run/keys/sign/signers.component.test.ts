import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '@watchbill/kit/testing';
import { offlineSigner } from './offline.ts';
import { programSigner } from './program.ts';
import type { KeySigningRequest } from './request.ts';

const SIGNATURE = `0x${'5a'.repeat(64)}`;
const REQUEST: KeySigningRequest = {
  ...{ id: 'one', what: 'register', stash: 's', signer: 's', account: '0x01', scheme: 'sr25519' },
  ...{ proxyType: null, keys: '0x', chain: '0x', nonce: 1, birth: 1, birthHash: '0x', death: 5 },
  ...{ specVersion: 1, transactionVersion: 1, tip: '0', call: '0x', payload: '0x', message: '0x' },
};
const never = new AbortController().signal;

/** A program as a text of JavaScript. */
function program(code: string, timeoutMs = 20_000) {
  return programSigner({
    command: process.execPath,
    args: ['-e', code],
    env: { PATH: process.env.PATH ?? '' },
    timeoutMs,
  });
}

const ANSWER = `let t='';process.stdin.on('data',d=>t+=d).on('end',()=>{const {id}=JSON.parse(t);`;

test('a program gets the request and answers it; what is not an answer to it signs nothing', async () => {
  const cases = [
    [`${ANSWER}console.log(JSON.stringify({id,signature:'${SIGNATURE}'}))})`, 'signature'],
    [`${ANSWER}console.log(JSON.stringify({id,refused:'not today'}))})`, 'refused'],
    [`${ANSWER}console.log(JSON.stringify({id:'two',signature:'${SIGNATURE}'}))})`, 'unavailable'],
    [`${ANSWER}console.log(JSON.stringify({id,signature:'0x00'}))})`, 'unavailable'],
    [`${ANSWER}console.log(JSON.stringify({id,signature:'${SIGNATURE}'}));process.exit(1)})`, 'unavailable'],
    [`console.log('x'.repeat(100000))`, 'unavailable'],
    [`console.log('{')`, 'unavailable'],
  ] as const;
  for (const [code, result] of cases)
    assert.equal((await program(code).sign(REQUEST, never)).result, result, code);
});

test('a program that does not answer, or does not exist, or is stopped, signs nothing', async () => {
  const silent = 'setInterval(()=>{},1000)';
  assert.equal((await program(silent, 200).sign(REQUEST, never)).result, 'unavailable');
  assert.equal((await program(silent).sign(REQUEST, AbortSignal.timeout(200))).result, 'unavailable');
  const none = programSigner({ command: '/no/such/program', args: [], env: {}, timeoutMs: 5_000 });
  assert.equal((await none.sign(REQUEST, never)).result, 'unavailable');
});

test('it sees only the given environment', async () => {
  process.env.WATCHBILL_TEST_SECRET = 'hush';
  const code = `${ANSWER}console.log(JSON.stringify({id,refused:String(process.env.WATCHBILL_TEST_SECRET)}))})`;
  assert.deepEqual(await program(code).sign(REQUEST, never), { result: 'refused', why: 'undefined' });
  delete process.env.WATCHBILL_TEST_SECRET;
});

test('a request goes out once as it is, and its answer comes in from another file', async (context) => {
  const folder = temporaryFolder(context);
  const [payloadOut, signatureIn] = [join(folder, 'out.json'), join(folder, 'in.json')];
  const signer = offlineSigner({ payloadOut, signatureIn });
  assert.deepEqual(await signer.sign(REQUEST, never), { result: 'waiting', why: payloadOut });
  assert.deepEqual(JSON.parse(readFileSync(payloadOut, 'utf8')), REQUEST);
  writeFileSync(signatureIn, JSON.stringify({ id: 'one', signature: SIGNATURE }));
  assert.deepEqual(await signer.sign(REQUEST, never), { result: 'signature', signature: SIGNATURE });
  assert.equal((await signer.sign({ ...REQUEST, id: 'two' }, never)).result, 'unavailable');
  writeFileSync(signatureIn, `{"id":"one","signature":"${SIGNATURE}","x":"${'x'.repeat(20_000)}"}`);
  assert.equal((await signer.sign(REQUEST, never)).result, 'unavailable');
});

test('a link in place of an answer is not followed', async (context) => {
  const folder = temporaryFolder(context);
  const elsewhere = join(folder, 'elsewhere');
  writeFileSync(elsewhere, JSON.stringify({ id: 'one', signature: SIGNATURE }));
  const signatureIn = join(folder, 'in.json');
  symlinkSync(elsewhere, signatureIn);
  assert.ok(existsSync(signatureIn));
  const answer = await offlineSigner({ payloadOut: null, signatureIn }).sign(REQUEST, never);
  assert.ok(answer.result === 'unavailable' && /is a link/.test(answer.why));
});
