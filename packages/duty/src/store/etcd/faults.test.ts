import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RpcError, STATUS } from '../grpc/rpc-error.ts';
import { damagedFault, type Failure, failureOf } from './faults.ts';

const at = 'host:2379';
/** Status codes of gRPC. */
const CODE = {
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  ResourceExhausted: 8,
  Unavailable: 14,
  DataLoss: 15,
};

/** As a member answers. */
const told = (text: string, status: number): RpcError => new RpcError(status, text, true);

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
  test(`a failed call may have been applied: ${error.message}`, () => {
    assert.equal(failureOf(error, at).nothingApplied, false);
  });
}

/** As the channel says it, if the system gave this reason. */
const unreachable = (text: string): Failure =>
  failureOf(new RpcError(STATUS.unavailable, 'no connection', false, new Error(text)), at);

describe('a connection that was never made', () => {
  test('sent nothing', () => {
    assert.equal(effects(unreachable('ECONNREFUSED')), 'unavailable, nothingApplied, transient');
    const late = failureOf(new RpcError(STATUS.deadline, 'no connection in time', false), at);
    assert.equal(effects(late), 'unavailable, nothingApplied, transient');
    assert.equal(late.fault.message, 'etcd at host:2379 cannot be reached: no connection in time');
    assert.match(late.fault.remedy, /check the address/);
  });

  test('says which certificate is wrong', () => {
    const remedyFor = (text: string): string => unreachable(text).fault.remedy;
    assert.match(remedyFor('self-signed certificate in certificate chain'), /tls\.ca/);
    assert.match(remedyFor('tlsv13 alert certificate required'), /tls\.cert/);
    assert.match(remedyFor("Hostname/IP does not match certificate's altnames"), /name/);
    assert.match(remedyFor('certificate has expired'), /renew/);
    assert.match(remedyFor('wrong version number'), /does not use TLS/);
  });
});

/** `code, applied?, try again?, token?`: all that the store acts on. */
function effects({ fault, nothingApplied, transient, staleToken }: Failure): string {
  const flags = { nothingApplied, transient, staleToken };
  const set = Object.entries(flags).flatMap(([name, value]) => (value ? [name] : []));
  return [fault.code, ...set].join(', ');
}

const rows: Readonly<Record<string, string>> = {
  'etcdserver: no leader': 'unavailable, nothingApplied, transient',
  'etcdserver: too many requests': 'unavailable, nothingApplied, transient',
  'etcdserver: rpc not supported for learner': 'unavailable, nothingApplied, transient',
  'etcdserver: not capable': 'unavailable, nothingApplied, transient',
  'etcdserver: invalid auth token': 'refused, nothingApplied, transient, staleToken',
  'etcdserver: revision of auth store is old': 'refused, nothingApplied, transient, staleToken',
  'etcdserver: permission denied': 'refused, nothingApplied',
  'etcdserver: user name is empty': 'refused, nothingApplied',
  'etcdserver: authentication failed': 'refused, nothingApplied',
  'etcdserver: authentication is not enabled': 'refused, nothingApplied',
  'etcdserver: too many operations in txn request': 'refused, nothingApplied',
  'etcdserver: request is too large': 'refused, nothingApplied',
  'etcdserver: duplicate key given': 'refused, nothingApplied',
  'etcdserver: key is not provided': 'refused, nothingApplied',
  'etcdserver: requested lease not found': 'refused, nothingApplied',
  'etcdserver: too large lease TTL': 'refused, nothingApplied',
  'etcdserver: mvcc: required revision has been compacted': 'unavailable, nothingApplied',
  'etcdserver: mvcc: database space exceeded': 'full',
  'etcdserver: corrupt cluster': 'damaged',
  'an error of a later release': 'unavailable, transient',
};
for (const [text, expected] of Object.entries(rows)) {
  test(`what the store does after each error of etcd: ${text}`, () => {
    const failure = failureOf(new RpcError(STATUS.unknown, text, true), at);
    assert.equal(effects(failure), expected);
    assert.ok(failure.fault.message.includes(text) && failure.fault.message.includes(at));
    assert.notEqual(failure.fault.remedy, '');
  });
}

describe('errors that etcd did not send', () => {
  test('a deadline may have been applied', () => {
    const failure = failureOf(new RpcError(STATUS.deadline, 'timed out', true), at);
    assert.equal(effects(failure), 'unavailable, transient');
    assert.equal(failure.fault.message, 'etcd at host:2379 did not answer in time');
    assert.match(failure.fault.remedy, /check that the members run/);
  });

  test('an endpoint of another program is refused', () => {
    const { fault } = failureOf(new RpcError(STATUS.unimplemented, 'no such method', true), at);
    assert.deepEqual([fault.code, /version 3 API/.test(fault.message)], ['refused', true]);
  });

  test('a certificate at fault is named together with its cause', () => {
    const cause = Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' });
    const error = new RpcError(STATUS.unavailable, 'closed', true, cause);
    const { fault } = failureOf(error, at);
    assert.equal(fault.code, 'unavailable');
    assert.equal(fault.message, 'etcd at host:2379 ended the connection: closed: expired (CERT_HAS_EXPIRED)');
    assert.match(fault.remedy, /renew/);
  });

  test('a certificate at fault without a cause', () => {
    const { fault } = failureOf(new RpcError(STATUS.unavailable, 'certificate has expired', true), at);
    assert.equal(fault.message, 'etcd at host:2379 ended the connection: certificate has expired');
  });

  test('causes that go in a circle are named up to five deep', () => {
    const error = new Error('certificate has expired');
    error.cause = error;
    const { fault } = failureOf(new RpcError(STATUS.unavailable, 'closed', true, error), at);
    assert.equal(fault.message.split('certificate has expired').length - 1, 4);
  });
});

test('an answer of another form is damage', () => {
  const shown = [damagedFault(at, new Error('no header')), damagedFault(at, 'odd')];
  assert.deepEqual(
    shown.map(({ code, message }) => `${code}: ${message}`),
    ['damaged: no header (from host:2379)', 'damaged: odd (from host:2379)'],
  );
  for (const { remedy } of shown) assert.notEqual(remedy, '');
});
