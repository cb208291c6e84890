import { causeText } from '@watchbill/kit';
import { RpcError, STATUS } from '../grpc/rpc-error.ts';
import { type TlsWords, tlsRemedy } from '../grpc/tls-remedy.ts';
import { StoreFault } from '../port.ts';

const TLS: TlsWords = { server: 'server', authority: 'ca-path', on: 'there' };

/** Another client holds a lock on the records. */
export function lockedFault(): StoreFault {
  return new StoreFault(
    'unavailable',
    'TiKV records were locked by another client until the deadline',
    'call again; a client that died holds them for its lockTtlMs at most',
  );
}

/** PD or a store could not be reached, or did not answer. */
export function unansweredFault(who: string, error: unknown): StoreFault {
  const tls = tlsRemedy(error, TLS);
  const what = causeText(error);
  if (error instanceof RpcError && error.status === STATUS.unimplemented) {
    return new StoreFault(
      'refused',
      `the server at ${who} does not speak the protocol of PD and TiKV (${what})`,
      'name members of PD as endpoints: their client port is 2379 by default',
      error,
    );
  }
  const remedy =
    tls ??
    'check the address, that the server runs and that no firewall blocks it; a majority of PD and of the stores must run';
  return new StoreFault('unavailable', `${who}: ${what}`, remedy, error);
}

/** PD names another cluster than at the opening. */
export function otherClusterFault(endpoint: string, before: bigint, now: bigint | string): StoreFault {
  return new StoreFault(
    'damaged',
    `PD at ${endpoint} is of cluster ${now}, but this store was opened on cluster ${before}`,
    'check the PD addresses; if the cluster was set up again or restored, follow the guide for a store that went back',
  );
}

/** PD returned a timestamp that is not above an earlier one. */
export function wentBackFault(endpoint: string): StoreFault {
  return new StoreFault(
    'damaged',
    `the timestamps of PD at ${endpoint} went back`,
    'PD must never be restored from a copy while stores go on: follow the guide for a store that went back',
  );
}

/** Bytes that this store did not write, or answers that a correct server does not send. */
export function damagedFault(what: string, cause?: unknown): StoreFault {
  return new StoreFault(
    'damaged',
    what,
    'check that no other program writes under the prefix, and that PD and the stores are of TiKV 5.0 or newer',
    cause,
  );
}
