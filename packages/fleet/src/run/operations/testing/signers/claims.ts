import { createHash } from 'node:crypto';
import { changedTrait, type MachineTraits } from '../../../apply/machine-traits.ts';
import { publicKeyOfSeed } from '../../../secrets/public-key.ts';
import { isIn } from '../../render.ts';
import type { RenderedSigner } from '../../rendered-folder.ts';
import {
  BORN,
  isMachine,
  MACHINES,
  type MachineName,
  type NetworkFile,
  placesOf,
  type Signer,
} from './file.ts';
import { knownOnVolume } from './volumes.ts';
import type { Home, Process, World } from './world.ts';

/** The claims that a person makes about a plan. */
export interface Claims {
  readonly firstTime: boolean;
  readonly differentKeys: boolean;
}

/** A seed by its number, as `secrets put` takes it. */
export function seedOf(number: number): string {
  return `0x${createHash('sha256').update(`seed ${number}`).digest('hex')}`;
}

export function homeOf(world: World, { hosts }: NetworkFile, place: Signer['place']): Home | null {
  return (isMachine(place) ? world.hosts.get(hosts[place]) : world.clusters.get(place)) ?? null;
}

/** The public key with which a signer of the file would start now. Null if there is no seed. */
export function keyOf(world: World, file: NetworkFile, { place, secret }: Signer): string | null {
  const home = homeOf(world, file, place);
  if (home === null) return null;
  const seed =
    'stored' in home
      ? seedIn(home.stored.get(`Secret nodes/${secret}`))
      : home.credentials.get(`net.${secret}.gran`);
  return seed === undefined ? null : publicKey(seed);
}

const known = new Map<string, string | null>();

/** Sequences have few seeds, and a public key takes a millisecond. */
export function publicKey(seed: string): string | null {
  const before = known.get(seed);
  if (before !== undefined) return before;
  const key = publicKeyOfSeed('ed25519', Buffer.from(seed));
  known.set(seed, key);
  return key;
}

function seedIn(secret: unknown): string | undefined {
  const data = (secret as { readonly data?: { readonly gran?: string } } | undefined)?.data?.gran;
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString();
}

/** Whether no signer has ever run in a place that the file does not name. */
export function isFirstTime(world: World, file: NetworkFile): boolean {
  const named = placesOf(file).map((place) => homeOf(world, file, place));
  const now = world.processes().flatMap(({ home }) => (home === 'local' ? [] : [home]));
  return [...world.ran, ...now].every((home) => named.includes(home));
}

/** A node of the file. */
interface Start {
  readonly home: Home | null;
  readonly name: string;
  /** With which it would start. */
  readonly keys: readonly string[];
  readonly isBorn: boolean;
}

/** Null if a seed is not there. */
function startsOf(world: World, file: NetworkFile): readonly Start[] | null {
  const starts = Object.entries(file.signers).flatMap(([pool, signer]) => {
    const home = homeOf(world, file, signer.place);
    const isBorn = signer.secret === BORN;
    const key = isBorn ? null : keyOf(world, file, signer);
    return Array.from({ length: signer.count ?? 1 }, (_, at): Start | null => {
      const name = `${pool}-${signer.place}-${at}`;
      if (!isBorn) return key === null ? null : { home, name, keys: [key], isBorn };
      return { home, name, keys: home !== null && 'stored' in home ? knownOnVolume(home, name) : [], isBorn };
    });
  });
  const known = starts.filter((one) => one !== null);
  return known.length < starts.length ? null : known;
}

function isOf({ home, id }: Process, start: Start): boolean {
  return home === start.home && id.includes(start.name);
}

/** Whether no two holders have a key in common: signers of the file as they would start, and processes. */
export function haveDifferentKeys(world: World, file: NetworkFile): boolean {
  const starts = startsOf(world, file);
  if (starts === null) return false;
  const others = world.processes().filter((one) => !starts.some((start) => isOf(one, start)));
  const keys = [...starts, ...others].flatMap((one) => one.keys);
  return new Set(keys).size === keys.length;
}

/**
 * Whether signers may begin with the keys on their volumes: no other signer of the file has them, and no
 * other process, even if it will end.
 */
export function mayBeginOnVolumes(world: World, file: NetworkFile): boolean {
  const born = (startsOf(world, file) ?? []).filter(({ isBorn }) => isBorn);
  const isFree = (start: Start): boolean =>
    world.processes().every((one) => isOf(one, start) || !one.keys.some((key) => start.keys.includes(key)));
  return haveDifferentKeys(world, file) && born.every(isFree);
}

/** A machine as a memory knows it. */
export interface Past {
  readonly host: string;
  readonly traits?: MachineTraits | undefined;
}

/**
 * Names of machines of the file for which `--same-machine` is true: it is the same machine as before, and no
 * other one with its machine id runs, at any address.
 */
export function sameMachines(
  world: World,
  file: NetworkFile,
  past: ReadonlyMap<MachineName, Past>,
): readonly MachineName[] {
  return MACHINES.filter((name) => {
    const before = past.get(name);
    const now = world.hosts.get(file.hosts[name]) ?? null;
    if (before === undefined || now === null || !placesOf(file).includes(name)) return false;
    const hasChanged = changedTrait(before.traits, now.traits) !== null;
    if (before.host === file.hosts[name] && !hasChanged) return false;
    const others = world.machines.filter((one) => one !== now && one.machineId === now.machineId);
    return others.every(({ isScrapped }) => isScrapped);
  });
}

/**
 * Whether a person may render running signers: no process has their keys, except one that the earlier folder
 * runs and that leaves it, which `render` compares.
 */
export function mayRenderSigners(
  world: World,
  file: NetworkFile,
  before: readonly RenderedSigner[],
): boolean {
  const wanted = Object.entries(file.signers).filter(([, { place }]) => !isMachine(place));
  const keys = wanted.map(([, signer]) => keyOf(world, file, signer));
  if (keys.includes(null) || new Set(keys).size < keys.length) return false;
  const now = renderedSigners(file);
  const leaving = before.filter((past) => !isIn(past, now));
  return now.every(({ id }, at) => {
    const compared = [...leaving.map((past) => podOf(past.id)), podOf(id)];
    return world.processes().every((one) => !one.keys.includes(keys[at] ?? '') || compared.includes(one.id));
  });
}

/** The signers of the clusters of a file, as a rendering records them. */
export function renderedSigners({ signers }: NetworkFile): readonly RenderedSigner[] {
  return Object.entries(signers)
    .filter(([, { place }]) => !isMachine(place))
    .map(([pool, { place, secret, set }]) => ({
      id: `${place}/StatefulSet/nodes/${pool}-${place}-0`,
      use: `set.${set ?? secret}`,
      secret: `nodes/${secret}`,
    }));
}

/** `ams/StatefulSet/nodes/a-ams-0` makes the pod `ams/a-ams-0-0`. */
function podOf(id: string): string {
  const [cluster = '', , , name = ''] = id.split('/');
  return `${cluster}/${name}-0`;
}
