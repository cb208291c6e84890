import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { usageFault } from '../../../fault.ts';
import type { Io } from '../../../io.ts';

/** What became of a field or a line that is not carried over just as it stands. */
export interface Remark {
  readonly kind: 'left-out' | 'changed' | 'refused';
  /** `file:line:column` */
  readonly where: string;
  /** Path of the field, or the line itself. */
  readonly subject: string;
  readonly what: string;
  readonly remedy: string;
}

export interface Imported {
  readonly simulation: object;
  readonly remarks: readonly Remark[];
  readonly description: string | null;
}

interface From {
  readonly from: string;
  readonly tests?: string;
  readonly name: string;
}

/** A simulation from files of zombienet, with a remark for everything that is not in it as it stood. Throws a usage fault. */
export async function imported(io: Io, { from, tests, name }: From): Promise<Imported> {
  const { fromZombienet, readZombienet, SourceFault } = await import('@watchbill/fleet/simulate');
  if (from.endsWith('.zndsl'))
    throw usageFault(
      `${from} is a test, not a network`,
      `name the network that its line \`Network:\` names with --from, and this one with --tests`,
      'flag --from',
    );
  const file = basename(from);
  const source = (() => {
    const text = textOf(io, from, '--from');
    try {
      return readZombienet(text, from.endsWith('.toml') ? 'toml' : 'yaml');
    } catch (error) {
      if (!(error instanceof SourceFault)) throw error;
      const { line, column } = error.place;
      throw usageFault(
        `${from} cannot be read: ${error.message}`,
        'correct the text at this place; what ends in .toml is TOML, all else YAML or JSON',
        `${resolve(io.cwd, from)}:${line}:${column}`,
      );
    }
  })();
  const { value, wide, placeOf } = source;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !hasRelay(value))
    throw usageFault(`${from} has no relaychain`, 'name a specification of zombienet', 'flag --from');
  const { simulation, notes, originOf } = fromZombienet(
    value as Parameters<typeof fromZombienet>[0],
    name,
    wide,
  );
  const where = (path: readonly PropertyKey[]): string => {
    const { line, column } = placeOf(path);
    return `${file}:${line}:${column}`;
  };
  const said = notes.map(({ path, ...note }) => ({ ...note, where: where(path), subject: path.join('.') }));
  const problems = (await problemsOf(simulation)).map(({ path, what, remedy }) => ({
    kind: 'refused' as const,
    where: where(originOf(path)),
    subject: originOf(path).join('.') || file,
    what,
    remedy,
  }));
  const tested = await testsOf(io, tests, from, namesOf(simulation));
  return {
    simulation: tested.run.length === 0 ? simulation : { ...simulation, run: tested.run },
    remarks: [...said, ...problems, ...tested.remarks],
    description: tested.description,
  };
}

function hasRelay(value: object): boolean {
  return ['relaychain', 'relayChain', 'relay_chain'].some((key) => key in value);
}

type Problem = { readonly path: readonly PropertyKey[]; readonly what: string; readonly remedy: string };

/** What a simulation would be refused for, had somebody written it. */
async function problemsOf(simulation: object): Promise<readonly Problem[]> {
  const { refusalsOf, simulationSchema } = await import('@watchbill/fleet/simulate');
  const read = simulationSchema.safeParse(simulation);
  if (read.success) return refusalsOf(read.data);
  return read.error.issues.map(({ path, message }) => ({
    path,
    what: `${path.join('.')} cannot be so: ${message.replace(/^Invalid input: /, '')}`,
    remedy: 'correct it in the new file; the page docs/how-to/simulate.md shows what it can say',
  }));
}

function namesOf(simulation: object): readonly string[] {
  const { relay } = simulation as {
    readonly relay: { readonly nodes: readonly { readonly name: unknown }[] };
  };
  return relay.nodes.map((node) => String(node.name));
}

async function testsOf(
  io: Io,
  tests: string | undefined,
  network: string,
  names: readonly string[],
): Promise<{
  readonly run: readonly object[];
  readonly remarks: readonly Remark[];
  readonly description: string | null;
}> {
  if (tests === undefined) return { run: [], remarks: [], description: null };
  const { fromZndsl } = await import('@watchbill/fleet/simulate');
  const read = fromZndsl(textOf(io, tests, '--tests'), names);
  const file = basename(tests);
  const remarks: Remark[] = read.notes.map(({ line, column, text, ...note }) => ({
    ...note,
    where: `${file}:${line}:${column}`,
    subject: text,
  }));
  if (read.network !== null && basename(read.network) !== basename(network))
    remarks.unshift({
      kind: 'changed',
      where: `${file}:1:1`,
      subject: `Network: ${read.network}`,
      what: `it is of another file than ${basename(network)}`,
      remedy: 'name that one with --from, where this was not meant',
    });
  return { run: read.run, remarks, description: read.description };
}

function textOf(io: Io, file: string, flag: string): string {
  try {
    return readFileSync(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw usageFault(`${file} cannot be read: ${why}`, 'name a file that is there', `flag ${flag}`);
  }
}
