import { Fault, type Problem } from '@watchbill/kit';
import type { Document } from '@watchbill/kit/command/document';
import type { Simulation } from '../../lab/simulate/index.ts';

/** Stands for the image of a collator that is rendered and never run. */
const IMAGE = `example.invalid/collator@sha256:${'0'.repeat(64)}`;

/** A network file of a parachain, as text. */
export interface ParachainFile {
  readonly id: number;
  readonly text: string;
  /** Keys of the simulation that a network file has no place for. */
  readonly leftOut: readonly string[];
}

/**
 * The parachains of a simulation as network files that were read and found sound. Throws a usage fault, at
 * the parachain, where one cannot be rendered.
 */
export async function parachainFiles({
  value,
  whereIs,
}: Document<Simulation>): Promise<readonly ParachainFile[]> {
  const [{ readNetwork }, { notCarriedOver, parachainNetwork }] = await Promise.all([
    import('../../file/index.ts'),
    import('../../lab/simulate/index.ts'),
  ]);
  const problems: Problem[] = [];
  const files = value.parachains.map((parachain, index) => {
    const text = `${JSON.stringify(parachainNetwork(value, parachain, IMAGE), null, 2)}\n`;
    const read = readNetwork(text);
    if (!read.ok)
      problems.push(
        ...read.problems.map(({ what, remedy }) => ({ what, where: whereIs(['parachains', index]), remedy })),
      );
    return { id: parachain.id, text, leftOut: notCarriedOver(parachain) };
  });
  if (problems.length > 0) throw new Fault('bad-simulation', 'usage', problems);
  return files;
}
