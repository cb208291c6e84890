import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { messageOf } from '@watchbill/kit';
import { failureOf } from './etcd/faults.ts';
import { RpcError, STATUS } from './grpc/rpc-error.ts';
import { sqliteFault } from './sqlite/sqlite-faults.ts';
import { unansweredFault } from './tikv/faults.ts';

/** A code of the operating system, or a text of OpenSSL or HTTP/2. */
const RAW = /\bE[A-Z]{3,}|ERR_|SSL routines|NGHTTP2/;

const coded = (code: string, message: string) => Object.assign(new Error(message), { code, syscall: 'read' });
const ERRORS = [
  coded('ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:2379'),
  coded('ENOTFOUND', 'getaddrinfo ENOTFOUND etcd-1'),
  coded('ECONNRESET', 'read ECONNRESET'),
  coded('EISDIR', 'EISDIR: illegal operation on a directory, read'),
  coded('EACCES', "EACCES: permission denied, access '/var/lib/watchbill'"),
  coded('ERR_SSL_WRONG_VERSION_NUMBER', 'error:0A00010B:SSL routines::wrong version number'),
  coded('ERR_HTTP2_STREAM_ERROR', 'Stream closed with error code NGHTTP2_INTERNAL_ERROR'),
  coded('EWEIRDEST', ''),
];

/** The places that pass an error of the system on to a person. */
const PLACES: Readonly<Record<string, (error: Error) => Error>> = {
  'a failed call of etcd': (error) =>
    failureOf(new RpcError(STATUS.unavailable, messageOf(error), true, error), 'a:2379').fault,
  'an etcd member that cannot be reached': (error) =>
    failureOf(new RpcError(STATUS.unavailable, 'no connection', false, error), 'a:2379').fault,
  'a server of TiKV without an answer': (error) =>
    unansweredFault('TiKV at a:20160', new RpcError(STATUS.unavailable, messageOf(error), true, error)),
  'a database of SQLite': (error) => sqliteFault(error, '/var/lib/watchbill/store.db', 'opening'),
};

for (const [place, faultOf] of Object.entries(PLACES)) {
  describe(`${place} has its cause in plain English`, () => {
    for (const error of ERRORS) {
      test(error.code, () => {
        const fault = faultOf(error);
        if (error.code === 'EWEIRDEST') assert.match(fault.message, /reported an unknown error/);
        assert.doesNotMatch(fault.message, RAW);
        assert.notEqual((fault as Error & { remedy?: string }).remedy ?? '', '');
      });
    }
  });
}
