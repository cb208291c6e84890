import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault, usageFault } from '../fault/fault.ts';
import { systemFault } from './system-fault.ts';

const errno = (code: string, more: object) => Object.assign(new Error(`${code}: raw`), { code, ...more });

describe('the fault of a system error', () => {
  const cases: readonly (readonly [Error, string, string, string])[] = [
    [errno('ENOSPC', { syscall: 'write' }), 'no-room', 'fault', 'here: the disk is full'],
    [errno('EROFS', { syscall: 'open' }), 'read-only', 'fault', 'here: the file system is read-only'],
    [errno('EACCES', { syscall: 'open' }), 'not-allowed', 'usage', 'here: this user lacks the permission'],
    [
      errno('EEXIST', { syscall: 'mkdir' }),
      'exists',
      'usage',
      'here: it exists already and is never overwritten',
    ],
    [
      errno('ECONNREFUSED', { syscall: 'connect' }),
      'unreachable',
      'unreachable',
      'here: no program listens on that port',
    ],
    [
      errno('ERR_SSL_UNSUPPORTED_PROTOCOL', {}),
      'tls-failed',
      'unreachable',
      'here: the TLS connection failed',
    ],
  ];
  for (const [error, code, kind, message] of cases)
    test(`${code}: ${message}`, () => {
      const fault = systemFault(error, 'here');
      assert.deepEqual([fault?.code, fault?.kind, fault?.message], [code, kind, message]);
      assert.equal(fault?.problems[0]?.where, 'here');
      assert.equal(fault?.cause, error);
    });

  test('names the path or the address of the error, if it has one', () => {
    assert.equal(systemFault(errno('EISDIR', { path: '/a' }))?.message, '/a: it is a folder, not a file');
    assert.equal(
      systemFault(errno('EADDRINUSE', { address: '::1', port: 1 }))?.message,
      '::1:1: another process uses that address',
    );
    const placeless = systemFault(errno('ENOSPC', {}));
    assert.deepEqual([placeless?.message, placeless?.problems[0]?.where], ['the disk is full', null]);
  });
});

test('other errors have no fault of the system', () => {
  assert.equal(systemFault(new Error('x')), null);
  assert.equal(systemFault(new Error('it refused the http request')), null, 'no code');
  assert.equal(systemFault(errno('ENOENT', { syscall: 'spawn node' })), null);
  assert.equal(systemFault(usageFault('the answer is not an http request', 'y')), null);
  assert.equal(systemFault(new Fault('ENOENT', 'fault', [])), null);
  assert.equal(systemFault('ENOENT'), null);
});
