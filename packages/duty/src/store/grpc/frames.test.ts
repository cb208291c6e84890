import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frameOf, frameReader } from './frames.ts';

const MIB = 1_024 * 1_024;

function head(length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

test('frames come back whole, however they were cut on the way', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 });
  fc.assert(
    fc.property(messages, fc.integer({ min: 1, max: 17 }), (sent, size) => {
      const wire = Buffer.concat(sent.map(frameOf));
      const reader = frameReader();
      const read: Uint8Array[] = [];
      for (let at = 0; at < wire.length; at += size) read.push(...reader.push(wire.subarray(at, at + size)));
      assert.deepEqual(read, sent);
    }),
  );
});

test('a message of 256 MiB is awaited; a longer or a compressed one is refused by its head', () => {
  assert.deepEqual(frameReader().push(head(256 * MIB)), []);
  assert.throws(() => frameReader().push(head(256 * MIB + 1)), {
    message: 'the peer sent a message of 268435457 bytes',
  });
  assert.throws(() => frameReader().push(Buffer.from([1, 0, 0, 0, 0])), /compressed/);
});
