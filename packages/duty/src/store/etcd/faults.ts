import { causeText, messageOf } from '@watchbill/kit';
import { RpcError, STATUS } from '../grpc/rpc-error.ts';
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
  /** Only the time ran out; an earlier failure of the same call may explain more. */
  readonly silent: boolean;
}

interface Rule {
  /** How the text of the error begins (etcd: api/v3rpc/rpctypes/error.go). */
  readonly text: string;
  readonly code: StoreFaultCode;
  readonly nothingApplied: boolean;
  readonly transient?: boolean;
  readonly staleToken?: boolean;
  readonly remedy: string;
}

const GRANT_ROLE =
  'grant the user a role with readwrite on the whole prefix (etcdctl role grant-permission --prefix)';
const VOTING_MEMBERS = 'name only voting members of a cluster of etcd 3.4 or newer as endpoints';

/**
 * Errors that etcd returns before it proposes, or on applying without effect. Each names the place in etcd
 * 3.6's server that decides this; 3.4 has the same places. Every other error counts as "may have been
 * applied": every timeout, "leader changed", "server stopped", "request canceled", a lost connection, a
 * dropped proposal.
 */
const RULES: readonly Rule[] = [
  // The call carries `hasleader`; the interceptor answers before the handler runs (v3rpc/interceptor.go).
  {
    text: 'etcdserver: no leader',
    code: 'unavailable',
    nothingApplied: true,
    transient: true,
    remedy: 'check that a majority of the members runs and can reach each other',
  },
  // First line of processInternalRaftRequestOnce: too many entries wait to be applied.
  {
    text: 'etcdserver: too many requests',
    code: 'unavailable',
    nothingApplied: true,
    transient: true,
    remedy: "check the members' disks; they apply more slowly than they accept",
  },
  // Interceptor (v3rpc/interceptor.go).
  {
    text: 'etcdserver: rpc not supported for learner',
    code: 'unavailable',
    nothingApplied: true,
    transient: true,
    remedy: VOTING_MEMBERS,
  },
  {
    text: 'etcdserver: not capable',
    code: 'unavailable',
    nothingApplied: true,
    transient: true,
    remedy: VOTING_MEMBERS,
  },
  // Checked on the way to the proposal, or on applying, before the operation, and by every member alike
  // (AuthInfoFromCtx; apply/apply_auth.go).
  {
    text: 'etcdserver: invalid auth token',
    code: 'refused',
    nothingApplied: true,
    transient: true,
    staleToken: true,
    remedy: 'check that all members share one token configuration',
  },
  {
    text: 'etcdserver: revision of auth store is old',
    code: 'refused',
    nothingApplied: true,
    transient: true,
    staleToken: true,
    remedy: 'try again; users or roles are being changed',
  },
  { text: 'etcdserver: permission denied', code: 'refused', nothingApplied: true, remedy: GRANT_ROLE },
  {
    text: 'etcdserver: user name is empty',
    code: 'refused',
    nothingApplied: true,
    remedy: 'etcd has authentication on: configure user and password',
  },
  {
    text: 'etcdserver: authentication failed',
    code: 'refused',
    nothingApplied: true,
    remedy: 'check user and password (etcdctl user get)',
  },
  {
    text: 'etcdserver: authentication is not enabled',
    code: 'refused',
    nothingApplied: true,
    remedy: 'switch authentication on in etcd (etcdctl auth enable), or configure no user',
  },
  // Request checks before the handler (v3rpc/key.go) and the size check before the proposal.
  {
    text: 'etcdserver: too many operations in txn request',
    code: 'refused',
    nothingApplied: true,
    remedy: 'set maxTxnOps to the --max-txn-ops of the cluster',
  },
  {
    text: 'etcdserver: request is too large',
    code: 'refused',
    nothingApplied: true,
    remedy: 'raise --max-request-bytes on every member, or write smaller values',
  },
  {
    text: 'etcdserver: duplicate key given',
    code: 'refused',
    nothingApplied: true,
    remedy: 'write each key once',
  },
  { text: 'etcdserver: key is not provided', code: 'refused', nothingApplied: true, remedy: 'name a key' },
  // checkTxn runs over all puts before the first of them (txn/txn.go).
  {
    text: 'etcdserver: requested lease not found',
    code: 'refused',
    nothingApplied: true,
    remedy: 'the lease has ended; take a new one',
  },
  {
    text: 'etcdserver: too large lease TTL',
    code: 'refused',
    nothingApplied: true,
    remedy: 'ask for a shorter lease',
  },
  // Only reads name a revision.
  {
    text: 'etcdserver: mvcc: required revision has been compacted',
    code: 'unavailable',
    nothingApplied: true,
    remedy: 'read again; the cluster was compacted between two parts of the read',
  },
  // Not certain. Two checks refuse with this error before anything is written. But quotaApplierV3.Txn
  // (apply/apply.go) also returns it after it applied the transaction that crossed the quota.
  {
    text: 'etcdserver: mvcc: database space exceeded',
    code: 'full',
    nothingApplied: false,
    remedy:
      'compact and defragment the members, then clear the alarm (etcdctl alarm disarm), or raise the quota',
  },
  {
    text: 'etcdserver: corrupt cluster',
    code: 'damaged',
    nothingApplied: false,
    remedy: 'the members differ: find the bad one (etcdctl endpoint hashkv) and replace it',
  },
];

