import { connectNode, type NodeRpc } from '@watchbill/chain';
import { runtimeViews } from '@watchbill/chain/extrinsics';
import { fault } from '@watchbill/kit';
import { type Abort, abortRotation } from '../keys/abort.ts';
import { registeringCall } from '../keys/call.ts';
import { readRotation, writeRotation } from '../keys/file.ts';
import { RotationFault } from '../keys/keys-fault.ts';
import { lockRecord } from '../keys/lock.ts';
import { nodeAnswers, oldNode } from '../keys/move.ts';
import type { RotationNote } from '../keys/notes.ts';
import { openRotation, type RotationParts } from '../keys/open.ts';
import type { Rotation } from '../keys/record.ts';
import { type Retirement, retire, retirement } from '../keys/retire.ts';
import { followRotation } from '../keys/rotate.ts';
import type { KeySigner } from '../keys/sign/port.ts';
import type { SubmissionWay } from '../keys/submission-way.ts';
import { type SubmissionChain, submissionChain } from '../keys/submit/chain.ts';
import { signSubmission } from '../keys/submit/sign.ts';
import type { Confirm } from './change-lock.ts';

const POLL_MS = 1_000;
const NODE_TIMEOUT_MS = 20_000;
const CONFIRM_TIMEOUT_MS = 60_000;

/** The record of a rotation. */
export interface RecordFile {
  /** Absolute. */
  readonly file: string;
  /** As a person named it. */
  readonly name: string;
}

/** How new keys are registered. */
export interface KeyRegistration {
  readonly to: 'relay' | 'asset-hub';
  /** The most that Asset Hub may take, in planck; null: no limit. */
  readonly mostFee: bigint | null;
  /** Null: no one signs here. The call is reported, and the rotation waits until the chain shows the keys. */
  readonly signing: { readonly way: SubmissionWay; readonly signer: KeySigner } | null;
}

/**
 * Holds the lock of the network at the place of the node while it works. `isSigning`: the work is in the
 * shared memory from its first `confirm` on.
 */
export type UnderLock = <Value>(
  isSigning: boolean,
  work: (confirm: Confirm) => Promise<Value>,
) => Promise<Value>;

/**
 * The connections that operations on keys need; left out: real nodes that belong to no network of the fleet.
 */
export interface KeyPorts {
  /** Does not connect yet. */
  readonly connect: (url: string) => NodeRpc;
  readonly underLock: UnderLock;
}

const NODES: KeyPorts = {
  connect: (url) => connectNode(url, { timeoutMs: NODE_TIMEOUT_MS }),
  underLock: (_isSigning, work) => work(async () => undefined),
};

export interface RotateInput {
  readonly record: RecordFile;
  /** RPC of the node that gets the keys, over loopback. */
  readonly node: string;
  /** Of a move: RPC of the node with the old keys. */
  readonly from?: string | undefined;
  /** RPC of Asset Hub, if keys are registered there. */
  readonly assetHub?: string | undefined;
  readonly stash: Uint8Array;
  /** Null: as with `signing: null`, for a signer elsewhere. */
  readonly registration: KeyRegistration | null;
  /** Blocks of the relay after which keys that are on their way are late. */
  readonly messageBlocks: number;
  readonly onEvent: (event: RotationEvent) => void;
  /** Ends the command; the record has the progress of the rotation. */
  readonly signal: AbortSignal;
}

export type RotationEvent =
  | { readonly kind: 'opened'; readonly rotation: Rotation; readonly isNew: boolean }
  /** The call that registers the keys, as hex: a person has it signed. */
  | { readonly kind: 'call'; readonly call: string }
  /** The request for a signature is in this file. */
  | { readonly kind: 'payload'; readonly file: string }
  | { readonly kind: 'submitted'; readonly hash: string | null }
  | { readonly kind: 'note'; readonly note: RotationNote };

/**
 * Makes new session keys in a node, has them registered, and follows them until they author. Continues the
 * rotation of the record. Returns null if a person has to sign first. Throws a Fault.
 */
export async function rotateKeys(
  input: RotateInput,
  wanted: Partial<KeyPorts> = {},
): Promise<Rotation | null> {
  const ports = { ...NODES, ...wanted };
  const { record, stash, registration } = input;
  const open: NodeRpc[] = [];
  const connect = (url: string): NodeRpc => {
    const made = ports.connect(url);
    open.push(made);
    return made;
  };
  let unlock = (): void => undefined;
  try {
    unlock = lockRecord(record.file);
    const node = connect(input.node);
    const parts = { node, nodeName: node.address, views: runtimeViews(), stash, file: record.file };
    const from = input.from === undefined ? null : connect(input.from);
    const hub = registration === null || input.assetHub === undefined ? node : connect(input.assetHub);
    const chain = registration === null ? null : await submissionChain(registration.to, hub);
    return await rotated(input, parts, { from, chain, underLock: ports.underLock });
  } catch (error) {
    throw keysFault(error, (code) => (code === 'journal' || code === 'busy' ? record.name : input.node));
  } finally {
    for (const one of open) one.close();
    unlock();
  }
}

