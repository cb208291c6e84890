const TIMEOUT_MS = 5 * 60_000;
const MOST_CHARACTERS = 4_096;
const ENTER = new Set(['\r', '\n', '\u0004']);
const CTRL_C = '\u0003';
const BACKSPACE = new Set(['\u007f', '\b']);

/** Asks with `write` and reads one line from the terminal, which shows none of it. */
export function askAtTerminal(question: string, write: (text: string) => void): Promise<string> {
  const { stdin } = process;
  return new Promise((resolve, reject) => {
    const line: string[] = [];
    let isOver = false;
    const end = (finish: () => void): void => {
      isOver = true;
      clearTimeout(timer);
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      write('\n');
      finish();
    };
    const take = (character: string): void => {
      if (ENTER.has(character)) end(() => resolve(line.join('')));
      else if (character === CTRL_C) end(() => reject(unanswered('the question was not answered')));
      else if (BACKSPACE.has(character)) line.pop();
      else if (line.push(character) > MOST_CHARACTERS)
        end(() => reject(unanswered('the answer is too long')));
    };
    const onData = (text: string): void => {
      for (const character of text) if (!isOver) take(character);
    };
    const timer = setTimeout(
      () => end(() => reject(unanswered('no answer came within five minutes'))),
      TIMEOUT_MS,
    );
    stdin.setEncoding('utf8');
    // Before the question, so that an answer that is pasted at once is not shown either.
    stdin.setRawMode(true);
    write(question);
    stdin.on('data', onData);
    stdin.resume();
  });
}

function unanswered(what: string) {
  return fault('unanswered', 'usage', {
    what,
    remedy: 'run the command again, or give the secret in a file',
  });
}

import { fault } from '../index.ts';
