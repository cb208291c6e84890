/** The part of a terminal's input that is used here. */
export interface Keys {
  readonly isTTY?: boolean | undefined;
  setRawMode?(isRaw: boolean): unknown;
  on(event: 'data', listener: (keys: Buffer) => void): unknown;
  off(event: 'data', listener: (keys: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

const CTRL_C = '\u0003';

/** Calls the listener on `q` or Ctrl-C in a terminal. Returns a function that stops listening. */
export function onQuit(listener: () => void, keys: Keys = process.stdin): () => void {
  if (keys.isTTY !== true) return () => undefined;
  const hear = (pressed: Buffer) => {
    const text = pressed.toString('latin1');
    if (text.toLowerCase().includes('q') || text.includes(CTRL_C)) listener();
  };
  // Without raw mode the terminal passes keys on after Enter only.
  keys.setRawMode?.(true);
  keys.on('data', hear);
  keys.resume();
  return () => {
    keys.off('data', hear);
    keys.pause();
    keys.setRawMode?.(false);
  };
}
