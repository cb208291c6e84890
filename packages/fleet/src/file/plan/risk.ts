import type { Json } from '@watchbill/kit';
import { isGatedUse, keysOf } from '../graph/key-set.ts';
import { bytesOf } from '../graph/quantity.ts';
import type { Resource, Subject } from '../graph/resource.ts';
import { isOfService } from '../graph/service-subject.ts';
import type { Action, FieldChange, Risk } from './change.ts';
import { RISKS } from './change.ts';
import type { Difference } from './diff.ts';

/** A risk and why. */
export interface Judged {
  readonly risk: Risk;
  readonly why: string;
}

type Rule = readonly [
  pattern: RegExp,
  judge: Judged | ((field: Difference, subject: Subject) => Judged | null),
];

const judged = (risk: Risk, why: string): Judged => ({ risk, why });

const SIGNING =
  (why: string) =>
  (_: Difference, { keySet }: Subject) =>
    keySet === null ? null : judged('signing', why);

/** Rules for resources that start nodes, by dotted path; the first match counts. */
const WORKLOAD_RULES: readonly Rule[] = [
  [/^(spec\.template\.)?metadata\.annotations\.watchbill\/key-set$/, (field) => keyUse(field)],
  // Comes before the rules for flags: the flags of commands that run before a node are not those of the node.
  [/^Service\.ExecStartPre\b/, (field) => preparation(field)],
  [/^X-Watchbill\.KeySet$/, (field) => keyUse(field)],
  // Also for a flag that occurs several times, and so in a list.
  [
    /\.--duty(-[a-z-]+)?(\.\d+)?$|\.volumes\.duty\b/,
    SIGNING('what the node asks before it signs is another'),
  ],
  [/^spec\.replicas$/, (field, subject) => replicas(field, subject)],
  [
    /--keystore-path$|\.volumes\.(seeds|keystore)\b|\.initContainers\.seed-/,
    judged('signing', 'the keys of a signer change place'),
  ],
  [/--(validator|collator)$/, judged('signing', 'a node begins or ceases to sign')],
  [/volumeClaimTemplates\.[^.]+\.spec\.resources\.requests\.storage$/, (field) => size(field)],
  [/volumeClaimTemplates\.keys\b/, SIGNING('the volume with the keys of a signer changes')],
  [
    /volumeClaimTemplates|^spec\.ordinals\b/,
    judged('data-loss', 'a node that begins with another volume begins without its chain'),
  ],
  [/--chain$/, judged('data-loss', 'a node of another chain cannot use its database')],
  [/--state-pruning$/, (field) => pruning(field)],
  [
    /--(base-path|database)$/,
    judged('data-loss', 'the node would look for its chain elsewhere, and sync anew'),
  ],
  [
    /--node-key-file$|volumes\.node-key\b/,
    judged('restart', 'the node is restarted, and gets another peer id'),
  ],
  [/\.image$/, judged('restart', 'the node is restarted with another image')],
  [/ExecStart/, judged('restart', 'the node is restarted with other flags or another binary')],
  [/\.args\b/, judged('restart', 'the node is restarted with other flags')],
  [/^spec\.template\./, judged('restart', 'the pod is made anew')],
  [
    /^spec\.(serviceName|selector|podManagementPolicy)\b/,
    judged('restart', 'the set is made anew around its pods'),
  ],
  [/^spec\.persistentVolumeClaimRetentionPolicy\b/, judged('data-loss', 'volumes may go with the set')],
  [/^(Service|Unit|Install)\b/, judged('restart', 'the unit is restarted')],
];

/** The same for the pods and units of a permission service, or of its etcd. */
const SERVICE_RULES: readonly Rule[] = [
  [
    /--store-(kind|endpoints|prefix)$/,
    judged('signing', 'the services would ask another store: with another ledger in it they grant nothing'),
  ],
  [/volumeClaimTemplates\.[^.]+\.spec\.resources\.requests\.storage$/, (field) => size(field)],
  [
    /volumeClaimTemplates|^spec\.ordinals\b|--(service-)?data-dir$|^Service\.StateDirectory$/,
    judged('data-loss', 'a service with another volume starts without its memory of its grants'),
  ],
  [
    /--initial-cluster(-token)?$/,
    judged('data-loss', 'a member of another etcd cluster starts without its data'),
  ],
  [/^spec\.persistentVolumeClaimRetentionPolicy\b/, judged('data-loss', 'volumes may go with the set')],
  [
    /^spec\.|^(Service|Unit|Install|X-Watchbill)\b/,
    judged('restart', 'the services restart one after the other'),
  ],
];

