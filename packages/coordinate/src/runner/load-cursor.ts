import type { Cursor } from '../cursor.ts';
import { type CursorOwner, decodeCursor } from '../cursor-codec.ts';
import { RunnerFault } from './fault.ts';
import type { Records } from './ports.ts';

/**
 * The cursor of a group; null if it never ran here. Throws `cursor-refused` for one that cannot be followed:
 * it is never replaced silently, because a member that forgot its signatures may sign conflicting messages.
 */
export async function readCursor(owner: CursorOwner, records: Records): Promise<Cursor | null> {
  const text = await records.loadCursor();
  if (text === null) return null;
  const { profile, group } = owner;
  const read = decodeCursor({ profile, group }, text);
  if (read.ok) return read.cursor;
  throw new RunnerFault(
    'cursor-refused',
    `the cursor of the group ${group} cannot be used: ${read.why}`,
    'check that the state folder is the right one, and that this release is not older than the one that wrote it; do not delete the cursor while a window is open here: this member would forget its signatures',
  );
}
