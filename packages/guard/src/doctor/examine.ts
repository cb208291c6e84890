import type { DoctorFacts } from '../inspect/inspect.ts';
import { known } from '../inspect/look.ts';
import { DISK_CHECKS } from './disk-checks.ts';
import { DUTY_CHECKS } from './duty-checks.ts';
import type { Check } from './finding.ts';
import { KEYSTORE_CHECKS } from './keystore-checks.ts';
import { NETWORK_CHECKS, NODE_CHECKS } from './node-checks.ts';
import { type Finding, GROUPS, type GroupId, type Letter, type NotLooked, type Report } from './report.ts';
import { SESSION_CHECKS } from './session-checks.ts';
import { STAKING_CHECKS } from './staking-checks.ts';
import { UNIT_CHECKS } from './unit-checks.ts';

/** All checks. Within one letter, findings are ranked in this order: causes of slashing first. */
export const CHECKS: readonly Check[] = [
  ...KEYSTORE_CHECKS,
  ...SESSION_CHECKS,
  ...UNIT_CHECKS,
  ...NETWORK_CHECKS,
  ...DUTY_CHECKS,
  ...STAKING_CHECKS,
  ...NODE_CHECKS,
  ...DISK_CHECKS,
];

/** Judges the facts. `before`: an earlier report, for the growth of the disk. */
export function examine(facts: DoctorFacts, before: Report | null): Report {
  const outcomes = CHECKS.map(({ id, group, title, look }) => ({
    ...{ named: { check: id, group }, title, ...look(facts, before) },
  }));
  const findings = outcomes
    .flatMap(({ named, found }) => found.map((each) => ({ ...named, ...each })))
    // Sorting is stable, so the order of the checks decides within a letter.
    .toSorted((one, other) => other.letter.localeCompare(one.letter));
  const unread = outcomes.flatMap(({ named, title, missing }) =>
    missing === null ? [] : [{ ...named, title, ...missing }],
  );
  const notLooked = [...unread, ...facts.further.map((why) => ({ ...FURTHER, why, asked: false }))];
  const looked = outcomes.flatMap(({ named, missing }) => (missing === null ? [named.check] : []));
  const groups = (Object.keys(GROUPS) as GroupId[]).map((id) => ({
    ...{ id, title: GROUPS[id], letter: letterOf(id, findings, notLooked) },
  }));
  const { atMs, places } = facts;
  return { version: 1, atMs, places, groups, findings, looked, notLooked, disk: known(facts.disk) };
}

/** One more node that signs: the report has room for one RPC and one database. */
const FURTHER = {
  check: 'node-further',
  group: 'node',
  title: 'each node that signs was looked at',
} as const;

function letterOf(group: GroupId, findings: readonly Finding[], notLooked: readonly NotLooked[]): Letter {
  const worst = findings.find((each) => each.group === group)?.letter;
  if (worst !== undefined) return worst;
  const blind = new Set(notLooked.filter((each) => each.group === group).map(({ check }) => check));
  if (CHECKS.every((check) => check.group !== group || blind.has(check.id))) return '-';
  return blind.size === 0 ? 'A' : 'B';
}

/** The answer as a whole, for an exit status. The worst comes first. */
export type Standing = 'bad' | 'unknown' | 'risk' | 'good';

/** `unknown`: an input was given and could not be read. An input that was not given does not count. */
export function standingOf({ findings, notLooked }: Report): Standing {
  const worst = findings[0]?.letter;
  if (worst !== undefined && worst !== 'C') return 'bad';
  if (notLooked.some(({ asked }) => asked)) return 'unknown';
  return worst === 'C' ? 'risk' : 'good';
}
