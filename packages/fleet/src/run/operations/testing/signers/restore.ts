import { memoryKeystore, unitName } from '../../../../file/emit/index.ts';
import { machineControl } from '../../../backup/control/machine.ts';
import { refuseSigner } from '../../../backup/restore-checks.ts';
import type { RunScript } from '../../../machines/ssh.ts';
import { underPlaceLock } from '../../place-lock.ts';
import type { Restore } from './commands.ts';
import { declaredOf, isMachine } from './file.ts';
import type { SimulatedMachine } from './machine.ts';
import { LOCK_WAIT_MS, operatorAt, portsOf } from './signers-ports.ts';
import type { Simulation } from './simulation.ts';
import { createLife } from './world.ts';

/**
 * Puts an older database under the node of a pool on a machine, by the lock and the check of
 * `fleet backup restore`. A process that has keys and gets one forgets its votes: it may vote twice.
 */
export async function restore(sim: Simulation, { pool, operator, withoutKeys }: Restore): Promise<string> {
  const { world, file } = sim;
  const { network } = declaredOf(file);
  const node = network.pools.find(({ name }) => name === pool)?.nodes[0];
  const name = file.signers[pool]?.place;
  const place = name === undefined ? undefined : network.places.get(name);
  if (node === undefined || name === undefined || place?.target !== 'machine' || !isMachine(name))
    return 'no machine has the node';
  const machine = world.hosts.get(file.hosts[name]);
  const unit = unitName(network.name, node.name);
  const { signal } = new AbortController();
  const lock = {
    ...{ network: network.name, place, work: `restore ${node.name} at ${name}`, isSigning: true, signal },
    ...{ waitMs: LOCK_WAIT_MS, onLock: () => undefined },
  };
  await underPlaceLock(portsOf(sim, operatorAt(sim, operator), createLife(null)), lock, async (confirm) => {
    await confirm(signal);
    if (machine === undefined || machine === null)
      throw new TypeError(`${name} took the lock, and is not there`);
    const run = unitRun(machine, unit, memoryKeystore(network, node));
    await refuseSigner(
      { control: machineControl(run, network, node), signerWithoutKeys: withoutKeys },
      signal,
    );
    const [key] = machine.running.get(unit) ?? [];
    if (key !== undefined) sim.broken ??= `${unit} of before and ${unit} after the restore both have ${key}`;
  });
  return 'done';
}

/** Answers the look at the unit of a node as systemd and `find` do. */
function unitRun({ records, running }: SimulatedMachine, unit: string, memory: string): RunScript {
  const ended = (out: string) => ({ kind: 'ended', code: 0, out, err: '' }) as const;
  return async (script) => {
    if (!script.includes('systemctl cat')) {
      const keys = script.includes(memory) ? (running.get(unit) ?? []) : [];
      return ended(keys.map((key) => `${memory}/6772616e${key.slice(2)}`).join('\n'));
    }
    const body = [...records.values()].find(({ name }) => name === unit)?.body;
    const text = body?.kind === 'unit' ? body.text : null;
    const shown = `LoadState=${text === null ? 'not-found' : 'loaded'}\nNeedDaemonReload=no\n`;
    const lines = [shown, text ?? '', ''].map((one) => Buffer.from(one).toString('base64'));
    return ended(lines.join('\n'));
  };
}