interface RotatedParts extends Pick<KeyPorts, 'underLock'> {
  readonly from: NodeRpc | null;
  readonly chain: SubmissionChain | null;
}

/** The chain is followed without the lock: that can take a day, and changes no place. */
async function rotated(
  { registration, messageBlocks, onEvent, signal }: RotateInput,
  parts: RotationParts,
  { from, chain, underLock }: RotatedParts,
): Promise<Rotation | null> {
  const old = from === null ? null : oldNode({ from, fromName: from.address, to: parts.node });
  const { rotation, isNew } = await underLock(true, (confirm) =>
    openRotation(parts, old, () => confirm(signal)),
  );
  onEvent({ kind: 'opened', rotation, isNew });
  const tell = (note: RotationNote): void => onEvent({ kind: 'note', note });
  const signing = registration?.signing ?? null;
  if (rotation.stage === 'generated' && signing === null && rotation.submission === null) {
    const isAssetHub = registration?.to === 'asset-hub' && chain !== null;
    const assetHub = isAssetHub ? { chain, mostFee: registration.mostFee } : null;
    onEvent({ kind: 'call', call: await registeringCall(parts, rotation, assetHub) });
  }
  let begun = rotation;
  if (rotation.stage === 'generated' && signing !== null && chain !== null) {
    const signed = await underLock(false, async (confirm) => {
      await confirm(signal);
      return signSubmission(parts, rotation, { chain, ...signing, signal });
    });
    for (const note of signed.notes) tell(note);
    if (signed.waiting !== null) {
      onEvent({ kind: 'payload', file: signed.waiting });
      return null;
    }
    begun = signed.rotation;
    if (signed.notes.some(({ kind }) => kind === 'stop')) return begun;
    if (begun.stage === 'submitted') onEvent({ kind: 'submitted', hash: begun.submission?.hash ?? null });
  }
  return followRotation(parts, begun, {
    pollMs: POLL_MS,
    tell,
    signal,
    chain,
    limits: { messageBlocks },
    ...(from === null ? {} : { oldNodeAnswers: () => nodeAnswers(from) }),
  });
}

/** Ends a rotation. Refused while its outcome on the chain is open. */
export function abortKeys(record: RecordFile): Promise<Abort> {
  return onRecord(record, record.name, (rotation) => {
    const aborted = abortRotation(rotation);
    writeRotation(record.file, aborted.rotation);
    return aborted;
  });
}

export interface RetireInput {
  readonly record: RecordFile;
  /** RPC of a node of the chain. */
  readonly node: string;
  /** Keystore with the old keys: its absolute path, and as a person named it. */
  readonly keystore: RecordFile;
  /** Whole sessions to wait after the new keys were seen to work. */
  readonly marginSessions: number;
  /** False: the files are listed, and all of them stay. */
  readonly remove: boolean;
  /** Called with the files before any is removed. */
  readonly onFound: (found: Retirement) => void;
}

/** Lists the files of old keys that the chain no longer needs, and removes them if asked to. */
export async function retireKeys(input: RetireInput, wanted: Partial<KeyPorts> = {}): Promise<Retirement> {
  const { record, keystore, marginSessions } = input;
  const { connect, underLock } = { ...NODES, ...wanted };
  const node = connect(input.node);
  try {
    return await onRecord(record, keystore.name, async (rotation) => {
      const views = runtimeViews();
      const parts = { node, views, file: record.file, keystore: keystore.file, marginSessions };
      const found = await retirement(parts, rotation);
      input.onFound(found);
      if (!input.remove) return found;
      return underLock(true, async (confirm) => {
        await confirm(AbortSignal.timeout(CONFIRM_TIMEOUT_MS));
        retire(parts, rotation, found);
        return found;
      });
    });
  } finally {
    node.close();
  }
}

/** Holds a record while it works on its rotation. */
async function onRecord<Value>(
  { file, name }: RecordFile,
  where: string,
  work: (rotation: Rotation) => Value | Promise<Value>,
): Promise<Value> {
  let unlock = (): void => undefined;
  try {
    unlock = lockRecord(file);
    const rotation = readRotation(file);
    if (rotation === null)
      throw fault('usage', 'usage', {
        what: `there is no record ${name}`,
        remedy: 'name one with --record',
        ...(where === name ? { where } : {}),
      });
    return await work(rotation);
  } catch (error) {
    throw keysFault(error, () => where);
  } finally {
    unlock();
  }
}

/** A refusal of a rotation as a fault of the operation. `whereOf` names the file, node or folder. */
function keysFault(error: unknown, whereOf: (code: RotationFault['code']) => string): unknown {
  if (!(error instanceof RotationFault)) return error;
  const { code, message: what, remedy } = error;
  return fault(`keys-${code}`, 'fault', { what, where: whereOf(code), remedy }, error);
}
