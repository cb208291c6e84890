import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Code, ConnectError } from '@connectrpc/connect';
import { failureOf, unreachable } from './faults.ts';

const at = 'host:2379';

describe('what a failed call says about its effect', () => {
  const uncertain = [
    new ConnectError('etcdserver: leader changed', Code.Unavailable),
    new ConnectError('etcdserver: request timed out', Code.Unavailable),
    new ConnectError(
      'etcdserver: request timed out, possibly due to previous leader failure',
      Code.Unavailable,
    ),
    new ConnectError('etcdserver: request timed out, possibly due to connection lost', Code.Unavailable),
    new ConnectError('etcdserver: server stopped', Code.Unavailable),
    new ConnectError('etcdserver: request canceled', Code.Canceled),
    new ConnectError('raft proposal dropped', Code.Unknown),
    new ConnectError('the operation timed out', Code.DeadlineExceeded),
    new ConnectError('http/2 stream closed with error code REFUSED_STREAM (0x7)', Code.Unavailable),
    new ConnectError('etcdserver: mvcc: database space exceeded', Code.ResourceExhausted),
    new ConnectError('etcdserver: corrupt cluster', Code.DataLoss),
    new ConnectError('something that etcd 9 says', Code.InvalidArgument),
    new Error('read ECONNRESET'),
  ];
  for (const error of uncertain) {
    test(`may have been applied: ${error.message}`, () => {
      assert.equal(failureOf(error, at).nothingApplied, false);
    });
  }

  const certain: readonly [string, Code, string][] = [
    ['etcdserver: no leader', Code.Unavailable, 'unavailable'],
    ['etcdserver: too many requests', Code.ResourceExhausted, 'unavailable'],
    ['etcdserver: rpc not supported for learner', Code.FailedPrecondition, 'unavailable'],
    ['etcdserver: permission denied', Code.PermissionDenied, 'refused'],
    ['etcdserver: user name is empty', Code.InvalidArgument, 'refused'],
    ['etcdserver: authentication failed, invalid user ID or password', Code.InvalidArgument, 'refused'],
    ['etcdserver: too many operations in txn request', Code.InvalidArgument, 'refused'],
    ['etcdserver: request is too large', Code.InvalidArgument, 'refused'],
    ['etcdserver: requested lease not found', Code.NotFound, 'refused'],
  ];
  for (const [text, code, expected] of certain) {
    test(`not applied: ${text}`, () => {
      const failure = failureOf(new ConnectError(text, code), at);
      assert.equal(failure.nothingApplied, true);
      assert.equal(failure.fault.code, expected);
      assert.match(failure.fault.message, /host:2379/);
      assert.notEqual(failure.fault.remedy, '');
    });
  }

  test('no space is reported as full, a difference of members as damaged', () => {
    assert.equal(
      failureOf(new ConnectError('etcdserver: mvcc: database space exceeded', Code.ResourceExhausted), at)
        .fault.code,
      'full',
    );
    assert.equal(
      failureOf(new ConnectError('etcdserver: corrupt cluster', Code.DataLoss), at).fault.code,
      'damaged',
    );
  });

  test('tokens that are not accepted are renewed', () => {
    for (const text of ['etcdserver: invalid auth token', 'etcdserver: revision of auth store is old']) {
      const failure = failureOf(new ConnectError(text, Code.Unauthenticated), at);
      assert.deepEqual([failure.staleToken, failure.nothingApplied], [true, true]);
    }
  });
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
