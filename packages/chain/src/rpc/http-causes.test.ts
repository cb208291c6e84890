import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brokenFault } from './http.ts';

const ADDRESS = 'http://node.example:9944';
const failed = (code: string | undefined, message: string) =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });

describe('a failed exchange with a node has its cause in plain English', () => {
  const cases: readonly (readonly [Error, string, string])[] = [
    [
      failed('ECONNREFUSED', 'connect ECONNREFUSED 1.2.3.4:9944'),
      'unreachable',
      'no program listens on that port',
    ],
    [failed('ENOTFOUND', 'getaddrinfo ENOTFOUND node.example'), 'unreachable', 'the host name is unknown'],
    [
      failed('UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error'),
      'unreachable',
      'no connection was made in time',
    ],
    [failed('UND_ERR_SOCKET', 'other side closed'), 'lost', 'the other side closed the connection'],
    [
      failed('HPE_INVALID_CONSTANT', 'Response does not match the HTTP/1.1 protocol'),
      'lost',
      'the answer is not HTTP',
    ],
    [failed(undefined, 'unexpected redirect to http://elsewhere/secret'), 'lost', 'the connection broke'],
    [new TypeError('Failed to parse http://node.example/secret'), 'lost', 'the connection broke'],
  ];
  for (const [error, code, cause] of cases) {
    test(`${code}: ${cause}`, () => {
      const fault = brokenFault(error, ADDRESS, 'system_health');
      assert.equal(fault.code, code);
      assert.ok(fault.message.endsWith(`: ${cause}`), fault.message);
      assert.doesNotMatch(fault.message, /\bE[A-Z]{3,}|ERR_|secret/);
    });
  }
});
