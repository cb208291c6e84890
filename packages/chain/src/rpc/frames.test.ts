import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameFault, frameReader, textFrame } from './frames.ts';

/** The messages in the bytes of a server that come in pieces of so many. */
function heard(bytes: Buffer, piece = bytes.length): readonly string[] {
  const all: string[] = [];
  const take = frameReader({
    onText: (text) => all.push(text),
    onPing: (payload) => all.push(`ping ${payload.toString()}`),
    onClose: () => all.push('close'),
  });
  for (let at = 0; at < bytes.length; at += piece) take(bytes.subarray(at, at + piece));
  return all;
}

const frame = (first: number, text: string): Buffer =>
  Buffer.concat([Buffer.from([first, Buffer.byteLength(text)]), Buffer.from(text)]);

test('a text arrives whole, whatever its frames and pieces are', () => {
  const long = 'ä'.repeat(40_000);
  const size = Buffer.alloc(10);
  size.set([0x81, 127]);
  size.writeBigUInt64BE(80_000n, 2);
  const medium = Buffer.concat([Buffer.from([0x81, 126, 0x01, 0x00]), Buffer.alloc(256, 'm')]);
  const bytes = Buffer.concat([
    ...[frame(0x01, 'a'), frame(0x89, 'hi'), frame(0x00, 'b'), frame(0x80, 'c')],
    ...[medium, frame(0x82, 'binary'), Buffer.concat([size, Buffer.from(long)]), frame(0x88, '')],
    frame(0x81, 'after the end'),
  ]);
  const expected = ['ping hi', 'abc', 'm'.repeat(256), long, 'close'];
  for (const piece of [bytes.length, 1_000, 1]) assert.deepEqual(heard(bytes, piece), expected);
});

test('a server that breaks the protocol is refused', () => {
  const huge = Buffer.from([0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0]);
  const wrong: readonly Buffer[] = [
    frame(0xc1, 'compressed'),
    Buffer.from([0x81, 0x81, 0, 0, 0, 0, 65]),
    frame(0x83, 'unknown opcode'),
    frame(0x09, 'a ping in fragments'),
    Buffer.from([0x89, 126, 0, 126]),
    frame(0x80, 'a fragment of nothing'),
    Buffer.concat([frame(0x01, 'one'), frame(0x81, 'another')]),
    huge,
  ];
  for (const bytes of wrong) assert.throws(() => heard(bytes), FrameFault, bytes.toString('latin1'));
});

test('a client masks what it sends', () => {
  for (const text of ['', 'short', 'x'.repeat(200), 'y'.repeat(70_000)]) {
    const bytes = textFrame(text);
    const size = Buffer.byteLength(text);
    const start = size < 126 ? 2 : size < 65_536 ? 4 : 10;
    assert.deepEqual([bytes[0], (bytes[1] ?? 0) & 0x80], [0x81, 0x80]);
    const mask = bytes.subarray(start, start + 4);
    const plain = bytes.subarray(start + 4).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
    assert.equal(Buffer.from(plain).toString(), text);
  }
});
