import { RotationFault } from './keys-fault.ts';
import type { Rotation } from './record.ts';

/** The result of ending a rotation. */
export type Abort =
  /** No keys were registered: the new ones are forgotten. */
  | { readonly kind: 'free'; readonly rotation: Rotation }
  /**
   * The chain has the new keys, or may get them: both nodes stay, and the way back is another rotation on the
   * old node.
   */
  | { readonly kind: 'registered'; readonly rotation: Rotation };

/**
 * Ends a rotation by decision of a person. Pure. Refused while its outcome is unknown. Throws a
 * RotationFault.
 */
export function abortRotation(rotation: Rotation): Abort {
  const ended: Rotation = { ...rotation, stage: 'aborted' };
  switch (rotation.stage) {
    case 'generated':
      if (rotation.submission === null) return { kind: 'free', rotation: ended };
      throw refusal(
        'a request for a signature was handed out, and its signer may submit the extrinsic',
        'run watchbill fleet keys rotate again after the last block in which it can be included; then abort',
      );
    case 'submitted':
    case 'included':
      throw refusal(
        'it is submitted, and the chain may take the keys at any moment',
        'run watchbill fleet keys rotate again until its outcome is known, then abort',
      );
    case 'onTheWay':
      if (rotation.isLate) return { kind: 'registered', rotation: ended };
      throw refusal(
        'the keys are on their way and may arrive at any moment',
        'wait until they are queued, or late; then abort',
      );
    case 'queued':
    case 'active':
      return { kind: 'registered', rotation: ended };
    case 'verified':
    case 'retired':
    case 'aborted':
      throw refusal(
        `the rotation cannot be aborted: it is ${rotation.stage}`,
        'to go back, begin another rotation',
      );
  }
}

function refusal(what: string, remedy: string): RotationFault {
  return new RotationFault('too-early', what, remedy);
}
