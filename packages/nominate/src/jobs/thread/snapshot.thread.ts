// The program of the thread that computes with snapshots: one task, one answer.

import { parentPort, workerData } from 'node:worker_threads';
import { loadCheck } from '../../io/load-checks.ts';
import type { LoadedModule } from '../../rounds/start.ts';
import type { ModuleFile } from './run-in-thread.ts';
import { doTask, type Task } from './tasks.ts';

const { task, files } = workerData as { readonly task: Task; readonly files: readonly ModuleFile[] };

async function load({ file, sha256 }: ModuleFile): Promise<LoadedModule> {
  const read = await loadCheck(file);
  if (!read.ok) throw new Error(`the module ${file} cannot be loaded: ${read.why}`);
  if (read.module.sha256 !== sha256)
    throw new Error(`the module ${file} was changed: start the service again`);
  return read.module;
}

const modules = await Promise.all(files.map(load));
parentPort?.postMessage(doTask(task, modules));
