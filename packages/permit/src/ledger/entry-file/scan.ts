import { DamagedEntry } from '../faults.ts';
import { BLOCK_BYTES, type FoundFrame, frameAt, framesFrom } from './frames.ts';

/** Which frames the tables expect. */
export interface Expected {
  readonly file: string;
  /** Number of the frame at the front. */
  readonly first: number;
  /** Number of the last frame in the tables. */
  readonly applied: number;
}

/**
 * The frames of a file from the front on, without a torn one at the end. A frame is written only after the
 * one before was synced, so an incomplete frame was never synced unless a later one is whole.
 *
 * Throws {@link DamagedEntry} if a frame is missing that was synced.
 */
export function wholeFrames(bytes: Buffer, { file, first, applied }: Expected): readonly FoundFrame[] {
  const frames: FoundFrame[] = [];
  let at = BLOCK_BYTES;
  for (let number = first; ; number++) {
    const found = frameAt(bytes, at, file);
    const before = frames.at(-1);
    if (found?.number !== number || (before !== undefined && found.before !== before.checksum)) break;
    frames.push(found);
    at = found.end;
  }
  const last = first + frames.length - 1;
  for (const { number } of framesFrom(bytes, at, file))
    if (number > last)
      throw new DamagedEntry(
        `frame ${last + 1} of the entry file is damaged, and frame ${number} follows it`,
      );
  if (applied < first - 1 || applied > last)
    throw otherMoment(`the frames ${first} to ${last}, and the tables hold frame ${applied}`);
  if (frames.length === 0 && first > 1 && !holds(bytes, file, first - 1))
    throw otherMoment(`no frame from ${first - 1} on, which the tables hold`);
  return frames;
}

/**
 * When frame `first` is to come, the one before it is whole: a frame takes at most a quarter of the file, so
 * the first of a round does not reach the last of the round before.
 */
function holds(bytes: Buffer, file: string, number: number): boolean {
  for (const frame of framesFrom(bytes, BLOCK_BYTES, file)) if (frame.number === number) return true;
  return false;
}

function otherMoment(holds: string): DamagedEntry {
  return new DamagedEntry(`the entry file holds ${holds}: the two are not of one moment`);
}
