import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { peerIdOf } from '../../file/index.ts';
import type { SecretEntry, SecretUse } from '../../file/secret-names/index.ts';
import { CERTIFICATE, CERTIFICATE_KEY } from '../testing/certificate.ts';
import { checkedValue, LONGEST_VALUE_BYTES } from './value.ts';

const entry = (use: SecretUse, peerId: string | null = null): SecretEntry => ({
  node: 'v-iron-0',
  place: 'iron',
  secret: 's',
  entry: 'e',
  use,
  scheme: null,
  peerId,
});

const HERE = { development: false };
const check = (use: SecretUse, text: string, options = HERE, peerId: string | null = null) =>
  checkedValue(entry(use, peerId), Buffer.from(text), options);
const taken = (use: SecretUse, text: string, options = HERE) => {
  const checked = check(use, text, options);
  return checked.ok ? Buffer.from(checked.bytes).toString() : null;
};

const WORDS = 'legal winner thank year wave sausage worth useful legal winner thank yellow';
const KEY = '0f'.repeat(32);

test('values are taken without the line end that editors add', () => {
  assert.equal(taken('token', 'abcdefghijklmnopqrstuvwx\n'), 'abcdefghijklmnopqrstuvwx');
  assert.equal(taken('node-key', `${KEY}\r\n`), KEY);
  assert.equal(taken('seed', `${WORDS}\n`), WORDS);
  assert.equal(taken('seed', `${WORDS}//stash//0`), `${WORDS}//stash//0`);
  assert.equal(taken('seed', `0x${KEY}`), `0x${KEY}`);
  const raw = checkedValue(entry('node-key'), Buffer.from(KEY, 'hex'), HERE);
  assert.ok(raw.ok && Buffer.from(raw.bytes).toString() === KEY, '32 bytes become what every node reads');
});

test('what is something else is refused', () => {
  const wrong: readonly (readonly [SecretUse, string])[] = [
    ['token', ''],
    ['token', 'two words of a token'],
    ['token', 'short'],
    ['token', 'line-one-of-a-token\nline-two'],
    ['ca', 'not a certificate'],
    ['ca', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    ['node-key', KEY.slice(2)],
    ['node-key', `0x${KEY}`],
    ['seed', 'legal winner thank'],
    ['seed', `${WORDS}  ${WORDS}`],
    ['seed', `0x${KEY}\n0x${KEY}`],
    ['seed', '{"babe": "0x"}'],
  ];
  for (const [use, text] of wrong) assert.ok(!check(use, text).ok, `${use} ${text}`);
  assert.ok(!checkedValue(entry('token'), Buffer.alloc(LONGEST_VALUE_BYTES + 1, 65), HERE).ok);
});

test('values of a permission service are checked by their form', () => {
  for (const use of ['certificate', 'ca', 'store-ca'] as const) {
    assert.equal(taken(use, CERTIFICATE), CERTIFICATE);
    assert.ok(!check(use, CERTIFICATE_KEY).ok, `${use}: a private key`);
    assert.ok(!check(use, 'text').ok);
  }
  const two = `${CERTIFICATE}${CERTIFICATE}`;
  assert.equal(taken('ca', two), two);
  assert.ok(!check('ca', `${CERTIFICATE}${CERTIFICATE_KEY}`).ok);
  assert.equal(taken('private-key', CERTIFICATE_KEY), CERTIFICATE_KEY);
  for (const wrong of [CERTIFICATE, 'text', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'])
    assert.ok(!check('private-key', wrong).ok, wrong);
  assert.equal(taken('password', 'hunter2\n'), 'hunter2');
  for (const wrong of ['two words', 'a\nb', '']) assert.ok(!check('password', wrong).ok, wrong);
  assert.equal(taken('operator-token', 'abcdefghijklmnopqrstuvwx\n'), 'abcdefghijklmnopqrstuvwx');
});

test('a well-known seed is refused, unless it is meant', () => {
  const phrase = 'bottom drive obey lake curtain smoke basket hold race lonely fit walk';
  for (const text of ['//Alice', '//Eve\n', '/soft', phrase, `${phrase}//Bob`]) {
    const refused = check('seed', text);
    assert.ok(!refused.ok && /public seed/.test(refused.what), text);
    assert.equal(taken('seed', text, { development: true }), text.trim());
  }
});

test('a node key must be that of the peer id that others know', () => {
  const own = peerIdOf(Buffer.from(KEY, 'hex'));
  assert.ok(check('node-key', KEY, HERE, own).ok);
  const other = check('node-key', '0e'.repeat(32), HERE, own);
  assert.ok(!other.ok && other.what.includes(own));
});

test('no message contains a part of a value', () => {
  const uses: readonly SecretUse[] = ['token', 'ca', 'node-key', 'seed'];
  const value = fc.string({ minLength: 6, maxLength: 60, unit: 'binary' });
  fc.assert(
    fc.property(value, fc.constantFrom(...uses), (text, use) => {
      const checked = check(use, `zq${text}`);
      if (!checked.ok) assert.ok(!`${checked.what} ${checked.remedy}`.includes(`zq${text}`));
    }),
    { seed: 7, numRuns: 300 },
  );
});
