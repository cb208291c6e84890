import type { Policy } from '../../../rule/index.ts';
import type { DrillCheck, ReadinessReport } from '../../contract.ts';
import type { Found } from './drill.ts';

type Row = readonly [DrillCheck['name'], Found];

const NO_REPORT: Found = {
  state: 'unknown',
  detail: 'no fresh report of the node came to this service',
  remedy: 'Ask the service that the node reports to, with --url.',
};

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
  return { state: isGood ? 'ok' : 'fail', detail };
}

/** Both nodes should run one program: another one may build other blocks, or not know the keys. */
function versionCheck({ version }: ReadinessReport, active: Active | null): Found {
  if (version === undefined)
    return { state: 'unknown', detail: 'the node does not report the version of its program' };
  if (active === null) return { state: 'ok', detail: `${version}; no node is active` };
  const other = active.report?.version;
  if (other === undefined)
    return { state: 'unknown', detail: `${version}; ${active.name} reported no version to this service` };
  if (other === version) return { state: 'ok', detail: `${version}, as ${active.name}` };
  const remedy = 'Run one version on both nodes, unless this handover is a step of an upgrade.';
  return { state: 'fail', detail: `${version}, and ${active.name} runs ${other}`, remedy };
}

function keysCheck({ key }: Policy, { heldKeys, unknownKinds = [] }: ReadinessReport): Found {
  if (heldKeys === undefined)
    return { state: 'unknown', detail: 'the node does not report the keys in its keystore' };
  const kinds = unknownKinds.join(', ');
  const beside =
    kinds === '' ? '' : `; its gate signs nothing with keys of kind ${kinds}, which it does not know`;
  if (heldKeys.includes(key)) return { state: 'ok', detail: `its keystore has the key${beside}` };
  const remedy = 'Insert the key on that node, or name another node.';
  return { state: 'fail', detail: 'its keystore does not have the key', remedy };
}
