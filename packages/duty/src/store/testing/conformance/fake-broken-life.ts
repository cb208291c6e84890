import { StoreFault, type Transaction } from '../../port.ts';
import { type BrokenStore, later, overriding, transacting } from './fake-engine.ts';

/** Stores whose leases do not live or end as the port requires. */
export const brokenLeases: readonly BrokenStore[] = [
  {
    name: 'never ends a lease',
    spoil: overriding(({ sound }) => ({
      grantLease: async (ttlMs) => ({ ...(await sound.grantLease(ttlMs * 1_000_000)), ttlMs }),
    })),
    noticedBy: [/keys of a lease vanish/, /and ends when that stops/, /takes only the keys/],
  },
  {
    name: 'says that it kept a lease alive and does not',
    spoil: overriding(() => ({ keepLeaseAlive: async () => 'alive' })),
    noticedBy: [/kept alive outlives its time/, /revoking a lease/],
  },
  {
    name: 'does not revoke',
    spoil: overriding(() => ({ revokeLease: async () => {} })),
    noticedBy: [/revoking a lease/],
  },
  {
    name: 'keeps a key on the first lease it was written with',
    spoil: overriding(({ sound }) => {
      const first = new Map<string, string>();
      return {
        transact: (transactions, options) => {
          const leased = transactions.map(({ compares, writes }) => ({
            compares,
            writes: writes.map((write) => {
              if (write.value === null) return write;
              const lease = first.get(write.key) ?? write.lease;
              if (lease !== undefined) first.set(write.key, lease);
              return lease === undefined ? write : { ...write, lease };
            }),
          }));
          return sound.transact(leased, options);
        },
      };
    }),
    noticedBy: [/takes only the keys/],
  },
  {
    name: 'writes without the lease after the lease has ended',
    spoil: transacting((sound, transactions) =>
      sound.transact(transactions).catch((error: unknown) => {
        if (!(error instanceof StoreFault) || !error.message.includes('lease')) throw error;
        const plain = (one: Transaction) => one.writes.map(({ key, value }) => ({ key, value }));
        return sound.transact(transactions.map((one) => ({ ...one, writes: plain(one) })));
      }),
    ),
    noticedBy: [/an ended lease is refused/],
  },
  {
    name: 'applies the writes before one that it refuses',
    spoil: transacting(async (sound, transactions) => {
      const results = [];
      for (const one of transactions) results.push(...(await sound.transact([one])));
      return results;
    }),
    noticedBy: [/an ended lease is refused/, /written or compared twice/],
  },
  {
    name: 'takes any lease time',
    spoil: overriding(({ sound }) => ({
      grantLease: (ttlMs) => sound.grantLease(Number.isFinite(ttlMs) ? Math.max(1, ttlMs) : 1),
    })),
    noticedBy: [/a lease time that is not a positive number/],
  },
  {
    name: 'gives every lease one id',
    spoil: overriding(({ sound }) => ({
      grantLease: async (ttlMs) => ({ ...(await sound.grantLease(ttlMs)), id: 'lease-1' }),
    })),
    noticedBy: [/every lease has a different id/],
  },
  {
    name: 'ends leases by the wall clock',
    spoil: overriding(({ sound, steppedMs }) => ({
      read: async (keys, options) => {
        if (steppedMs() > 0) for (const [id] of sound.snapshot().leases) await sound.revokeLease(id);
        return sound.read(keys, options);
      },
    })),
    noticedBy: [/a wall clock that steps/],
  },
];

/** Stores that fail when calls, processes or engines end. */
export const brokenEnds: readonly BrokenStore[] = [
  {
    name: 'reports that it is unhealthy',
    spoil: overriding(({ sound }) => ({ health: async () => ({ ...(await sound.health()), ok: false }) })),
    noticedBy: [/a healthy engine/],
  },
  {
    name: 'throws the error of its network when it is closed',
    spoil: overriding(({ sound }) => {
      let closed = false;
      return {
        transact: async (transactions, options) => {
          const results = await sound.transact(transactions, options);
          await later();
          if (closed) throw new Error('socket hang up');
          return results;
        },
        close: () => {
          closed = true;
          return sound.close();
        },
      };
    }),
    noticedBy: [/closing ends the running calls/],
  },
  {
    name: 'ignores the signal',
    spoil: overriding(({ sound }) => ({
      read: (keys) => sound.read(keys),
      transact: (transactions) => sound.transact(transactions),
    })),
    noticedBy: [/signal was aborted before/],
  },
  {
    name: 'reports a fault for a transaction that it applied, because the caller gave up',
    spoil: transacting(async (sound, transactions, options) => {
      const results = await sound.transact(transactions, options);
      await later();
      if (options?.signal?.aborted === true) throw new StoreFault('unavailable', 'given up', 'call again');
      return results;
    }),
    noticedBy: [/running call that is aborted/],
  },
  {
    name: 'reports a lost answer as applied',
    spoil: transacting(async (sound, transactions, options) =>
      (await sound.transact(transactions, options)).map((result) =>
        result.outcome === 'ambiguous' ? { outcome: 'applied' } : result,
      ),
    ),
    noticedBy: [/answer lost after/, /answer lost before/, /an engine that answers nothing/],
  },
  {
    name: 'throws although the transaction may have been applied',
    spoil: transacting(async (sound, transactions, options) => {
      const results = await sound.transact(transactions, options);
      for (const result of results) if (result.outcome === 'ambiguous') throw result.cause;
      return results;
    }),
    noticedBy: [/answer lost after/, /answer lost before/],
  },
  {
    name: 'loses a record with every restart',
    spoil: ({ sound }) => {
      const [key] = sound.snapshot().records.keys();
      if (key !== undefined) void sound.transact([{ compares: [], writes: [{ key, value: null }] }]);
      return sound;
    },
    noticedBy: [/a restart keeps every record/],
  },
  {
    name: 'writes later although it reported that it could not write',
    spoil: overriding(({ sound }) => {
      const late: Transaction[] = [];
      return {
        transact: async (transactions, options) => {
          try {
            const results = await sound.transact(transactions, options);
            await sound.transact(late.splice(0));
            return results;
          } catch (error) {
            if (error instanceof StoreFault && error.code === 'full') late.push(...transactions);
            throw error;
          }
        },
      };
    }),
    noticedBy: [/an engine that cannot write/],
  },
];
