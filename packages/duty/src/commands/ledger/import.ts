import { Fault, fault, table } from '@watchbill/kit';
import { argument, command, flag, type OptionsOf } from '@watchbill/kit/command/command';
import type { Io } from '@watchbill/kit/command/io';
import { print } from '@watchbill/kit/command/print';
import { needs } from '@watchbill/kit/command/rules';
import { file, several, text, yes } from '@watchbill/kit/command/shapes';
import { shortHex } from '@watchbill/kit/command/text';
import { type Api, askService } from '../../client/api.ts';
import { connection } from '../../client/target.ts';
import type { ImportChoices, ImportedKey, ImportPlan, ImportTarget } from '../../proof/recovery/index.ts';
import type { Policy } from '../../rule/index.ts';
import type { MarkView, PermitHealth, RollbackReportView } from '../../service/index.ts';
import { floorFlags, markFloors } from '../floors.ts';
import { proveFiles } from './proof.ts';
import { loadProof } from './runtime.ts';

const flags = {
  key: flag(text('key').optional(), 'only this public session key (default: every key of the exports)', {
    complete: 'keys',
  }),
  ...floorFlags,
  fromOtherLedger: flag(yes(), 'the exports are of another ledger, and every service of it is switched off'),
  acceptGaps: flag(yes(), 'import although entries may be missing from the exports'),
  execute: flag(yes(), 'adopt the keys; without this flag the command only prints the plan'),
  confirmation: flag(
    text('text').optional(),
    'how you made sure that the source is switched off and no other signer runs; required by --execute',
  ),
  ...connection,
};
type ImportOptions = OptionsOf<typeof flags>;

/** `ledger import`: floors of a service above everything that exports know, and above the present. */
export const importLedger = command({
  about:
    'raise the floors of a running service above everything in exports and the present of the chain; prints the plan unless --execute is given',
  args: { file: argument(several(file()), 'exports of the services of one ledger') },
  flags,
  rules: [needs('execute', 'confirmation')],
  statuses: { denied: 'the import is refused', unknown: 'the service does not serve yet' },
  examples: [
    'watchbill ledger import service-1.ledger --node ws://10.0.0.7:9944 --node ws://10.0.0.8:9944',
    'watchbill ledger import old.ledger --from-other-ledger --execute --confirmation "old boxes powered off by Ada"',
  ],
  run: ({ io }, options) => run(io, options.file, options),
});

async function run(io: Io, files: readonly string[], options: ImportOptions): Promise<void> {
  const { confirmation = '', execute } = options;
  const floors = markFloors(options.floor);
  // Loaded here and not above, so that the help starts fast.
  const { askNodes } = await import('../nodes.ts');
  const { views, silent } = await askNodes(options.node);
  for (const { what, evidence } of silent) io.err(`warning: ${what}: ${evidence.join('; ')}\n`);
  const choices: ImportChoices = {
    fromOtherLedger: options.fromOtherLedger,
    acceptGaps: options.acceptGaps,
    floors,
    nodes: views,
    key: options.key ?? null,
    nowMs: io.clock.nowMs(),
    confirmation,
  };
  const { planImport } = await loadProof();
  const report = await proveFiles(io, files, options.json);
  await askService(io, options, async (api) => {
    const keys = planned(planImport(report, await targetOf(api), choices));
    const done = execute ? await adoptAll(api, keys) : 0;
    const shown = { executed: execute, ledger: report.ledger, verdict: report.verdict, keys };
    print(io, options.json, shown, () => planText(keys, execute, done));
  });
}

function planned(plan: ImportPlan): readonly ImportedKey[] {
  if (plan.ok) return plan.keys;
  const problems = plan.problems.map(({ what, remedy }) => ({ what, remedy, where: null }));
  throw new Fault('import-refused', 'denied', problems);
}

async function targetOf(api: Api): Promise<ImportTarget> {
  const { ledger } = await api.get<PermitHealth>('/v1/health');
  if (ledger === null)
    throw fault('not-serving', 'unknown', {
      what: 'the service has no ledger yet',
      remedy: 'Wait until it has read its store; see `watchbill status`.',
    });
  const { policies } = await api.get<{ policies: Policy[] }>('/v1/policies');
  const { marks } = await api.get<{ marks: MarkView[] }>('/v1/marks');
  const { reports } = await api.get<{ reports: RollbackReportView[] }>('/v1/rollback-reports');
  return { ledger, policies, marks, reports };
}

/** One transaction for each key. An adoption only raises floors, so a run that stopped can be repeated. */
async function adoptAll(api: Api, keys: readonly ImportedKey[]): Promise<number> {
  let done = 0;
  for (const { request } of keys) {
    try {
      await api.send('POST', '/v1/adoptions', request);
    } catch (error) {
      if (!(error instanceof Fault) || done === 0) throw error;
      const before = `${done} of ${keys.length} keys are adopted already; run the same command again for the rest`;
      throw new Fault(error.code, error.kind, [
        ...error.problems,
        { what: before, where: null, remedy: 'An adoption only raises floors, so repeating it is safe.' },
      ]);
    }
    done += 1;
  }
  return done;
}

function planText(keys: readonly ImportedKey[], isExecuted: boolean, done: number): string {
  const rows = keys.flatMap(({ chain, key, floors }) =>
    floors.map(({ duty, floor, reasons, before }) => [
      shortHex(chain),
      shortHex(key),
      duty,
      before ?? '-',
      floor ?? 'never signed',
      reasons[0]?.from ?? '-',
    ]),
  );
  const plan = table(['chain', 'key', 'duty', 'floor now', 'floor then', 'decided by'], rows);
  const end = isExecuted
    ? `${done} of ${keys.length} keys adopted; units above these floors are granted from now on\n`
    : 'no change was made; adopt with --execute --confirmation TEXT\n';
  return `${plan}\n${end}`;
}
