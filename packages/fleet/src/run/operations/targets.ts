import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '@watchbill/kit';
import { type Fault, fault } from '@watchbill/kit';
import type { LiveResource, Place } from '../../file/index.ts';
import type { IdentifiedTarget } from '../apply/identity.ts';
import type { MachineTraits } from '../apply/machine-traits.ts';
import { renamedTarget } from '../apply/renamed.ts';
import type { OpenCredentials, OpenTargets, Targets } from './fleet-ports.ts';

/** In a pod the service account takes the place of a kubeconfig. */
const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** How clusters and machines are reached from this machine. */
export interface TargetSettings {
  readonly clock: Clock;
  /** File names are relative to it. */
  readonly cwd: string;
  /** `KUBECONFIG` and `HOME` are read, as kubectl does. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly kubeconfig?: string | undefined;
  readonly sshConfig?: string | undefined;
}

/** Opens the clusters and machines of a network from this machine. */
export function createTargetOpener(settings: TargetSettings): OpenTargets {
  return async (network, places, takeOver) => {
    const cluster = places.find(({ target }) => target !== 'machine');
    if (cluster !== undefined && settings.kubeconfig === undefined)
      expectKubeconfig(settings, cluster.name, network);
    const byPlace = new Map<string, IdentifiedTarget>();
    const closers: (() => void)[] = [];
    const close = (): void => {
      for (const one of closers) one();
    };
    try {
      for (const { formerName, ...named } of places) {
        const place: Place = { ...named, name: formerName ?? named.name };
        const target = await openTarget(settings, network, place, takeOver);
        closers.push(target.close);
        byPlace.set(named.name, place.name === named.name ? target : renamedTarget(target, named.name));
      }
    } catch (error) {
      close();
      throw error;
    }
    return { byPlace, close };
  };
}

/** Opens the credentials of machines from this machine. */
export function createCredentialOpener({
  clock,
  cwd,
  sshConfig,
}: Pick<TargetSettings, 'clock' | 'cwd' | 'sshConfig'>): OpenCredentials {
  return async (place, network) => {
    const { openCredentials } = await import('../machines/index.ts');
    const sshConfigFile = sshConfig === undefined ? null : resolve(cwd, sshConfig);
    return openCredentials({ place, network, sshConfigFile, clock });
  };
}

/** The clients of clusters and of ssh are loaded when the first place needs them. */
async function openTarget(
  { clock, cwd, kubeconfig, sshConfig }: TargetSettings,
  network: string,
  place: Place,
  takeOver: boolean,
): Promise<IdentifiedTarget & Pick<Targets, 'close'>> {
  if (place.target === 'machine') {
    const { openMachineTarget } = await import('../machines/index.ts');
    const sshConfigFile = sshConfig === undefined ? null : resolve(cwd, sshConfig);
    return openMachineTarget({ place, network, sshConfigFile, clock });
  }
  const { openKubernetesTarget } = await import('../kubernetes/index.ts');
  const kubeconfigFile = kubeconfig === undefined ? null : resolve(cwd, kubeconfig);
  const opened = await openKubernetesTarget({ place, kubeconfigFile, clock, takeOver });
  if (opened.ok) return opened.target;
  throw noCluster(place.name, opened.detail);
}

/** Where `docs/fleet/tutorial/local-network.md` puts a network. */
const LOCAL_FOLDER = 'local';

/** Without any, the client would ask its default address, and its error would not name the cause. */
export function expectKubeconfig(
  { cwd, env }: Pick<TargetSettings, 'cwd' | 'env'>,
  place: string,
  network: string,
): void {
  const found =
    (env.KUBECONFIG ?? '') !== '' ||
    existsSync(join(env.HOME ?? homedir(), '.kube/config')) ||
    existsSync(POD_TOKEN);
  if (found) return;
  const what = 'there is no kubeconfig: KUBECONFIG is not set, and ~/.kube/config does not exist';
  const isHere = existsSync(join(cwd, LOCAL_FOLDER, 'state.json'));
  throw noCluster(place, what, isHere ? localHint(network) : '');
}

function localHint(network: string): string {
  const where = `${network} is on this machine, in ${LOCAL_FOLDER}/`;
  return `${where}: if the command has the flag --local, as 'fleet nodes logs' has, add --local ${LOCAL_FOLDER}; else `;
}

function noCluster(place: string, what: string, hint = ''): Fault {
  const remedy = `${hint}name a kubeconfig with --kubeconfig, and the context in the network file`;
  return fault('no-cluster', 'usage', { what, remedy, where: place });
}

/** By the name of a place. */
export interface Identified {
  readonly identities: Readonly<Record<string, string>>;
  /** Of machines. */
  readonly traits: Readonly<Record<string, MachineTraits>>;
}

/** The identity of every place. Throws if one cannot be asked, so no plan is made without it. */
export async function identitiesOf(
  targets: ReadonlyMap<string, IdentifiedTarget>,
  signal: AbortSignal,
): Promise<Identified> {
  const asked = [...targets].map(async ([name, target]) => {
    const found = await target.identity(signal);
    if (found.ok) return { name, ...found };
    throw placeFault(name, found.reason, found.detail);
  });
  const found = await Promise.all(asked);
  return {
    identities: Object.fromEntries(found.map(({ name, identity }) => [name, identity])),
    traits: Object.fromEntries(
      found.flatMap(({ name, traits }) => (traits === undefined ? [] : [[name, traits]])),
    ),
  };
}

/** All objects of a network, in all places. Throws if a place cannot be read. */
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

/** A place that cannot be read. Its content is unknown, so the operation ends. */
export function placeFault(place: string, reason: 'unreachable' | 'forbidden', detail: string) {
  const remedy =
    reason === 'forbidden'
      ? 'give the user of the kubeconfig that right, or name another context'
      : 'check that it can be reached from here, a cluster at the address of its kubeconfig and a machine over ssh, then try again';
  return fault(reason, reason === 'forbidden' ? 'denied' : 'unreachable', {
    what: `${place}: ${detail}`,
    where: place,
    remedy,
  });
}
