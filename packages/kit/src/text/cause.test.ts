import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { causeText, systemCause, wasNotSent } from './cause.ts';

function coded(code: string, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { code });
}

const REFUSED = coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1');

describe('a system error in plain English', () => {
  const cases: readonly (readonly [Error, string])[] = [
    [REFUSED, 'no program listens on that port'],
    [coded('EISDIR', 'EISDIR: illegal operation on a directory, read'), 'it is a folder, not a file'],
    [coded('ENOSPC', 'ENOSPC: no space left on device, write'), 'the disk is full'],
    [
      coded('ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP doesn't match"),
      'the certificate does not name this host',
    ],
    [
      coded('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'),
      'the certificate is not signed by a trusted authority',
    ],
    [
      coded(
        'ERR_SSL_WRONG_VERSION_NUMBER',
        '40:error:0A00010B:SSL routines:ssl3_get_record:wrong version number',
      ),
      'the other side does not speak TLS',
    ],
    [
      coded(
        'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
        'error:0A00045C:SSL routines::tlsv13 alert certificate required',
      ),
      'the other side requires a client certificate',
    ],
    [
      coded('ERR_SSL_UNSUPPORTED_PROTOCOL', 'error:0A000102:SSL routines::unsupported protocol'),
      'the TLS connection failed',
    ],
    [
      coded('ERR_HTTP2_STREAM_ERROR', 'Stream closed with error code NGHTTP2_REFUSED_STREAM'),
      'the HTTP/2 connection broke',
    ],
    [coded('HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/'), 'the answer is not HTTP'],
  ];
  for (const [error, text] of cases) {
    test(error.message, () => {
      assert.equal(systemCause(error), text);
      assert.equal(systemCause(new Error('fetch failed', { cause: error })), text, 'as a cause');
    });
  }

  test('an unknown code is named', () => {
    assert.equal(causeText(coded('EWEIRD', 'EWEIRD: strange, open')), 'the operating system reported EWEIRD');
    assert.equal(
      causeText(Object.assign(new Error(''), { syscall: 'x' })),
      'the operating system reported an unknown error',
    );
  });
});

test('our own message stays, also with a system error as its cause', () => {
  assert.equal(
    causeText(new Error('no connection to host:1', { cause: REFUSED })),
    'no connection to host:1',
  );
  assert.equal(causeText('a text'), 'a text');
  assert.equal(systemCause(new Error('a mark is missing')), null);
});

test('a certificate that is not trusted has no code in its message', () => {
  const error = coded('SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain');
  assert.equal(causeText(error), 'the certificate is not signed by a trusted authority');
});

test('a prefix of a library is left out', () => {
  assert.equal(
    causeText(new Error('[unavailable] etcdserver: no leader'), 'etcdserver: no leader'),
    'etcdserver: no leader',
  );
  assert.equal(
    causeText(new Error(`[aborted] ${REFUSED.message}`, { cause: REFUSED }), REFUSED.message),
    'no program listens on that port',
  );
});

test('a cause that leads in a circle ends', () => {
  const error = new Error('round');
  error.cause = error;
  assert.equal(systemCause(error), null);
});

describe('whether a request was certainly not sent', () => {
  const failed = (code: string, syscall?: string) => Object.assign(new Error(code), { code, syscall });
  for (const [error, isCertain] of [
    [failed('ECONNREFUSED', 'connect'), true],
    [failed('ENOTFOUND', 'getaddrinfo'), true],
    [failed('UND_ERR_CONNECT_TIMEOUT'), true],
    [failed('CERT_HAS_EXPIRED'), true],
    [failed('DEPTH_ZERO_SELF_SIGNED_CERT'), true],
    [failed('ENOENT', 'connect'), true],
    [failed('EHOSTUNREACH', 'connect'), true],
    [Object.assign(new AggregateError([]), { code: 'ENETUNREACH' }), true],
    // The route was lost while the answer was awaited.
    [failed('EHOSTUNREACH', 'read'), false],
    [failed('ETIMEDOUT', 'read'), false],
    [failed('ECONNRESET', 'connect'), false],
    [failed('UND_ERR_SOCKET'), false],
    [new Error('a mark is missing'), false],
    ['ECONNREFUSED', false],
  ] as const)
    test(`${typeof error === 'string' ? error : `${error.message} ${'code' in error ? error.code : ''}`}`, () =>
      assert.equal(wasNotSent(error), isCertain));
});
