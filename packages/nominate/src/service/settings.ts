import { resolve } from 'node:path';
import { digestOf } from '@watchbill/kit';
import { KUSAMA_LIST, POLKADOT_LIST } from '../candidates/candidate.ts';
import { faultRulesOf } from '../history/faults.ts';
import { loadCheck } from '../io/load-checks.ts';
import { JOBS } from '../jobs/all-jobs.ts';
import type { Job } from '../jobs/job.ts';
import type { ProgrammeNominator, ProgrammeSettings } from '../jobs/job-ports.ts';
import type { Programme } from '../rounds/programme.ts';
import type { LoadedModule } from '../rounds/start.ts';
import { MACHINE_RULES, type MachineRules, type TransactionSigner } from '../transactions/index.ts';
import type { ServiceConfig } from './config.ts';
import { ServiceFault } from './files.ts';

const KNOWN_NETWORKS = {
  polkadot: { prefix: POLKADOT_LIST.prefix, decimals: 10, symbol: 'DOT', nodesPerOperator: 1 },
  kusama: { prefix: KUSAMA_LIST.prefix, decimals: 12, symbol: 'KSM', nodesPerOperator: 2 },
} as const;

/** The settings of the jobs from a configuration. Rejects with a {@link ServiceFault}. */
export async function settingsOf(
  config: ServiceConfig,
  programme: Programme,
  dir: string,
  signers: ReadonlyMap<string, TransactionSigner>,
): Promise<ProgrammeSettings> {
  const name = programme.network;
  refuseUnseenFaults(programme);
  const { prefix, decimals, symbol, nodesPerOperator } = networkOf(config, programme);
  return {
    programme,
    modules: await modulesOf(config, dir),
    network: { name, prefix, decimals, symbol },
    listRules: { network: name, prefix, nodesPerOperator },
    goodRestOnly: config.candidates.goodRestOnly,
    configVersion: digestOf(config).slice(0, 16),
    nominators: programme.nominators.map((one) => nominatorOf(one, signers.get(one.name))),
    faultRules: faultRulesOf(programme.checks),
    machineRules: rulesOf(config, decimals),
    inclusionBlocks: config.transactions.inclusionBlocks,
    chill: config.transactions.chill,
    oldestHeadMs: oldestHeadOf(config),
    kusamaLeast: config.kusamaLeast,
    retention: config.retention,
    payoutWarningEras: config.payoutWarningEras,
  };
}

/** A rule that can never apply would look like one that does. */
function refuseUnseenFaults({ rank }: Programme): void {
  const share = rank.docks['missed-para-votes'] ?? 0;
  if (share === 0) return;
  throw new ServiceFault(
    `\`rank.docks\` has missed-para-votes: ${share}, but chains do not count missed votes per validator`,
    'write 0; missed votes cost era points, so use missed-era-points',
    'fault-unseen',
  );
}

/** A recording has its recorded age and sends no transactions, so its heads have no bound. */
function oldestHeadOf({ chains }: ServiceConfig): number | null {
  if ('recorded' in chains || chains.oldestHeadSeconds === null) return null;
  return chains.oldestHeadSeconds * 1_000;
}

function rulesOf({ transactions }: ServiceConfig, decimals: number): MachineRules {
  const { periodBlocks, maxTries, pauseBlocks, tipPlanck } = transactions;
  const tip = BigInt(tipPlanck);
  // A digit too many would be paid with every extrinsic.
  if (tip > 10n ** BigInt(decimals))
    throw new ServiceFault(
      `\`transactions.tipPlanck\` is ${tip}, more than one whole token (${10n ** BigInt(decimals)} planck)`,
      'write a smaller tip',
      'tip-too-high',
    );
  return { ...MACHINE_RULES, period: periodBlocks, maxTries, pauseBlocks: BigInt(pauseBlocks), tip };
}

/**
 * Prefix, decimals and limits of the network of a programme. Throws a {@link ServiceFault} if they are not
 * configured.
 */
export function networkOf(config: ServiceConfig, { network: name }: Programme) {
  const network = config.network ?? KNOWN_NETWORKS[name as keyof typeof KNOWN_NETWORKS];
  if (network !== undefined) return network;
  throw new ServiceFault(
    `the network ${name} is not known here`,
    'add its prefix and decimals under `network` in the configuration',
  );
}

const NEEDED = {
  'sanctioned-area': 'places',
  provider: 'places',
  online: 'telemetry',
  'connection-time': 'telemetry',
  'accumulated-offline-time': 'telemetry',
  'client-upgrade': 'releases',
  'kusama-rank': 'kusama',
} as const satisfies Readonly<Record<string, keyof ServiceConfig>>;

/** A warning, and whether it holds, for each check that needs a source from the configuration. */
export function sourceWarnings(config: ServiceConfig, { checks, network }: Programme) {
  return Object.entries(NEEDED).map(([id, needed]) => {
    const rule = checks.checks.find((one) => one.id === id);
    const source = config[needed];
    // A recording has the facts of all sources, and on Kusama no candidate names another Kusama stash.
    const isNeeded = rule !== undefined && !('recorded' in config.chains) && id !== `${network}-rank`;
    const isMissing =
      source === undefined || source === null || (Array.isArray(source) && source.length === 0);
    const what = rule?.whenUnknown === 'allow' ? 'refuses' : 'lets in';
    const text = `the check ${id} ${what} no candidate: \`${needed}\` names no source, so its facts are unknown${needed === 'places' ? ' unless the candidate list declares them' : ''}. Configure \`${needed}\`, or remove the check from the rules`;
    const told = { key: `no-source ${id}`, severity: 'warning', text } as const;
    return { told, isSo: isNeeded && isMissing };
  });
}

/** From its own account if the signer is the stash, otherwise as its proxy. */
function nominatorOf(
  { name, stashKey }: Programme['nominators'][number],
  signer: TransactionSigner | undefined,
): ProgrammeNominator {
  const account = signer?.account ?? stashKey;
  return { name, stashKey, real: stashKey, signer: account, way: account === stashKey ? 'direct' : 'proxy' };
}

async function modulesOf({ modules }: ServiceConfig, dir: string): Promise<readonly LoadedModule[]> {
  const loaded: LoadedModule[] = [];
  for (const file of modules) {
    const read = await loadCheck(resolve(dir, file));
    if (!read.ok) throw new ServiceFault(read.why, 'name a file that exports `check`');
    loaded.push(read.module);
  }
  return loaded;
}

/** The jobs of a configuration, with their intervals. */
export function jobsOf({ jobs: { disabled, everySeconds } }: ServiceConfig): readonly Job[] {
  const off = new Set(disabled);
  return JOBS.filter(({ name }) => !off.has(name)).map((job) => {
    const seconds = everySeconds[job.name];
    const everyMs = seconds === undefined ? job.everyMs : seconds * 1_000;
    return { ...job, everyMs, after: job.after.filter((name) => !off.has(name)) };
  });
}
