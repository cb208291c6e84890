import { stringify } from 'yaml';
import type { ReadyChoice } from '../../service/index.ts';
import { configOfChain, type LocalChain } from './local-chain.ts';

/** Comments on the settings of a configuration that a person changes first. */
const ABOUT: Readonly<Record<string, string>> = {
  purpose: 'development: frequent rounds, to try it out. production: rounds follow the eras of the chain.',
  programme: 'The rules. Paths start from the folder of this file.',
  candidates: 'The candidate list: a path, or https://…',
  database: 'file: SQLite. urlFile: a file (chmod 600) with postgresql://USER:PASSWORD@HOST:PORT/DATABASE.',
  chains:
    'Endpoints by role; with several of one role, the programme uses them in turn. recorded: a snapshot to play, for trials.',
  telemetry: 'Feeds of telemetry servers. They show which nodes are online.',
  releases: 'By client: URL of its list of releases, in the format of GitHub.',
  send: 'false: a dry run. true: nominations are signed and sent; name `signers` for that.',
  transactions:
    'How long an extrinsic is valid, how often it is tried, and how long before an election it must start.',
  signers: 'The signer of each nominator: a key file, a program, or a folder for a person.',
  workers: 'Jobs over a queue: start one `--role planner`, and as many `--role worker` as you like.',
  jobs: 'How often, in seconds.',
};

/** The configuration of a running programme, with comments. An example plays its own snapshot, often. */
export async function configText(
  choice: Pick<ReadyChoice, 'topology' | 'purpose'> & { readonly network: 'kusama' | 'polkadot' },
  isExample: boolean,
  chain: LocalChain | null = null,
): Promise<string> {
  const { readyConfig } = await import('../../service/index.ts');
  const ready = readyConfig(isExample ? { ...choice, network: 'local', purpose: 'development' } : choice);
  const config =
    chain === null
      ? ready
      : { ...ready, ...configOfChain(chain, Object.keys(ready.jobs?.everySeconds ?? {})) };
  const head = '# How the programme runs. `watchbill nominate run --print-config` shows every default.\n';
  const parts = Object.entries(config).map(([key, value]) => {
    const about = ABOUT[key];
    return `${about === undefined ? '' : `# ${about}\n`}${stringify({ [key]: value }, { lineWidth: 0 })}`;
  });
  return [head, ...parts].join('\n');
}
