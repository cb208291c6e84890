import { causeText, messageOf } from '@watchbill/kit';
import { RpcError, STATUS } from '../grpc/rpc-error.ts';
import { type TlsWords, tlsRemedy, tlsText } from '../grpc/tls-remedy.ts';
import { StoreFault, type StoreFaultCode } from '../port.ts';

/** The effect of a failed call, and the next step. */
export interface Failure {
  readonly fault: StoreFault;
  /**
   * True only if etcd, or the missing connection, makes it certain that the call was not and will not be
   * applied.
   */
  readonly nothingApplied: boolean;
  /** Another attempt, here or at another member, may succeed. */
  readonly transient: boolean;
  /** The member refused the token: get a new one. */
  readonly staleToken: boolean;
}

interface Rule {
  readonly code: StoreFaultCode;
  readonly nothingApplied: boolean;
  readonly transient?: boolean;
  readonly staleToken?: boolean;
  readonly remedy: string;
}

const TLS: TlsWords = { server: 'member', authority: '--trusted-ca-file', on: 'in etcd' };
const VOTING_MEMBERS = 'name only voting members of a cluster of etcd 3.4 or newer as endpoints';

const refused = (remedy: string): Rule => ({ code: 'refused', nothingApplied: true, remedy });
const notServed = (remedy: string): Rule => ({
  code: 'unavailable',
  nothingApplied: true,
  transient: true,
  remedy,
});
const staleToken = (remedy: string): Rule => ({ ...refused(remedy), transient: true, staleToken: true });

/**
 * Errors that etcd returns before it proposes, or on applying without effect, by how their texts begin after
 * `etcdserver: ` (api/v3rpc/rpctypes/error.go). Each names the place in etcd 3.6's server that decides this;
 * 3.4 has the same places. Every other error counts as "may have been applied": every timeout, "leader
 * changed", "server stopped", "request canceled", a lost connection, a dropped proposal.
 */
const RULES: Readonly<Record<string, Rule>> = {
  // The call carries `hasleader`; the interceptor answers before the handler runs (v3rpc/interceptor.go).
  'no leader': notServed('check that a majority of the members runs and can reach each other'),
  // First line of processInternalRaftRequestOnce: too many entries wait to be applied.
  'too many requests': notServed("check the members' disks; they apply more slowly than they accept"),
  // Interceptor (v3rpc/interceptor.go).
  'rpc not supported for learner': notServed(VOTING_MEMBERS),
  'not capable': notServed(VOTING_MEMBERS),
  // Checked on the way to the proposal, or on applying, before the operation, and by every member alike
  // (AuthInfoFromCtx; apply/apply_auth.go).
  'invalid auth token': staleToken('check that all members share one token configuration'),
  'revision of auth store is old': staleToken('try again; users or roles are being changed'),
  'permission denied': refused(
    'grant the user a role with readwrite on the whole prefix (etcdctl role grant-permission --prefix)',
  ),
  'user name is empty': refused('etcd has authentication on: configure user and password'),
  'authentication failed': refused('check user and password (etcdctl user get)'),
  'authentication is not enabled': refused(
    'switch authentication on in etcd (etcdctl auth enable), or configure no user',
  ),
  // Request checks before the handler (v3rpc/key.go) and the size check before the proposal.
  'too many operations in txn request': refused(
    'set --max-txn-ops to 128, its default, or more on every member',
  ),
  'request is too large': refused('raise --max-request-bytes on every member, or write smaller values'),
  'duplicate key given': refused('write each key once'),
  'key is not provided': refused('name a key'),
  // checkTxn runs over all puts before the first of them (txn/txn.go).
  'requested lease not found': refused('the lease has ended; take a new one'),
  'too large lease TTL': refused('ask for a shorter lease'),
  // Only reads name a revision.
  'mvcc: required revision has been compacted': {
    code: 'unavailable',
    nothingApplied: true,
    remedy: 'read again; the cluster was compacted between two parts of the read',
  },
  // Not certain. Two checks refuse with this error before anything is written. But quotaApplierV3.Txn
  // (apply/apply.go) also returns it after it applied the transaction that crossed the quota.
  'mvcc: database space exceeded': {
    code: 'full',
    nothingApplied: false,
    remedy:
      'compact and defragment the members, then clear the alarm (etcdctl alarm disarm), or raise the quota',
  },
  'corrupt cluster': {
    code: 'damaged',
    nothingApplied: false,
    remedy: 'the members differ: find the bad one (etcdctl endpoint hashkv) and replace it',
  },
};

/** Judge the failure of a call at a member. The texts never hold a password or a token. */
export function failureOf(error: unknown, endpoint: string): Failure {
  const rejection = rejectionOf(error);
  const said = rejection.message;
  const known = Object.entries(RULES).find(([text]) => said.startsWith(`etcdserver: ${text}`));
  if (known !== undefined) {
    const [, rule] = known;
    const fault = new StoreFault(rule.code, `etcd at ${endpoint} answered "${said}"`, rule.remedy);
    const { nothingApplied, transient = false, staleToken = false } = rule;
    return { fault, nothingApplied, transient, staleToken };
  }
  return {
    fault: unlistedFault(rejection, endpoint),
    // The channel says so only if no stream was opened for the request; any other error may hide a write.
    nothingApplied: !rejection.sent,
    transient: true,
    staleToken: false,
  };
}

function unlistedFault(error: RpcError, endpoint: string): StoreFault {
  const tls = tlsRemedy(error, TLS);
  if (!error.sent) {
    return new StoreFault(
      'unavailable',
      `etcd at ${endpoint} cannot be reached: ${causeText(error.cause ?? error)}`,
      tls ?? 'check the address, that the member runs, and that no firewall blocks it',
      error,
    );
  }
  if (tls !== null) {
    return new StoreFault(
      'unavailable',
      `etcd at ${endpoint} ended the connection: ${causeText(error, tlsText(error))}`,
      tls,
      error,
    );
  }
  if (error.status === STATUS.unimplemented) {
    const what = `the server at ${endpoint} does not speak etcd's version 3 API`;
    return new StoreFault('refused', what, VOTING_MEMBERS, error);
  }
  const what = error.status === STATUS.deadline ? 'did not answer in time' : `failed: ${causeText(error)}`;
  const remedy = 'if this lasts, check that the members run, their disks and the network between them';
  return new StoreFault('unavailable', `etcd at ${endpoint} ${what}`, remedy, error);
}

/** An error of another kind, for example of a message that cannot be decoded, leaves the effect open. */
function rejectionOf(error: unknown): RpcError {
  return error instanceof RpcError ? error : new RpcError(STATUS.unknown, messageOf(error), true, error);
}

/** An answer that does not match its request. */
export function damagedFault(endpoint: string, cause: unknown): StoreFault {
  const what = causeText(cause);
  return new StoreFault(
    'damaged',
    `${what} (from ${endpoint})`,
    'check that the endpoint is etcd 3.4 or newer',
    cause,
  );
}
