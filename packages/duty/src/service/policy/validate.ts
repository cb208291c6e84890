import { DUTIES, type Duty, leastWindow, parseUnit, SLOT_DUTIES, windowProblem } from '../../rule/index.ts';
import type { PolicyDocument } from '../contract.ts';

/** One mistake in a policy: place (`ceilings.slotMs`), cause and remedy. */
export interface PolicyProblem {
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}

/** The rules beyond the shape. An empty list means that the policy may be applied. */
export function validatePolicy(
  policy: PolicyDocument,
  duties: readonly Duty[] = DUTIES,
): readonly PolicyProblem[] {
  return [
    ...nameProblems(policy),
    ...rosterProblems(policy),
    ...observerProblems(policy),
    ...dutyProblems(policy, duties),
    ...slotDutyProblems(policy),
    ...ceilingProblems(policy),
    ...wireProblems(policy),
  ];
}

/** A freeze takes `all` for every key. */
function nameProblems({ name }: PolicyDocument): PolicyProblem[] {
  if (name !== 'all') return [];
  return [{ path: 'name', message: '`all` means every key', remedy: 'Give the key another name.' }];
}

function rosterProblems(policy: PolicyDocument): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const names = new Set<string>();
  const ranks = new Set<number>();
  if (policy.roster.length === 0)
    problems.push({ path: 'roster', message: 'no node is listed', remedy: 'List at least one node.' });
  for (const [index, node] of policy.roster.entries()) {
    if (names.has(node.name)) {
      const remedy = 'Give each machine a different name.';
      problems.push({ path: `roster.${index}.name`, message: `${node.name} is listed twice`, remedy });
    }
    if (ranks.has(node.rank)) {
      const remedy = 'Give each node a different rank, so that the order of standbys is certain.';
      problems.push({ path: `roster.${index}.rank`, message: `rank ${node.rank} is given twice`, remedy });
    }
    if (node.rpcUrl !== undefined && hasCredentials(node.rpcUrl)) {
      const message = 'it holds a user name or password, and policies are readable';
      const remedy = 'Give an address without credentials.';
      problems.push({ path: `roster.${index}.rpcUrl`, message, remedy });
    }
    names.add(node.name);
    ranks.add(node.rank);
  }
  return problems;
}

function hasCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url === null || url.username !== '' || url.password !== '';
}

function observerProblems(policy: PolicyDocument): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const nodes = new Set(policy.roster.map((node) => node.name));
  const seen = new Set<string>();
  for (const [index, observer] of policy.ceilings.observers.entries()) {
    const path = `ceilings.observers.${index}`;
    if (nodes.has(observer)) {
      const remedy =
        'Leave it out: a listed node observes for the others anyway, and never for its own claims.';
      problems.push({ path, message: `${observer} is a node of the roster too`, remedy });
    }
    if (seen.has(observer))
      problems.push({ path, message: `${observer} is listed twice`, remedy: 'List it once.' });
    seen.add(observer);
  }
  return problems;
}

function dutyProblems(policy: PolicyDocument, duties: readonly Duty[]): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const table = new Map(duties.map((duty) => [duty.name, duty]));
  if (Object.keys(policy.duties).length === 0)
    problems.push({ path: 'duties', message: 'no duty is named', remedy: 'Name at least one duty.' });
  for (const [name, asked] of Object.entries(policy.duties)) {
    const duty = table.get(name);
    if (duty === undefined) {
      const remedy = `Use one of ${[...table.keys()].join(', ')}.`;
      problems.push({ path: `duties.${name}`, message: `${name} is not a duty`, remedy });
      continue;
    }
    problems.push(...windowProblems(policy, duty, asked.window));
    const last = asked.lastUnit === undefined ? null : parseUnit(duty.fields, asked.lastUnit);
    if (last?.ok === false) {
      const remedy = 'Write it as `watchbill status` shows units, for example 12/3400 for grandpa.';
      problems.push({ path: `duties.${name}.lastUnit`, message: last.why, remedy });
    }
    if (asked.digestRequired && duty.digestBytes === 0) {
      const message = `${name} has no digest: its signed bytes change each time it repeats the same act`;
      const remedy = 'Set it to false.';
      problems.push({ path: `duties.${name}.digestRequired`, message, remedy });
    }
  }
  return problems;
}

function slotDutyProblems(policy: PolicyDocument): PolicyProblem[] {
  const enabled = SLOT_DUTIES.filter((name) => policy.duties[name]?.enabled === true);
  if (enabled.length < 2) return [];
  const message = `${enabled.join(' and ')} claim the same slots, so one slot would be granted to several machines`;
  const remedy = `Enable one of them: the one that the chain has, for every machine of the key.`;
  return [{ path: `duties.${enabled[1]}`, message, remedy }];
}

function windowProblems(policy: PolicyDocument, duty: Duty, window: number): PolicyProblem[] {
  const path = `duties.${duty.name}.window`;
  const message = windowProblem(duty, window, policy.ceilings);
  if (message === null) return [];
  const least = leastWindow(duty, policy.ceilings);
  const remedy =
    least === 1
      ? 'Set it to 1 or more.'
      : `Set the window to at least ${least}, or make ceilings.roundStep or ceilings.roundsBack smaller.`;
  return [{ path, message, remedy }];
}

function ceilingProblems(policy: PolicyDocument): PolicyProblem[] {
  if (Number.isSafeInteger(policy.ceilings.slotMs) && policy.ceilings.slotMs > 0) return [];
  const remedy = 'Give the slot length of the chain, for example 6000.';
  return [{ path: 'ceilings.slotMs', message: 'a slot lasts at least one millisecond', remedy }];
}

function wireProblems(policy: PolicyDocument): PolicyProblem[] {
  const wire = policy.originalWire;
  if (!wire.enabled) return [];
  const problems: PolicyProblem[] = [];
  if (policy.duties[wire.slotDuty]?.enabled !== true) {
    problems.push({
      path: 'originalWire.slotDuty',
      message: `the original wire protocol claims ${wire.slotDuty}, which is not an enabled duty of this key`,
      remedy: `Enable ${wire.slotDuty} under duties, or name the slot duty that the chain has.`,
    });
  }
  for (const name of [wire.slotDuty, 'grandpa']) {
    if (policy.duties[name]?.digestRequired === true) {
      problems.push({
        path: `duties.${name}.digestRequired`,
        message: 'the original wire protocol sends no digest, so that every claim over it would be denied',
        remedy: 'Set it to false, or switch originalWire off.',
      });
    }
  }
  return problems;
}
