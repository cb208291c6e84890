import type { Clock } from '@watchbill/kit';
import type { NodeAddress } from './address.ts';

/** The complete options of both transports. */
export interface RpcSettings {
  readonly address: NodeAddress;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly maxPending: number;
}
