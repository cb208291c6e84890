import { setMaxListeners } from 'node:events';
import type { Clock } from '@watchbill/kit';
import type {
  CallOptions,
  Lease,
  ListResult,
  Page,
  Store,
  StoreHealth,
  Transaction,
  TransactionResult,
  Watch,
  WatchHandlers,
} from '../port.ts';
import { checkOpen, downHealth } from '../shared/checks.ts';
import { type Budget, type Opened, openBudget } from './budget.ts';

/** The calls of a {@link Store}, in a cluster and each with its budget. */
export interface ClusterCalls {
  read(names: readonly string[], budget: Budget): Promise<(Uint8Array | null)[]>;
  list(prefix: string, page: Page | undefined, budget: Budget): Promise<ListResult>;
  transact(transactions: readonly Transaction[], budget: Budget): Promise<TransactionResult[]>;
  watch(prefix: string, handlers: WatchHandlers): Watch;
  grantLease(ttlMs: number, budget: Budget): Promise<Lease>;
  keepLeaseAlive(id: string, budget: Budget): Promise<'alive' | 'expired'>;
  revokeLease(id: string, budget: Budget): Promise<void>;
  health(budget: Budget): Promise<StoreHealth>;
  /** One linearizable read, so that a wrong address, certificate or password shows at the opening. */
  probe(budget: Budget): Promise<void>;
  /** Ends the connections. */
  close(): void;
}

interface Opening {
  readonly kind: Opened['kind'];
  readonly clock: Clock;
  /** Budget of a call that does not set one. */
  readonly callTimeoutMs: number;
}

/**
 * A store in a cluster. Settles after its probe has succeeded, and rejects with the StoreFault of the probe.
 * After `close` no call begins, and running calls still end with their true result.
 */
export async function openClusterStore(
  { kind, clock, callTimeoutMs }: Opening,
  connect: (opened: Opened) => ClusterCalls,
): Promise<Store> {
  const ending = new AbortController();
  const closing = ending.signal;
  // Every call and every watch subscribes to it.
  setMaxListeners(0, closing);
  const opened = { kind, clock, closing };
  const calls = connect(opened);
  const budgetOf = (options?: CallOptions): Budget =>
    openBudget(opened, options?.timeoutMs ?? callTimeoutMs, options?.signal);
  async function open<T>(options: CallOptions | undefined, run: (budget: Budget) => Promise<T>): Promise<T> {
    checkOpen(kind, closing.aborted, options);
    return run(budgetOf(options));
  }
  const close = async (): Promise<void> => {
    ending.abort();
    calls.close();
  };
  try {
    await calls.probe(budgetOf());
  } catch (error) {
    await close();
    throw error;
  }
  return {
    kind,
    read: (names, options) => open(options, (budget) => calls.read(names, budget)),
    list: (prefix, page, options) => open(options, (budget) => calls.list(prefix, page, budget)),
    transact: (transactions, options) => open(options, (budget) => calls.transact(transactions, budget)),
    watch: calls.watch,
    grantLease: (ttlMs, options) => open(options, (budget) => calls.grantLease(ttlMs, budget)),
    keepLeaseAlive: (id, options) => open(options, (budget) => calls.keepLeaseAlive(id, budget)),
    revokeLease: (id, options) => open(options, (budget) => calls.revokeLease(id, budget)),
    health: async (options) =>
      closing.aborted ? downHealth('the store was closed') : calls.health(budgetOf(options)),
    close,
  };
}
