import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { frameReader } from './fault-proxy.ts';

/**
 * A frame of HTTP/2: length, type, flags, stream, payload (filled with bytes that look like HEADERS frames).
 */
function frame(type: number, length: number): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(length, 0, 3);
  header.writeUInt8(type, 3);
  return Buffer.concat([header, Buffer.alloc(length, 1)]);
}

test('a HEADERS frame is found once, however the stream is cut, and no other frame counts as one', () => {
  const frames = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 40 })), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 20 }), (list, step) => {
      const preface = Buffer.alloc(24, 1);
      const stream = Buffer.concat([preface, ...list.map(([type, length]) => frame(type, length))]);
      const read = frameReader(preface.length);
      let found = 0;
      for (let at = 0; at < stream.length; at += 1) found += read(stream.subarray(at, at + 1)) ? 1 : 0;
      assert.equal(found, list.filter(([type]) => type === 1).length);
      const again = frameReader(preface.length);
      let any = false;
      for (let at = 0; at < stream.length; at += step) any = again(stream.subarray(at, at + step)) || any;
      assert.equal(any, found > 0);
    }),
  );
});
