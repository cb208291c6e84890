import { fit, visiblePaint } from './paint.ts';

/**
 * Draws frames over each other without flicker: home, each line cleared to its end, the rest of the screen
 * cleared.
 */
export interface Screen {
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';

/** The size of a terminal, and whether its user wants colours. */
export interface Terminal {
  readonly rows: () => number;
  readonly columns: () => number;
  readonly colour: boolean;
}

export function ansiScreen(write: (text: string) => void, { rows, columns, colour }: Terminal): Screen {
  let open = false;
  return {
    draw: (lines) => {
      // One write for the whole frame, so that a terminal never shows half of it.
      // A line that wraps would push the first ones out of sight.
      const width = Math.max(1, columns());
      const shown = lines.slice(0, Math.max(1, rows())).map((line) => fit(visiblePaint(line), width, colour));
      write(`${open ? '' : ENTER}\u001b[H${shown.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`);
      open = true;
    },
    close: () => {
      if (open) write(LEAVE);
      open = false;
    },
  };
}
