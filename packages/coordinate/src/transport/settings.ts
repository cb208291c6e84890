import type { OperatorKey } from '../keys/port.ts';
import type { TransportLimits } from './limits.ts';
import type { TransportEvents, TransportGroup } from './port.ts';

/** The settings of every transport. */
export interface TransportSettings {
  readonly group: TransportGroup;
  /** The operator key of the group's own seat. */
  readonly key: OperatorKey;
  readonly events: TransportEvents;
  readonly limits?: Partial<TransportLimits>;
  /** Milliseconds since 1970; the system's clock if left out. */
  readonly nowMs?: () => number;
}
