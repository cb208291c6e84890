import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hostPortFrom, hostPortText, webSocketUrl } from './address.ts';

describe('addresses of the WebSocket transport', () => {
  const good = [
    ['127.0.0.1:9000', { host: '127.0.0.1', port: 9000 }],
    ['node-1.example.org:1', { host: 'node-1.example.org', port: 1 }],
    ['[::1]:65535', { host: '::1', port: 65_535 }],
  ] as const;
  for (const [text, expected] of good) {
    test(text, () => {
      assert.deepEqual(hostPortFrom(text), expected);
      assert.equal(hostPortText(expected), text);
      assert.equal(webSocketUrl(text), `ws://${text}`);
    });
  }

  test('an address of a proxy is dialed as it is', () => {
    assert.equal(webSocketUrl('wss://proxy.example.org/watchbill'), 'wss://proxy.example.org/watchbill');
  });

  for (const text of [
    '',
    'host',
    'host:',
    ':9000',
    'host:65536',
    'http://host:1',
    '::1:9000',
    'a b:1',
    'ws://',
  ]) {
    test(`no address: "${text}"`, () => assert.throws(() => webSocketUrl(text), RangeError));
  }
});