/** Judge the failure of a call at a member. The texts never hold a password or a token. */
export function failureOf(error: unknown, endpoint: string): Failure {
  const rejection = rejectionOf(error);
  const said = rejection.message;
  const rule = RULES.find(({ text }) => said.startsWith(text));
  if (rule !== undefined) {
    const fault = new StoreFault(rule.code, `etcd at ${endpoint} answered "${said}"`, rule.remedy);
    const { nothingApplied, transient = false, staleToken = false } = rule;
    return { fault, nothingApplied, transient, staleToken, silent: false };
  }
  return {
    fault: unlistedFault(rejection, endpoint),
    // The channel says so only if no stream was opened for the request; any other error may hide a write.
    nothingApplied: !rejection.sent,
    transient: true,
    staleToken: false,
    silent: rejection.status === STATUS.deadline,
  };
}

/** A connection that was never made, so the request was not sent; null if it only took too long. */
export function unreachable(error: Error | null, endpoint: string): Failure {
  const cause = new RpcError(
    STATUS.unavailable,
    error?.message ?? 'no connection in time',
    false,
    error ?? undefined,
  );
  const fault = new StoreFault(
    'unavailable',
    `etcd at ${endpoint} cannot be reached: ${causeText(cause)}`,
    tlsRemedy(cause) ?? 'check the address, that the member runs, and that no firewall blocks it',
    cause,
  );
  return { fault, nothingApplied: true, transient: true, staleToken: false, silent: error === null };
}

function unlistedFault(error: RpcError, endpoint: string): StoreFault {
  const tls = tlsRemedy(error);
  if (tls !== null) {
    return new StoreFault(
      'unavailable',
      `etcd at ${endpoint} ended the connection: ${causeText(error, tlsText(error))}`,
      tls,
      error,
    );
  }
  if (error.status === STATUS.unimplemented) {
    return new StoreFault(
      'refused',
      `the server at ${endpoint} does not speak etcd's version 3 API`,
      VOTING_MEMBERS,
      error,
    );
  }
  const what = error.status === STATUS.deadline ? 'did not answer in time' : `failed: ${causeText(error)}`;
  const remedy = 'if this lasts, check that the members run, their disks and the network between them';
  return new StoreFault('unavailable', `etcd at ${endpoint} ${what}`, remedy, error);
}

/** An error of another kind, for example of a message that cannot be decoded, leaves the effect open. */
function rejectionOf(error: unknown): RpcError {
  return error instanceof RpcError ? error : new RpcError(STATUS.unknown, messageOf(error), true, error);
}

/** TLS problems, by the codes and texts of Node's TLS. */
function tlsRemedy(error: unknown): string | null {
  const text = tlsText(error);
  if (/certificate required|handshake failure|bad certificate|unknown ca\b|certificate unknown/i.test(text)) {
    return 'the member requires a client certificate that its --trusted-ca-file signed: configure tls.cert and tls.key';
  }
  if (/self.signed certificate|unable to (verify|get)|UNABLE_TO|SELF_SIGNED/i.test(text)) {
    return "the member's certificate is not signed by the configured authority: configure tls.ca with its CA";
  }
  if (/altnames|ALTNAME/i.test(text))
    return "the member's certificate does not name this host: use a name in the certificate";
  if (/certificate has expired|CERT_HAS_EXPIRED/i.test(text)) return "renew the member's certificate";
  if (/wrong version number|packet length too long/i.test(text))
    return 'the member does not use TLS: write http, or switch TLS on in etcd';
  return null;
}

function tlsText(error: unknown): string {
  const texts: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    texts.push('code' in at ? `${at.message} (${String(at.code)})` : at.message);
  }
  return texts.at(-1) === undefined ? String(error) : texts.join(': ');
}

/** Every call after `close`. */
export function closedFault(): StoreFault {
  return new StoreFault('closed', 'the store was closed', 'open it again');
}

/** The caller gave up before anything was sent. */
export function abortedFault(): StoreFault {
  return new StoreFault('unavailable', 'the call was aborted by its caller', 'call again if needed');
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
