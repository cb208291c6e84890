import { type Duty, encodeUnit } from '../../../rule/index.ts';
import type { Store } from '../../../store/index.ts';
import { keys } from '../../ground/keys.ts';
import type { HeldMark } from '../../ground/marks.ts';
import { CHAIN, KEY, put } from '../../testing/services.ts';

/** Writes a mark of the key of the tests, with the units that it still has. */
export async function putMark(store: Store, { mark, headText }: HeldMark, duty: Duty): Promise<void> {
  await put(store, keys.mark(CHAIN, KEY, duty.name), headText);
  for (const one of mark.recent) await put(store, keys.unit(CHAIN, KEY, duty, one.unit), encodeUnit(one));
}
