import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRecord, type Json, type JsonRecord } from '@watchbill/kit';
import { parse } from 'yaml';
import { at } from '../../../kubernetes/ownership.ts';
import { renderNetwork } from '../../render.ts';
import type { RenderedSigner } from '../../rendered-folder.ts';
import { mayRenderSigners, renderedSigners } from './claims.ts';
import { nameOf } from './cluster.ts';
import { type ClusterName, declaredOf } from './file.ts';
import type { Simulation } from './simulation.ts';

const CONTROLLER = 'kustomize-controller';

/** The one folder into which a network is rendered, and that a controller in each cluster applies. */
export interface RenderedFolder {
  /** Null until something is rendered. */
  path: string | null;
  signers: readonly RenderedSigner[];
  objects: readonly { readonly cluster: string; readonly object: JsonRecord }[];
}

export function createFolder(): RenderedFolder {
  return { path: null, signers: [], objects: [] };
}

/** A file system in memory, if there is one: a rendering syncs each of its files. */
const MEMORY = '/dev/shm';

/** Path of the folder in which files of the network are. It is made at the first call. */
export function folderOf(folder: RenderedFolder): string {
  folder.path ??= mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'watchbill-signers-'));
  return folder.path;
}

export function removeFolder({ path }: RenderedFolder): void {
  if (path !== null) rmSync(path, { recursive: true, force: true });
}

/** Renders. A person renders running signers only if no other process has their keys. */
export function renderInto({ world, file, folder, counts }: Simulation, isRunning: boolean): string {
  if (isRunning && !mayRenderSigners(world, file, folder.signers)) return 'it would be untrue';
  const { files } = renderNetwork({
    declared: declaredOf(file),
    ...{ format: 'kustomize', place: null, signers: isRunning, out: join(folderOf(folder), 'out') },
    ...{ record: join(folderOf(folder), 'record.json') },
  });
  folder.objects = files.flatMap(({ path, text }) => {
    const object = parse(text) as Json;
    const cluster = path.split('/')[0] ?? '';
    return isRecord(object) && object.kind === 'StatefulSet' ? [{ cluster, object }] : [];
  });
  folder.signers = isRunning ? renderedSigners(file) : [];
  counts.rendered += 1;
  return 'done';
}

/** The controller of a cluster applies the folder, and removes what it applied before and is not in it. */
export function deliver({ world, folder }: Simulation, name: ClusterName): string {
  const cluster = world.clusters.get(name);
  if (cluster === undefined) throw new TypeError(`there is no cluster ${name}`);
  const objects = folder.objects.filter((one) => one.cluster === name).map(({ object }) => object);
  const kept = new Set(objects.map(nameOf));
  for (const [key, one] of cluster.stored) {
    const [manager] = [at(one, ['metadata', 'managedFields'])].flat();
    if (isRecord(manager) && manager.manager === CONTROLLER && !kept.has(key)) cluster.stored.delete(key);
  }
  for (const object of objects) cluster.put(object, CONTROLLER);
  return `${objects.length} applied`;
}
