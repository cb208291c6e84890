import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Fault, usageFault } from '@watchbill/kit';
import type { Document } from '@watchbill/kit/command/document';
import { faultOf } from '@watchbill/kit/command/fault-text';
import type { Io } from '@watchbill/kit/command/io';
import type { Simulation } from '../../lab/simulate/index.ts';
import type { ReadGraph } from '../../run/network-file/index.ts';
import { readGraph } from '../network-file.ts';

/** The relay part of a simulation as it is run: a folder like that of `fleet local trial`. */
export interface Prepared {
  readonly graph: ReadGraph;
  readonly secrets: string;
  /** Folder of chains, keys and logs. */
  readonly local: string;
  /**
   * False where the genesis has no list of authorities that is known: then the validators of the file were
   * not compared with it.
   */
  readonly isCompared: boolean;
}

/**
 * Writes network file, specification and seeds into a folder, without starting a node. Throws if the node
 * makes no specification, or if file and genesis name different validators.
 */
export async function prepare(io: Io, document: Document<Simulation>, folder: string): Promise<Prepared> {
  const { bootsOf, networkName, relayNetwork, seedsOf } = await import('../../lab/simulate/index.ts');
  const { value: simulation, file, whereIs } = document;
  const from = dirname(file);
  const program = resolve(from, simulation.relay.command);
  if (!existsSync(program))
    throw usageFault(`there is no ${program}`, 'build or fetch the node', whereIs(['relay', 'command']));
  const { spec, isCompared } = await checkedSpec(document, program, folder);
  writeFileSync(join(folder, 'chain.json'), spec);
  const secrets = join(folder, 'secrets');
  const put = (entry: string, text: string): void => {
    mkdirSync(dirname(join(secrets, entry)), { recursive: true, mode: 0o700 });
    writeFileSync(join(secrets, entry), text, { mode: 0o600 });
  };
  for (const { entry, seed } of seedsOf(simulation)) put(entry, seed);
  const { peerIdOf } = await import('../../file/index.ts');
  const peerIds = new Map<string, string>();
  for (const name of bootsOf(simulation)) {
    const key = io.random.bytes(32);
    put(`${networkName(name)}/key`, Buffer.from(key).toString('hex'));
    peerIds.set(name, peerIdOf(key));
  }
  const network = relayNetwork(simulation, {
    program,
    programSha256: await digestOf(program),
    spec: 'chain.json',
    specSha256: createHash('sha256').update(spec).digest('hex'),
    peerIds,
  });
  const networkFile = join(folder, 'network.yaml');
  writeFileSync(networkFile, `${JSON.stringify(network, null, 2)}\n`);
  return { graph: await readGraph(io, networkFile), secrets, local: join(folder, 'local'), isCompared };
}

/** The specification that the nodes run, whose validators are those of the file. */
async function checkedSpec(
  { value: simulation, file, whereIs }: Document<Simulation>,
  program: string,
  folder: string,
): Promise<{ readonly spec: string; readonly isCompared: boolean }> {
  const { buildSpec, checkValidators, SimulationFault } = await import('../../lab/simulate/index.ts');
  try {
    const spec = await buildSpec({ simulation, program, from: dirname(file), work: folder });
    const { refusals, compared } = await checkValidators(simulation, program, spec);
    if (refusals.length === 0) return { spec, isCompared: compared };
    const problems = refusals.map(({ path, what, remedy }) => ({ what, where: whereIs(path), remedy }));
    throw new Fault('bad-simulation', 'usage', problems);
  } catch (error) {
    if (!(error instanceof SimulationFault)) throw error;
    throw faultOf('simulation', error, whereIs(['relay']));
  }
}

/** SHA-256 of a file, in hexadecimal. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