/** The same keys may be used in another way. */
function keyUse({ before, after }: Difference): Judged {
  const same = typeof before === 'string' && typeof after === 'string' && keysOf(before) === keysOf(after);
  return judged(
    'signing',
    same ? 'what the node asks before it signs is another' : 'the node would sign with other keys',
  );
}

const OF_A_SEED = /^--(suri|key-type|scheme|keystore-path)=/;

/** The steps of a unit before its node: it makes a node key if there is none, and inserts seeds. */
function preparation({ path, before: old, after }: Difference): Judged {
  const seeds = (value: Json | undefined) =>
    JSON.stringify([value ?? []].flat().filter((word) => OF_A_SEED.test(String(word))));
  const isSeed = path.some((name) => OF_A_SEED.test(`${name}=`)) || seeds(old) !== seeds(after);
  return isSeed
    ? judged('signing', 'the keys of a signer change place')
    : judged('restart', 'what is done before the node starts is another');
}

function replicas({ before, after }: Difference, { keySet }: Subject): Judged {
  if (keySet !== null) return judged('signing', 'the number of pods of a signer changes');
  const fewer = typeof before === 'number' && typeof after === 'number' && after < before;
  return fewer ? judged('restart', 'nodes stop; their volumes stay') : judged('safe', 'nodes are added');
}

/** A plan with existing volumes that are smaller is refused: see `keptVolumes`. */
function size({ before, after }: Difference): Judged {
  const [from, to] = [before, after].map((value) => bytesOf(String(value)) ?? Number.NaN);
  return Number(to) > Number(from)
    ? judged('safe', 'new volumes are larger; those that are there have this size already')
    : judged('data-loss', 'a volume cannot shrink: a smaller one is another one');
}

function pruning({ before, after }: Difference): Judged {
  const archive = [before, after].some((value) => String(value).startsWith('archive') || value === undefined);
  return archive
    ? judged(
        'data-loss',
        'a database is of an archive or pruned, and cannot become the other: the node must sync anew',
      )
    : judged('restart', 'the node is restarted with other flags');
}

/** Kinds that start nodes. */
const WORKLOADS = new Set(['StatefulSet', 'unit']);

export function isWorkload(kind: string): boolean {
  return WORKLOADS.has(kind);
}

/** A field that changes, with what that can cost. */
export function judgeField(kind: string, subject: Subject, field: Difference): FieldChange {
  return { ...field, ...judgement(kind, subject, field) };
}

function judgement(kind: string, subject: Subject, field: Difference): Judged {
  if (!isWorkload(kind)) return judged('safe', 'no node is restarted for it');
  const path = field.path.join('.');
  for (const [pattern, judge] of isOfService(subject) ? SERVICE_RULES : WORKLOAD_RULES) {
    if (!pattern.test(path)) continue;
    const found = typeof judge === 'function' ? judge(field, subject) : judge;
    if (found !== null) return found;
  }
  return judged('safe', 'no node is restarted for it');
}

/** The cost of a step as a whole. */
export function judgeStep(
  action: Action,
  resource: Pick<Resource, 'kind' | 'subject'>,
  fields: readonly FieldChange[],
): Judged {
  const { kind, subject } = resource;
  if (action === 'create') return judgeCreate(kind, subject);
  if (action === 'delete') return judgeDelete(kind, subject);
  const worst = fields.toSorted((one, other) => RISKS.indexOf(other.risk) - RISKS.indexOf(one.risk))[0];
  return worst === undefined ? judged('safe', 'no node is restarted for it') : judged(worst.risk, worst.why);
}

function judgeCreate(kind: string, subject: Subject): Judged {
  const { keySet } = subject;
  if (!isWorkload(kind)) return judged('safe', 'it is new');
  if (isOfService(subject))
    return judged('safe', 'it grants nothing before its ledger has a policy and floors');
  if (keySet === null) return judged('safe', 'a new node');
  if (keySet.startsWith('born.'))
    return judged('safe', 'a new node that can sign; its keys are born in it and are not registered yet');
  return isGatedUse(keySet)
    ? judged(
        'signing',
        'a signer starts with keys from a Secret: whatever else has them must ask before it signs, too',
      )
    : judged('signing', 'a signer starts with keys from a Secret: no other process may sign with them');
}

function judgeDelete(kind: string, subject: Subject): Judged {
  const { keySet } = subject;
  if (!isWorkload(kind)) return judged('safe', 'nothing needs it any more');
  if (isOfService(subject))
    return judged('signing', 'nodes that ask it are granted nothing more. Its volumes stay: keep them');
  return keySet === null
    ? judged('restart', 'its nodes stop; their volumes stay')
    : judged('signing', 'a signer stops: rotate its keys out of the chain first. Its volumes stay');
}
