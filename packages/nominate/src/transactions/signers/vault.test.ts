import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import type { SigningRequest } from './port.ts';
import { qrModules, qrPng, qrText } from './qr-picture.ts';
import { readQr, readQrPng } from './testing/read-qr.ts';
import { requestBy } from './testing/request.ts';
import { plainSignature, vaultFrames } from './vault.ts';

const KEY = `0x${'a1'.repeat(32)}`;
const GENESIS = `0x${'91'.repeat(32)}`;

function requestOf(call: string, rest = 'd5010c00'): SigningRequest {
  const payload = `0x${call}${rest}`;
  return requestBy(KEY, { genesis: GENESIS, call: `0x${call}`, payload, message: payload });
}

function framesOf(request: SigningRequest, scheme: 'sr25519' | 'ed25519' = 'sr25519'): readonly Uint8Array[] {
  const made = vaultFrames(request, scheme);
  return made.ok ? made.frames : assert.fail(made.why);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('the content for Polkadot Vault', () => {
  test('a short request is one frame, byte by byte', () => {
    const key = 'a1'.repeat(32);
    const genesis = '91'.repeat(32);
    const [frame] = framesOf(requestOf('070503'));
    assert.ok(frame);
    assert.equal(hex(frame), `0000010000530102${key}0c070503d5010c00${genesis}`);
    const [other] = framesOf(requestOf('070503'), 'ed25519');
    assert.equal(hex(other ?? frame).slice(10, 16), '530002');
    // Two bytes of length for a call of 100 bytes.
    assert.match(hex(framesOf(requestOf('05'.repeat(100)))[0] ?? frame), /a1910105/);
  });

  test('a long request is several frames that give its bytes in order', () => {
    const call = hex(randomBytes(2_500));
    const frames = framesOf(requestOf(call));
    assert.equal(frames.length, 3);
    for (const [index, frame] of frames.entries()) {
      assert.equal(hex(frame.subarray(0, 5)), `000003000${index}`);
      assert.ok(frame.length <= 1_029);
    }
    const content = hex(Buffer.concat(frames.map((frame) => frame.subarray(5))));
    assert.ok(content.startsWith('530102') && content.includes(call));
  });

  test('more than 16 frames, and a payload without its call, get a reason', () => {
    const most = 16 * 1_024 - 3 - 32 - 4 - 4 - 32;
    assert.equal(framesOf(requestOf('05'.repeat(most - 2))).length, 16);
    const over = vaultFrames(requestOf('05'.repeat(most + 100)), 'sr25519');
    assert.ok(!over.ok);
    assert.match(over.why, /has 16484 bytes; QR codes hold at most 16384 \(16 frames\)/);
    const other = vaultFrames({ ...requestOf('0503'), call: '0x0504' }, 'sr25519');
    assert.deepEqual(other, { ok: false, why: 'the payload does not begin with the call' });
  });

  test('a signature as Vault shows it becomes plain; one of another key type stays', () => {
    const plain = 'c3'.repeat(64);
    for (const text of [plain, `0x${plain}`, `01${plain}`, `0x01${plain}`, ` 01${plain.toUpperCase()}\n`])
      assert.equal(plainSignature(text, 'sr25519'), `0x${plain}`, text);
    assert.equal(plainSignature(`00${plain}`, 'ed25519'), `0x${plain}`);
    for (const text of [`00${plain}`, '0x00', `${plain}0101`, ''])
      assert.equal(plainSignature(text, 'sr25519'), text);
  });
});

describe('the pictures', () => {
  const contents = [
    Uint8Array.of(0),
    ...[40, 700, 1_029].map((length) => Uint8Array.from(randomBytes(length))),
  ];

  test('a PNG gives its bytes back to another reader', () => {
    for (const content of contents) {
      assert.deepEqual(readQrPng(qrPng(qrModules(content))), content);
    }
  });

  test('a text for a terminal gives its bytes back', () => {
    for (const content of contents) {
      const rows = qrText(qrModules(content), false).split('\n');
      const size = rows[0]?.length ?? 0;
      assert.ok(size <= 133, `${size} columns`);
      const scale = 3;
      const dark = (x: number, y: number): boolean => {
        const row = Math.floor(y / scale);
        const character = rows[row >> 1]?.[Math.floor(x / scale)] ?? ' ';
        return character === '█' || character === (row % 2 === 0 ? '▀' : '▄');
      };
      assert.deepEqual(readQr(size * scale, dark), content);
    }
    const coloured = qrText(qrModules(Uint8Array.of(0)), true);
    assert.equal(
      coloured.replaceAll('\x1b[30;107m', '').replaceAll('\x1b[0m', ''),
      qrText(qrModules(Uint8Array.of(0)), false),
    );
  });
});
