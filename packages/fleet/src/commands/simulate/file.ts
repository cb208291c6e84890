import { Fault } from '@watchbill/kit';
import { type Document, readDocument } from '@watchbill/kit/command/document';
import type { Io } from '@watchbill/kit/command/io';
import type { Simulation } from '../../lab/simulate/index.ts';

export const SIMULATION_FILE = 'simulation.yaml';

/**
 * A simulation file that passed validation. Throws a usage fault with every problem, its line and its column.
 */
export async function readSimulation(io: Io, path: string): Promise<Document<Simulation>> {
  const { refusalsOf, simulationSchema } = await import('../../lab/simulate/index.ts');
  const document = readDocument(io, path, simulationSchema, {
    missing: 'name one with --file, or make one with `watchbill fleet local simulate init`',
    page: 'simulate',
  });
  const problems = refusalsOf(document.value).map((refusal) => ({
    what: refusal.what,
    where: document.whereIs(refusal.path),
    remedy: refusal.remedy,
  }));
  if (problems.length > 0) throw new Fault('bad-simulation', 'usage', problems);
  return document;
}
