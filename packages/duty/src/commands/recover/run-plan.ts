import { createReadStream, existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Context } from '@watchbill/kit/command/context';
import { EXIT } from '@watchbill/kit/command/exit';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { hasLedger } from '../../config/data-folder.ts';
import { inspectFiles } from '../../config/files.ts';
import { type LoadedConfig, loadConfig } from '../../config/load.ts';
import { configFlags } from '../../config/options.ts';
import type { Config } from '../../config/schema.ts';
import { isEnded } from '../../config/tls-files.ts';
import {
  basisOf,
  EMPTY_STORE,
  type ExportMemory,
  makePlan,
  memoryOfLedger,
  missingEntries,
  planId,
  type RecoveryFinding,
  type RecoveryReport,
  readContextOf,
  readExportMemory,
  readStore,
  type Situation,
  type StoreState,
} from '../../proof/recovery/index.ts';
import type { FileLedger } from '../../service/index.ts';
import { StoreFault } from '../../store/index.ts';
import { markFloors } from '../floors.ts';
import { asFault } from '../ledger/runtime.ts';
import { askNodes } from '../nodes.ts';
import { readPolicyDocument } from '../policy/document.ts';
import { LEAST_TIMEOUT_MS, recoveryFault, withLedger, withStore } from './ground.ts';
import { lostFreezes } from './lost-freezes.ts';
import { savePlan } from './plan-files.ts';
import type { RecoverOptions } from './recover-command.ts';
import { findingsText, planText } from './text.ts';

/** Looks at everything, prints the findings, and writes a plan if one can be carried out. */
export async function runPlan(io: Io, options: RecoverOptions, exit: Context['exit']): Promise<void> {
  const loaded = loadConfig(io, configFlags(options));
  const { config } = loaded;
  try {
    const policies = await Promise.all(options.policy.map((file) => readPolicyDocument(io, file)));
    const choices = { floors: markFloors(options.floor), lost: options.lost, policies };
    const report = hasLedger(config.service.dataDir)
      ? await withLedger(io, config, (ledger) => reportOf(io, loaded, options, choices, ledger))
      : await reportOf(io, loaded, options, choices, null);
    if (Array.isArray(report)) {
      print(io, options.json, { findings: report, id: null, file: null }, () => findingsText(report));
      return exit(EXIT.unreachable);
    }
    const isWhole = report.problems.length === 0;
    const file = isWhole ? savePlan(io, config, report.plan, options.out) : null;
    const id = isWhole ? planId(report.plan) : null;
    print(io, options.json, { id, file, ...report }, () => planText(report, { id, file }));
    if (!isWhole) exit(EXIT.unknown);
  } catch (error) {
    throw recoveryFault(error);
  }
}

/** The report, or findings alone if the store cannot be read: without it no plan can be made. */
async function reportOf(
  io: Io,
  loaded: LoadedConfig,
  options: RecoverOptions,
  choices: Situation['choices'],
  ledger: FileLedger | null,
): Promise<RecoveryReport | RecoveryFinding[]> {
  const { config } = loaded;
  const exports = await readExports(io, options.export, ledger?.serviceId ?? null);
  const { views, silent } = await askNodes(options.node);
  const noticed = [...silent, ...certificates(loaded)];
  const store = await storeState(io, config, ledger);
  if ('kind' in store) return [store, ...noticed];
  const situation: Situation = {
    store,
    own: ledger === null ? null : memoryOfLedger(ledger),
    exports: exports.map(({ memory }) => memory),
    missing: ledger === null ? [] : missingEntries(ledger, store, exports),
    nodes: views,
    noticed: [...lostFreezes(config.service.dataDir, store), ...noticed],
    choices,
    nowMs: Math.round(io.clock.nowMs()),
  };
  return makePlan(situation, basisOf(store, ledger));
}

/** An export is read as a stream: its size does not matter. */
async function readExports(
  io: Io,
  files: readonly string[],
  self: string | null,
): Promise<readonly ExportMemory[]> {
  const found: ExportMemory[] = [];
  for (const name of files) {
    const path = resolve(io.cwd, name);
    const bytes = createReadStream(path, { highWaterMark: 1 << 18 });
    found.push(await asFault(path, () => readExportMemory({ name: basename(path), bytes }, self)));
  }
  return found;
}

async function storeState(
  io: Io,
  config: Config,
  ledger: FileLedger | null,
): Promise<StoreState | RecoveryFinding> {
  // Opening it would make an empty one, beside the place where the lost one has to go.
  const { kind, path } = config.store;
  if (kind === 'sqlite' && (path === undefined ? ledger === null : !existsSync(path))) return EMPTY_STORE;
  const timeoutMs = Math.max(config.store.timeoutMs, LEAST_TIMEOUT_MS);
  try {
    return await withStore(io, config, ledger, (store) =>
      readStore(readContextOf({ store, clock: io.clock, timeoutMs })),
    );
  } catch (error) {
    if (!(error instanceof StoreFault)) throw error;
    return unreachable(config, error);
  }
}

const QUORUM: Readonly<Record<Config['store']['kind'], string>> = {
  sqlite: 'end the process that holds the file; if the file is damaged, restore a copy of it, however old',
  etcd:
    'start the members again until more than half run. If more than half are lost for good, restore a snapshot ' +
    'with `etcdutl snapshot restore` into a new cluster, name its members in store.endpoints, and plan again',
  tikv:
    'start PD and TiKV again until more than half of each run. If more than half of the stores of a region are ' +
    'lost for good, use `pd-ctl unsafe remove-failed-stores` or restore a backup, and plan again',
};

function unreachable({ store }: Config, { message, remedy }: StoreFault): RecoveryFinding {
  return {
    kind: 'store-unreachable',
    what: 'the store cannot be read, so no plan can be made yet',
    evidence: [message, ...(store.endpoints.length === 0 ? [] : [`members: ${store.endpoints.join(', ')}`])],
    remedy: `${remedy}; ${QUORUM[store.kind]}`,
  };
}

function certificates(loaded: LoadedConfig): readonly RecoveryFinding[] {
  const { warnings } = inspectFiles(loaded);
  const ended = warnings.filter(isEnded);
  return ended.map(({ what, where }) => ({
    kind: 'certificate-expired',
    what,
    evidence: where === null ? [] : [where],
    remedy:
      'make a new one with the authority that made it (`watchbill init --tls` makes an authority and certificates ' +
      'in a new folder), put it in this place, and start the service again',
  }));
}
