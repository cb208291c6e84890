// The program of the thread that works with snapshots: one task, one answer.

import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { loadCheck } from '../../io/load-checks.ts';
import type { LoadedModule } from '../../rounds/start.ts';
import { openProgrammeStore } from '../../storage/open.ts';
import { joinParts, type SnapshotPart } from './parts.ts';
import type { ModuleFile, ThreadGround } from './run-in-thread.ts';
import { doTask, type Task } from './tasks.ts';

const { task, files, database } = workerData as ThreadGround & { readonly task: Task };

async function load({ file, sha256 }: ModuleFile): Promise<LoadedModule> {
  const read = await loadCheck(file);
  if (!read.ok) throw new Error(`the module ${file} cannot be loaded: ${read.why}`);
  if (read.module.sha256 !== sha256)
    throw new Error(`the module ${file} was changed: start the service again`);
  return read.module;
}

async function* received(port: NonNullable<typeof parentPort>): AsyncGenerator<SnapshotPart> {
  for await (const [part] of on(port, 'message')) yield part as SnapshotPart;
}

async function run(port: NonNullable<typeof parentPort>): Promise<void> {
  const snapshot = task.kind === 'put' ? await joinParts(received(port)) : null;
  const modules = await Promise.all(files.map(load));
  const store = await openProgrammeStore(database, Date.now);
  try {
    port.postMessage(await doTask(task, { store, modules, snapshot }));
  } finally {
    await store.close();
  }
}

if (parentPort !== null) await run(parentPort);
