import { Fault } from '@watchbill/kit';
import type { Moved, RolloutPort } from '../rollout/port.ts';
import type { FleetPorts } from './fleet-ports.ts';
import { type HoldSettings, holdNetwork, type NetworkHold } from './network-hold.ts';

export type MayGoOn = NetworkHold['mayGoOn'];

/** The roll-out may wait days for its moment: other operators may apply until its first change. */
export function lockAtFirstChange(
  ports: FleetPorts,
  { saved, targets, signal }: Pick<HoldSettings, 'saved' | 'targets' | 'signal'>,
): Pick<NetworkHold, 'mayGoOn' | 'release'> {
  let taken: Promise<NetworkHold> | null = null;
  const work = `roll out plan ${saved.plan.id.slice(0, 12)}`;
  const mayGoOn: MayGoOn = async (isSigning, outer) => {
    taken ??= holdNetwork(ports, { saved, targets, work, waitMs: 0, onLock: () => undefined, signal });
    try {
      return await (await taken).mayGoOn(isSigning, outer);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      taken = null;
      return error.message;
    }
  };
  return { mayGoOn, release: async () => (await taken?.catch(() => null))?.release() };
}

/** Nodes change only while this process holds the lock of the network. */
export function underLock<T extends RolloutPort>(port: T, mayGoOn: MayGoOn): T {
  const guarded = async (change: () => Promise<Moved>, signal: AbortSignal): Promise<Moved> => {
    const detail = await mayGoOn(true, signal);
    return detail === null ? change() : { ok: false, detail };
  };
  return {
    ...port,
    change: (unit, count, signal) => guarded(() => port.change(unit, count, signal), signal),
    restore: (unit, signal) => guarded(() => port.restore(unit, signal), signal),
  };
}
