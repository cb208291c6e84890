import { jsonOrNull } from '@watchbill/kit';
import type { FeedAction } from './actions.ts';
import { READER_OF_CODE } from './readers.ts';

/** Bounds of a frame: a larger one is refused as a whole. */
export const FRAME_LIMITS = { bytes: 8 * 1024 * 1024, actions: 20_000 } as const;

/** Why a whole frame was refused. */
export type FrameRefusal = 'too-large' | 'not-utf-8' | 'not-json' | 'not-a-frame';

/** A decoded frame. An unreadable action is counted and left out; the others are kept. */
export type DecodedFrame =
  | {
      readonly ok: true;
      readonly actions: readonly FeedAction[];
      /** Actions with an unknown code. */
      readonly unknownCount: number;
      /** Actions with an invalid payload. */
      readonly malformedCount: number;
    }
  | { readonly ok: false; readonly refusal: FrameRefusal };

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads one message of the feed: text, or the same text as bytes, as the public servers send it. Never
 * throws.
 */
export function decodeFrame(message: string | Uint8Array): DecodedFrame {
  if (message.length > FRAME_LIMITS.bytes) return refused('too-large');
  const text = typeof message === 'string' ? message : textOf(message);
  if (text === null) return refused('not-utf-8');
  const whole = jsonOrNull(text);
  if (whole === null) return refused('not-json');
  if (!Array.isArray(whole) || whole.length % 2 !== 0) return refused('not-a-frame');
  if (whole.length > 2 * FRAME_LIMITS.actions) return refused('too-large');
  return readActions(whole);
}

function readActions(whole: readonly unknown[]): DecodedFrame {
  const actions: FeedAction[] = [];
  let [unknownCount, malformedCount] = [0, 0];
  for (let index = 0; index < whole.length; index += 2) {
    const code = whole[index];
    // Without a code in this position, the rest of the frame cannot be split into actions.
    if (typeof code !== 'number' || !Number.isInteger(code) || code < 0) return refused('not-a-frame');
    const read = READER_OF_CODE.get(code);
    const action = read?.(whole[index + 1]);
    if (read === undefined) unknownCount += 1;
    else if (action === null || action === undefined) malformedCount += 1;
    else actions.push(action);
  }
  return { ok: true, actions, unknownCount, malformedCount };
}

function refused(refusal: FrameRefusal): DecodedFrame {
  return { ok: false, refusal };
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return null;
  }
}
