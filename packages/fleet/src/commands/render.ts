import { relative, resolve } from 'node:path';
import { counted, nearest, systemFault, usageFault } from '@watchbill/kit';
import { type Context, withExamples } from '@watchbill/kit/command/context';
import type { Io } from '@watchbill/kit/command/io';
import { lines, print } from '@watchbill/kit/command/print';
import { type Command, Option } from 'commander';
import type { RenderFormat } from '../file/index.ts';
import { NETWORK_FILE, readGraph } from './network-file.ts';

interface RenderFlags {
  readonly file: string;
  readonly format: RenderFormat;
  readonly place?: string;
  readonly signers?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

export const FORMAT_CHOICES: readonly RenderFormat[] = [
  'yaml',
  'kustomize',
  'helm',
  'systemd',
  'nftables',
  'terraform',
  'access',
  'jobs',
  'graph',
];

/** `fleet file render`: writes the objects that `fleet apply` would apply, as files for other tools. */
export function addFleetRender(parent: Command, { io }: Context): void {
  const command = parent
    .command('render')
    .description(
      'write the objects of the network as files for other tools; contacts no cluster and no machine',
    )
    .option('--file <file>', 'network file', NETWORK_FILE)
    .addOption(
      new Option(
        '--format <name>',
        'yaml: objects; kustomize, helm: a folder for each cluster; systemd: units; nftables: firewalls of machines; terraform: values for modules of clouds; access: accounts and Roles for planning and applying; jobs: CronJobs with their accounts; graph: everything, as JSON',
      )
        .choices(FORMAT_CHOICES)
        .default('yaml'),
    )
    .option('--place <name>', 'only this cluster or machine')
    .option(
      '--signers',
      'run signers with named keys. Without this flag they have no pod, because another tool does not check where their keys are used',
    )
    .option(
      '--out <folder>',
      'folder to write to. It is replaced as a whole if an earlier rendering made it (default: print the files)',
    )
    .option('--json', 'print JSON: the files with their texts, or with --out the list of written files')
    .action((options: RenderFlags) => render(io, options));
  withExamples(command, [
    'watchbill fleet file render',
    'watchbill fleet file render --format kustomize --out rendered',
    'watchbill fleet file render --format helm --place east --out charts',
    'watchbill fleet file render --format terraform --out values',
    'watchbill fleet file render --format nftables --out firewall',
    'watchbill fleet file render --format access --out access',
    'watchbill fleet file render --format jobs --out jobs',
    'watchbill fleet file render --format kustomize --signers --out rendered',
  ]);
}

async function render(io: Io, options: RenderFlags): Promise<void> {
  const { expectPlace, recordFile, renderNetwork } = await import('../run/operations/index.ts');
  const declared = await readGraph(io, options.file, 'place');
  const { format, place = null, signers = false } = options;
  expectPlace(
    declared,
    place,
    nearest(
      place ?? '',
      declared.graph.places.map(({ name }) => name),
    ),
  );
  const out = options.out === undefined ? null : resolve(io.cwd, options.out);
  const record = recordFile(resolve(io.cwd, options.file), declared.graph.network);
  const { files, waiting, stopped } = withSystemFaults(out, () =>
    renderNetwork({ declared, format, place, signers, out, record }),
  );
  if (files.length === 0)
    throw usageFault(
      `the network file has no part to render as ${format}`,
      NOTHING[format] ?? 'add a pool',
      declared.file,
    );
  if (stopped.length > 0)
    io.err(
      lines([
        `WARNING: ${stopped.join(', ')} ran before and has no pod now. Render with --signers to keep it.`,
      ]),
    );
  if (out === null) {
    print(io, options.json, { files, waiting }, () =>
      files.map(({ path, text }) => (files.length === 1 ? text : `# ${path}\n${text}`)).join('\n'),
    );
    return;
  }
  const made = files.map(({ path }) => resolve(out, path));
  print(io, options.json, { made, waiting, stopped }, () =>
    lines(['made:', ...made.map((path) => `  ${relative(io.cwd, path)}`), ...waitingLines(waiting)]),
  );
}

function waitingLines(waiting: readonly string[]): readonly string[] {
  if (waiting.length === 0) return [];
  return [
    '',
    `${counted(waiting.length, 'signer')} without a pod, because the keys come from elsewhere: ${waiting.join(', ')}`,
    'Check that no other process has these keys, then render with --signers.',
  ];
}

const NOTHING: Readonly<Record<string, string>> = {
  systemd: 'the file has no machine with nodes: add `machines`',
  nftables: 'the file has no machine with nodes: add `machines`',
  terraform: 'no cluster of the file names its cloud: add `infrastructure` to it',
  access: 'the file has no cluster with nodes',
  jobs: 'the file has no jobs: add `jobs: {backup: {schedule: "0 3 * * *"}}`',
  yaml: 'the file has no cluster with nodes',
  kustomize: 'the file has no cluster with nodes',
  helm: 'the file has no cluster with nodes',
};

/** A disk that is full or a folder that may not be written is named. */
function withSystemFaults<Result>(out: string | null, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw (out === null ? null : systemFault(error, out)) ?? error;
  }
}
