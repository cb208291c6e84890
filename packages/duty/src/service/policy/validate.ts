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
    ...wireProblems(policy),
  ];
}

const problem = (path: string, message: string, remedy: string): PolicyProblem => ({ path, message, remedy });
type Problems = Generator<PolicyProblem>;

/** A freeze takes `all` for every key. */
function* nameProblems({ name }: PolicyDocument): Problems {
  if (name === 'all') yield problem('name', '`all` means every key', 'Give the key another name.');
}

function* rosterProblems({ roster }: PolicyDocument): Problems {
  for (const [index, { name, rank, rpcUrl }] of roster.entries()) {
    const before = roster.slice(0, index);
    const path = `roster.${index}`;
    if (before.some((node) => node.name === name))
      yield problem(`${path}.name`, `${name} is listed twice`, 'Give each machine a different name.');
    if (before.some((node) => node.rank === rank)) {
      const remedy = 'Give each node a different rank, so that the order of standbys is certain.';
      yield problem(`${path}.rank`, `rank ${rank} is given twice`, remedy);
    }
    if (rpcUrl !== undefined && hasCredentials(rpcUrl)) {
      const message = 'it holds a user name or password, and policies are readable';
      yield problem(`${path}.rpcUrl`, message, 'Give an address without credentials.');
    }
  }
}

function hasCredentials(text: string): boolean {
  const url = URL.parse(text);
  return url === null || url.username !== '' || url.password !== '';
}

function* observerProblems({ roster, ceilings: { observers } }: PolicyDocument): Problems {
  const remedy = 'Leave it out: a listed node observes for the others anyway, and never for its own claims.';
  for (const [index, observer] of observers.entries()) {
    const path = `ceilings.observers.${index}`;
    if (roster.some(({ name }) => name === observer))
      yield problem(path, `${observer} is a node of the roster too`, remedy);
    if (observers.indexOf(observer) < index)
      yield problem(path, `${observer} is listed twice`, 'List it once.');
  }
}

function* dutyProblems(policy: PolicyDocument, duties: readonly Duty[]): Problems {
  const named = Object.entries(policy.duties);
  if (named.length === 0) yield problem('duties', 'no duty is named', 'Name at least one duty.');
  for (const [name, asked] of named) {
    const path = `duties.${name}`;
    const duty = duties.find((one) => one.name === name);
    if (duty === undefined) {
      const known = duties.map((one) => one.name).join(', ');
      yield problem(path, `${name} is not a duty`, `Use one of ${known}.`);
      continue;
    }
    yield* windowProblems(policy, duty, asked.window);
    const last = asked.lastUnit === undefined ? null : parseUnit(duty.fields, asked.lastUnit);
    if (last?.ok === false) {
      const remedy = 'Write it as `watchbill status` shows units, for example 12/3400 for grandpa.';
      yield problem(`${path}.lastUnit`, last.why, remedy);
    }
    if (asked.digestRequired && duty.digestBytes === 0) {
      const message = `${name} has no digest: its signed bytes change each time it repeats the same act`;
      yield problem(`${path}.digestRequired`, message, 'Set it to false.');
    }
  }
}

function* slotDutyProblems({ duties }: PolicyDocument): Problems {
  const isOn = (name: string) => duties[name]?.enabled === true;
  if (isOn('aura-scheduling') && !isOn('aura-parachain')) {
    const message = 'scheduling info is signed by a collator, and aura-parachain is off';
    yield problem('duties.aura-scheduling', message, 'Enable aura-parachain too.');
  }
  const enabled = SLOT_DUTIES.filter(isOn);
  if (enabled.length < 2) return;
  const message = `${enabled.join(' and ')} claim the same slots, so one slot would be granted to several machines`;
  const remedy = 'Enable one of them: the one that the chain has, for every machine of the key.';
  yield problem(`duties.${enabled[1]}`, message, remedy);
}

function* windowProblems({ ceilings }: PolicyDocument, duty: Duty, window: number): Problems {
  const message = windowProblem(duty, window, ceilings);
  if (message === null) return;
  const least = leastWindow(duty, ceilings);
  const remedy =
    least === 1
      ? 'Set it to 1 or more.'
      : `Set the window to at least ${least}, or make ceilings.roundStep or ceilings.roundsBack smaller.`;
  yield problem(`duties.${duty.name}.window`, message, remedy);
}

function* wireProblems({ originalWire: { enabled, slotDuty }, duties }: PolicyDocument): Problems {
  if (!enabled) return;
  if (duties[slotDuty]?.enabled !== true)
    yield problem(
      'originalWire.slotDuty',
      `the original wire protocol claims ${slotDuty}, which is not an enabled duty of this key`,
      `Enable ${slotDuty} under duties, or name the slot duty that the chain has.`,
    );
  const message = 'the original wire protocol sends no digest, so that every claim over it would be denied';
  for (const name of [slotDuty, 'grandpa'])
    if (duties[name]?.digestRequired === true)
      yield problem(`duties.${name}.digestRequired`, message, 'Set it to false, or switch originalWire off.');
}
