import { visible } from '@watchbill/kit';
import type { Place } from '../graph/resource.ts';
import { PLAN_REFUSALS, type Plan, RISKS, type Risk, type Step } from './change.ts';
import { OFFLINE_ID } from './offline.ts';
import { foldedLines, placeLines, type ShowOptions, stepsByPlace } from './show-place.ts';

/**
 * A plan as people read it: the changes in each place, field by field, the reason of each risk, and the order
 * of the steps.
 */
export function planLines(
  plan: Plan,
  places: readonly Place[],
  options: ShowOptions = {},
): readonly string[] {
  // Text from places and other tools is in it, and must not control a terminal.
  return linesOf(plan, places, options).map(visible);
}

function linesOf(plan: Plan, places: readonly Place[], options: ShowOptions): readonly string[] {
  if (plan.problems.length > 0) return refusedLines(plan);
  if (plan.steps.length === 0)
    return [
      `Nothing to do: ${things(plan.unchangedCount)} of network ${plan.network} ${plan.unchangedCount === 1 ? 'is' : 'are'} as declared.`,
    ];
  return [
    headline(plan),
    '',
    ...sectionLines(plan, places, options),
    ...orderLines(plan),
    ...riskLines(plan),
    ...claimLines(plan),
    ...unreadLines(plan),
    '',
    plan.id === OFFLINE_ID ? OFFLINE_TEXT : `Plan ${plan.id}`,
  ];
}

const OFFLINE_TEXT =
  'No place was asked: this is what empty places would get. It cannot be applied; run `watchbill fleet plan` for that.';

/** Steps that can cost money first: signers, then nodes that stop or sync anew, then the rest, folded. */
function sectionLines({ steps }: Plan, places: readonly Place[], options: ShowOptions): readonly string[] {
  const isSigning = ({ risk, action, subject }: Step) =>
    risk === 'signing' || (action === 'create' && subject.keySet !== null);
  const signing = steps.filter(isSigning);
  const others = steps.filter((step) => !isSigning(step));
  const disruption = others.filter(({ risk }) => risk !== 'safe');
  const rest = others.filter(({ risk }) => risk === 'safe');
  const section = (title: string, own: readonly Step[]): readonly string[] =>
    own.length === 0
      ? []
      : [title, '', ...stepsByPlace(own, places).flatMap((one) => placeLines(one, options))];
  const isFolded = options.all !== true && options.each !== true;
  return [
    ...section('Signers:', signing),
    ...section('Nodes that stop, restart or sync anew:', disruption),
    ...(isFolded && rest.length > 0
      ? [
          `The rest, ${rest.length === 1 ? '1 step' : `${rest.length} steps`} that ${rest.length === 1 ? 'touches' : 'touch'} no running node (--all shows each):`,
          ...stepsByPlace(rest, places).flatMap(foldedLines),
          '',
        ]
      : section('The rest, which touches no running node:', rest)),
  ];
}

function refusedLines({ network, problems }: Plan): readonly string[] {
  return [
    `The plan for network ${network} is refused and cannot be applied:`,
    ...problems.flatMap(({ code, resourceId, what, remedy }) => [
      '',
      `  ! ${resourceId}`,
      `    ${what} (${code}: ${PLAN_REFUSALS[code]})`,
      `    what to do: ${remedy}`,
    ]),
  ];
}

function headline({ network, steps, unchangedCount }: Plan): string {
  const count = (action: Step['action']) => steps.filter((step) => step.action === action).length;
  const parts = [
    [count('create'), 'to create'],
    [count('update'), 'to change'],
    [count('replace'), 'to recreate'],
    [count('delete'), 'to remove'],
  ] as const;
  const text = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return `Plan for network ${network}: ${text.join(', ')}; ${unchangedCount} as declared.`;
}

function things(count: number): string {
  return count === 1 ? '1 resource' : `all ${count} resources`;
}

function orderLines({ steps }: Plan): readonly string[] {
  const pools = new Map<string, number>();
  for (const { subject, gate } of steps)
    if (subject.keySet !== null && gate !== 'none')
      pools.set(subject.pool ?? '', (pools.get(subject.pool ?? '') ?? 0) + 1);
  return [...pools]
    .filter(([, count]) => count > 1)
    .map(
      ([pool, count]) =>
        `The ${count} signers of ${pool} are changed one by one, each after the one before it is healthy.`,
    );
}

/** A claim of a person stands in for facts, so the person who applies the plan reads it. */
function claimLines({ differentKeys }: Plan): readonly string[] {
  if (differentKeys !== true) return [];
  return ['Claimed by --different-keys: no signer with unknown public keys has a key of another one.'];
}

function unreadLines({ unread = [] }: Plan): readonly string[] {
  if (unread.length === 0) return [];
  const names = [...new Set(unread.map(({ place, kind, name }) => `${place}/${kind}/${name}`))];
  return [
    `Not read, because this user may not: ${names.join(', ')}.`,
    'Unknown here: whether they exist, and whether two of them have the same seeds. Before its first step `fleet apply` checks both, as a user who may read them.',
  ];
}

const RISK_TEXT: Readonly<Record<Exclude<Risk, 'safe'>, string>> = {
  restart: 'nodes stop or restart',
  'data-loss': 'a chain would have to be synced anew: apply asks for --allow-data-loss',
  signing: 'signers start, stop or change keys: apply asks for --allow-signing',
};

function riskLines({ steps }: Plan): readonly string[] {
  const lines = RISKS.flatMap((risk) => {
    const count = steps.filter(
      (step) => step.risk === risk || step.fields.some((field) => field.risk === risk),
    ).length;
    if (count === 0 || risk === 'safe') return [];
    return [`  ${risk.padEnd(9)}  ${count} ${count === 1 ? 'step' : 'steps'}: ${RISK_TEXT[risk]}`];
  });
  return lines.length === 0 ? ['Risk: none; no node that runs is restarted.'] : ['Risks:', ...lines];
}
