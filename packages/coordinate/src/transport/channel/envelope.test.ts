// Bytes written by hand from the field numbers of keep-core's messages; the key of the private key 1 is
// the generator of the curve, and that of `spec` with its peer id is the secp256k1 vector of libp2p's
// specification of peer ids.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage, MESSAGE_TYPE } from '../../rfc12/message.ts';
import { channelName } from './channel-name.ts';
import { decodeEnvelope, encodeEnvelope, MAX_CHANNEL_PAYLOAD_BYTES } from './envelope.ts';
import { heardNumbers, ownNumbers } from './sequence.ts';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');

const GENERATOR = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const SENDER = `0a27 0a25 0802 1221 ${GENERATOR}`;
const SMALL = { publicKey: bytes(GENERATOR), payload: bytes('aabb'), type: 't', sequence: 1n };

test('an envelope is its four fields: sender, payload, type, sequence number', () => {
  const wire = `${SENDER} 1202 aabb 1a01 74 2001`;
  assert.equal(hex(encodeEnvelope(SMALL)), wire.replaceAll(' ', ''));
  assert.deepEqual(decodeEnvelope(bytes(wire)), SMALL);
});

test('a noop of window 900 in its envelope, as keep-core writes it', () => {
  const keyHash = bytes('aa768412ceed10bd423c025542ca90071f9fb62d');
  const payload = encodeMessage({
    senderSeat: 10,
    coordinationBlock: 900n,
    keyHash,
    proposal: { action: 'noop' },
  });
  const inner = '080a 108407 1a14 aa768412ceed10bd423c025542ca90071f9fb62d 2200';
  assert.equal(hex(payload), inner.replaceAll(' ', ''));
  const wire = encodeEnvelope({ ...SMALL, payload, type: MESSAGE_TYPE, sequence: 300n });
  const type = Buffer.from('tbtc/coordination_message').toString('hex');
  assert.equal(hex(wire), `${SENDER} 121d ${inner} 1a19 ${type} 20ac02`.replaceAll(' ', ''));
});

test('bytes that are not an envelope are refused with their reason', () => {
  const rest = '1202 aabb 1a01 74 2001';
  const refused: readonly (readonly [string, string])[] = [
    ['ff', 'malformed'],
    [`0a02 0aff ${rest}`, 'malformed'],
    [`${SENDER} 1202 aabb 2001`, 'malformed'],
    [`0a27 0a25 0801 1221 ${GENERATOR} ${rest}`, 'wrong-key'],
    [`0a26 0a24 0802 1220 ${GENERATOR.slice(2)} ${rest}`, 'wrong-key'],
    [rest, 'wrong-key'],
  ];
  for (const [wire, reason] of refused) assert.equal(decodeEnvelope(bytes(wire)), reason, wire);
});

test('the largest payload fits, and one byte more does not', () => {
  const largest = new Uint8Array(MAX_CHANNEL_PAYLOAD_BYTES);
  const wire = encodeEnvelope({ ...SMALL, payload: largest });
  assert.ok(wire.length < 2 ** 20);
  assert.ok(typeof decodeEnvelope(wire) === 'object');
  const payload = new Uint8Array(MAX_CHANNEL_PAYLOAD_BYTES + 1);
  assert.throws(() => encodeEnvelope({ ...SMALL, payload }), RangeError);
  const head = bytes(`${SENDER} 12 8180 40`.replace('8180 40', varintHex(payload.length)));
  const tooLarge = Buffer.concat([head, payload, bytes('1a01742001')]);
  assert.equal(decodeEnvelope(tooLarge), 'too-large');
});

function varintHex(value: number): string {
  const parts: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    parts.push((rest % 128) | (rest >= 128 ? 128 : 0));
    if (rest < 128) return Buffer.from(parts).toString('hex');
  }
}

test('the channel of a wallet is named after its whole public key', () => {
  const whole =
    '0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8';
  assert.equal(channelName(bytes(GENERATOR)), `tbtc-${whole}-coordination`);
  assert.equal(channelName(bytes(whole)), `tbtc-${whole}-coordination`);
  for (const wrong of [new Uint8Array(33), bytes(GENERATOR).subarray(1), bytes(`${whole.slice(0, -2)}00`)])
    assert.throws(() => channelName(wrong), RangeError);
});

test('a repeat keeps its number, and each number of an author is new once in a window', () => {
  const own = ownNumbers();
  const [first, second] = [bytes('01'), bytes('02')];
  assert.deepEqual([own.of('t', first), own.of('t', second), own.of('t', first)], [1n, 2n, 1n]);
  const heard = heardNumbers();
  assert.deepEqual(
    [heard.isNew(0, 1n), heard.isNew(0, 1n), heard.isNew(1, 1n), heard.isNew(0, 2n)],
    [true, false, true, true],
  );
  heard.windowBegins();
  assert.ok(heard.isNew(0, 1n), 'its author may have started again');
  for (let sequence = 2n; sequence <= 1_024n; sequence++) assert.ok(heard.isNew(0, sequence));
  assert.equal(heard.isNew(0, 1_025n), false, 'a member has a bounded count of numbers');
});
