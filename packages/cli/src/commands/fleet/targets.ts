import { resolve } from 'node:path';
import type { LiveResource, Place } from '@watchbill/fleet';
import type { IdentifiedTarget } from '@watchbill/fleet/apply';
import type { Command } from 'commander';
import { EXIT } from '../../exit.ts';
import { fault } from '../../fault.ts';
import type { Io } from '../../io.ts';

export interface TargetFlags {
  readonly kubeconfig?: string;
  readonly sshConfig?: string;
}

/** The places of a network, opened. */
export interface OpenTargets {
  readonly byPlace: ReadonlyMap<string, IdentifiedTarget>;
  readonly close: () => void;
}

export function addTargetOptions(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'kubeconfig with the contexts of the clusters; left out: the one that kubectl uses',
    )
    .option('--ssh-config <file>', 'configuration of ssh for the machines; left out: your own');
}

/** Opens every place; contacts none yet. */
export async function openTargets(
  io: Io,
  network: string,
  places: readonly Place[],
  flags: TargetFlags,
  takeOver: boolean,
): Promise<OpenTargets> {
  const { openKubernetesTarget } = await import('@watchbill/fleet/kubernetes');
  const byPlace = new Map<string, IdentifiedTarget>();
  const closers: (() => void)[] = [];
  for (const place of places) {
    if (place.target === 'machine') {
      const { openMachineTarget } = await import('@watchbill/fleet/machines');
      const sshConfigFile = flags.sshConfig === undefined ? null : resolve(io.cwd, flags.sshConfig);
      const machine = openMachineTarget({ place, network, sshConfigFile, clock: io.clock });
      byPlace.set(place.name, machine);
      closers.push(machine.close);
      continue;
    }
    const kubeconfigFile = flags.kubeconfig === undefined ? null : resolve(io.cwd, flags.kubeconfig);
    const opened = await openKubernetesTarget({ place, kubeconfigFile, clock: io.clock, takeOver });
    if (!opened.ok) {
      for (const close of closers) close();
      const remedy = 'name a kubeconfig with --kubeconfig, and the context in the network file';
      throw fault('no-cluster', EXIT.usage, { what: opened.detail, remedy, where: place.name });
    }
    byPlace.set(place.name, opened.target);
    closers.push(opened.target.close);
  }
  return {
    byPlace,
    close: () => {
      for (const close of closers) close();
    },
  };
}

/** The identity of every place. Throws where one cannot be asked: then nothing is planned for it. */
export async function identitiesOf(
  targets: ReadonlyMap<string, IdentifiedTarget>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const pairs = [...targets].map(async ([name, target]): Promise<readonly [string, string]> => {
    const found = await target.identity(signal);
    if (found.ok) return [name, found.identity];
    throw placeFault(name, found.reason, found.detail);
  });
  return Object.fromEntries(await Promise.all(pairs));
}

/** All that a network has, wherever it is. Throws where a place cannot be read. */
export async function liveOf(
  targets: ReadonlyMap<string, IdentifiedTarget>,
  network: string,
  signal: AbortSignal,
): Promise<readonly LiveResource[]> {
  const reads = await Promise.all(
    [...targets.values()].map((target) => target.read(network, [], [], signal)),
  );
  return reads.flatMap((read) => {
    if (!read.ok) throw placeFault(read.place, read.reason, read.detail);
    return [...read.state.live.values()];
  });
}

/** A place that cannot be looked at: what lives there is not known, so nothing is done. */
export function placeFault(place: string, reason: 'unreachable' | 'forbidden', detail: string) {
  const remedy =
    reason === 'forbidden'
      ? 'give the user of the kubeconfig that right, or name another context'
      : 'see that the address of the kubeconfig answers from here, then try again';
  const exitCode = reason === 'forbidden' ? EXIT.denied : EXIT.unreachable;
  return fault(reason, exitCode, { what: `${place}: ${detail}`, where: place, remedy });
}
