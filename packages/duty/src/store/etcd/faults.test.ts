import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RpcError } from '../grpc/rpc-error.ts';
import { failureOf, unreachable } from './faults.ts';

const at = 'host:2379';
/** Status codes of gRPC. */
const CODE = {
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
};

/** As a member answers. */
const told = (text: string, status: number): RpcError => new RpcError(status, text, true);

describe('what a failed call says about its effect', () => {
  const uncertain = [
    told('etcdserver: leader changed', CODE.Unavailable),
    told('etcdserver: request timed out', CODE.Unavailable),
    told('etcdserver: request timed out, possibly due to previous leader failure', CODE.Unavailable),
    told('etcdserver: request timed out, possibly due to connection lost', CODE.Unavailable),
    told('etcdserver: server stopped', CODE.Unavailable),
    told('etcdserver: request canceled', CODE.Canceled),
    told('raft proposal dropped', CODE.Unknown),
    told('the operation timed out', CODE.DeadlineExceeded),
    told('http/2 stream closed with error code REFUSED_STREAM (0x7)', CODE.Unavailable),
    told('etcdserver: mvcc: database space exceeded', CODE.ResourceExhausted),
    told('etcdserver: corrupt cluster', CODE.DataLoss),
    told('something that etcd 9 says', CODE.InvalidArgument),
    new Error('read ECONNRESET'),
  ];
  for (const error of uncertain) {
    test(`may have been applied: ${error.message}`, () => {
      assert.equal(failureOf(error, at).nothingApplied, false);
    });
  }

  const certain: readonly [string, number, string][] = [
    ['etcdserver: no leader', CODE.Unavailable, 'unavailable'],
    ['etcdserver: too many requests', CODE.ResourceExhausted, 'unavailable'],
    ['etcdserver: rpc not supported for learner', CODE.FailedPrecondition, 'unavailable'],
    ['etcdserver: permission denied', CODE.PermissionDenied, 'refused'],
    ['etcdserver: user name is empty', CODE.InvalidArgument, 'refused'],
    ['etcdserver: authentication failed, invalid user ID or password', CODE.InvalidArgument, 'refused'],
    ['etcdserver: too many operations in txn request', CODE.InvalidArgument, 'refused'],
    ['etcdserver: request is too large', CODE.InvalidArgument, 'refused'],
    ['etcdserver: requested lease not found', CODE.NotFound, 'refused'],
  ];
  for (const [text, code, expected] of certain) {
    test(`not applied: ${text}`, () => {
      const failure = failureOf(told(text, code), at);
      assert.equal(failure.nothingApplied, true);
      assert.equal(failure.fault.code, expected);
      assert.match(failure.fault.message, /host:2379/);
      assert.notEqual(failure.fault.remedy, '');
    });
  }
});

describe('a connection that was never made', () => {
  test('sent nothing', () => {
    const failure = unreachable(new Error('connect ECONNREFUSED'), at);
    assert.deepEqual([failure.nothingApplied, failure.fault.code], [true, 'unavailable']);
  });

  test('says which certificate is wrong', () => {
    const remedyFor = (text: string): string => unreachable(new Error(text), at).fault.remedy;
    assert.match(remedyFor('self-signed certificate in certificate chain'), /tls\.ca/);
    assert.match(remedyFor('tlsv13 alert certificate required'), /tls\.cert/);
    assert.match(remedyFor("Hostname/IP does not match certificate's altnames"), /name/);
    assert.match(remedyFor('certificate has expired'), /renew/);
  });
});
