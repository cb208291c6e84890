import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { LiveResource, Place } from '@watchbill/fleet';
import type { IdentifiedTarget, SavedPlace } from '@watchbill/fleet-run/apply';
import type { Command } from 'commander';
import { EXIT } from '../../process/exit.ts';
import { type CliFault, fault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';

/** In a pod the service account takes the place of a kubeconfig. */
const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

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
  places: readonly SavedPlace[],
  flags: TargetFlags,
  takeOver: boolean,
): Promise<OpenTargets> {
  const { openKubernetesTarget } = await import('@watchbill/fleet-run/kubernetes');
  const cluster = places.find(({ target }) => target !== 'machine');
  if (cluster !== undefined && flags.kubeconfig === undefined) expectKubeconfig(io, cluster.name, network);
  const byPlace = new Map<string, IdentifiedTarget>();
  const closers: (() => void)[] = [];
  const { renamedTarget } = await import('@watchbill/fleet-run/apply');
  const put = (name: string, target: IdentifiedTarget): void => {
    byPlace.set(name, target.place.name === name ? target : renamedTarget(target, name));
  };
  for (const { formerName, ...named } of places) {
    const place: Place = { ...named, name: formerName ?? named.name };
    if (place.target === 'machine') {
      const { openMachineTarget } = await import('@watchbill/fleet-run/machines');
      const sshConfigFile = flags.sshConfig === undefined ? null : resolve(io.cwd, flags.sshConfig);
      const machine = openMachineTarget({ place, network, sshConfigFile, clock: io.clock });
      put(named.name, machine);
      closers.push(machine.close);
      continue;
    }
    const kubeconfigFile = flags.kubeconfig === undefined ? null : resolve(io.cwd, flags.kubeconfig);
    const opened = await openKubernetesTarget({ place, kubeconfigFile, clock: io.clock, takeOver });
    if (!opened.ok) {
      for (const close of closers) close();
      throw noCluster(place.name, opened.detail);
    }
    put(named.name, opened.target);
    closers.push(opened.target.close);
  }
  return {
    byPlace,
    close: () => {
      for (const close of closers) close();
    },
  };
}

/** Where `docs/tutorial/local-network.md` puts a network. */
const LOCAL_FOLDER = 'local';

/** Without any, the client would ask an address of its own, and say what is wrong with that. */
export function expectKubeconfig({ cwd, env }: Io, place: string, network: string): void {
  const found =
    (env.KUBECONFIG ?? '') !== '' ||
    existsSync(join(env.HOME ?? homedir(), '.kube/config')) ||
    existsSync(POD_TOKEN);
  if (found) return;
  const what = 'there is no kubeconfig: KUBECONFIG is not set, and ~/.kube/config is not there';
  const isHere = existsSync(join(cwd, LOCAL_FOLDER, 'state.json'));
  throw noCluster(place, what, isHere ? localHint(network) : '');
}

function localHint(network: string): string {
  const where = `${network} is on this machine, in ${LOCAL_FOLDER}/`;
  return `${where}: where a command has --local, such as 'fleet access', add --local ${LOCAL_FOLDER}; else `;
}

function noCluster(place: string, what: string, hint = ''): CliFault {
  const remedy = `${hint}name a kubeconfig with --kubeconfig, and the context in the network file`;
  return fault('no-cluster', EXIT.usage, { what, remedy, where: place });
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
    // Pods are those of the sets that are there too.
    return [...read.state.live.values()].filter(({ kind }) => kind !== 'Pod');
  });
}

/** A place that cannot be looked at: what lives there is not known, so nothing is done. */
export function placeFault(place: string, reason: 'unreachable' | 'forbidden', detail: string) {
  const remedy =
    reason === 'forbidden'
      ? 'give the user of the kubeconfig that right, or name another context'
      : 'see that it answers from here, a cluster at the address of its kubeconfig and a machine over ssh, then try again';
  const exitCode = reason === 'forbidden' ? EXIT.denied : EXIT.unreachable;
  return fault(reason, exitCode, { what: `${place}: ${detail}`, where: place, remedy });
}
