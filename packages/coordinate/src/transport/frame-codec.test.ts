import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeFrame, encodeFrame, MAX_ENCODED_FRAME_BYTES } from './frame-codec.ts';
import { MAX_FRAME_BYTES, MAX_FRAME_TYPE_BYTES } from './port.ts';

const type = fc.stringMatching(/^[!-~]{1,64}$/);

describe('a frame on the wire', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(type, fc.uint8Array({ maxLength: 300 }), (name, payload) => {
        assert.deepEqual(decodeFrame(encodeFrame({ type: name, payload })), { type: name, payload });
      }),
    );
    const largest = { type: 't'.repeat(MAX_FRAME_TYPE_BYTES), payload: new Uint8Array(MAX_FRAME_BYTES) };
    assert.deepEqual(decodeFrame(encodeFrame(largest)), largest);
  });

  test('a frame that was read is written as the same bytes, and no bytes throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const frame = decodeFrame(bytes);
        if (typeof frame !== 'string') assert.deepEqual(encodeFrame(frame), bytes);
      }),
      { numRuns: 1_000 },
    );
  });

  test('a frame that is too large or has no valid type is not written', () => {
    const payload = new Uint8Array(0);
    const types = ['', 'a b', 'ä', 'a\n', 't'.repeat(MAX_FRAME_TYPE_BYTES + 1)];
    for (const name of types) assert.throws(() => encodeFrame({ type: name, payload }), RangeError);
    const large = { type: 't', payload: new Uint8Array(MAX_FRAME_BYTES + 1) };
    assert.throws(() => encodeFrame(large), RangeError);
  });

  test('bytes that are never written are not read', () => {
    const rows: readonly (readonly [readonly number[], string])[] = [
      [[], 'malformed'],
      [[0], 'malformed'],
      [[0, 1, 2], 'malformed'],
      [[2, 0x61], 'malformed'],
      [[1, 0x20], 'malformed'],
      [[1, 0xe4], 'malformed'],
      [[65, ...new Array<number>(65).fill(0x61)], 'malformed'],
      [[1, 0x61, ...new Array<number>(MAX_FRAME_BYTES + 1).fill(0)], 'too-large'],
      [new Array<number>(MAX_ENCODED_FRAME_BYTES + 1).fill(1), 'too-large'],
    ];
    for (const [bytes, expected] of rows) assert.equal(decodeFrame(Uint8Array.from(bytes)), expected);
  });

  test('the payload is a copy', () => {
    const bytes = encodeFrame({ type: 't', payload: Uint8Array.of(1) });
    const frame = decodeFrame(bytes);
    bytes.fill(0);
    assert.deepEqual(frame, { type: 't', payload: Uint8Array.of(1) });
  });
});
