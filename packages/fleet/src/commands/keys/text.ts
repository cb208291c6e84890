import { fault } from '@watchbill/kit';
import type { Io } from '@watchbill/kit/command/io';
import type { Rotation, RotationNote } from '../../run/keys/index.ts';

/** One thing that happened: for programs, and for people. */
export type Say = (line: object, text: string) => void;

export function sayer(io: Io, json: boolean | undefined): Say {
  return (line, text) => io.out(json === true ? `${JSON.stringify(line)}\n` : `${text}\n`);
}

export function openingText({ stage, keys, node }: Rotation, isNew: boolean, file: string): string {
  return `${(isNew ? 'made' : 'goes on').padEnd(13)}keys ${keys.slice(0, 18)}… in ${node}, ${stage}; record ${file}`;
}

/** A note as one line. */
export function noteText(
  note: RotationNote,
  stops: typeof import('../../run/keys/index.ts').ROTATION_STOPS,
): string {
  switch (note.kind) {
    case 'sent':
      return `sent         the node answered: ${note.answer}; now following it on the chain`;
    case 'included':
      return note.block === null
        ? 'included     the nonce is used, but no readable block shows the extrinsic; waiting for the keys'
        : `included     in finalised block ${note.block}`;
    case 'on-the-way':
      return `on the way   waiting until the chain of the node shows the keys; late from its block ${note.lateFrom} on`;
    case 'queued':
      return `queued       the chain has them as next keys; they are used from session ${note.activeFrom} on. Let the node with the old keys run`;
    case 'active':
      return 'active       they are among the authorities; waiting for a block that they author';
    case 'verified':
      return `verified     they authored block ${note.block}`;
    case 'not-in-set':
      return 'waiting      they are registered, and the validator is not in the active set';
    case 'old-node-silent':
      return 'warning      the node with the old keys does not answer; the chain needs it until the new keys work';
    case 'stop':
      return `stopped      ${stops[note.code].what}${detailOf(note.detail)}: ${stops[note.code].todo}`;
  }
}

function detailOf(detail: string | undefined): string {
  return detail === undefined || detail === '' ? '' : ` (${detail})`;
}

/** Exit 0 only where the new keys were seen to work. */
export function finish({ stage, from }: Rotation, say: Say): void {
  if (stage === 'verified' || stage === 'retired') {
    const next =
      from === null
        ? 'the chain no longer uses the old keys; a session later: watchbill fleet keys retire --keystore FOLDER'
        : `the chain no longer uses the old keys: stop ${from}; a session later: watchbill fleet keys retire --keystore FOLDER, on its machine`;
    say({ kind: 'done' }, `done         ${next}`);
    return;
  }
  throw fault('keys-open', 'unknown', {
    what: `the rotation is not finished: ${stage}`,
    remedy: 'run the same command again: it continues from the record',
  });
}
