import { hexOf } from '@watchbill/chain';
import { assembleExtrinsic, signedMessage } from '@watchbill/chain/extrinsics';
import { verifySignature } from '@watchbill/chain/keys';
import { bytesOf } from '../asked.ts';
import { lookAtRotation } from '../facts.ts';
import { writeRotation } from '../file.ts';
import type { Ground } from '../ground.ts';
import { RotationFault } from '../keys-fault.ts';
import type { RotationNote } from '../notes.ts';
import type { RotationParts } from '../open.ts';
import { checkInStep } from '../preflight.ts';
import { checkProof } from '../proof.ts';
import { deathOf, type KeySubmission, type Rotation } from '../record.ts';
import { stepRotation } from '../rotation.ts';
import type { KeySigner } from '../sign/port.ts';
import { signingRequest } from '../sign/request.ts';
import type { SubmissionWay } from '../submission-way.ts';
import { chainHead, type SubmissionChain } from './chain.ts';
import { submissionLook } from './look.ts';
import { checkSameNetwork } from './network.ts';
import { payloadOf, prepareSubmission } from './prepare.ts';

export interface Signing {
  readonly chain: SubmissionChain;
  readonly way: SubmissionWay;
  readonly signer: KeySigner;
  readonly signal: AbortSignal;
}

export interface Signed {
  readonly rotation: Rotation;
  readonly notes: readonly RotationNote[];
  /** The place of the request if a person has it; otherwise null. */
  readonly waiting: string | null;
}

/** The fewest blocks for which a payload must still be valid before it is signed. */
const LEAST_BLOCKS = 8;

/**
 * Gets the registering extrinsic signed, and writes it into the record without sending it. If one was signed
 * or shown before, first asks the chain for its outcome. Throws a RotationFault.
 */
export async function signSubmission(
  parts: RotationParts,
  first: Rotation,
  signing: Signing,
): Promise<Signed> {
  const { node, file } = parts;
  const { chain, way, signer, signal } = signing;
  const { rotation, notes } = await settled(parts, first, signing);
  if (rotation !== first) writeRotation(file, rotation);
  if (rotation.stage !== 'generated' || notes.some(({ kind }) => kind === 'stop'))
    return { rotation, notes, waiting: null };
  await checkProof(node, rotation, chain.to === 'asset-hub');
  await checkInStep(chain.node, chain.to === 'asset-hub' ? 'the node of Asset Hub' : 'the node');
  if (chain.to === 'asset-hub')
    await checkSameNetwork({ to: 'relay', node, views: parts.views, genesis: rotation.genesis }, chain);
  const fresh = await prepareSubmission(chain, rotation, way);
  const head = await chainHead(chain);
  const ground: Ground = { chain, hash: head.hash, view: head.view };
  const submission = mayStand(rotation.submission, fresh, ground, head.number) ?? fresh;
  const prepared: Rotation = { ...rotation, submission };
  writeRotation(file, prepared);
  const answer = await signer.sign(signingRequest(ground, rotation, submission, way), signal);
  if (answer.result === 'waiting') return { rotation: prepared, notes, waiting: answer.why };
  if (answer.result !== 'signature')
    throw new RotationFault(
      'signer',
      answer.result === 'refused' ? `the signer refused: ${answer.why}` : answer.why,
      'no extrinsic was sent; fix it and run the same command again',
    );
  const submitted: Rotation = {
    ...prepared,
    stage: 'submitted',
    submission: assembled(ground, submission, answer.signature),
  };
  writeRotation(file, submitted);
  return { rotation: submitted, notes, waiting: null };
}

/** The chain's state of a rotation before signing: it must be known. */
async function settled(
  { node, views }: RotationParts,
  rotation: Rotation,
  { chain, signal }: Signing,
): Promise<Pick<Signed, 'rotation' | 'notes'>> {
  const unknown = () =>
    new RotationFault(
      'node',
      'the state of the keys cannot be read, or the node does not report that it has them',
      'check that both nodes are in sync, then run again: no extrinsic was signed',
    );
  const look = await lookAtRotation(node, views, rotation, Number.MAX_SAFE_INTEGER).catch(() => null);
  if (look === null || look.facts.holds === null || look.facts.nextKeys === undefined) throw unknown();
  const { submission } = rotation;
  const facts = submission === null ? null : await submissionLook(chain, submission, signal).look();
  if (submission !== null && facts === null) throw unknown();
  const step = stepRotation(rotation, { ...look.facts, submission: facts });
  if (step.rotation.stage === 'generated' && look.facts.nextKeys === rotation.keys) throw unknown();
  return { rotation: step.rotation, notes: step.notes };
}

/**
 * An earlier request to a signer stays valid while it has the same content and time left: a person may be
 * signing it now.
 */
function mayStand(
  before: KeySubmission | null,
  fresh: KeySubmission,
  ground: Ground,
  height: number,
): KeySubmission | null {
  if (before === null || deathOf(before) - height < LEAST_BLOCKS) return null;
  const same = (['to', 'chain', 'account', 'scheme', 'nonce', 'call'] as const).every(
    (name) => before[name] === fresh[name],
  );
  // By today's runtime: after an upgrade the payload is another one.
  return same && hexOf(payloadOf(ground, before).payload) === before.payload ? before : null;
}

/** The signature is checked here, because the chain would drop the extrinsic without a reason. */
function assembled(ground: Ground, submission: KeySubmission, signature: string): KeySubmission {
  const { account, scheme } = submission;
  const signed = { publicKey: bytesOf(account), signature: bytesOf(signature), scheme };
  const parts = payloadOf(ground, submission);
  if (
    !verifySignature({ scheme, publicKey: signed.publicKey }, signedMessage(parts.payload), signed.signature)
  )
    throw new RotationFault(
      'signer',
      `the signature is not one of ${account} over the request`,
      'sign the bytes of `message` with the key of the account, as --scheme says',
    );
  const made = assembleExtrinsic(ground.view.metadata, parts, signed);
  if (made.result === 'refused') throw new RotationFault('runtime', made.detail, 'use a newer release');
  return { ...submission, extrinsic: hexOf(made.bytes), hash: made.hash };
}
