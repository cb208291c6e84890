import { finalizedHead } from '@watchbill/chain';
import { submitExtrinsic } from '@watchbill/chain/extrinsics';
import { pause } from '@watchbill/kit';
import { bytesOf } from './asked.ts';
import { lookAtRotation } from './facts.ts';
import { writeRotation } from './file.ts';
import { RotationFault } from './keys-fault.ts';
import type { RotationNote } from './notes.ts';
import type { RotationParts } from './open.ts';
import { isOver, type Rotation } from './record.ts';
import { ROTATION_LIMITS, type RotationFacts, type RotationLimits, stepRotation } from './rotation.ts';
import type { SubmissionChain } from './submit/chain.ts';
import { type SubmissionLook, submissionLook } from './submit/look.ts';

export interface FollowOptions {
  readonly pollMs: number;
  readonly tell: (note: RotationNote) => void;
  readonly signal: AbortSignal;
  /** The destination of the record's submission; needed until the chain has it. */
  readonly chain?: SubmissionChain | null;
  readonly limits?: RotationLimits;
  /** Of a move: whether the node with the old keys answers. */
  readonly oldNodeAnswers?: () => Promise<boolean>;
}

/**
 * Follows the chain until the keys work, or a fault stops it. Submits the signed extrinsic of the record
 * once, after asking the chain. The file always has the progress. Throws a RotationFault.
 */
export async function followRotation(
  parts: RotationParts,
  first: Rotation,
  options: FollowOptions,
): Promise<Rotation> {
  const { signal, pollMs, limits = ROTATION_LIMITS } = options;
  const tell = once(options.tell);
  const submission = submissionOf(first, options);
  const eyes = watcher(parts, first, submission);
  let rotation = first;
  let isHanded = false;
  while (!isOver(rotation) && !signal.aborted) {
    const facts = await eyes(rotation);
    const step = facts === null ? null : stepRotation(rotation, facts, limits);
    if (step !== null) {
      if (step.rotation !== rotation) writeRotation(parts.file, step.rotation);
      rotation = step.rotation;
      for (const note of step.notes) tell(note);
      if (step.notes.some(({ kind }) => kind === 'stop')) return rotation;
      if (step.maySend && !isHanded && !signal.aborted) {
        isHanded = true;
        rotation = await hand(parts, rotation, options, tell);
      }
    }
    if (options.oldNodeAnswers !== undefined && !(await options.oldNodeAnswers()))
      tell({ kind: 'old-node-silent' });
    await pause(pollMs, signal);
  }
  return rotation;
}

function submissionOf(
  { submission, stage }: Rotation,
  { chain = null, signal }: FollowOptions,
): SubmissionLook | null {
  if (submission === null || (stage !== 'generated' && stage !== 'submitted')) return null;
  if (chain !== null && chain.genesis === submission.chain && chain.to === submission.to)
    return submissionLook(chain, submission, signal);
  throw new RotationFault(
    'other-rotation',
    `keys were submitted, or are about to be, ${submission.to === 'asset-hub' ? 'through Asset Hub' : 'on the chain of the node'} (${submission.chain})`,
    submission.to === 'asset-hub'
      ? 'name that Asset Hub with --asset-hub, so that it is asked'
      : 'run it with --submit relay',
  );
}

/** Looks at both chains; the last data of the node's chain is valid until it has another finalised block. */
function watcher(
  { node, views }: RotationParts,
  first: Rotation,
  submission: SubmissionLook | null,
): (rotation: Rotation) => Promise<RotationFacts | null> {
  let seen = 0;
  let last: Omit<RotationFacts, 'submission'> | null = null;
  return async ({ stage }) => {
    const head = await finalizedHead(node).catch(() => null);
    // A node without an answer now decides no step.
    if (head === null) return null;
    const isOpen = submission !== null && (stage === 'generated' || stage === 'submitted');
    if (head.number > seen) {
      const look = await lookAtRotation(node, views, { ...first, stage }, seen + 1).catch(() => null);
      if (look === null) return null;
      seen = look.height;
      last = look.facts;
    } else if (!isOpen && stage !== 'included') return null;
    return last === null ? null : { ...last, submission: isOpen ? await submission.look() : null };
  };
}

/** Sends exactly these bytes, once in a run. The number of attempts is on the disk before. */
async function hand(
  { file }: RotationParts,
  rotation: Rotation,
  { chain = null }: FollowOptions,
  tell: (note: RotationNote) => void,
): Promise<Rotation> {
  const { submission } = rotation;
  if (chain === null || submission === null || submission.extrinsic === null) return rotation;
  const counted = { ...rotation, submission: { ...submission, handed: submission.handed + 1 } };
  writeRotation(file, counted);
  const answer = await submitExtrinsic(chain.node, bytesOf(submission.extrinsic));
  tell({ kind: 'sent', answer: 'detail' in answer ? `${answer.result}: ${answer.detail}` : answer.result });
  return counted;
}

/** Reports a note once in a row. */
function once(tell: (note: RotationNote) => void): (note: RotationNote) => void {
  let told = '';
  return (note) => {
    const text = JSON.stringify(note);
    if (text !== told) tell(note);
    told = text;
  };
}
