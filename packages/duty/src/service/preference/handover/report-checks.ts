import type { Policy } from '../../../rule/index.ts';
import type { DrillCheck, ReadinessReport } from '../../contract.ts';
import { type Found, fail, ok, unclear } from './found.ts';

type Row = readonly [DrillCheck['name'], Found];

const NO_REPORT = unclear(
  'no fresh report of the node came to this service',
  'Ask the service that the node reports to, with --url.',
);

/** The active node, and its last report if one came to this service. */
export interface Active {
  readonly name: string;
  readonly report: ReadinessReport | null;
}

/** The figures of the last report against the policy. Without a report every line is unknown. */
export function reportChecks(
  policy: Policy,
  report: ReadinessReport | null,
  active: Active | null,
): readonly Row[] {
  if (report === null)
    return (['peers', 'finality', 'clock', 'version', 'keys'] as const).map((name) => [name, NO_REPORT]);
  const { minPeers, maxFinalityLagBlocks, maxClockOffsetMs } = policy.readiness;
  const { peers, finalityLagBlocks: lag, clockOffsetMs: offset } = report;
  return [
    ['peers', within(peers >= minPeers, `${peers}, minPeers is ${minPeers}`)],
    [
      'finality',
      within(
        lag <= maxFinalityLagBlocks,
        `${lag} blocks behind its best, maxFinalityLagBlocks is ${maxFinalityLagBlocks}`,
      ),
    ],
    [
      'clock',
      within(
        Math.abs(offset) <= maxClockOffsetMs,
        `${Math.round(offset)} ms off, maxClockOffsetMs is ${maxClockOffsetMs}`,
      ),
    ],
    ['version', versionCheck(report, active)],
    ['keys', keysCheck(policy, report)],
  ];
}

function within(isGood: boolean, detail: string): Found {
  return isGood ? ok(detail) : fail(detail);
}

/** Both nodes should run one program: another one may build other blocks, or not know the keys. */
function versionCheck({ version }: ReadinessReport, active: Active | null): Found {
  if (version === undefined) return unclear('the node does not report the version of its program');
  if (active === null) return ok(`${version}; no node is active`);
  const other = active.report?.version;
  if (other === undefined) return unclear(`${version}; ${active.name} reported no version to this service`);
  if (other === version) return ok(`${version}, as ${active.name}`);
  const remedy = 'Run one version on both nodes, unless this handover is a step of an upgrade.';
  return fail(`${version}, and ${active.name} runs ${other}`, remedy);
}

function keysCheck({ key }: Policy, { heldKeys, unknownKinds = [] }: ReadinessReport): Found {
  if (heldKeys === undefined) return unclear('the node does not report the keys in its keystore');
  const kinds = unknownKinds.join(', ');
  const beside =
    kinds === '' ? '' : `; its gate signs nothing with keys of kind ${kinds}, which it does not know`;
  if (heldKeys.includes(key)) return ok(`its keystore has the key${beside}`);
  return fail('its keystore does not have the key', 'Insert the key on that node, or name another node.');
}
