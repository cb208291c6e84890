import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frameReader } from './frames.ts';

const MIB = 1_024 * 1_024;

function head(length: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

test('a message of 256 MiB is awaited, a longer one is refused by its head', () => {
  const reader = frameReader();
  assert.deepEqual(reader.push(head(256 * MIB)), []);
  assert.equal(reader.pending(), true);
  assert.throws(() => frameReader().push(head(256 * MIB + 1)), {
    message: 'the peer sent a message of 268435457 bytes',
  });
});
