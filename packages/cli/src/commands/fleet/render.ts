import { relative, resolve } from 'node:path';
import { nearest } from '@watchbill/base';
import { type Command, Option } from 'commander';
import { lines, print } from '../../output/print.ts';
import { type Context, withExamples } from '../../process/context.ts';
import { usageFault } from '../../process/fault.ts';
import type { Io } from '../../process/io.ts';
import { carryOut, type PlannedFile, refuseExisting } from '../init/plan.ts';
import { NETWORK_FILE, readGraph } from './network-file.ts';

interface RenderFlags {
  readonly file: string;
  readonly format: 'yaml' | 'kustomize' | 'helm' | 'systemd' | 'terraform' | 'graph';
  readonly place?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export const FORMAT_CHOICES = ['yaml', 'kustomize', 'helm', 'systemd', 'terraform', 'graph'];

/** `fleet render`: what would be applied, as files for other tools. */
export function addFleetRender(parent: Command, { io }: Context): void {
  const command = parent
    .command('render')
    .description('write what would be applied as files for other tools; asks no cluster and no machine')
    .option('--file <file>', 'network file', NETWORK_FILE)
    .addOption(
      new Option(
        '--format <name>',
        'yaml: objects; kustomize, helm: a folder for each cluster; systemd: units; terraform: values for modules of clouds; graph: everything, as JSON',
      )
        .choices(FORMAT_CHOICES)
        .default('yaml'),
    )
    .option('--place <name>', 'only this cluster or machine')
    .option('--out <folder>', 'folder to write to; it must not hold such files yet. Left out: print them')
    .option('--json', 'print JSON: the list of files with their texts, or of what was written')
    .action((options: RenderFlags) => render(io, options));
  withExamples(command, [
    'watchbill fleet render',
    'watchbill fleet render --format kustomize --out rendered',
    'watchbill fleet render --format helm --place east --out charts',
    'watchbill fleet render --format terraform --out values',
  ]);
}

async function render(io: Io, options: RenderFlags): Promise<void> {
  const { rendered } = await import('@watchbill/fleet');
  const { graph, network, file } = await readGraph(io, options.file, 'place');
  const names = graph.places.map(({ name }) => name);
  if (options.place !== undefined && !names.includes(options.place)) {
    const near = nearest(options.place, names);
    throw usageFault(
      `there is no cluster and no machine ${options.place}`,
      near === null ? `name one of: ${names.join(', ')}` : `did you mean ${near}?`,
      'flag --place',
    );
  }
  const files = rendered(network, graph, { format: options.format, place: options.place ?? null });
  if (files.length === 0)
    throw usageFault(
      `there is nothing to render as ${options.format}`,
      NOTHING[options.format] ?? 'add a pool',
      file,
    );
  if (options.out === undefined) {
    print(io, options.json, { files }, () =>
      files.map(({ path, text }) => (files.length === 1 ? text : `# ${path}\n${text}`)).join('\n'),
    );
    return;
  }
  const dir = resolve(io.cwd, options.out);
  const planned = files.map(
    ({ path, text }): PlannedFile => ({ path: resolve(dir, path), text, mode: 0o644 }),
  );
  refuseExisting(
    planned.map(({ path }) => path),
    '--out',
  );
  carryOut({ folders: [], files: planned });
  const made = planned.map(({ path }) => relative(io.cwd, path));
  print(io, options.json, { made: planned.map(({ path }) => path) }, () =>
    lines(['made:', ...made.map((path) => `  ${path}`)]),
  );
}

const NOTHING: Readonly<Record<string, string>> = {
  systemd: 'the file has no machine with nodes: add `machines`',
  terraform: 'no cluster of the file says what it is built on: add `infrastructure` to it',
  yaml: 'the file has no cluster with nodes',
  kustomize: 'the file has no cluster with nodes',
  helm: 'the file has no cluster with nodes',
};
