import { StoreFault } from '../port.ts';
import { damagedFault, otherClusterFault, wentBackFault } from './faults.ts';
import { ErrorType, type ResponseHeader } from './gen/pdpb_pb.js';
import type { TikvWentBack } from './options.ts';
import { RpcError, STATUS } from './rpc-error.ts';

/** Which cluster this is and how far its time has come: held against every answer of PD. */
export interface Identity {
  /** The id that questions carry; 0 before the opening, where PD does not look at it. */
  clusterId(): bigint;
  /** Remember which cluster it is, if nothing is remembered yet. Throws where the answer does not say. */
  pin(header: ResponseHeader | undefined): void;
  /** Throws unless the answer is of this cluster and no error. */
  check(header: ResponseHeader | undefined, endpoint: string): void;
  /** The highest timestamp seen: to be taken before a question for more is sent. */
  highest(): bigint;
  /** Throws unless timestamps are above what was the highest when they were asked for. */
  advance(first: bigint, last: bigint, askedAt: bigint, endpoint: string): void;
}

export function createIdentity(wentBack: (detail: TikvWentBack) => void): Identity {
  let pinned: bigint | null = null;
  let highest = 0n;

  function other(endpoint: string, before: bigint, now: bigint): never {
    const of = (id: bigint) => ({ clusterId: id.toString(), timestamp: highest });
    wentBack({ endpoint, before: of(before), now: of(now) });
    throw otherClusterFault(endpoint, before, now);
  }

  return {
    clusterId: () => pinned ?? 0n,
    highest: () => highest,
    pin: (header) => {
      pinned ??= header?.clusterId ?? null;
      if (pinned !== null && pinned !== 0n) return;
      pinned = null;
      throw damagedFault('PD names no cluster id');
    },
    check: (header, endpoint) => {
      if (header === undefined) throw damagedFault(`PD at ${endpoint} answered without a header`);
      if (pinned !== null && header.clusterId !== pinned) other(endpoint, pinned, header.clusterId);
      const { error } = header;
      if (error === undefined || error.type === ErrorType.OK) return;
      if (error.type !== ErrorType.NOT_BOOTSTRAPPED)
        throw new RpcError(STATUS.unavailable, `PD says "${error.message}"`, true);
      throw new StoreFault(
        'unavailable',
        `PD at ${endpoint} has no stores yet`,
        'start the stores of the cluster',
      );
    },
    advance: (first, last, askedAt, endpoint) => {
      if (first <= askedAt) {
        const of = (timestamp: bigint) => ({ clusterId: String(pinned), timestamp });
        wentBack({ endpoint, before: of(askedAt), now: of(last) });
        throw wentBackFault(endpoint);
      }
      if (last > highest) highest = last;
    },
  };
}
