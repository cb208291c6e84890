import { decodeEvidence, verifyEvidence } from '../quorum/evidence.ts';
import { JUDGES } from './content.ts';
import type { World } from './world.ts';

/** A fault as it was recorded. */
export interface SeenFault {
  readonly culprit: string;
  readonly kind: string;
  readonly evidence: Uint8Array;
}

/** Judge a recorded fault as a third party that has only the files of the group. */
export function lookAtFault(
  world: World,
  seat: number,
  window: bigint,
  { culprit, kind, evidence }: SeenFault,
): void {
  const { setup, tally, members, misdeeds, now } = world;
  const accused = setup.group.members.findIndex(({ name }) => name === culprit);
  const read = decodeEvidence(evidence);
  const verdicts = (members[seat]?.schedules() ?? [setup.schedule]).map((schedule) =>
    read === null ? null : verifyEvidence(setup.group, schedule, read, setup.verify, JUDGES),
  );
  const verdict = verdicts.find((each) => each?.holds) ?? verdicts[0] ?? null;
  const holds = verdict?.holds === true && verdict.culprit === accused && verdict.kind === kind;
  const what = `member-${seat} records ${kind} of ${culprit}`;
  const why = verdict === null ? 'it cannot be read' : verdict.holds ? 'it says something else' : verdict.why;
  tally.look('evidence-holds', window, holds ? null : `${what}, and the evidence does not hold: ${why}`);
  const isProof = verdict?.holds !== true || verdict.weight === 'proof';
  if (isProof) tally.look('no-honest-blamed', window, setup.honest.includes(accused) ? what : null);
  if (verdict?.holds === true && window === now.plan.window.index) misdeeds.proven(accused, verdict.kind);
}
