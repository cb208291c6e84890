import type { Clock } from '@watchbill/base';
import type { NodeAddress } from './address.ts';

/** What both transports are made with: the options, complete. */
export interface RpcSettings {
  readonly address: NodeAddress;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly maxPending: number;
}
