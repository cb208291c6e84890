import { RpcError, STATUS } from '../grpc/rpc-error.ts';
import { StoreFault } from '../port.ts';
import { damagedFault, otherClusterFault, wentBackFault } from './faults.ts';
import { ErrorType, type ResponseHeader } from './gen/pdpb_pb.js';
import type { TikvWentBack } from './options.ts';

/** The id of the cluster and its latest time: compared with every answer of PD. */
export type Identity = ReturnType<typeof createIdentity>;

export function createIdentity(wentBack: (detail: TikvWentBack) => void) {
  let pinned: bigint | null = null;
  let highest = 0n;

  function other(endpoint: string, before: bigint, now: bigint): never {
    const of = (id: bigint) => ({ clusterId: id.toString(), timestamp: highest });
    wentBack({ endpoint, before: of(before), now: of(now) });
    throw otherClusterFault(endpoint, before, now);
  }

  return {
    /** The id that requests carry; 0 before the opening, when PD does not check it. */
    clusterId: (): bigint => pinned ?? 0n,
    /** The highest timestamp seen. Read it before a request for more. */
    highest: (): bigint => highest,
    /** Remember the id of the cluster if none is remembered yet. Throws if the answer holds no id. */
    pin: (header: ResponseHeader | undefined): void => {
      pinned ??= header?.clusterId ?? null;
      if (pinned !== null && pinned !== 0n) return;
      pinned = null;
      throw damagedFault('PD names no cluster id');
    },
    /** Throws unless the answer is of this cluster and has no error. */
    check: (header: ResponseHeader | undefined, endpoint: string): void => {
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
    /** Throws unless the timestamp is above the highest one at the time of the request. */
    advance: (timestamp: bigint, askedAt: bigint, endpoint: string): void => {
      if (timestamp <= askedAt) {
        const of = (timestamp: bigint) => ({ clusterId: String(pinned), timestamp });
        wentBack({ endpoint, before: of(askedAt), now: of(timestamp) });
        throw wentBackFault(endpoint);
      }
      if (timestamp > highest) highest = timestamp;
    },
  };
}
