import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scalePool } from '../../scale.ts';
import type { Scale } from './commands.ts';
import { textOf } from './file.ts';
import { folderOf } from './gitops.ts';
import { operatorAt, portsOf } from './signers-ports.ts';
import type { Simulation } from './simulation.ts';
import { createLife } from './world.ts';

const FILE = 'network.yaml';
const TIMEOUT_MS = 600_000;

/** Changes the number of nodes of a pool by `fleet scale`, on a file that a person could read. */
export async function scale(sim: Simulation, { pool, operator, count }: Scale): Promise<string> {
  const signer = sim.file.signers[pool];
  if (signer === undefined) return 'there is no such pool';
  const cwd = folderOf(sim.folder);
  const path = join(cwd, FILE);
  writeFileSync(path, textOf(sim.file));
  const { changed } = await scalePool(portsOf(sim, operatorAt(sim, operator), createLife(null)), {
    source: { cwd, file: FILE, path, replace: (text) => writeFileSync(path, text) },
    ...{ pool, count, nodeUrls: async () => ({}), isLocal: false },
    ...{ abandon: [], timeoutMs: TIMEOUT_MS, onEvent: () => undefined },
  });
  if (!changed) return 'it has that number';
  const { [pool]: _before, ...others } = sim.file.signers;
  const signers = count === 0 ? others : { ...others, [pool]: { ...signer, count } };
  sim.file = { ...sim.file, signers };
  return `${count} nodes: ${readFileSync(path, 'utf8').length} bytes`;
}
