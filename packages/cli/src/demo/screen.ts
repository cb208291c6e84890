/** Draws frames over each other without flicker: home, each line cleared to its end, the rest of the screen cleared. */
export interface Screen {
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

export function ansiScreen(write: (text: string) => void, rows: () => number): Screen {
  let open = false;
  return {
    draw: (lines) => {
      // One write for the whole frame, so that a terminal never shows half of it.
      const shown = lines.slice(0, Math.max(1, rows()));
      write(`${open ? '' : ENTER}\u001b[H${shown.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`);
      open = true;
    },
    close: () => {
      if (open) write(LEAVE);
      open = false;
    },
  };
}
