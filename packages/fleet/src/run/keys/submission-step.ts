import { deathOf, type KeySubmission, type Rotation } from './record.ts';
import type { RotationFacts, RotationStep } from './rotation.ts';

/** The state of a submission in finalised blocks of its chain. */
export interface SubmissionFacts {
  readonly search: /** In no block up to this height. */
    | { readonly result: 'not-found'; readonly until: number }
    /** The nonce is used, and no block shows the extrinsic that used it. */
    | { readonly result: 'unseen' }
    | {
        readonly result: 'found';
        /** `0x…`, the call of what used the nonce. */
        readonly call: string;
        readonly block: string;
        readonly height: number;
        /** Null if the events of the block are unavailable. */
        readonly isOk: boolean | null;
        readonly error: string;
      };
}

/** A step of a rotation whose keys the chain does not show yet. Pure. */
export function stepSubmission(rotation: Rotation, facts: RotationFacts): RotationStep {
  const { submission } = rotation;
  const search = facts.submission?.search;
  if (submission === null || search === undefined) return { rotation, notes: [], maySend: false };
  switch (search.result) {
    case 'found': {
      if (search.call !== submission.call) return ended(rotation, submission, 'nonce-taken', '');
      if (search.isOk === false) return ended(rotation, submission, 'failed-on-chain', search.error);
      const landed = { block: search.block, height: search.height };
      return included(rotation, { ...submission, landed });
    }
    case 'unseen':
      return included(rotation, submission);
    case 'not-found':
      if (search.until >= deathOf(submission) - 1) return ended(rotation, submission, 'expired', '');
      return { rotation, notes: [], maySend: maySend(rotation, submission, facts) };
  }
}

/** Only a signed extrinsic in the record, while the node has the keys and the chain shows the old ones. */
function maySend({ stage, oldKeys }: Rotation, { extrinsic }: KeySubmission, facts: RotationFacts): boolean {
  return stage === 'submitted' && extrinsic !== null && facts.holds === true && facts.nextKeys === oldKeys;
}

function included(rotation: Rotation, submission: KeySubmission): RotationStep {
  return {
    rotation: { ...rotation, stage: 'included', submission },
    notes: [{ kind: 'included', block: submission.landed?.block ?? null }],
    maySend: false,
  };
}

/** It is over, and can never land: only now may there be another one. */
function ended(
  rotation: Rotation,
  { hash, nonce, extrinsic }: KeySubmission,
  code: 'nonce-taken' | 'failed-on-chain' | 'expired',
  detail: string,
): RotationStep {
  const why = detail === '' ? code : `${code}: ${detail}`;
  return {
    rotation: {
      ...rotation,
      stage: 'generated',
      submission: null,
      ended: [...rotation.ended, { hash, nonce, why }].slice(-MOST_ENDED),
    },
    // As far as is known, the dropped request was never signed, so the rotation continues.
    notes: code === 'expired' && extrinsic === null ? [] : [{ kind: 'stop', code, detail }],
    maySend: false,
  };
}

const MOST_ENDED = 64;
