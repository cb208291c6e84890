import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askProgram, MOST_ANSWER_BYTES, type ProgramOutput, type SigningProgram } from './program.ts';

const LONG_MS = 60_000;

/** A program that is this text, run by the Node of the test. */
function program(text: string, more: Partial<SigningProgram> = {}): SigningProgram {
  return { command: process.execPath, args: ['-e', text], env: {}, timeoutMs: LONG_MS, ...more };
}

function asked(one: SigningProgram, signal = new AbortController().signal): Promise<ProgramOutput> {
  return askProgram(one, 'the request', signal);
}

test('it gets one line and the environment that is meant for it, and no other; what it writes is given back', async () => {
  const echo = `
    const chunks = [];
    process.stdin.on('data', (chunk) => chunks.push(chunk));
    process.stdin.on('end', () => {
      process.stderr.write('a secret');
      process.stdout.write(JSON.stringify([Buffer.concat(chunks).toString(), Object.keys(process.env)]));
    });`;
  assert.deepEqual(await asked(program(echo, { env: { ONLY: 'this' } })), {
    text: JSON.stringify(['the request\n', ['ONLY']]),
  });
});

test('what ends badly, is not there, writes too much, or never ends gives a reason', async () => {
  const why = async (one: SigningProgram, signal?: AbortSignal): Promise<string> => {
    const output = await asked(one, signal);
    return 'why' in output ? output.why : `text: ${output.text.length}`;
  };
  assert.equal(
    await why(program('process.stdout.write("half"); process.exitCode = 3')),
    'the signing program ended with 3',
  );
  assert.equal(
    await why(program('', { command: '/nowhere/signer' })),
    'the signing program could not be started',
  );
  const writes = (bytes: number): SigningProgram => program(`process.stdout.write('x'.repeat(${bytes}))`);
  assert.equal(await why(writes(MOST_ANSWER_BYTES)), `text: ${MOST_ANSWER_BYTES}`);
  assert.equal(await why(writes(MOST_ANSWER_BYTES + 1)), 'the answer of the signing program is too long');
  const hangs = 'setInterval(() => undefined, 1_000)';
  assert.equal(
    await why(program(hangs, { timeoutMs: 50 })),
    'the signing program did not answer within 50 ms',
  );
  assert.equal(await why(program(hangs), AbortSignal.timeout(50)), 'the signing program was stopped');
});
