import {
  DUTY_NAMES,
  type Duty,
  dutyNamed,
  explains,
  type LedgerPoint,
  type Policy,
  parseUnit,
  type Unit,
} from '../../rule/index.ts';
import {
  type AdoptRequest,
  type MarkView,
  type Permit,
  PermitFault,
  type PolicyDocument,
} from '../contract.ts';
import { markName } from '../ground/keys.ts';
import type { HeldMark } from '../ground/marks.ts';
import type { HeldPolicy } from '../ground/policies.ts';
import type { CoreModules } from '../modules.ts';
import { viewOf } from './admin.ts';
import { adoptMarks } from './key-adoption.ts';
import { mustEnd, raisedLastUnits } from './last-units.ts';
import type { LedgerChanges } from './ledger-changes.ts';

/** Floors for every duty of a key and the mode `enforce`, in one transaction: claim protocol section 6. */
export function createAdoption(modules: CoreModules, changes: LedgerChanges): Permit['adopt'] {
  return (request, by) => adopt({ modules, changes, request, by });
}

/** One adoption under way. */
interface Adoption {
  readonly modules: CoreModules;
  readonly changes: LedgerChanges;
  readonly request: AdoptRequest;
  readonly by: string;
}

async function adopt(adoption: Adoption): Promise<readonly MarkView[]> {
  const { modules, changes, request } = adoption;
  const { policies, quiet } = modules;
  const sessionText = changes.mustServe();
  const before = await policies.mustLoad(request.chain, request.key);
  const document = request.policy ?? before.policy;
  const other = 'the policy in the request is of another chain or key';
  if (document.chain !== request.chain || document.key !== request.key)
    throw malformed(other, 'Name the same chain and key in both.');
  if (request.quietMs !== undefined) quiet.mustHold(document, request.quietMs);
  return adoptUnder(adoption, document, before, sessionText);
}

/** One transaction: the policy, a mark per duty with its floor, and every rollback report that this ends. */
async function adoptUnder(
  adoption: Adoption,
  document: PolicyDocument,
  before: HeldPolicy,
  sessionText: string,
): Promise<readonly MarkView[]> {
  const { modules, changes, request, by } = adoption;
  const { context, identity, policies, marks } = modules;
  const { ledger, log, clock } = context.parts;
  const nowMs = clock.nowMs();
  const { chain, key, quietMs } = request;
  const base = modules.base();
  const next = changes.nextVersion(document, before, 'enforce', by);
  const { policy, pointerText } = next;
  const raised = raisedLastUnits(before.policy, policy);
  const floors = readFloors(policy, request, raised);
  const freed = await freedReports(adoption, floors);
  const ground = { ...context.parts, timeoutMs: context.options.storeTimeoutMs, identity };
  const adopted = await adoptMarks(ground, {
    policy,
    floors,
    note: `${by}: ${request.confirmation}${quietMs === undefined ? '' : `; quiet for ${quietMs / 1_000} s`}`,
    check: (duty, held, remembered) => mustNotBeBehind(modules, duty, held, remembered),
  });
  for (const { duty, held } of adopted.marks) mustEnd(policy, duty, held);
  const compares = [...freed.compares, ...adopted.compares];
  const writes = [...freed.writes, ...adopted.writes];
  await ledger.append(adopted.learned);
  await changes.commit({ next, before, sessionText, what: 'key', compares, writes });
  await ledger.append(adopted.written);
  await freed.applied();
  policies.put({ policy, pointerText });
  for (const { duty, held } of adopted.marks) {
    base.adopted.add(markName(chain, key, duty.name));
    marks.put({ chain, key, duty }, held);
  }
  log.warn({ event: 'adopted', chain, key, by }, 'a key was adopted');
  return adopted.marks.map(({ duty, held }) => viewOf(policy, { chain, key, duty }, held.mark, nowMs));
}

/** A floor below a held word would allow grants that, by that word, were made before. */
async function freedReports({ modules, request, by }: Adoption, floors: readonly [Duty, Unit | null][]) {
  const named = new Map(floors.map(([duty, floor]) => [duty.name, floor]));
  const freed = await modules.reports.freeing(request.chain, request.key, named, by);
  if (freed.ok) return freed;
  throw new PermitFault(
    'report-held',
    409,
    freed.why,
    'Choose floors at or above the highest unit of each report: `watchbill rollback-report list` shows them.',
  );
}

/** An adoption over a mark that the store lost would begin it again without its grants. */
function mustNotBeBehind(
  { identity, session }: CoreModules,
  duty: Duty,
  held: HeldMark | null,
  remembered: LedgerPoint | null,
): void {
  if (remembered === null) return;
  const found = explains(held?.mark ?? null, identity.epoch, remembered, identity.voided);
  if (found === 'lineage' || found === 'floor') return;
  const why = `entry ${remembered.seq} is remembered and the store does not hold it`;
  session.behind(`${duty.name}: ${why}`);
  throw new PermitFault(
    'store-behind',
    503,
    `the store is behind the memory of this service at ${duty.name}: ${why}`,
    'First find out which store the service is connected to; it grants no unit until the store agrees with its memory.',
  );
}

/** Every enabled duty must be named, so that none is forgotten, and each whose last unit is raised. */
function readFloors(policy: Policy, request: AdoptRequest, raised: readonly string[]): [Duty, Unit | null][] {
  const enabled = Object.keys(policy.duties).filter((name) => policy.duties[name]?.enabled === true);
  const unnamed = [...enabled, ...raised].find((name) => !(name in request.floors));
  const remedy = 'Name a floor, or null if the key never signed this duty.';
  if (unnamed !== undefined)
    throw new PermitFault('floor-missing', 400, `no floor is given for ${unnamed}`, remedy);
  return Object.entries(request.floors).map(([name, text]) => {
    const duty = dutyNamed(name);
    if (duty === null) throw malformed(`${name} is not a duty`, `Use one of ${DUTY_NAMES.join(', ')}.`);
    if (text === null) return [duty, null];
    const parsed = parseUnit(duty.fields, text);
    if (parsed.ok) return [duty, parsed.unit];
    throw malformed(`the floor of ${name}: ${parsed.why}`, 'Write it as the API does, for example 12/345.');
  });
}

function malformed(message: string, remedy: string): PermitFault {
  return new PermitFault('malformed', 400, message, remedy);
}
