import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CommandAnswer, commandKey, KEY_REQUEST } from './command-key.ts';
import { newOperatorKey } from './operator-key.ts';
import { publicKeyText } from './public-key-text.ts';
import { SignerUnavailable } from './signer-unavailable.ts';

const REAL = newOperatorKey('ed25519');
const MESSAGE = Uint8Array.of(1, 2, 3);
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
const signed = (message = MESSAGE): CommandAnswer => ({
  text: JSON.stringify({ signature: hex(REAL.sign(message)) }),
});

/** A key whose program gives this; counts its runs. */
function keyWith(answer: () => CommandAnswer) {
  const lines: string[] = [];
  let nowMs = 0;
  const { scheme, publicKey } = REAL;
  const key = commandKey(
    { scheme, publicKey, command: ['sign'], timeoutMs: 100 },
    {
      nowMs: () => nowMs,
      run: (_setting, line) => {
        lines.push(line);
        return answer();
      },
    },
  );
  return {
    key,
    lines,
    wait: (ms: number): void => {
      nowMs += ms;
    },
  };
}

describe('a key of a program', () => {
  test('asks once for each message, and gives the same signature again', () => {
    const { key, lines } = keyWith(() => signed());
    assert.deepEqual(key.sign(MESSAGE), REAL.sign(MESSAGE));
    assert.deepEqual(key.sign(MESSAGE), REAL.sign(MESSAGE));
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [{ format: KEY_REQUEST, key: publicKeyText(REAL), message: '0x010203' }],
    );
  });

  for (const [name, answer] of [
    ['a failure', { why: 'the signing program ended with 1' }],
    ['another format', { text: '{"signature":"0x12"}' }],
    ['more than the signature', { text: JSON.stringify({ signature: hex(REAL.sign(MESSAGE)), more: 1 }) }],
    ['no JSON', { text: 'no' }],
    ['the signature of another message', signed(Uint8Array.of(9))],
  ] as const) {
    test(`${name} is not a signature`, () => {
      const { key } = keyWith(() => answer);
      assert.throws(() => key.sign(MESSAGE), SignerUnavailable);
    });
  }

  test('after a failure it is not asked for ten seconds, then again', () => {
    let answer: CommandAnswer = { why: 'it hangs' };
    const { key, lines, wait } = keyWith(() => answer);
    assert.throws(() => key.sign(MESSAGE), /it hangs/);
    answer = signed();
    wait(9_999);
    assert.throws(() => key.sign(MESSAGE), /it hangs/);
    assert.equal(lines.length, 1);
    wait(1);
    assert.deepEqual(key.sign(MESSAGE), REAL.sign(MESSAGE));
    assert.equal(lines.length, 2);
  });
});
