import type { Store, WatchHandlers } from '@watchbill/duty/store';
import type { Life } from './host.ts';

/** A store as one process sees it: calls neither begin nor return while the process does not run. */
export function storeOfLife(life: Life, store: Store): Store {
  const { outside } = life;
  return {
    kind: store.kind,
    read: (keys, call) => outside(() => store.read(keys, call)),
    list: (prefix, page, call) => outside(() => store.list(prefix, page, call)),
    transact: (transactions, call) => outside(() => store.transact(transactions, call)),
    watch(prefix, handlers) {
      const watch = store.watch(prefix, handlersOfLife(life, handlers));
      return { ready: outside(() => watch.ready), stop: watch.stop };
    },
    grantLease: (ttlMs, call) => outside(() => store.grantLease(ttlMs, call)),
    keepLeaseAlive: (id, call) => outside(() => store.keepLeaseAlive(id, call)),
    revokeLease: (id, call) => outside(() => store.revokeLease(id, call)),
    health: (call) => outside(() => store.health(call)),
    close: () => outside(() => store.close()),
  };
}

function handlersOfLife(life: Life, handlers: WatchHandlers): WatchHandlers {
  return {
    onChange: (change) => life.deliver(() => handlers.onChange(change)),
    onResync: () => life.deliver(() => handlers.onResync()),
  };
}
